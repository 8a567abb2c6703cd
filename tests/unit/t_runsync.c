/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runsync.h"

#include "tests/unit/unit.h"

static char *ids[1];
static char *states[1];

/* A list of the spool "now" that holds one job in that state, or none. */
static struct ipcrun_list_is list_of(struct id32hex *hex, char *job_state)
{
	static char spool[] = "now";

	ids[0] = hex->c;
	states[0] = job_state;
	return (struct ipcrun_list_is){
		.spool = spool,
		.jobs = {.v = ids, .n = job_state ? 1 : 0},
		.states = {.v = states, .n = job_state ? 1 : 0},
	};
}

static enum runsync_action decide(enum job_state in_ledger, const char *spool,
				  bool waiting, char *in_spool)
{
	struct dbjob j = {.id = unit_small_id(1), .state = in_ledger};
	struct id32hex hex = id32_hex(&j.id);
	struct ipcrun_list_is list = list_of(&hex, in_spool);

	str_copy(j.spool, sizeof(j.spool), str_of(spool));
	return runsync_decide(&j, waiting, &list);
}

static void what_has_ended_is_collected(void **state)
{
	char ended[] = "ended";

	(void)state;
	assert_int_equal(decide(JOB_RUNNING, "now", false, ended), RUNSYNC_RESULT);
	assert_int_equal(decide(JOB_PREPARING, "now", false, ended), RUNSYNC_RESULT);
}

static void what_runs_goes_on(void **state)
{
	char running[] = "running";
	char starting[] = "starting";

	(void)state;
	assert_int_equal(decide(JOB_PREPARING, "now", false, running), RUNSYNC_RUNNING);
	assert_int_equal(decide(JOB_RUNNING, "now", false, running), RUNSYNC_RUNNING);
	assert_int_equal(decide(JOB_PREPARING, "now", false, starting), RUNSYNC_NOTHING);
}

/* A job that this spool never heard of cannot have been executed in it. */
static void a_lost_start_is_started_again(void **state)
{
	(void)state;
	assert_int_equal(decide(JOB_PREPARING, "now", false, NULL), RUNSYNC_AGAIN);
	assert_int_equal(decide(JOB_PREPARING, "now", true, NULL), RUNSYNC_NOTHING);
}

static void a_job_that_ran_is_never_started_again(void **state)
{
	(void)state;
	assert_int_equal(decide(JOB_RUNNING, "now", false, NULL), RUNSYNC_LOST);
	assert_int_equal(decide(JOB_RUNNING, "before", false, NULL), RUNSYNC_REBOOT);
	/* given to a spool that is gone: whether it ran cannot be known */
	assert_int_equal(decide(JOB_PREPARING, "before", false, NULL), RUNSYNC_REBOOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_ended_is_collected),
		cmocka_unit_test(what_runs_goes_on),
		cmocka_unit_test(a_lost_start_is_started_again),
		cmocka_unit_test(a_job_that_ran_is_never_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
