/* SPDX-License-Identifier: MIT */
/* The tables of money by themselves: operations, coins, bills, tokens, the books. */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/proto/bdhke.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define KEYSET "00ad268c4d1f5826"

static int build(void **state)
{
	struct db *d;

	if (dbschema_open(&d, ":memory:", NULL))
		return -1;
	db_begin(d);
	*state = d;
	return dbmint_number(d, STR_LIT("https://mint.example")) == 1 ? 0 : -1;
}

static int tear_down(void **state)
{
	db_commit(*state);
	db_close(*state);
	return 0;
}

static const struct keyset_id keyset_id = {KEYSET};

static uint64_t add_job(struct db *d, uint8_t n)
{
	struct dbjob j = {.id = unit_small_id(n), .state = JOB_RECEIVED};

	assert_true(dbjob_insert(d, &j));
	return j.seq;
}

static struct ecpoint y_of(const char *secret)
{
	struct ecpoint y;

	assert_true(bdhke_hash_to_curve(&y, str_of(secret)));
	return y;
}

/* A coin with this secret; what the mint signed is of no matter here. */
static void add_coin(struct db *d, const char *secret, uint64_t amount, uint64_t job,
		     uint64_t token)
{
	struct cashuproof p = {.amount = amount, .id = keyset_id};
	struct dbproof_origin from = {.mint = 1, .job = job, .token = token};

	p.secret = mem_strdup(secret);
	p.c = y_of(secret);
	dbproof_insert(d, &p, &from, 1000);
	mem_free(p.secret);
}

static enum dbproof_state state_of(struct db *d, const char *secret)
{
	struct ecpoint y = y_of(secret);
	enum dbproof_state state = 0;
	uint64_t token;

	assert_true(dbproof_find(d, &y, &state, &token));
	return state;
}

/* ---- operations */

static bool reserve(struct db *d, struct dbpay *p, const char *a, const char *b)
{
	struct ecpoint ys[2] = {y_of(a), y_of(b)};
	auto_outset struct outset outputs;

	outset_init(&outputs, &keyset_id);
	outset_add_random(&outputs, 4, false);
	outset_add_random(&outputs, 8, true);
	*p = (struct dbpay){.kind = DBPAY_CLAIM,
			    .mint = 1,
			    .total_in = 12,
			    .fee = 1,
			    .keyset = keyset_id,
			    .path = "/v1/swap",
			    .made_at = 1000};
	return dbpay_insert(d, p, ys, 2, &outputs);
}

static void a_proof_is_in_one_operation(void **state)
{
	struct db *d = *state;
	struct ecpoint y = y_of("b");
	struct dbpay p, q;

	assert_true(reserve(d, &p, "a", "b"));
	assert_int_equal(p.state, PAY_RESERVED);
	assert_int_equal(dbpay_holder(d, &y), p.op);
	/* nothing of it is written */
	assert_false(reserve(d, &q, "c", "b"));
	y = y_of("c");
	assert_int_equal(dbpay_holder(d, &y), 0);
	assert_int_equal(dbpay_count_of_job(d, 1, DBPAY_CLAIM), 0);
	/* given up: it is free for another one, and may come back only while it is */
	dbpay_release(d, p.op);
	assert_true(reserve(d, &q, "b", "c"));
	assert_false(dbpay_hold_again(d, p.op));
	dbpay_release(d, q.op);
	assert_true(dbpay_hold_again(d, p.op));
}

