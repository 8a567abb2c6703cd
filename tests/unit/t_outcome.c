/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/outcome.h"

#include "lib/proto/jobmsg.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Clients take exit_code 0 for success: LOOM-41. */
static void exit_code_is_zero_exactly_with_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		enum outcome o = (enum outcome)i;

		assert_int_equal(jobmsg_exit_code(o, 0) == 0, outcome_table[i].success);
		assert_true(outcome_table[i].success || jobmsg_exit_code(o, 7) != 0);
	}
}

static void last_statuses_are_words_that_clients_know(void **state)
{
	static const char *const words[] = {"completed", "failed", "cancelled",
					    "timeout"};

	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		bool known = false;

		for (size_t w = 0; w < ARRAY_LEN(words); w++)
			known = known || strcmp(outcome_table[i].status, words[w]) == 0;
		assert_true(known);
	}
}

static void refusals_and_faults_cost_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		if (outcome_table[i].class == OUTCOME_REFUSED ||
		    outcome_table[i].class == OUTCOME_FAULT)
			assert_int_equal(outcome_table[i].bill, OUTCOME_FREE);
}

static void codes_are_unique_and_found(void **state)
{
	enum outcome found;

	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		assert_true(outcome_find(&found, str_of(outcome_table[i].code)));
		assert_int_equal(found, i);
		assert_true(outcome_table[i].success || outcome_table[i].text[0]);
	}
	assert_false(outcome_find(&found, STR_LIT("")));
	assert_false(outcome_find(&found, STR_LIT("no_such")));
}

static void reasons_of_the_runner_map(void **state)
{
	(void)state;
	assert_int_equal(outcome_of_run("exit", 0, false), OUTCOME_OK);
	assert_int_equal(outcome_of_run("exit", 3, false), OUTCOME_EXIT);
	assert_int_equal(outcome_of_run("signal", 139, false), OUTCOME_SIGNAL);
	assert_int_equal(outcome_of_run("time_limit", 0, false), OUTCOME_TIME_LIMIT);
	assert_int_equal(outcome_of_run("output_limit", 0, false), OUTCOME_OUTPUT);
	assert_int_equal(outcome_of_run("memory", 137, false), OUTCOME_MEMORY);
	assert_int_equal(outcome_of_run("not_found", 127, false), OUTCOME_NOT_FOUND);
	assert_int_equal(outcome_of_run("not_executable", 126, false),
			 OUTCOME_NOT_EXECUTABLE);
	assert_int_equal(outcome_of_run("start_failed", 0, false),
			 OUTCOME_NOT_EXECUTABLE);
	assert_int_equal(outcome_of_run("lost", 0, false), OUTCOME_FAULT_BACKEND);
	assert_int_equal(outcome_of_run("infra_error", 0, false), OUTCOME_FAULT_BACKEND);
	assert_int_equal(outcome_of_run("unkillable", 0, false), OUTCOME_FAULT_HOST);
	assert_int_equal(outcome_of_run("a new word", 0, false), OUTCOME_FAULT_BACKEND);
}

/* A stop that nobody asked for on behalf of the customer is our doing: not billed. */
static void stopped_is_cancelled_only_when_asked(void **state)
{
	(void)state;
	assert_int_equal(outcome_of_run("stopped", 143, true), OUTCOME_CANCELLED);
	assert_int_equal(outcome_of_run("stopped", 143, false), OUTCOME_FAULT_HOST);
	/* the real result wins over a cancellation that came too late */
	assert_int_equal(outcome_of_run("exit", 0, true), OUTCOME_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_is_zero_exactly_with_success),
		cmocka_unit_test(last_statuses_are_words_that_clients_know),
		cmocka_unit_test(refusals_and_faults_cost_nothing),
		cmocka_unit_test(codes_are_unique_and_found),
		cmocka_unit_test(reasons_of_the_runner_map),
		cmocka_unit_test(stopped_is_cancelled_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
