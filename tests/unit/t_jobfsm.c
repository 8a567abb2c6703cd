/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobfsm.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>

static void the_table_is_the_picture(void **state)
{
	auto_buf struct buf got = BUF_INIT(65536);
	auto_buf struct buf want = BUF_INIT(65536);
	auto_buf struct buf path = BUF_INIT(4096);

	(void)state;
	buf_addf(&path, "%s/tests/golden/jobfsm.txt", getenv("LOOM_SRCDIR"));
	assert_int_equal(fdio_read_file(AT_FDCWD, path.p, &want, NULL), LERR_OK);
	jobfsm_print(&got);
	assert_str(buf_str(&got), want.p);
}

static void nothing_leaves_done(void **state)
{
	(void)state;
	for (size_t ev = 0; ev < JEV_COUNT; ev++)
		assert_int_equal(jobfsm_step(JOB_DONE, (enum job_event)ev).next,
				 JOB_NONE);
}

/* Every cell: a refusal has no effect, a move goes to a stored state. */
static void every_cell_is_whole(void **state)
{
	(void)state;
	for (size_t s = JOB_RECEIVED; s < JOB_STATES; s++) {
		for (size_t ev = 0; ev < JEV_COUNT; ev++) {
			struct job_step step =
				jobfsm_step((enum job_state)s, (enum job_event)ev);

			assert_true(step.next < JOB_STATES);
			if (step.next == JOB_NONE)
				assert_int_equal(step.effect, JFX_NONE);
		}
	}
}

static bool reaches_done(enum job_state from, unsigned int depth)
{
	if (from == JOB_DONE)
		return true;
	for (size_t ev = 0; depth && ev < JEV_COUNT; ev++) {
		struct job_step step = jobfsm_step(from, (enum job_event)ev);

		if (step.next > from && reaches_done(step.next, depth - 1))
			return true;
	}
	return false;
}

static void every_state_has_a_way_to_done(void **state)
{
	(void)state;
	for (size_t s = JOB_RECEIVED; s < JOB_DONE; s++)
		assert_true(reaches_done((enum job_state)s, JOB_STATES));
}

/* The only way back is the proof that a job never started. */
static void only_void_goes_back(void **state)
{
	(void)state;
	for (size_t s = JOB_RECEIVED; s < JOB_STATES; s++) {
		for (size_t ev = 0; ev < JEV_COUNT; ev++) {
			enum job_state next =
				jobfsm_step((enum job_state)s, (enum job_event)ev).next;

			if (next != JOB_NONE && next <= s) {
				assert_int_equal(ev, JEV_VOID);
				assert_int_equal(next, JOB_QUEUED);
			}
		}
	}
}

/* Once a job was accepted, its end passes through settling: that is where money that was
 * taken goes back. */
static void an_accepted_job_is_settled_before_its_report(void **state)
{
	(void)state;
	for (size_t s = JOB_QUEUED; s < JOB_SETTLING; s++)
		for (size_t ev = 0; ev < JEV_COUNT; ev++)
			assert_int_not_equal(
				jobfsm_step((enum job_state)s, (enum job_event)ev).next,
				JOB_REPORTING);
}

static void slots_are_held_from_start_to_end(void **state)
{
	(void)state;
	for (size_t s = JOB_NONE; s < JOB_STATES; s++)
		assert_int_equal(jobfsm_holds_slot((enum job_state)s),
				 s == JOB_PREPARING || s == JOB_RUNNING);
}

static void names_can_be_read_back(void **state)
{
	enum job_state found;

	(void)state;
	for (size_t s = JOB_RECEIVED; s < JOB_STATES; s++) {
		assert_true(jobfsm_find_state(
			&found, str_of(jobfsm_state_name((enum job_state)s))));
		assert_int_equal(found, s);
	}
	assert_false(jobfsm_find_state(&found, STR_LIT("none")));
	assert_false(jobfsm_find_state(&found, STR_LIT("")));
	for (size_t ev = 0; ev < JEV_COUNT; ev++)
		assert_true(jobfsm_event_name((enum job_event)ev)[0] != '?');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_the_picture),
		cmocka_unit_test(nothing_leaves_done),
		cmocka_unit_test(every_cell_is_whole),
		cmocka_unit_test(every_state_has_a_way_to_done),
		cmocka_unit_test(only_void_goes_back),
		cmocka_unit_test(an_accepted_job_is_settled_before_its_report),
		cmocka_unit_test(slots_are_held_from_start_to_end),
		cmocka_unit_test(names_can_be_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