static void outputs_come_back_as_they_were_written(void **state)
{
	struct db *d = *state;
	auto_outset struct outset out;
	auto_free struct ecpoint *ys = NULL;
	struct ecpoint a = y_of("a");
	struct dbpay p;

	assert_true(reserve(d, &p, "a", "b"));
	outset_init(&out, &keyset_id);
	dbpay_outputs(d, p.op, &out);
	assert_int_equal(out.n, 2);
	for (size_t i = 0; i < 2; i++) {
		struct ecpoint blinded;

		assert_true(bdhke_blind(&blinded, str_of(out.v[i].secret), &out.v[i].r));
		assert_true(ecpoint_eq(&blinded, &out.v[i].blinded));
		assert_int_equal(out.v[i].amount, i ? 8 : 4);
		assert_int_equal(out.v[i].for_customer, i == 1);
		assert_true(dbpay_is_output(d, &blinded));
	}
	assert_int_equal(dbpay_inputs(d, p.op, &ys), 2);
	assert_true(ecpoint_eq(&ys[0], &a));
}

static void set_request_again(void *arg)
{
	struct dbpay p;

	if (dbpay_get(arg, &p, 1))
		dbpay_set_request(arg, &p, STR_LIT("others"));
}

static void the_bytes_of_a_request_are_written_once(void **state)
{
	struct db *d = *state;
	auto_buf struct buf request = BUF_INIT(100);
	struct dbpay p;

	assert_true(reserve(d, &p, "a", "b"));
	assert_false(p.has_request);
	assert_false(dbpay_get_request(d, p.op, &request));
	dbpay_set_request(d, &p, STR_LIT("these"));
	assert_true(dbpay_get(d, &p, p.op) && p.has_request);
	assert_true(dbpay_get_request(d, p.op, &request));
	assert_buf(request, "these");
	assert_true(unit_panics(set_request_again, d));
}

static void count_row(void *ctx, const struct dbpay_log *row)
{
	size_t *n = ctx;

	(void)row;
	(*n)++;
}

static void an_operation_moves_from_the_state_that_it_is_in(void **state)
{
	struct db *d = *state;
	struct dbpay p, old, found = {0};
	size_t rows = 0;

	assert_true(reserve(d, &p, "a", "b"));
	old = p;
	assert_true(dbpay_move(d, &p, PAY_SUBMITTED, 2000, PEV_SUBMIT, STR_LIT("")));
	assert_false(dbpay_move(d, &old, PAY_REFUSED, 2000, PEV_DROP, STR_LIT("")));
	assert_true(dbpay_next_open(d, &found, 0) && found.op == p.op);
	assert_false(dbpay_next_open(d, &found, p.op));
	/* waiting is told once */
	for (int i = 0; i < 5; i++)
		assert_true(
			dbpay_move(d, &p, PAY_SUBMITTED, 3000, PEV_UNCLEAR, STR_LIT("")));
	assert_true(dbpay_move(d, &p, PAY_SETTLED, 4000, PEV_SIGNED, STR_LIT("")));
	assert_false(dbpay_next_open(d, &found, 0));
	dbpay_each_log(d, p.op, count_row, &rows);
	assert_int_equal(rows, 2);
}

static void what_was_given_up_after_it_was_heard_is_late(void **state)
{
	struct db *d = *state;
	struct dbpay p, found;

	assert_true(reserve(d, &p, "a", "b"));
	assert_true(dbpay_move(d, &p, PAY_SUBMITTED, 2000, PEV_SUBMIT, STR_LIT("")));
	assert_true(dbpay_move(d, &p, PAY_REFUSED, 3000, PEV_UNSPENT, STR_LIT("")));
	assert_false(dbpay_next_late(d, &found, 0, 0));
	p.heard = true;
	dbpay_set_sent(d, &p);
	assert_true(dbpay_next_late(d, &found, 3000, 0) && found.op == p.op);
	assert_false(dbpay_next_late(d, &found, 3001, 0));
}

/* ---- coins */

