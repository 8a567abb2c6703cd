/* SPDX-License-Identifier: MIT */
/* Which events keep the rules, and which rule each other one breaks. Good events are
 * those that our own worker makes (jobmsg.h). */
#include "config.h"

#include "ctl/jobcheck.h"
#include "ctl/jobread.h"

#include "lib/base/caps.h"
#include "lib/proto/jobmsg.h"
#include "tests/unit/madetoken.h"
#include "tests/unit/unit.h"

#include <string.h>

#define NOW 1795000000

static const char job_hex[] =
	"00000000000000000000000000000000000000000000000000000000000000aa";
static const char customer_hex[] =
	"00000000000000000000000000000000000000000000000000000000000000cc";
#define HASH "4f18f319cf0e9d77e8cd061640dd066ca7a49c99fe1b27cfe65006ff87d2c637"

static struct jobcheck_job the_job(void)
{
	return (struct jobcheck_job){.job = unit_id(job_hex),
				     .worker = unit_small_id(1),
				     .has_customer = true,
				     .customer = unit_id(customer_hex)};
}

/* The rules that ev breaks, with blanks between. */
static void rules(struct buf *out, const struct nevent *ev,
		  const struct jobcheck_job *job)
{
	struct jobcheck c = {.n = 0};

	jobcheck_event(&c, job, ev, NOW);
	for (size_t i = 0; i < c.n && i < JOBCHECK_MOST; i++)
		buf_addf(out, "%s%s", i ? " " : "", c.fault[i].rule);
}

static void expect(struct nevent *ev, const char *want)
{
	auto_buf struct buf got = BUF_INIT(1024);
	struct jobcheck_job job = the_job();

	rules(&got, ev, &job);
	assert_string_equal(got.p ? got.p : "", want);
	nevent_free(ev);
}

static struct nevent *make(uint32_t kind, const struct ntags *tags, const char *content)
{
	struct id32 worker = unit_small_id(1);

	return nevent_make(&worker, NOW, kind, tags, str_of(content));
}

/* ---- what our worker sends */

static void our_own_statuses_keep_every_rule(void **state)
{
	static const char *const words[] = {"queued", "running",   "completed",
					    "failed", "cancelled", "timeout"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct jobmsg_status s = {.worker = unit_small_id(1),
					  .job = unit_id(job_hex),
					  .customer = unit_id(customer_hex),
					  .created_at = NOW,
					  .status = words[i],
					  .queue_position = i ? JOBMSG_NO_POSITION : 3};

		expect(jobmsg_status(&s), "");
	}
}

static void our_own_results_keep_every_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		struct jobmsg_result r = {.worker = unit_small_id(1),
					  .job = unit_id(job_hex),
					  .customer = unit_id(customer_hex),
					  .created_at = NOW,
					  .outcome = (enum outcome)i,
					  .exit_code = 3,
					  .duration_s = 7,
					  .stdout_url =
						  STR_LIT("https://b.example/" HASH)};

		expect(jobmsg_result(&r), "");
	}
}

/* ---- statuses */

static struct ntags *status_tags(void)
{
	struct ntags *t = ntags_new();

	ntags_add_c(t, "d", job_hex, NULL);
	ntags_add_c(t, "e", job_hex, NULL);
	ntags_add_c(t, "p", customer_hex, NULL);
	return t;
}

/* A status with one more tag (name NULL: none) and this content. */
static void status_case(const char *word, const char *name, const char *value,
			const char *content, const char *want)
{
	auto_ntags struct ntags *t = status_tags();

	if (word)
		ntags_add_c(t, "status", word, NULL);
	if (name)
		ntags_add_c(t, name, value, NULL);
	expect(make(NKIND_STATUS, t, content), want);
}

static void each_fault_of_a_status_has_its_rule(void **state)
{
	(void)state;
	status_case("running", NULL, NULL, "", "");
	status_case("running", NULL, NULL, "{\"log\":1.5}", "");
	status_case("success", NULL, NULL, "", "LOOM-34");
	status_case("Running", NULL, NULL, "", "LOOM-34");
	status_case("", NULL, NULL, "", "LOOM-34");
	status_case(NULL, NULL, NULL, "", "LOOM-34");
	status_case("running", "status", "failed", "", "LOOM-34");
	status_case("running", "queue_position", "1", "", "LOOM-34");
	status_case("queued", "queue_position", "-1", "", "LOOM-34");
	status_case("queued", "queue_position", NULL, "", "LOOM-34");
	status_case("running", "elapsed_sec", "1.5", "", "LOOM-34");
	status_case("running", NULL, NULL, "a log line", "LOOM-36");
	status_case("running", NULL, NULL, "[1]", "LOOM-36");
	status_case("running", NULL, NULL, "{\"a\":1} x", "LOOM-36");
	status_case("running", "e", job_hex, "", "LOOM-32");
	status_case("running", "d", job_hex, "", "LOOM-32");
	status_case("running", "p", customer_hex, "", "LOOM-33");
	status_case("running", "workflow", "ci", "", "LOOM-37");
	status_case("running", "expiration", "1", "", "LOOM-21");
	status_case("running", "-", NULL, "", "LOOM-21");
	status_case("running", "note", " padded", "", "LOOM-21");
	status_case("running", "", "x", "", "LOOM-21");
}

