/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobview.h"

#include "lib/proto/jobmsg.h"
#include "tests/unit/unit.h"

#include <string.h>

#define NOW 1795000000

static struct jobview *view(void)
{
	const struct jobcheck_job job = {.job = unit_small_id(0xaa),
					 .worker = unit_small_id(1),
					 .has_customer = true,
					 .customer = unit_small_id(0xcc)};

	return jobview_new(&job);
}

static struct nevent *status_of(const char *word, uint64_t at)
{
	struct jobmsg_status s = {.worker = unit_small_id(1),
				  .job = unit_small_id(0xaa),
				  .customer = unit_small_id(0xcc),
				  .created_at = at,
				  .status = word,
				  .queue_position = JOBMSG_NO_POSITION};

	return jobmsg_status(&s);
}

static struct nevent *result_of(enum outcome outcome, uint64_t at)
{
	struct jobmsg_result r = {.worker = unit_small_id(1),
				  .job = unit_small_id(0xaa),
				  .customer = unit_small_id(0xcc),
				  .created_at = at,
				  .outcome = outcome,
				  .exit_code = 3};

	return jobmsg_result(&r);
}

/* Take and free; the rule that was broken, "" for none. */
static void take(struct jobview *v, struct nevent *ev, bool live, enum jobview_news want,
		 const char *rule)
{
	struct jobcheck c = {.n = 0};
	enum jobview_news got = jobview_take(v, &c, ev, live, NOW + 100);

	assert_int_equal(got, want);
	assert_string_equal(c.n ? c.fault[0].rule : "", rule);
	assert_true(c.n <= 1);
	nevent_free(ev);
}

static void a_good_job_is_told_as_it_goes(void **state)
{
	struct jobview *v = view();

	(void)state;
	take(v, status_of("queued", NOW), true, JOBVIEW_STATUS, "");
	take(v, status_of("running", NOW + 1), true, JOBVIEW_STATUS, "");
	assert_null(jobview_result(v));
	take(v, result_of(OUTCOME_OK, NOW + 2), true, JOBVIEW_RESULT, "");
	assert_non_null(jobview_result(v));
	assert_false(jobview_has_ended(v));
	take(v, status_of("completed", NOW + 2), true, JOBVIEW_STATUS, "");
	assert_true(jobview_has_ended(v));
	jobview_free(v);
}

static void the_same_events_of_other_relays_are_no_news(void **state)
{
	struct jobview *v = view();

	(void)state;
	take(v, status_of("running", NOW + 1), true, JOBVIEW_STATUS, "");
	take(v, status_of("running", NOW + 1), true, JOBVIEW_NOTHING, "");
	take(v, status_of("queued", NOW), true, JOBVIEW_NOTHING, "");
	take(v, result_of(OUTCOME_OK, NOW + 2), true, JOBVIEW_RESULT, "");
	take(v, result_of(OUTCOME_OK, NOW + 2), true, JOBVIEW_NOTHING, "");
	take(v, status_of("completed", NOW + 3), true, JOBVIEW_STATUS, "");
	take(v, status_of("completed", NOW + 3), false, JOBVIEW_NOTHING, "");
	jobview_free(v);
}

static void stored_events_come_newest_first(void **state)
{
	struct jobview *v = view();

	(void)state;
	take(v, status_of("completed", NOW + 3), false, JOBVIEW_STATUS, "");
	take(v, result_of(OUTCOME_OK, NOW + 2), false, JOBVIEW_RESULT, "");
	jobview_free(v);
}

static void a_last_status_before_the_result_is_told_once(void **state)
{
	struct jobview *v = view();

	(void)state;
	/* seen as it came ... */
	take(v, status_of("completed", NOW + 1), true, JOBVIEW_STATUS, "LOOM-42");
	take(v, result_of(OUTCOME_OK, NOW + 2), true, JOBVIEW_RESULT, "");
	jobview_free(v);
	v = view();
	/* ... or by the dates, whichever is there first */
	take(v, status_of("failed", NOW + 1), false, JOBVIEW_STATUS, "");
	take(v, result_of(OUTCOME_EXIT, NOW + 2), false, JOBVIEW_RESULT, "LOOM-42");
	jobview_free(v);
	v = view();
	take(v, result_of(OUTCOME_EXIT, NOW + 2), false, JOBVIEW_RESULT, "");
	take(v, status_of("failed", NOW + 1), false, JOBVIEW_STATUS, "LOOM-42");
	jobview_free(v);
}

static void a_second_result_is_told_once_and_not_believed(void **state)
{
	struct jobview *v = view();

	(void)state;
	take(v, result_of(OUTCOME_EXIT, NOW), true, JOBVIEW_RESULT, "");
	take(v, result_of(OUTCOME_OK, NOW + 1), true, JOBVIEW_NOTHING, "LOOM-39");
	take(v, result_of(OUTCOME_OK, NOW + 1), true, JOBVIEW_NOTHING, "");
	assert_true(nevent_has_tag(jobview_result(v), "success", STR_LIT("false")));
	jobview_free(v);
}

static void statuses_rise_and_end(void **state)
{
	struct jobview *v = view();
	struct nevent *a = status_of("queued", NOW);
	struct nevent *b = status_of("running", NOW);
	bool a_first = id32_cmp(&a->id, &b->id) < 0;
	struct nevent *low = a_first ? a : b;
	struct nevent *high = a_first ? b : a;
	struct nevent *high_again = nevent_copy(high);

	(void)state;
	/* of one second the lower id stays, as relays have it */
	take(v, high, true, JOBVIEW_STATUS, "");
	take(v, low, true, JOBVIEW_STATUS, "LOOM-35");
	take(v, high_again, true, JOBVIEW_NOTHING, "LOOM-35");
	take(v, result_of(OUTCOME_OK, NOW + 1), true, JOBVIEW_RESULT, "");
	take(v, status_of("completed", NOW + 1), true, JOBVIEW_STATUS, "");
	take(v, status_of("running", NOW + 2), true, JOBVIEW_STATUS, "LOOM-38");
	jobview_free(v);
}

static void others_have_no_say(void **state)
{
	struct jobview *v = view();
	struct nevent *ev = status_of("running", NOW);
	auto_ntags struct ntags *none = ntags_new();
	struct id32 worker = unit_small_id(1);

	(void)state;
	ev->pubkey = unit_small_id(2);
	take(v, ev, true, JOBVIEW_FOREIGN, "");
	take(v, nevent_make(&worker, NOW, NKIND_RESULT, none, STR_LIT("")), true,
	     JOBVIEW_FOREIGN, "");
	take(v, nevent_make(&worker, NOW, NKIND_WORKER, none, STR_LIT("")), true,
	     JOBVIEW_FOREIGN, "");
	assert_null(jobview_result(v));
	jobview_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_job_is_told_as_it_goes),
		cmocka_unit_test(the_same_events_of_other_relays_are_no_news),
		cmocka_unit_test(stored_events_come_newest_first),
		cmocka_unit_test(a_last_status_before_the_result_is_told_once),
		cmocka_unit_test(a_second_result_is_told_once_and_not_believed),
		cmocka_unit_test(statuses_rise_and_end),
		cmocka_unit_test(others_have_no_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