static void a_coin_is_held_spent_or_free_again(void **state)
{
	struct db *d = *state;
	struct ecpoint y = y_of("x");
	auto_proofs struct dbproof_list list = {NULL, 0};
	uint64_t job = add_job(d, 1);
	struct dbpay p;

	add_coin(d, "x", 4, job, 0);
	add_coin(d, "y", 16, job, 0);
	add_coin(d, "z", 8, 0, 0);
	dbproof_free_ones(d, &list, 1, job, 10);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].proof.amount, 16);
	assert_string_equal(list.v[1].proof.secret, "x");
	assert_true(reserve(d, &p, "x", "y"));
	assert_true(dbproof_hold(d, &y, p.op, false));
	assert_false(dbproof_hold(d, &y, p.op + 1, false));
	assert_false(dbproof_give(d, &y, 1));
	/* held is still in hand */
	assert_int_equal(dbproof_unspent(d, 1).amount, 28);
	assert_int_equal(dbproof_free_earned(d, 1).amount, 8);
	dbproof_settle(d, p.op, DBPROOF_FREE);
	assert_int_equal(state_of(d, "x"), DBPROOF_FREE);
	assert_true(dbproof_hold(d, &y, p.op, false));
	dbproof_settle(d, p.op, DBPROOF_SPENT);
	assert_int_equal(state_of(d, "x"), DBPROOF_SPENT);
	assert_int_equal(dbproof_unspent(d, 1).amount, 24);
}

static void what_is_left_of_a_job_is_earned(void **state)
{
	struct db *d = *state;
	uint64_t a = add_job(d, 1);
	uint64_t b = add_job(d, 2);
	struct dbbill bill = {.job = a, .state = DBBILL_CLAIMED, .mint = 1};

	assert_true(dbbill_insert(d, &bill));
	add_coin(d, "x", 4, a, 0);
	add_coin(d, "y", 16, b, 0);
	dbproof_earn(d, a);
	assert_int_equal(dbproof_free_earned(d, 1).amount, 4);
}

static void a_given_coin_is_not_ours_until_it_is_taken_back(void **state)
{
	struct db *d = *state;
	struct ecpoint y = y_of("x");
	struct dbpay p;

	add_coin(d, "x", 4, 0, 7);
	assert_int_equal(state_of(d, "x"), DBPROOF_GIVEN);
	assert_int_equal(dbproof_unspent(d, 1).amount, 0);
	assert_true(reserve(d, &p, "x", "y"));
	assert_false(dbproof_hold(d, &y, p.op, false));
	assert_true(dbproof_hold(d, &y, p.op, true));
	/* the mint would not: it is in the token as before, and not free */
	dbproof_settle(d, p.op, DBPROOF_FREE);
	assert_int_equal(state_of(d, "x"), DBPROOF_GIVEN);
}

static void insert_twice(void *arg)
{
	add_coin(arg, "x", 4, 0, 0);
}

static void no_coin_is_there_twice(void **state)
{
	add_coin(*state, "x", 4, 0, 0);
	assert_true(unit_panics(insert_twice, *state));
}

/* ---- bills, bound proofs, rates, tokens */

static void a_job_has_one_bill(void **state)
{
	struct db *d = *state;
	struct dbbill b = {.job = add_job(d, 1), .state = DBBILL_OPEN, .mint = 1};
	struct dbbill got;

	b.rate = 3;
	b.face = 100;
	b.locked = true;
	b.has_lock_key = true;
	b.lock_key = y_of("key");
	assert_true(dbbill_insert(d, &b));
	assert_false(dbbill_insert(d, &b));
	b.state = DBBILL_OWED;
	b.net = 99;
	b.fee_in = 1;
	/* what was agreed on stays */
	b.rate = 4;
	b.face = 1;
	dbbill_set(d, &b);
	assert_true(dbbill_next_owed(d, &got, 0));
	assert_false(dbbill_next_owed(d, &got, b.job));
	assert_true(dbbill_get(d, &got, b.job));
	assert_int_equal(got.rate, 3);
	assert_int_equal(got.face, 100);
	assert_int_equal(got.net, 99);
	assert_true(got.locked && got.has_lock_key &&
		    ecpoint_eq(&got.lock_key, &b.lock_key));
}