static void ids_must_be_those_of_the_job(void **state)
{
	static const char *const order[] = {"d", "e", "p"};
	static const char *const want[] = {"LOOM-32", "LOOM-32", "LOOM-33"};

	(void)state;
	for (size_t wrong = 0; wrong < 3; wrong++) {
		for (int upper = 0; upper < 2; upper++) {
			auto_ntags struct ntags *t = ntags_new();

			for (size_t i = 0; i < 3; i++) {
				const char *good = i == 2 ? customer_hex : job_hex;

				ntags_add_c(t, order[i],
					    i != wrong ? good
					    : upper    ? "00AA"
						    : "00000000000000000000000000000000"
						      "000000000000000000000000000000dd",
					    NULL);
			}
			ntags_add_c(t, "status", "running", NULL);
			expect(make(NKIND_STATUS, t, ""), want[wrong]);
		}
	}
}

static void an_unknown_customer_is_not_compared(void **state)
{
	auto_ntags struct ntags *t = status_tags();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf got = BUF_INIT(256);
	struct jobcheck_job job = the_job();

	(void)state;
	ntags_add_c(t, "status", "running", NULL);
	ev = make(NKIND_STATUS, t, "");
	job.customer = unit_small_id(9);
	rules(&got, ev, &job);
	assert_buf(got, "LOOM-33");
	buf_reset(&got);
	job.has_customer = false;
	rules(&got, ev, &job);
	assert_int_equal(got.n, 0);
}

static void the_future_is_five_minutes_away(void **state)
{
	auto_ntags struct ntags *t = status_tags();
	struct id32 worker = unit_small_id(1);

	(void)state;
	ntags_add_c(t, "status", "running", NULL);
	expect(nevent_make(&worker, NOW + 300, NKIND_STATUS, t, STR_LIT("")), "");
	expect(nevent_make(&worker, NOW + 301, NKIND_STATUS, t, STR_LIT("")), "LOOM-21");
}

/* ---- results */

static void result_case(const char *success, const char *code, const char *duration,
			const char *name, const char *value, const char *want)
{
	auto_ntags struct ntags *t = ntags_new();

	ntags_add_c(t, "e", job_hex, NULL);
	ntags_add_c(t, "p", customer_hex, NULL);
	if (success)
		ntags_add_c(t, "success", success, NULL);
	if (code)
		ntags_add_c(t, "exit_code", code, NULL);
	if (duration)
		ntags_add_c(t, "duration", duration, NULL);
	if (name)
		ntags_add_c(t, name, value, NULL);
	expect(make(NKIND_RESULT, t, ""), want);
}

static void each_fault_of_a_result_has_its_rule(void **state)
{
	(void)state;
	result_case("true", "0", "0", NULL, NULL, "");
	result_case("false", "-1", "12", NULL, NULL, "");
	result_case("true", "0", "1", "d", job_hex, "");
	result_case(NULL, "0", "1", NULL, NULL, "LOOM-40");
	result_case("true", NULL, "1", NULL, NULL, "LOOM-40");
	result_case("true", "0", NULL, NULL, NULL, "LOOM-40");
	result_case("yes", "1", "1", NULL, NULL, "LOOM-40");
	result_case("false", "1.0", "1", NULL, NULL, "LOOM-40");
	result_case("false", "-", "1", NULL, NULL, "LOOM-40");
	result_case("true", "0", "1.5", NULL, NULL, "LOOM-40");
	result_case("true", "0", "-1", NULL, NULL, "LOOM-40");
	result_case("true", "0", "1", "success", "true", "LOOM-40");
	result_case("true", "1", "1", NULL, NULL, "LOOM-41");
	result_case("false", "0", "1", NULL, NULL, "LOOM-41");
	result_case("true", "0", "1", "stdout", "", "LOOM-45");
	result_case("true", "0", "1", "change", NULL, "LOOM-45");
	result_case("true", "0", "1", "repository", "x", "LOOM-37");
	result_case("true", "0", "1", "e", job_hex, "LOOM-40");
	result_case("true", "0", "1", "d", customer_hex, "LOOM-40");
}

