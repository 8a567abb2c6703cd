/* SPDX-License-Identifier: MIT */
/*
 * The operator's till, over a ledger and a mint in this process: money comes in, goes out
 * as tokens, comes back and is kept in order. After each the books agree with the coins,
 * and with what the mint says it has issued.
 */
#include "config.h"

#include "tests/unit/owner.h"

#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/tidy.h"
#include "engine/money/tokwatch.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/p2pk.h"
#include "tests/unit/unit.h"

/* ---- in */

static void a_token_comes_in_once(void **state)
{
	struct till *t = *state;
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t again = 0;

	owner_make_token(t, 0, 1000, &text);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_OK);
	/* while it is on its way, and afterwards */
	assert_int_equal(owner_bring(t, &again, text.p, &err), LERR_STATE);
	owner_settle(t);
	assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	assert_int_equal(owner_bring(t, &again, text.p, &err), LERR_STATE);
	/* 6 coins (8 + 32 + 64 + 128 + 256 + 512) at 100 ppk */
	assert_int_equal(owner_earned(t, 0), 999);
	assert_int_equal(owner_moved(t, DBBOOK_OUTSIDE, DBBOOK_EARNED), 999);
	assert_int_equal(owner_moved(t, DBBOOK_OUTSIDE, DBBOOK_FEES), 1);
	till_check_books(t);
}

static void what_is_not_money_for_us_stays_out(void **state)
{
	struct till *t = *state;
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	auto_payer_coins struct payer_coins c = {0};
	struct payer_lock lock = {.key = ecpoint_from_x(&t->e.worker)};
	uint64_t parts[] = {64};
	struct lerr err = {0};
	uint64_t op = 0;

	assert_int_equal(owner_bring(t, &op, "cashuBnonsense", &err), LERR_INPUT);
	payer_issue(&t->mints[0].payer, &c, parts, 1, &lock);
	payer_write(&text, t->mints[0].url, &c);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_INPUT);
	assert_true(str_starts(str_of(err.msg), "locked_token"));
	buf_reset(&text);
	payer_write(&text, "https://elsewhere.example", &c);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_INPUT);
	assert_int_equal(owner_pays(t), 0);
}

static void a_token_that_was_spent_brings_nothing(void **state)
{
	struct till *t = *state;
	struct payer *p = &t->mints[0].payer;
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	auto_payer_coins struct payer_coins c = {0};
	uint64_t parts[] = {64};
	struct lerr err = {0};
	uint64_t op = 0;

	payer_issue(p, &c, parts, 1, NULL);
	payer_write(&text, t->mints[0].url, &c);
	owner_redeem(t, 0, &c);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_OK);
	owner_settle(t);
	assert_int_equal(owner_pay(t, op).state, PAY_DOUBLE_SPENT);
	assert_int_equal(owner_earned(t, 0), 0);
	till_check_books(t);
}

/* ---- out */

static void coins_that_fit_go_out_as_they_are(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins c = {0};
	uint64_t before;
	uint64_t n;

	owner_put_in(t, 0, 1024);
	before = owner_pays(t);
	/* 1023 = 1 + 2 + ... + 512 */
	n = owner_export(t, 0, 5 + 64);
	assert_int_equal(owner_pays(t), before);
	assert_int_equal(owner_earned(t, 0), 1023 - 69);
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_EXPORTED), 69);
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_FEES), 0);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_OUT);
	till_check_books(t);
	c = owner_read_token(t, n);
	assert_int_equal(c.n, 3);
	owner_redeem(t, 0, &c);
	till_check_books(t);
}

static void else_a_swap_makes_them_and_its_fee_comes_on_top(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins c = {0};
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t tok = 0;

	owner_put_in(t, 0, 513);
	assert_int_equal(owner_earned(t, 0), 512);
	assert_int_equal(owner_take_out(t, &op, &tok, 0, 100, &err), LERR_OK);
	assert_int_equal(tok, 0);
	/* what is under way is nobody else's */
	assert_int_equal(dbproof_free_earned(t->e.db, 1).amount, 0);
	owner_settle(t);
	assert_int_equal(owner_earned(t, 0), 512 - 100 - 1);
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_EXPORTED), 100);
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_FEES), 1);
	till_check_books(t);
	c = owner_read_token(t, owner_token_of(t, op));
	assert_int_equal(payer_sum(&c), 100);
	owner_redeem(t, 0, &c);
	till_check_books(t);
}

