/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbout.h"

#include "lib/proto/nevent.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#define R1 STR_LIT("wss://one.example")
#define R2 STR_LIT("wss://two.example")

static int open_it(void **state)
{
	struct db *d = NULL;

	if (dbschema_open(&d, ":memory:", NULL))
		return -1;
	*state = d;
	for (uint8_t i = 1; i <= 2; i++) {
		struct dbjob j = {.id = unit_small_id(i), .state = JOB_RECEIVED};

		if (!dbjob_insert(d, &j))
			return -1;
	}
	return 0;
}

static int close_it(void **state)
{
	db_close(*state);
	return 0;
}

static uint64_t add(struct db *d, uint8_t id, uint64_t kind, uint64_t job, uint64_t after)
{
	struct dbout o = {.kind = kind,
			  .job = job,
			  .event_id = unit_small_id(id),
			  .after_seq = after,
			  .made_at = 1000u + id};

	assert_true(dbout_insert(d, &o, STR_LIT("{\"sig\":\"00\"}")));
	return o.seq;
}

static void sign(struct db *d, uint64_t seq)
{
	dbout_set_signed(d, seq, STR_LIT("{\"sig\":\"ff\"}"), 1500);
}

/* Rows that a relay may have from the start, as a number: 2, then 3 -> 23. */
static uint64_t offered(struct db *d, struct str relay)
{
	uint64_t pub = 0;
	uint64_t all = 0;

	for (;;) {
		auto_dbout struct dbout row = {0};

		if (!dbout_next_for(d, &row, relay, pub))
			return all;
		pub = row.pub;
		all = all * 10 + row.seq;
	}
}

static void an_event_is_stored_once(void **state)
{
	struct dbout o = {.kind = 5101, .event_id = unit_small_id(1)};

	(void)add(*state, 1, 5101, 1, 0);
	assert_false(dbout_insert(*state, &o, STR_LIT("{}")));
	assert_true(dbout_knows(*state, &o.event_id));
	o.event_id = unit_small_id(2);
	assert_false(dbout_knows(*state, &o.event_id));
}

static void unsigned_rows_are_not_offered(void **state)
{
	struct db *d = *state;
	auto_dbout struct dbout row = {0};
	uint64_t a = add(d, 1, 5101, 1, 0);
	uint64_t b = add(d, 2, 5101, 2, 0);

	assert_int_equal(offered(d, R1), 0);
	assert_true(dbout_next_unsigned(d, &row, 0));
	assert_int_equal(row.seq, a);
	/* signed in another order: offered in the order of signing */
	sign(d, b);
	sign(d, a);
	assert_int_equal(offered(d, R1), b * 10 + a);
	dbout_wipe(&row);
	assert_false(dbout_next_unsigned(d, &row, 0));
}

static void a_signature_is_never_replaced(void **state)
{
	struct db *d = *state;
	auto_dbout struct dbout row = {0};
	uint64_t a = add(d, 1, 5101, 1, 0);

	sign(d, a);
	dbout_set_signed(d, a, STR_LIT("other bytes"), 1600);
	assert_true(dbout_get(d, &row, a));
	assert_string_equal(row.event, "{\"sig\":\"ff\"}");
	assert_int_equal(row.pub, 1);
}

static void a_verdict_ends_it_for_that_relay(void **state)
{
	struct db *d = *state;
	uint64_t a = add(d, 1, 5101, 1, 0);

	sign(d, a);
	dbout_put_send(d, a, R1, STR_LIT("ok"), STR_LIT(""), 1);
	assert_int_equal(offered(d, R1), 0);
	assert_int_equal(offered(d, R2), a);
	dbout_set_done(d, a, 2);
	assert_int_equal(offered(d, R2), 0);
	assert_int_equal(dbout_count_open(d), 0);
}

/* LOOM-42, for each relay by itself. */
static void the_last_status_follows_the_result(void **state)
{
	struct db *d = *state;
	auto_dbout struct dbout row = {0};
	uint64_t result = add(d, 1, NKIND_RESULT, 1, 0);
	uint64_t status = add(d, 2, NKIND_STATUS, 1, result);

	sign(d, status);
	sign(d, result);
	assert_int_equal(offered(d, R1), result);
	dbout_put_send(d, result, R1, STR_LIT("ok"), STR_LIT(""), 1);
	assert_int_equal(offered(d, R1), status);
	assert_int_equal(offered(d, R2), result);
	/* also when that relay refused it for good */
	dbout_put_send(d, result, R2, STR_LIT("refused"), STR_LIT("no"), 1);
	assert_int_equal(offered(d, R2), status);
	assert_true(dbout_get_after(d, &row, result));
	assert_int_equal(row.seq, status);
}