static void links_end_in_a_bare_hash(void **state)
{
	static const struct {
		const char *url;
		const char *want;
	} cases[] = {
		{"https://b.example/" HASH, ""},
		{"https://b.example:8443/a/b/" HASH, ""},
		{"https://b.example/" HASH ".txt", "LOOM-43"},
		{"https://b.example/" HASH "/", "LOOM-43"},
		{"https://b.example/x" HASH, "LOOM-43"},
		{"https://b.example/" HASH "?a", "LOOM-43"},
		{"https://b.example/#/" HASH, "LOOM-43"},
		{"https://me@b.example/" HASH, "LOOM-43"},
		{"http://b.example/" HASH, "LOOM-43"},
		{"https:/" HASH, "LOOM-43"},
		{HASH, "LOOM-43"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		result_case("true", "0", "1", "stderr", cases[i].url, cases[i].want);
}

static void on_this_machine_links_may_be_plain(void **state)
{
	auto_ntags struct ntags *t = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf got = BUF_INIT(256);
	struct jobcheck_job job = the_job();

	(void)state;
	job.local = true;
	ntags_add_c(t, "e", job_hex, NULL);
	ntags_add_c(t, "p", customer_hex, NULL);
	ntags_add_c(t, "success", "true", NULL);
	ntags_add_c(t, "exit_code", "0", NULL);
	ntags_add_c(t, "duration", "0", NULL);
	ntags_add_c(t, "stdout", "http://127.0.0.1:8471/" HASH, NULL);
	ev = make(NKIND_RESULT, t, "");
	rules(&got, ev, &job);
	assert_int_equal(got.n, 0);
}

static void content_and_second_tags_are_told(void **state)
{
	auto_ntags struct ntags *t = ntags_new();

	(void)state;
	ntags_add_c(t, "e", job_hex, NULL);
	ntags_add_c(t, "p", customer_hex, NULL);
	ntags_add_c(t, "success", "true", NULL);
	ntags_add_c(t, "exit_code", "0", NULL);
	ntags_add_c(t, "duration", "0", NULL);
	ntags_add_c(t, "change", "cashuA", NULL);
	ntags_add_c(t, "change", "cashuB", NULL);
	ntags_add_c(t, "stdout", "https://b.example/" HASH, NULL);
	ntags_add_c(t, "stdout", "https://c.example/" HASH, NULL);
	expect(make(NKIND_RESULT, t, "{}"), "LOOM-43 LOOM-55 LOOM-55 LOOM-36");
}

/* ---- money */

#define MINT "https://mint.example"

struct told {
	const char *mint; /* of the change; NULL: there is none */
	const struct ecpoint *lock;
	const char *charged;
	const char *change_amount;
	const char *mint_fees;
	const char *owed;
};

static void add_if(struct ntags *t, const char *name, const char *value)
{
	if (value)
		ntags_add_c(t, name, value, "sat", NULL);
}

/* A result of a job that was paid with 20 sat. Its change is 8 sat. */
static struct nevent *paid_result(const struct told *m)
{
	static const uint64_t amounts[] = {8};
	auto_ntags struct ntags *t = ntags_new();
	auto_buf struct buf token = BUF_INIT(CAP_TOKEN_BYTES);

	ntags_add_c(t, "e", job_hex, NULL);
	ntags_add_c(t, "p", customer_hex, NULL);
	ntags_add_c(t, "success", "true", NULL);
	ntags_add_c(t, "exit_code", "0", NULL);
	ntags_add_c(t, "duration", "4", NULL);
	if (m->mint) {
		madetoken_write(&token, m->mint, amounts, 1, m->lock);
		ntags_add_c(t, "change", token.p, NULL);
	}
	add_if(t, "paid", "20");
	add_if(t, "charged", m->charged);
	add_if(t, "change_amount", m->change_amount);
	add_if(t, "mint_fees", m->mint_fees);
	add_if(t, "change_owed", m->owed);
	return make(NKIND_RESULT, t, "");
}

static void sums_of_a_paid_job_add_up(void **state)
{
	(void)state;
	expect(paid_result(&(struct told){MINT, NULL, "11", "8", "1", NULL}), "");
	expect(paid_result(&(struct told){NULL, NULL, "19", NULL, "1", NULL}), "");
	expect(paid_result(&(struct told){NULL, NULL, "20", NULL, NULL, NULL}), "");
	expect(paid_result(&(struct told){MINT, NULL, "12", "8", "1", NULL}), "LOOM-59");
	expect(paid_result(&(struct told){MINT, NULL, "12", "7", "1", NULL}), "LOOM-59");
	expect(paid_result(&(struct told){NULL, NULL, "much", NULL, "1", NULL}),
	       "LOOM-59 LOOM-59");
	expect(paid_result(&(struct told){NULL, NULL, "11", NULL, "1", "8"}), "");
	expect(paid_result(&(struct told){NULL, NULL, "18446744073709551615", NULL, "21",
					  NULL}),
	       "LOOM-59 LOOM-59");
}

/* The rules that change breaks for a customer who has asked for this. */
static void expect_change(const char *payment_mint, const struct ecpoint *asked,
			  const struct told *told, const char *want)
{
	static const uint64_t amounts[] = {4, 16};
	auto_ntags struct ntags *t = ntags_new();
	auto_buf struct buf token = BUF_INIT(CAP_TOKEN_BYTES);
	auto_buf struct buf got = BUF_INIT(1024);
	auto_nevent struct nevent *request = NULL;
	auto_nevent struct nevent *ev = paid_result(told);
	struct jobcheck_job job = the_job();

	madetoken_write(&token, payment_mint, amounts, 2, NULL);
	ntags_add_c(t, "payment", token.p, NULL);
	if (asked)
		ntags_add_c(t, "cashu_pubkey", ecpoint_hex(asked).c, NULL);
	request = make(NKIND_JOB, t, "");
	jobcheck_read_money(&job.money, request);
	rules(&got, ev, &job);
	assert_string_equal(got.p ? got.p : "", want);
}

static void change_is_of_the_mint_and_for_the_key_of_the_request(void **state)
{
	struct ecpoint ours = madetoken_key(3);
	struct ecpoint other = madetoken_key(5);
	struct told plain = {MINT, NULL, "11", "8", "1", NULL};
	struct told locked = {MINT, &ours, "11", "8", "1", NULL};

	(void)state;
	expect_change(MINT, NULL, &plain, "");
	expect_change(MINT "/", NULL, &plain, "");
	expect_change("https://other.example", NULL, &plain, "LOOM-55");
	expect_change(MINT, &ours, &locked, "");
	expect_change(MINT, &ours, &plain, "LOOM-55");
	expect_change(MINT, &other, &locked, "LOOM-55");
}

static void a_flood_of_faults_is_counted_only(void **state)
{
	struct jobcheck c = {.n = 0};

	(void)state;
	for (int i = 0; i < 100; i++)
		jobcheck_add(&c, "LOOM-1", "%d", i);
	assert_int_equal(c.n, 100);
	assert_string_equal(c.fault[JOBCHECK_MOST - 1].text, "15");
}

static void words_of_the_worker_are_escaped(void **state)
{
	auto_ntags struct ntags *t = status_tags();
	auto_nevent struct nevent *ev = NULL;
	struct jobcheck_job job = the_job();
	struct jobcheck c = {.n = 0};

	(void)state;
	ntags_add_c(t, "status", "a\x1b[2Jb", NULL);
	ev = make(NKIND_STATUS, t, "");
	jobcheck_event(&c, &job, ev, NOW);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.fault[0].text, "'a\\u001b[2Jb' is no status");
}

/* ---- reading for people */

static void the_exit_status_follows_the_result(void **state)
{
	static const struct {
		bool success;
		const char *code;
		int want;
	} cases[] = {
		{true, "0", 0},
		{true, "7", 0},
		{false, "7", 7},
		{false, "255", 255},
		{false, "256", 1},
		{false, "-1", 1},
		{false, "0", 1},
		{false, "", 1},
		{false, "x", 1},
		{false, "143", 143},
		{false, "9223372036854775808", 1},
		{false, "-9223372036854775807", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct jobread_result r = {.success = cases[i].success,
					   .exit_code = str_of(cases[i].code)};

		assert_int_equal(jobread_exit_status(&r), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_statuses_keep_every_rule),
		cmocka_unit_test(our_own_results_keep_every_rule),
		cmocka_unit_test(each_fault_of_a_status_has_its_rule),
		cmocka_unit_test(ids_must_be_those_of_the_job),
		cmocka_unit_test(an_unknown_customer_is_not_compared),
		cmocka_unit_test(the_future_is_five_minutes_away),
		cmocka_unit_test(each_fault_of_a_result_has_its_rule),
		cmocka_unit_test(links_end_in_a_bare_hash),
		cmocka_unit_test(on_this_machine_links_may_be_plain),
		cmocka_unit_test(content_and_second_tags_are_told),
		cmocka_unit_test(sums_of_a_paid_job_add_up),
		cmocka_unit_test(change_is_of_the_mint_and_for_the_key_of_the_request),
		cmocka_unit_test(a_flood_of_faults_is_counted_only),
		cmocka_unit_test(words_of_the_worker_are_escaped),
		cmocka_unit_test(the_exit_status_follows_the_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