static void no_more_goes_out_than_is_earned(void **state)
{
	struct till *t = *state;
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t tok = 0;

	owner_put_in(t, 0, 513);
	assert_int_equal(owner_take_out(t, &op, &tok, 0, 513, &err), LERR_LIMIT);
	assert_int_equal(owner_take_out(t, &op, &tok, 1, 1, &err), LERR_LIMIT);
	assert_int_equal(owner_take_out(t, &op, &tok, 0, 0, &err), LERR_INPUT);
	/* all of it, but nothing is left for the fee of a swap: it is one coin */
	assert_int_equal(owner_token(t, owner_export(t, 0, 512)).amount, 512);
	assert_int_equal(owner_earned(t, 0), 0);
	till_check_books(t);
}

static void a_jobs_money_never_goes_out(void **state)
{
	struct till *t = *state;
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	struct till_job job = {.customer = 0};
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t tok = 0;
	uint64_t seq;

	owner_make_token(t, 0, 1024, &text);
	job.payment = text.p;
	seq = till_submit(t, &job);
	assert_true(till_settle(t));
	assert_int_equal(till_get(t, seq).state, JOB_QUEUED);
	assert_int_equal(dbproof_unspent(t->e.db, 1).amount, 1023);
	assert_int_equal(owner_take_out(t, &op, &tok, 0, 1, &err), LERR_LIMIT);
	till_check_books(t);
}

/* ---- back */

static void a_token_that_is_out_comes_back(void **state)
{
	struct till *t = *state;
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t n;

	owner_put_in(t, 1, 1025);
	n = owner_export(t, 1, 100);
	assert_int_equal(owner_take_back(t, &op, n, &err), LERR_OK);
	assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_RECLAIMED);
	assert_int_equal(owner_moved(t, DBBOOK_EXPORTED, DBBOOK_EARNED), 99);
	assert_int_equal(owner_moved(t, DBBOOK_EXPORTED, DBBOOK_FEES), 1);
	till_check_books(t);
	/* once */
	assert_int_equal(owner_take_back(t, &op, n, &err), LERR_STATE);
	assert_int_equal(owner_take_back(t, &op, n + 7, &err), LERR_GONE);
}

static void one_that_was_redeemed_does_not(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins c = {0};
	struct lerr err = {0};
	uint64_t before;
	uint64_t op = 0;
	uint64_t n;

	owner_put_in(t, 0, 1025);
	n = owner_export(t, 0, 100);
	before = till_number(t, "SELECT count(*) FROM transfers WHERE ?1", 1);
	c = owner_read_token(t, n);
	owner_redeem(t, 0, &c);
	assert_int_equal(owner_take_back(t, &op, n, &err), LERR_OK);
	assert_int_equal(owner_pay(t, op).state, PAY_DOUBLE_SPENT);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_REDEEMED);
	assert_int_equal(till_number(t, "SELECT count(*) FROM transfers WHERE ?1", 1),
			 before);
	till_check_books(t);
}

static void of_one_that_was_redeemed_in_part_the_rest_does(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins c = {0};
	auto_payer_coins struct payer_coins some = {0};
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t n;

	owner_put_in(t, 0, 1025);
	n = owner_export(t, 0, 96);
	c = owner_read_token(t, n);
	assert_int_equal(c.n, 2);
	some = payer_copy(&c, 0, 1);
	owner_redeem(t, 0, &some);
	assert_int_equal(owner_take_back(t, &op, n, &err), LERR_OK);
	assert_int_equal(owner_pay(t, op).state, PAY_DOUBLE_SPENT);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_OUT);
	owner_watch(t);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_OUT);
	assert_int_equal(owner_take_back(t, &op, n, &err), LERR_OK);
	assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_RECLAIMED);
	assert_int_equal(owner_moved(t, DBBOOK_EXPORTED, DBBOOK_EARNED),
			 96 - some.v[0].amount - 1);
	till_check_books(t);
}

static void what_was_redeemed_shows_by_itself(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins c = {0};
	uint64_t gone;
	uint64_t kept;

	owner_put_in(t, 0, 1024);
	gone = owner_export(t, 0, 7);
	kept = owner_export(t, 0, 8);
	c = owner_read_token(t, gone);
	owner_redeem(t, 0, &c);
	t->keep_log = true;
	owner_watch(t);
	assert_int_equal(owner_token(t, gone).state, DBBILL_TOKEN_REDEEMED);
	assert_int_equal(owner_token(t, kept).state, DBBILL_TOKEN_OUT);
	assert_int_equal(till_count(t, 0, "POST /v1/checkstate"), 1);
	/* not again within its time */
	mints_at(t->e.money->mints, 0)->watch_ms = 0;
	tokwatch_tick(t->e.money);
	owner_settle(t);
	assert_int_equal(till_count(t, 0, "POST /v1/checkstate"), 1);
	till_check_books(t);
}