static void proofs_are_bound_to_all_jobs_that_came_with_them(void **state)
{
	struct db *d = *state;
	struct ecpoint x = y_of("x"), z = y_of("z");
	uint64_t a = add_job(d, 1), b = add_job(d, 2), c = add_job(d, 3);

	assert_int_equal(dbbill_first_of(d, &x), 0);
	dbbill_bind(d, &x, b);
	dbbill_bind(d, &x, b);
	dbbill_bind(d, &x, c);
	dbbill_bind(d, &z, a);
	assert_int_equal(dbbill_first_of(d, &x), b);
	assert_int_equal(dbbill_rival(d, b, 0), c);
	assert_int_equal(dbbill_rival(d, b, c), 0);
	assert_int_equal(dbbill_rival(d, c, 0), b);
	assert_int_equal(dbbill_rival(d, a, 0), 0);
}

static void the_lowest_rate_since_then_counts(void **state)
{
	struct db *d = *state;

	assert_int_equal(dbbill_lowest_rate(d, 0), 0);
	dbbill_say_rate(d, 5, 1000);
	dbbill_say_rate(d, 2, 2000);
	dbbill_say_rate(d, 9, 3000);
	assert_int_equal(dbbill_lowest_rate(d, 1000), 2);
	assert_int_equal(dbbill_lowest_rate(d, 2001), 9);
	dbbill_say_rate(d, 5, 4000);
	assert_int_equal(dbbill_lowest_rate(d, 2001), 5);
}

static void a_tokens_text_is_written_once(void **state)
{
	struct db *d = *state;
	struct dbbill_token t = {.kind = DBBILL_TOKEN_CHANGE,
				 .state = DBBILL_TOKEN_OUT,
				 .mint = 1,
				 .amount = 12,
				 .net = 11,
				 .made_at = 1000};
	struct dbbill_token got;
	auto_buf struct buf text = BUF_INIT(100);

	dbbill_add_token(d, &t);
	dbbill_set_token_text(d, t.token, STR_LIT("cashuB"));
	dbbill_set_token_text(d, t.token, STR_LIT("another"));
	assert_true(dbbill_get_token_text(d, t.token, &text));
	assert_buf(text, "cashuB");
	assert_true(dbbill_get_token(d, &got, t.token));
	assert_int_equal(got.amount, 12);
	assert_int_equal(got.net, 11);
}

/* ---- the books */

static void move(struct db *d, enum dbbook_account src, enum dbbook_account dst,
		 uint64_t amount, uint64_t job)
{
	const struct dbbook_move m = {
		.mint = 1, .src = src, .dst = dst, .amount = amount, .job = job};

	dbbook_move(d, &m, 1000);
}

/* A job that was paid 20, of which the mint took 1, and 7 came back. */
static uint64_t settled_job(struct db *d)
{
	struct dbbill b = {.job = add_job(d, 1), .state = DBBILL_SETTLED, .mint = 1};

	b.face = 20;
	assert_true(dbbill_insert(d, &b));
	b.fee_in = 1;
	b.net = 19;
	b.change = 7;
	b.earned = 12;
	dbbill_set(d, &b);
	move(d, DBBOOK_CUSTOMERS, DBBOOK_JOBS, 19, b.job);
	move(d, DBBOOK_CUSTOMERS, DBBOOK_FEES, 1, b.job);
	move(d, DBBOOK_JOBS, DBBOOK_EARNED, 12, b.job);
	move(d, DBBOOK_JOBS, DBBOOK_CHANGE, 7, b.job);
	add_coin(d, "earned", 12, 0, 0);
	return b.job;
}

static void assert_wrong(struct db *d, const char *why)
{
	struct lerr err = {0};

	assert_int_equal(dbbook_check(d, &err), LERR_STATE);
	assert_has(err.msg, why);
}

