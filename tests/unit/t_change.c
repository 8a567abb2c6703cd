/* SPDX-License-Identifier: MIT */
/* What goes back to the customer: when there is no mint, when it answers nonsense, when
 * its keysets change; and that nothing else takes a job's money. */
#include "config.h"

#include "engine/money/change.h"

#include "engine/money/export.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"
#include "tests/unit/till.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct mintcore_keyset cheap = {.ppk = 100, .nkeys = 32};

static int build(void **state)
{
	*state = till_new(1, &cheap, "MIN_JOB_DURATION=10\nCHANGE_WAIT=600\n");
	return 0;
}

static int tear_down(void **state)
{
	clock_shift_wall_ms(0);
	till_check_books(*state);
	till_free(*state);
	return 0;
}

/* A claimed job of 64 sat; its change must be swapped when it is to be locked. */
static uint64_t job_of_64(struct till *t, bool locked_change)
{
	static const uint64_t parts[] = {32, 16, 8, 4, 2, 2};
	auto_free char *token = till_token(t, 0, parts, ARRAY_LEN(parts), NULL, NULL);
	struct ecpoint key = ecpoint_from_x(&t->customers[1]);
	struct ecpointhex hex = ecpoint_hex(&key);
	struct till_job job = {.payment = token,
			       .cashu_pubkey = locked_change ? hex.c : NULL};
	uint64_t seq = till_submit(t, &job);

	assert_true(till_settle(t));
	assert_int_equal(till_bill(t, seq).state, DBBILL_CLAIMED);
	return seq;
}

static void fault(struct till *t, const char *name, const char *path, uint64_t times)
{
	const struct mintfault_order o = {
		.name = str_of(name), .path = str_of(path), .times = times};

	assert_true(mintfault_add(t->mints[0].faults, &o));
}

static void turn_a_while(struct till *t, uint64_t ms)
{
	for (uint64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;) {
		(void)uv_run(&t->loop, UV_RUN_ONCE);
		turn_flush(t->e.turn);
	}
}

static struct cashutok *token_of(struct till *t, uint64_t job, struct change_told *told)
{
	struct cashutok *c = NULL;
	enum cashutok_fault why;

	change_tell(t->e.money, told, job);
	assert_int_equal(cashutok_parse(&c, buf_str(&told->token), 100, &why, NULL),
			 LERR_OK);
	buf_wipe(&told->token);
	return c;
}

/* The customer takes it to the mint. */
static void assert_redeemed(struct till *t, uint64_t job, uint64_t net)
{
	struct change_told told;
	auto_cashutok struct cashutok *c = token_of(t, job, &told);
	struct payer_coins coins = {c->proofs, c->n};
	auto_payer_coins struct payer_coins fresh = {NULL, 0};

	assert_true(payer_swap(&t->mints[0].payer, &fresh, &coins, &t->customer_keys[1],
			       NULL));
	assert_int_equal(payer_sum(&fresh), net);
	assert_int_equal(told.net, net);
}

/* ---- without a mint */

static bool is_owed(struct till *t)
{
	return till_number(t, "SELECT count(*) FROM bills WHERE state = ?1",
			   DBBILL_OWED) == 1;
}

static bool is_paid_back(struct till *t)
{
	return !is_owed(t) && till_is_quiet(t);
}

static void change_that_takes_too_long_is_owed_and_handed_out_later(void **state)
{
	struct till *t = *state;
	uint64_t seq = job_of_64(t, true);
	struct change_told told;

	t->mints[0].is_down = true;
	till_run(t, seq, OUTCOME_OK, 20000);
	turn_a_while(t, 1000);
	/* the result waits for its change, for a while */
	assert_int_equal(till_get(t, seq).state, JOB_SETTLING);
	clock_shift_wall_ms(560000);
	turn_a_while(t, 1000);
	assert_int_equal(till_get(t, seq).state, JOB_SETTLING);
	clock_shift_wall_ms(610000);
	assert_true(till_until(t, 20, is_owed));
	assert_int_equal(till_get(t, seq).state, JOB_DONE);
	change_tell(t->e.money, &told, seq);
	assert_int_equal(told.owed, 64 - 1 - 20);
	assert_int_equal(told.change, 0);
	assert_int_equal(told.token.n, 0);
	assert_string_equal(told.mint, t->mints[0].url);
	assert_int_equal(t->late_changes, 0);
	buf_wipe(&told.token);
	/* and then */
	t->mints[0].is_down = false;
	assert_true(till_until(t, 60, is_paid_back));
	assert_int_equal(t->late_changes, 1);
	assert_int_equal(till_bill(t, seq).change + till_bill(t, seq).fee_out, 43);
	assert_redeemed(t, seq, 42 - 1);
	assert_int_equal(till_bill(t, seq).earned, 20);
}

static void an_answer_that_was_lost_is_change_all_the_same(void **state)
{
	struct till *t = *state;
	uint64_t seq = job_of_64(t, true);

	fault(t, "drop-after", "/v1/swap", 1);
	till_run(t, seq, OUTCOME_OK, 20000);
	assert_true(till_settle(t));
	assert_redeemed(t, seq, 42 - 1);
	assert_int_equal(till_number(t,
				     "SELECT count(*) FROM pays WHERE kind = 2 AND "
				     "job = ?1",
				     seq),
			 1);
}