/* ---- order in the till */

/* Many coins of one sat, each. */
static void put_in_ones(struct till *t, size_t n)
{
	struct payer *p = &t->mints[0].payer;
	auto_payer_coins struct payer_coins c = {0};
	struct dbbook_move move = {
		.mint = 1, .src = DBBOOK_OUTSIDE, .dst = DBBOOK_EARNED, .amount = n};
	struct dbproof_origin from = {.mint = 1};
	uint64_t *parts = mem_array(n, sizeof(*parts));

	for (size_t i = 0; i < n; i++)
		parts[i] = 1;
	payer_issue(p, &c, parts, n, NULL);
	turn_enter(t->e.turn);
	for (size_t i = 0; i < n; i++)
		dbproof_insert(t->e.db, &c.v[i], &from, clock_wall_ms());
	dbbook_move(t->e.db, &move, clock_wall_ms());
	turn_leave(t->e.turn, true);
	mem_free(parts);
}

static void tidy(struct till *t)
{
	mints_at(t->e.money->mints, 0)->tidy_ms = 0;
	tidy_tick(t->e.money);
	owner_settle(t);
}

static void many_small_coins_become_few(void **state)
{
	struct till *t = *state;
	uint64_t n;

	/* at 100 ppk a swap of ones costs a tenth of them: not before there are too many */
	put_in_ones(t, 900);
	tidy(t);
	assert_int_equal(owner_pays(t), 0);
	put_in_ones(t, 101);
	tidy(t);
	assert_int_equal(owner_pays(t), 1);
	n = dbproof_free_earned(t->e.db, 1).n;
	/* 200 - 20 = 4 + 16 + 32 + 128 */
	assert_int_equal(n, 801 + 4);
	assert_int_equal(owner_earned(t, 0), 1001 - 20);
	till_check_books(t);
	tidy(t);
	assert_int_equal(owner_pays(t), 1);
}

static void coins_leave_a_keyset_that_is_put_away(void **state)
{
	struct till *t = *state;
	struct mintcore_keyset k = {.version = 0, .ppk = 100, .nkeys = 32};
	struct keyset_id old = payer_active(&t->mints[0].payer)->id;
	struct keyset_id id;

	owner_put_in(t, 0, 1024);
	mintcore_rotate(t->mints[0].payer.core, &k, &id);
	payer_look(&t->mints[0].payer);
	mints_ask(t->e.money->mints, mints_at(t->e.money->mints, 0));
	owner_settle(t);
	tidy(t);
	assert_int_equal(owner_pays(t), 2);
	assert_int_equal(dbproof_of_keyset(t->e.db, &old).n, 0);
	assert_int_equal(dbproof_of_keyset(t->e.db, &id).amount, owner_earned(t, 0));
	assert_int_equal(owner_earned(t, 0), 1023 - 1);
	till_check_books(t);
}

static void coins_that_somebody_else_spent_are_written_off(void **state)
{
	struct till *t = *state;
	auto_proofs struct dbproof_list mine = {0};
	struct payer_coins stolen;
	struct cashuproof one;
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t tok = 0;

	owner_put_in(t, 0, 513);
	dbproof_free_ones(t->e.db, &mine, 1, DBPROOF_EARNED, 10);
	assert_int_equal(mine.n, 1);
	one = mine.v[0].proof;
	stolen = (struct payer_coins){&one, 1};
	owner_redeem(t, 0, &stolen);
	assert_int_equal(owner_take_out(t, &op, &tok, 0, 100, &err), LERR_OK);
	owner_settle(t);
	assert_int_equal(owner_pay(t, op).state, PAY_DOUBLE_SPENT);
	assert_int_equal(owner_earned(t, 0), 0);
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_LOST), 512);
	till_check_books(t);
}

static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, owner_set_up, owner_tear_down)
	T(a_token_comes_in_once),
	T(what_is_not_money_for_us_stays_out),
	T(a_token_that_was_spent_brings_nothing),
	T(coins_that_fit_go_out_as_they_are),
	T(else_a_swap_makes_them_and_its_fee_comes_on_top),
	T(no_more_goes_out_than_is_earned),
	T(a_jobs_money_never_goes_out),
	T(a_token_that_is_out_comes_back),
	T(one_that_was_redeemed_does_not),
	T(of_one_that_was_redeemed_in_part_the_rest_does),
	T(what_was_redeemed_shows_by_itself),
	T(many_small_coins_become_few),
	T(coins_leave_a_keyset_that_is_put_away),
	T(coins_that_somebody_else_spent_are_written_off),
#undef T
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