static void books_add_up(void **state)
{
	struct db *d = *state;
	uint64_t in, out;

	(void)settled_job(d);
	move(d, DBBOOK_JOBS, DBBOOK_FEES, 0, 0);
	assert_int_equal(dbbook_check(d, NULL), LERR_OK);
	assert_int_equal(dbbook_held(d, 1, DBBOOK_EARNED), 12);
	assert_int_equal(dbbook_held(d, 1, DBBOOK_JOBS), 0);
	dbbook_sums(d, 1, DBBOOK_JOBS, &in, &out);
	assert_true(in == 19 && out == 19);
}

static void a_coin_that_is_in_no_book_is_found(void **state)
{
	(void)settled_job(*state);
	add_coin(*state, "stray", 1, 0, 0);
	assert_wrong(*state, "mint 1: 13 in coins, 12 in the books");
}

static void a_bill_that_does_not_add_up_is_found(void **state)
{
	struct db *d = *state;
	struct dbbill b;

	assert_true(dbbill_get(d, &b, settled_job(d)));
	b.change = 6;
	dbbill_set(d, &b);
	assert_wrong(d, "a settled bill does not add up: job 1");
}

static void rows_that_say_something_else_than_the_bill_are_found(void **state)
{
	struct db *d = *state;
	uint64_t job = settled_job(d);

	move(d, DBBOOK_CUSTOMERS, DBBOOK_FEES, 1, job);
	assert_wrong(d, "the rows of a settled bill do not add up: job 1");
}

static void money_that_a_settled_job_still_holds_is_found(void **state)
{
	struct db *d = *state;
	uint64_t job = settled_job(d);
	struct dbbill b;

	assert_true(dbbill_get(d, &b, job));
	b.fee_in = 1;
	move(d, DBBOOK_CHANGE, DBBOOK_JOBS, 2, job);
	add_coin(d, "two", 2, job, 0);
	assert_wrong(d, "a settled job still holds money: job 1");
}

static void a_coin_of_a_decided_operation_is_found(void **state)
{
	struct db *d = *state;
	struct ecpoint y = y_of("earned");
	struct dbpay p;

	(void)settled_job(d);
	assert_true(reserve(d, &p, "earned", "b"));
	assert_true(dbproof_hold(d, &y, p.op, false));
	assert_int_equal(dbbook_check(d, NULL), LERR_OK);
	assert_true(dbpay_move(d, &p, PAY_REFUSED, 2000, PEV_DROP, STR_LIT("")));
	assert_wrong(d, "held by an operation that is decided: operation 1");
}

static void an_account_of_ours_below_zero_is_found(void **state)
{
	struct db *d = *state;

	(void)settled_job(d);
	move(d, DBBOOK_EARNED, DBBOOK_EXPORTED, 13, 0);
	assert_int_equal(dbbook_held(d, 1, DBBOOK_EARNED), 0);
	assert_wrong(d, "mint 1: earned is below zero");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_proof_is_in_one_operation),
		TEST(outputs_come_back_as_they_were_written),
		TEST(the_bytes_of_a_request_are_written_once),
		TEST(an_operation_moves_from_the_state_that_it_is_in),
		TEST(what_was_given_up_after_it_was_heard_is_late),
		TEST(a_coin_is_held_spent_or_free_again),
		TEST(what_is_left_of_a_job_is_earned),
		TEST(a_given_coin_is_not_ours_until_it_is_taken_back),
		TEST(no_coin_is_there_twice),
		TEST(a_job_has_one_bill),
		TEST(proofs_are_bound_to_all_jobs_that_came_with_them),
		TEST(the_lowest_rate_since_then_counts),
		TEST(a_tokens_text_is_written_once),
		TEST(books_add_up),
		TEST(a_coin_that_is_in_no_book_is_found),
		TEST(a_bill_that_does_not_add_up_is_found),
		TEST(rows_that_say_something_else_than_the_bill_are_found),
		TEST(money_that_a_settled_job_still_holds_is_found),
		TEST(a_coin_of_a_decided_operation_is_found),
		TEST(an_account_of_ours_below_zero_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
