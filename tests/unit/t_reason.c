/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/reason.h"

#include "lib/base/attr.h"
#include "lib/proto/outcome.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* What waitpid(2) gives. */
#define EXITED(code) ((code) << 8)
#define KILLED(signal) (signal)

static const struct {
	const char *what;
	struct reason_facts f;
	enum reason reason;
	uint64_t exit_code;
	uint64_t signal;
} cases[] = {
	{"ended",
	 {.started = true, .ended = true, .wait_status = EXITED(0)},
	 REASON_EXIT,
	 0,
	 0},
	{"ended with 137 by itself",
	 {.started = true, .ended = true, .wait_status = EXITED(137)},
	 REASON_EXIT,
	 137,
	 0},
	{"ended with 255",
	 {.started = true, .ended = true, .wait_status = EXITED(255)},
	 REASON_EXIT,
	 255,
	 0},
	{"killed itself",
	 {.started = true, .ended = true, .wait_status = KILLED(SIGKILL)},
	 REASON_SIGNAL,
	 137,
	 9},
	{"crashed and dumped",
	 {.started = true, .ended = true, .wait_status = KILLED(SIGSEGV) | 0x80},
	 REASON_SIGNAL,
	 139,
	 11},
	{"killed for memory",
	 {.started = true, .ended = true, .wait_status = KILLED(SIGKILL), .oom_kills = 1},
	 REASON_MEMORY,
	 137,
	 9},
	{"a child was killed for memory",
	 {.started = true, .ended = true, .wait_status = EXITED(0), .oom_kills = 3},
	 REASON_EXIT,
	 0,
	 0},
	{"another signal after a child's out of memory",
	 {.started = true, .ended = true, .wait_status = KILLED(SIGTERM), .oom_kills = 1},
	 REASON_SIGNAL,
	 143,
	 15},
	{"all of it was killed for memory",
	 {.started = true, .oom_kills = 1},
	 REASON_MEMORY,
	 137,
	 0},
	{"the sandbox vanished", {.started = true}, REASON_INFRA_ERROR, 137, 0},
	{"time, killed",
	 {.started = true,
	  .ended = true,
	  .wait_status = KILLED(SIGKILL),
	  .cause = REASON_BY_TIME},
	 REASON_TIME_LIMIT,
	 137,
	 9},
	{"time, heeded",
	 {.started = true,
	  .ended = true,
	  .wait_status = EXITED(9),
	  .cause = REASON_BY_TIME},
	 REASON_TIME_LIMIT,
	 9,
	 0},
	{"time, and memory while it was killed",
	 {.started = true,
	  .ended = true,
	  .wait_status = KILLED(SIGKILL),
	  .cause = REASON_BY_TIME,
	  .oom_kills = 1},
	 REASON_TIME_LIMIT,
	 137,
	 9},
	{"time, hard",
	 {.started = true, .cause = REASON_BY_TIME},
	 REASON_TIME_LIMIT,
	 137,
	 0},
	{"stopped",
	 {.started = true,
	  .ended = true,
	  .wait_status = KILLED(SIGTERM),
	  .cause = REASON_BY_STOP},
	 REASON_STOPPED,
	 143,
	 15},
	{"stopped before it ran", {.cause = REASON_BY_STOP}, REASON_STOPPED, 0, 0},
	{"output",
	 {.started = true,
	  .ended = true,
	  .wait_status = KILLED(SIGKILL),
	  .cause = REASON_BY_OUTPUT},
	 REASON_OUTPUT_LIMIT,
	 137,
	 9},
	{"no such program", {.exec_errno = ENOENT}, REASON_NOT_FOUND, 127, 0},
	{"no such folder", {.exec_errno = ENOTDIR}, REASON_NOT_FOUND, 127, 0},
	{"no such interpreter",
	 {.exec_errno = ENOENT, .program_exists = true},
	 REASON_NOT_EXECUTABLE,
	 126,
	 0},
	{"not executable",
	 {.exec_errno = EACCES, .program_exists = true},
	 REASON_NOT_EXECUTABLE,
	 126,
	 0},
	{"no program at all",
	 {.exec_errno = ENOEXEC, .program_exists = true},
	 REASON_NOT_EXECUTABLE,
	 126,
	 0},
	{"arguments too long",
	 {.exec_errno = E2BIG, .program_exists = true},
	 REASON_START_FAILED,
	 126,
	 0},
	{"no process left",
	 {.exec_errno = EAGAIN, .program_exists = true},
	 REASON_START_FAILED,
	 126,
	 0},
	{"refused although it was to be stopped",
	 {.exec_errno = ENOENT, .cause = REASON_BY_STOP},
	 REASON_NOT_FOUND,
	 127,
	 0},
	{"our side", {.ours = true}, REASON_INFRA_ERROR, 0, 0},
	{"cannot die",
	 {.started = true,
	  .ended = true,
	  .wait_status = EXITED(0),
	  .left_over = true,
	  .cause = REASON_BY_STOP},
	 REASON_UNKILLABLE,
	 0,
	 0},
};

static void facts_lead_to_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (reason_of(&cases[i].f) != cases[i].reason)
			fail_msg("%s: %s", cases[i].what,
				 reason_word(reason_of(&cases[i].f)));
		if (reason_exit_code(&cases[i].f) != cases[i].exit_code)
			fail_msg("%s: exit code %d", cases[i].what,
				 (int)reason_exit_code(&cases[i].f));
		if (reason_signal(&cases[i].f) != cases[i].signal)
			fail_msg("%s: signal %d", cases[i].what,
				 (int)reason_signal(&cases[i].f));
	}
}

static void words_and_reasons_match(void **state)
{
	enum reason r;

	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		assert_true(reason_find(&r, str_of(reason_word((enum reason)i))));
		assert_int_equal(r, i);
		/* result_is.reason */
		assert_true(strlen(reason_word((enum reason)i)) <= 32);
	}
	assert_false(reason_find(&r, STR_LIT("bored")));
	assert_false(reason_find(&r, STR_LIT("")));
}

/* What is our fault is free, what a job can provoke is not. */
static void only_faults_are_free_after_exec(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		enum reason r = (enum reason)i;
		enum outcome o = outcome_of_run(reason_word(r), 1, false);
		bool fault = r == REASON_LOST || r == REASON_INFRA_ERROR ||
			     r == REASON_UNKILLABLE;

		if (r == REASON_STOPPED)
			continue;
		assert_true((outcome_table[o].class == OUTCOME_FAULT) == fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_lead_to_reasons),
		cmocka_unit_test(words_and_reasons_match),
		cmocka_unit_test(only_faults_are_free_after_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