/* ---- answers that are none */

/* What cannot be verified is never believed, and never tried with other outputs. */
static void signatures_that_are_wrong_are_not_taken(void **state)
{
	static const char *const faults[] = {"bad-dleq",    "short",
					     "wrong-order", "wrong-amount",
					     "wrong-id",    "truncated-json"};
	struct till *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		uint64_t seq = job_of_64(t, true);

		fault(t, faults[i], "/v1/swap", 1);
		till_run(t, seq, OUTCOME_OK, 20000);
		assert_true(till_settle(t));
		/* restore has the right ones */
		assert_redeemed(t, seq, 42 - 1);
		assert_int_equal(till_number(t,
					     "SELECT count(*) FROM pays WHERE kind = "
					     "2 AND job = ?1",
					     seq),
				 1);
	}
}

static void a_restore_of_some_is_not_one_of_all(void **state)
{
	struct till *t = *state;
	uint64_t seq = job_of_64(t, true);

	fault(t, "drop-after", "/v1/swap", 1);
	fault(t, "restore-partial", "/v1/restore", 1);
	fault(t, "restore-reordered", "/v1/restore", 1);
	till_run(t, seq, OUTCOME_OK, 20000);
	assert_true(till_settle(t));
	assert_redeemed(t, seq, 42 - 1);
}

/* ---- keysets */

static void change_is_made_anew_in_another_keyset(void **state)
{
	struct till *t = *state;
	struct mintcore_keyset next = {.version = 1, .ppk = 1000, .nkeys = 32};
	uint64_t seq = job_of_64(t, true);
	struct keyset_id id;

	mintcore_rotate(t->mints[0].payer.core, &next, &id);
	payer_look(&t->mints[0].payer);
	till_run(t, seq, OUTCOME_OK, 20000);
	assert_true(till_settle(t));
	/* 42 in three coins of 1 sat each */
	assert_redeemed(t, seq, 42 - 3);
	assert_int_equal(till_number(t,
				     "SELECT count(*) FROM pays WHERE kind = 2 AND "
				     "job = ?1",
				     seq),
			 2);
}

/* The mint takes nothing for exact coins; a lock has its price. */
static void exact_coins_are_given_as_they_are(void **state)
{
	struct till *t = *state;
	uint64_t seq = job_of_64(t, false);

	t->keep_log = true;
	till_run(t, seq, OUTCOME_OK, 20000);
	assert_true(till_settle(t));
	assert_int_equal(till_count(t, 0, "POST /v1/swap"), 0);
	assert_int_equal(till_bill(t, seq).fee_out, 0);
	assert_int_equal(till_bill(t, seq).change, 43);
	assert_redeemed(t, seq, 43 - 1);
}

static void faults_cost_the_customer_nothing_but_the_mints_fee(void **state)
{
	struct till *t = *state;
	uint64_t ran = job_of_64(t, false);
	uint64_t never_ran = job_of_64(t, false);

	till_run(t, ran, OUTCOME_FAULT_HOST, 30000);
	till_end_unrun(t, never_ran, OUTCOME_FAULT_RESTART);
	assert_true(till_settle(t));
	assert_int_equal(till_bill(t, ran).change, 63);
	assert_int_equal(till_bill(t, ran).earned, 0);
	assert_int_equal(till_bill(t, never_ran).change, 63);
}

/* ---- whose money it is */

static void an_export_takes_no_jobs_money(void **state)
{
	struct till *t = *state;
	uint64_t running = job_of_64(t, false);
	uint64_t done = job_of_64(t, false);
	struct lerr err = {0};
	uint64_t op, token;

	till_run(t, done, OUTCOME_OK, 20000);
	assert_true(till_settle(t));
	assert_int_equal(dbproof_unspent(t->e.db, 1).amount, 63 + 20);
	assert_int_equal(dbproof_free_earned(t->e.db, 1).amount, 20);
	for (uint64_t amount = 83; amount > 20; amount--) {
		turn_enter(t->e.turn);
		assert_int_not_equal(
			export_amount(t->e.money, &op, &token, STR_LIT(""), amount, &err),
			LERR_OK);
		turn_leave(t->e.turn, false);
	}
	turn_enter(t->e.turn);
	assert_int_equal(export_amount(t->e.money, &op, &token, STR_LIT(""), 20, &err),
			 LERR_OK);
	turn_leave(t->e.turn, true);
	assert_int_equal(op, 0);
	/* the other job gets all that is its own */
	till_end_unrun(t, running, OUTCOME_FAULT_HOST);
	assert_true(till_settle(t));
	assert_int_equal(till_bill(t, running).change, 63);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(change_that_takes_too_long_is_owed_and_handed_out_later),
		TEST(an_answer_that_was_lost_is_change_all_the_same),
		TEST(signatures_that_are_wrong_are_not_taken),
		TEST(a_restore_of_some_is_not_one_of_all),
		TEST(change_is_made_anew_in_another_keyset),
		TEST(exact_coins_are_given_as_they_are),
		TEST(faults_cost_the_customer_nothing_but_the_mints_fee),
		TEST(an_export_takes_no_jobs_money),
	};

	/* patience with mints, where the build allows it */
	(void)setenv("LOOM_TEST_HURRY", "20", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