static void count_seq(void *ctx, uint64_t seq)
{
	uint64_t *sum = ctx;

	*sum = *sum * 10 + seq;
}

static void a_newer_status_overtakes_but_not_the_last_one(void **state)
{
	struct db *d = *state;
	uint64_t told = 0;
	uint64_t one = add(d, 1, NKIND_STATUS, 1, 0);
	uint64_t other_job = add(d, 2, NKIND_STATUS, 2, 0);
	uint64_t result = add(d, 3, NKIND_RESULT, 1, 0);
	uint64_t last = add(d, 4, NKIND_STATUS, 1, result);
	uint64_t ad = add(d, 5, NKIND_WORKER, 0, 0);
	uint64_t newer_ad = add(d, 6, NKIND_WORKER, 0, 0);

	dbout_overtake(d, NKIND_STATUS, 1, last + 1, 1, count_seq, &told);
	assert_int_equal(told, one);
	told = 0;
	dbout_overtake(d, NKIND_WORKER, 0, newer_ad, 1, count_seq, &told);
	assert_int_equal(told, ad);
	(void)other_job;
	for (uint64_t seq = 1; seq <= newer_ad; seq++)
		sign(d, seq);
	dbout_put_send(d, result, R1, STR_LIT("ok"), STR_LIT(""), 1);
	assert_int_equal(offered(d, R1), 246);
}

static void ok_is_not_taken_back(void **state)
{
	struct db *d = *state;
	struct dbq *q;
	uint64_t a = add(d, 1, 5101, 1, 0);

	dbout_put_send(d, a, R1, STR_LIT("refused"), STR_LIT("x"), 1);
	assert_false(dbout_is_taken(d, a));
	dbout_put_send(d, a, R1, STR_LIT("ok"), STR_LIT(""), 2);
	assert_true(dbout_is_taken(d, a));
	assert_false(dbout_is_taken(d, a + 1));
	dbout_put_send(d, a, R1, STR_LIT("refused"), STR_LIT("y"), 3);
	assert_true(dbout_has_send(d, a, R1));
	assert_false(dbout_has_send(d, a, R2));
	q = db_query(d, "SELECT verdict FROM sends");
	assert_true(db_row(q));
	assert_str(db_col_text(q, 0), "ok");
	db_done(q);
}

static void note_expired(void *ctx, uint64_t seq, uint64_t kind, uint64_t job)
{
	uint64_t *sum = ctx;

	*sum += seq * 100 + (kind == NKIND_RESULT ? 10 : 0) + job;
}

static void old_rows_are_closed_and_swept(void **state)
{
	struct db *d = *state;
	uint64_t told = 0;
	uint64_t result = add(d, 1, NKIND_RESULT, 2, 0);
	uint64_t status = add(d, 2, NKIND_STATUS, 2, 0);
	auto_dbout struct dbout row = {0};

	dbout_expire(d, 0, 1002, 5000, note_expired, &told);
	assert_int_equal(told, result * 100 + 10 + 2);
	dbout_expire(d, 0, 2000, 5000, note_expired, &told);
	dbout_put_send(d, status, R1, STR_LIT("ok"), STR_LIT(""), 1);
	dbout_sweep(d, 1001, 2000);
	assert_true(dbout_get(d, &row, result));
	dbout_wipe(&row);
	assert_false(dbout_get(d, &row, status));
	/* numbers of deleted rows do not come back */
	(void)add(d, 3, NKIND_STATUS, 1, 0);
	sign(d, add(d, 4, NKIND_STATUS, 1, 0));
	assert_true(dbout_get_of_job(d, &row, 1, NKIND_STATUS));
}

/* What could not be signed for a day has not been tried for a day. */
static void age_counts_from_the_signature(void **state)
{
	struct db *d = *state;
	uint64_t told = 0;
	uint64_t one = add(d, 1, NKIND_RESULT, 1, 0);

	(void)add(d, 2, NKIND_RESULT, 2, 0);
	dbout_expire(d, 1400, 0, 5000, note_expired, &told);
	sign(d, one);
	dbout_expire(d, 1400, 0, 5000, note_expired, &told);
	assert_int_equal(told, 0);
	dbout_expire(d, 1501, 0, 5000, note_expired, &told);
	assert_int_equal(told, one * 100 + 10 + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_it, close_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_stored_once),
		TEST(unsigned_rows_are_not_offered),
		TEST(a_signature_is_never_replaced),
		TEST(a_verdict_ends_it_for_that_relay),
		TEST(the_last_status_follows_the_result),
		TEST(a_newer_status_overtakes_but_not_the_last_one),
		TEST(ok_is_not_taken_back),
		TEST(old_rows_are_closed_and_swept),
		TEST(age_counts_from_the_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
