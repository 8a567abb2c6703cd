/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobmsg.h"

#include "lib/base/caps.h"
#include "tests/unit/unit.h"

static struct jobmsg_result a_result(enum outcome outcome)
{
	return (struct jobmsg_result){.worker = unit_small_id(1),
				      .job = unit_small_id(2),
				      .customer = unit_small_id(3),
				      .created_at = 1791400103,
				      .outcome = outcome};
}

static void tag_is(const struct nevent *ev, const char *name, const char *want)
{
	struct str v;

	assert_int_equal(nevent_count_tags(ev, name), 1);
	assert_true(nevent_tag(ev, name, &v));
	assert_str(v, want);
}

static void no_tag_is_empty(const struct nevent *ev)
{
	for (size_t t = 0; t < ev->ntags; t++) {
		assert_true(ev->tags[t].n >= 2);
		for (size_t i = 0; i < ev->tags[t].n; i++)
			assert_true(ev->tags[t].v[i].n > 0);
	}
}

static void a_status_has_one_d_one_e_one_p(void **state)
{
	struct jobmsg_status s = {.worker = unit_small_id(1),
				  .job = unit_small_id(2),
				  .customer = unit_small_id(3),
				  .created_at = 1791400062,
				  .status = "queued",
				  .queue_position = 4};
	auto_nevent struct nevent *ev = jobmsg_status(&s);

	(void)state;
	assert_int_equal(ev->kind, NKIND_STATUS);
	assert_int_equal(ev->content.n, 0);
	tag_is(ev, "d", id32_hex(&s.job).c);
	tag_is(ev, "e", id32_hex(&s.job).c);
	tag_is(ev, "p", id32_hex(&s.customer).c);
	tag_is(ev, "status", "queued");
	tag_is(ev, "queue_position", "4");
	assert_int_equal(nevent_check_id(ev, NULL), LERR_OK);
	no_tag_is_empty(ev);
}

static void a_status_without_position_has_no_such_tag(void **state)
{
	struct jobmsg_status s = {.status = "running",
				  .queue_position = JOBMSG_NO_POSITION};
	auto_nevent struct nevent *ev = jobmsg_status(&s);

	(void)state;
	assert_int_equal(nevent_count_tags(ev, "queue_position"), 0);
}

static void a_good_result_says_so(void **state)
{
	struct jobmsg_result r = a_result(OUTCOME_OK);
	auto_nevent struct nevent *ev = NULL;

	(void)state;
	r.duration_s = 40;
	r.stdout_url = STR_LIT("https://b.example/00");
	ev = jobmsg_result(&r);
	assert_int_equal(ev->kind, NKIND_RESULT);
	tag_is(ev, "e", id32_hex(&r.job).c);
	tag_is(ev, "p", id32_hex(&r.customer).c);
	tag_is(ev, "success", "true");
	tag_is(ev, "exit_code", "0");
	tag_is(ev, "duration", "40");
	tag_is(ev, "stdout", "https://b.example/00");
	tag_is(ev, "reason", "ok");
	assert_int_equal(nevent_count_tags(ev, "stderr"), 0);
	assert_int_equal(nevent_count_tags(ev, "error"), 0);
	assert_int_equal(nevent_count_tags(ev, "d"), 0);
	no_tag_is_empty(ev);
}

/* Names that a client compares with its own records must not appear: LOOM-37. */
static void no_forbidden_tag_in_any_result(void **state)
{
	static const char *const forbidden[] = {"commit",     "workflow",    "repo_id",
						"repository", "loom_job_id", "expiration",
						"-"};

	(void)state;
	for (size_t o = 0; o < OUTCOME_COUNT; o++) {
		struct jobmsg_result r = a_result((enum outcome)o);
		auto_nevent struct nevent *ev = jobmsg_result(&r);

		for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
			assert_int_equal(nevent_count_tags(ev, forbidden[i]), 0);
		assert_int_equal(nevent_count_tags(ev, "e"), 1);
		assert_int_equal(nevent_count_tags(ev, "error"),
				 outcome_table[o].success ? 0 : 1);
		assert_int_equal(ev->content.n, 0);
		no_tag_is_empty(ev);
	}
}

static void the_code_of_the_process_is_told(void **state)
{
	(void)state;
	assert_int_equal(jobmsg_exit_code(OUTCOME_EXIT, 3), 3);
	assert_int_equal(jobmsg_exit_code(OUTCOME_SIGNAL, 137), 137);
	assert_int_equal(jobmsg_exit_code(OUTCOME_TIME_LIMIT, 9), 124);
	assert_int_equal(jobmsg_exit_code(OUTCOME_CANCELLED, 0), 143);
}

static void errors_are_one_clean_line(void **state)
{
	auto_buf struct buf out = BUF_INIT(1024);
	char longer[CAP_ERROR_TEXT + 50];

	(void)state;
	jobmsg_clean_text(&out, STR_LIT("  two\nlines\x7f\x01 end \n"));
	assert_buf(out, "two lines   end");
	buf_reset(&out);
	for (size_t i = 0; i < sizeof(longer); i++)
		longer[i] = (char)(i % 2 ? '\xa4' : '\xc3');
	jobmsg_clean_text(&out, (struct str){longer, sizeof(longer)});
	assert_int_equal(out.n, CAP_ERROR_TEXT);
	buf_reset(&out);
	jobmsg_clean_text(&out, STR_LIT("broken \xff utf-8"));
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_has_one_d_one_e_one_p),
		cmocka_unit_test(a_status_without_position_has_no_such_tag),
		cmocka_unit_test(a_good_result_says_so),
		cmocka_unit_test(no_forbidden_tag_in_any_result),
		cmocka_unit_test(the_code_of_the_process_is_told),
		cmocka_unit_test(errors_are_one_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
