/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbids.h"

#include "lib/store/db.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbout.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

static int open_it(void **state)
{
	struct db *d = NULL;

	if (dbschema_open(&d, ":memory:", NULL))
		return -1;
	*state = d;
	return 0;
}

static int close_it(void **state)
{
	db_close(*state);
	return 0;
}

static void an_early_cancellation_counts_for_its_author_once(void **state)
{
	struct db *d = *state;
	struct id32 job = unit_small_id(1);
	struct id32 author = unit_small_id(2);
	struct id32 other = unit_small_id(3);

	dbids_remember_cancel(d, &job, &author, 1000);
	dbids_remember_cancel(d, &job, &author, 2000);
	assert_false(dbids_take_cancel(d, &job, &other));
	assert_true(dbids_take_cancel(d, &job, &author));
	assert_false(dbids_take_cancel(d, &job, &author));
	dbids_remember_cancel(d, &job, &author, 1000);
	dbids_sweep(d, 0, 1001, 10);
	assert_false(dbids_take_cancel(d, &job, &author));
}

static void floods_are_kept_as_ids_for_a_time(void **state)
{
	struct db *d = *state;
	struct id32 id = unit_small_id(1);

	assert_false(dbids_is_ignored(d, &id));
	dbids_ignore(d, &id, 1000);
	dbids_ignore(d, &id, 2000);
	assert_true(dbids_is_ignored(d, &id));
	dbids_sweep(d, 1001, 0, 10);
	assert_false(dbids_is_ignored(d, &id));
}

/* A stranger can send any number of both. */
static void what_strangers_fill_has_an_end(void **state)
{
	struct db *d = *state;
	struct id32 author = unit_small_id(99);
	size_t left = 0;

	for (uint8_t i = 1; i <= 9; i++) {
		struct id32 id = unit_small_id(i);

		dbids_ignore(d, &id, 1000u + i);
		dbids_remember_cancel(d, &id, &author, 1000u + i);
	}
	dbids_sweep(d, 0, 0, 3);
	for (uint8_t i = 1; i <= 9; i++) {
		struct id32 id = unit_small_id(i);

		left += dbids_is_ignored(d, &id);
		left += dbids_take_cancel(d, &id, &author);
		if (i == 9)
			assert_true(dbids_is_ignored(d, &id));
	}
	assert_in_range(left, 6, 8);
}

/* A job with all its rows that is done at a time, started or not. */
static struct dbjob add_done(struct db *d, uint8_t n, uint64_t at, bool ran)
{
	struct dbjob j = {.id = unit_small_id(n),
			  .customer = unit_small_id(200),
			  .state = JOB_RECEIVED,
			  .received_at = at,
			  .moved_at = at};
	struct dbout o = {.kind = 5101, .event_id = unit_small_id((uint8_t)(100 + n))};

	assert_true(dbjob_insert(d, &j));
	dbjob_put_request(d, j.seq, STR_LIT("{}"));
	dbjob_add_relay(d, j.seq, STR_LIT("wss://a"));
	if (ran) {
		j.started_at = at;
		dbjob_set_started(d, &j);
	}
	o.job = j.seq;
	o.made_at = at;
	assert_true(dbout_insert(d, &o, STR_LIT("{}")));
	dbout_put_send(d, o.seq, STR_LIT("wss://a"), STR_LIT("ok"), STR_LIT(""), at);
	dbout_set_done(d, o.seq, at);
	assert_true(dbjob_move(d, &j, JOB_REPORTING, at, JEV_REFUSE, STR_LIT("")));
	assert_true(dbjob_move(d, &j, JOB_DONE, at, JEV_REPORTED, STR_LIT("")));
	return j;
}

static bool is_there(struct db *d, uint8_t n)
{
	struct id32 id = unit_small_id(n);
	struct dbjob j;

	return dbjob_get(d, &j, &id);
}

static bool is_id(struct db *d, uint8_t n)
{
	struct id32 id = unit_small_id(n);

	return dbids_is_ignored(d, &id);
}

static void a_refused_job_becomes_an_id_and_what_ran_stays(void **state)
{
	struct db *d = *state;

	(void)add_done(d, 1, 1000, false);
	(void)add_done(d, 2, 1000, true);
	(void)add_done(d, 3, 3000, false);
	assert_int_equal(dbids_reduce(d, 2000, 100, 10, 5000), 1);
	assert_false(is_there(d, 1));
	assert_true(is_id(d, 1));
	assert_true(is_there(d, 2));
	assert_false(is_id(d, 2));
	assert_true(is_there(d, 3));
	assert_int_equal(dbids_reduce(d, 2000, 100, 10, 5000), 0);
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
	struct db *d = *state;

	for (uint8_t n = 1; n <= 6; n++)
		(void)add_done(d, n, 1000, false);
	assert_int_equal(dbids_reduce(d, 0, 2, 3, 5000), 3);
	assert_int_equal(dbids_reduce(d, 0, 2, 3, 5000), 1);
	for (uint8_t n = 1; n <= 4; n++)
		assert_true(is_id(d, n) && !is_there(d, n));
	assert_true(is_there(d, 5) && is_there(d, 6));
}

static void not_while_a_relay_is_owed_an_answer(void **state)
{
	struct db *d = *state;
	struct dbjob j = add_done(d, 1, 1000, false);
	struct dbout o = {.kind = 30100,
			  .event_id = unit_small_id(150),
			  .job = j.seq,
			  .made_at = 1000};

	assert_true(dbout_insert(d, &o, STR_LIT("{}")));
	assert_int_equal(dbids_reduce(d, 2000, 100, 10, 5000), 0);
	assert_true(is_there(d, 1));
	dbout_set_done(d, o.seq, 1500);
	assert_int_equal(dbids_reduce(d, 2000, 100, 10, 5000), 1);
	assert_false(is_there(d, 1));
}

static void bill_for(struct db *d, uint64_t job, uint64_t mint)
{
	struct dbbill bill = {
		.job = job, .state = DBBILL_UNPAID, .mint = mint, .rate = 1, .face = 10};
	struct ecpoint y = {{2, (uint8_t)job}};

	assert_true(dbbill_insert(d, &bill));
	dbbill_bind(d, &y, job);
}

/* A token that was refused leaves with its job; what a mint was asked about stays. */
static void money_stays(void **state)
{
	struct db *d = *state;
	uint64_t mint = dbmint_number(d, STR_LIT("http://127.0.0.1:1"));
	struct outset none = {.n = 0};
	struct dbpay p = {.kind = DBPAY_CLAIM, .mint = mint, .job = 2, .made_at = 1};
	struct ecpoint y = {{2, 1}};

	(void)add_done(d, 1, 1000, false);
	(void)add_done(d, 2, 1000, false);
	bill_for(d, 1, mint);
	bill_for(d, 2, mint);
	assert_true(dbpay_insert(d, &p, NULL, 0, &none));
	assert_int_equal(dbids_reduce(d, 2000, 100, 10, 5000), 1);
	assert_true(is_id(d, 1) && !is_there(d, 1));
	assert_int_equal(dbbill_first_of(d, &y), 0);
	assert_true(is_there(d, 2));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_it, close_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_early_cancellation_counts_for_its_author_once),
		TEST(floods_are_kept_as_ids_for_a_time),
		TEST(what_strangers_fill_has_an_end),
		TEST(a_refused_job_becomes_an_id_and_what_ran_stays),
		TEST(the_oldest_go_when_there_are_too_many),
		TEST(not_while_a_relay_is_owed_an_answer),
		TEST(money_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
