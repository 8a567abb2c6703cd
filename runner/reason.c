/* SPDX-License-Identifier: MIT */
/*
 * Facts in, reason out: pure, so that every combination can be tested. Called by
 * loom-shim when a job is over. Money depends on the answer: what a job can provoke
 * must never come out as our fault (lost, infra_error, unkillable are not billed).
 */
#include "config.h"

#include "runner/reason.h"

#include "lib/base/attr.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum { CODE_NOT_FOUND = 127, CODE_NOT_EXECUTABLE = 126, CODE_SIGNAL = 128 };

static const char *const words[REASON_COUNT] = {
	[REASON_EXIT] = "exit",
	[REASON_SIGNAL] = "signal",
	[REASON_TIME_LIMIT] = "time_limit",
	[REASON_STOPPED] = "stopped",
	[REASON_OUTPUT_LIMIT] = "output_limit",
	[REASON_MEMORY] = "memory",
	[REASON_NOT_FOUND] = "not_found",
	[REASON_NOT_EXECUTABLE] = "not_executable",
	[REASON_START_FAILED] = "start_failed",
	[REASON_LOST] = "lost",
	[REASON_INFRA_ERROR] = "infra_error",
	[REASON_UNKILLABLE] = "unkillable",
};

static const struct {
	int error;
	enum reason reason;
} exec_errors[] = {
	{ENOENT, REASON_NOT_FOUND},       {ENOTDIR, REASON_NOT_FOUND},
	{ENAMETOOLONG, REASON_NOT_FOUND}, {EACCES, REASON_NOT_EXECUTABLE},
	{ENOEXEC, REASON_NOT_EXECUTABLE}, {EISDIR, REASON_NOT_EXECUTABLE},
	{ELIBBAD, REASON_NOT_EXECUTABLE}, {EPERM, REASON_NOT_EXECUTABLE},
	{ELOOP, REASON_NOT_EXECUTABLE},   {ETXTBSY, REASON_NOT_EXECUTABLE},
	{EINVAL, REASON_NOT_EXECUTABLE},
};

static enum reason of_exec(const struct reason_facts *f)
{
	for (size_t i = 0; i < ARRAY_LEN(exec_errors); i++) {
		if (exec_errors[i].error != f->exec_errno)
			continue;
		/* the file is there: what is missing is its interpreter */
		if (exec_errors[i].reason == REASON_NOT_FOUND && f->program_exists)
			return REASON_NOT_EXECUTABLE;
		return exec_errors[i].reason;
	}
	return REASON_START_FAILED;
}

static enum reason of_cause(enum reason_cause cause)
{
	switch (cause) {
	case REASON_BY_TIME:
		return REASON_TIME_LIMIT;
	case REASON_BY_STOP:
		return REASON_STOPPED;
	case REASON_BY_OUTPUT:
		return REASON_OUTPUT_LIMIT;
	case REASON_BY_ITSELF:
		break;
	}
	return REASON_INFRA_ERROR;
}

/* Nobody of ours ended it. */
static enum reason by_itself(const struct reason_facts *f)
{
	if (!f->ended)
		return f->started && f->oom_kills ? REASON_MEMORY : REASON_INFRA_ERROR;
	if (!WIFSIGNALED(f->wait_status))
		return REASON_EXIT;
	if (WTERMSIG(f->wait_status) == SIGKILL && f->oom_kills)
		return REASON_MEMORY;
	return REASON_SIGNAL;
}

enum reason reason_of(const struct reason_facts *f)
{
	if (f->left_over)
		return REASON_UNKILLABLE;
	if (f->ours)
		return REASON_INFRA_ERROR;
	if (f->exec_errno)
		return of_exec(f);
	if (f->cause != REASON_BY_ITSELF)
		return of_cause(f->cause);
	return by_itself(f);
}

uint64_t reason_signal(const struct reason_facts *f)
{
	if (f->ended && WIFSIGNALED(f->wait_status))
		return (uint64_t)WTERMSIG(f->wait_status);
	return 0;
}

uint64_t reason_exit_code(const struct reason_facts *f)
{
	if (f->exec_errno)
		return of_exec(f) == REASON_NOT_FOUND ? CODE_NOT_FOUND
						      : CODE_NOT_EXECUTABLE;
	if (!f->ended)
		return f->started ? CODE_SIGNAL + SIGKILL : 0;
	if (WIFSIGNALED(f->wait_status))
		return CODE_SIGNAL + (uint64_t)WTERMSIG(f->wait_status);
	return (uint64_t)WEXITSTATUS(f->wait_status);
}

const char *reason_word(enum reason r)
{
	return words[r];
}

bool reason_find(enum reason *out, struct str word)
{
	for (size_t i = 0; i < REASON_COUNT; i++) {
		if (!str_eq_c(word, words[i]))
			continue;
		*out = (enum reason)i;
		return true;
	}
	return false;
}
