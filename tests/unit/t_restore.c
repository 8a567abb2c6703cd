/* SPDX-License-Identifier: MIT */
/*
 * Money that is found again from the seed: after the ledger was lost, after an old one
 * was put back, when a mint is away, and when nothing was lost at all.
 */
#include "config.h"

#include "tests/unit/owner.h"

#include "engine/money/money.h"
#include "engine/money/restore.h"
#include "engine/money/seedkeep.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

static bool is_restored(struct till *t)
{
	return owner_is_idle(t) && !restore_holds(t->e.money, 1) &&
	       !restore_holds(t->e.money, 2);
}

static void restore(struct till *t, const char *words)
{
	struct lerr err = {0};
	enum lerr_code rc;

	turn_enter(t->e.turn);
	rc = restore_start(t->e.money, str_of(words), &err);
	turn_leave(t->e.turn, rc == LERR_OK);
	if (rc)
		fail_msg("%s", err.msg);
	assert_true(restore_holds(t->e.money, 1));
	assert_true(till_until(t, OWNER_WAIT_S, is_restored));
	turn_flush(t->e.turn);
}

static void stop(struct till *t)
{
	assert_true(till_until(t, OWNER_WAIT_S, owner_is_idle));
	assert_int_equal(uv_timer_stop(&t->tick), 0);
	money_free(t->e.money);
	turn_free(t->e.turn);
	(void)uv_run(&t->loop, UV_RUN_DEFAULT);
}

static void start(struct till *t)
{
	t->e.turn = turn_new(&t->loop, t->e.db);
	assert_int_equal(money_new(&t->e.money, &t->e, NULL), LERR_OK);
	money_recover(t->e.money);
	assert_int_equal(uv_timer_again(&t->tick), 0);
	owner_settle(t);
}

static void restart(struct till *t)
{
	stop(t);
	start(t);
}

/* The disk is lost: everything anew but the mints. */
static void lose_ledger(struct till *t)
{
	stop(t);
	db_close(t->e.db);
	assert_int_equal(dbschema_open(&t->e.db, ":memory:", NULL), LERR_OK);
	start(t);
}

static void check_ledger(struct till *t)
{
	struct lerr err = {0};

	if (dbbook_check(t->e.db, &err))
		fail_msg("the books: %s", err.msg);
}

static uint64_t counter(struct till *t, size_t mint)
{
	return dbmint_counter(t->e.db, &payer_active(&t->mints[mint].payer)->id);
}

static void a_lost_ledger_comes_back_from_its_words(void **state)
{
	struct till *t = *state;
	auto_buf struct buf words = BUF_INIT(512);
	auto_payer_coins struct payer_coins c = {0};
	uint64_t had[2];
	uint64_t counters[2];
	uint64_t before;

	owner_put_in(t, 0, 1024);
	owner_put_in(t, 1, 5000);
	c = owner_read_token(t, owner_export(t, 0, 100));
	owner_redeem(t, 0, &c);
	/* one from coins that were there, and one from a swap */
	before = owner_pays(t);
	(void)owner_export(t, 1, 3);
	assert_int_equal(owner_pays(t), before);
	(void)owner_export(t, 1, 5);
	assert_int_equal(owner_pays(t), before + 1);
	seedkeep_words(t->e.money, &words);
	for (size_t i = 0; i < 2; i++) {
		had[i] = owner_earned(t, i);
		counters[i] = counter(t, i);
	}
	lose_ledger(t);
	assert_int_equal(owner_earned(t, 0) + owner_earned(t, 1), 0);
	restore(t, words.p);
	assert_int_equal(owner_earned(t, 0), had[0]);
	/* coins that were given as they were, and not redeemed yet, are as good as ours */
	assert_int_equal(owner_earned(t, 1), had[1] + 3);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(counter(t, i), counters[i]);
	check_ledger(t);
	/* and it is money */
	payer_free_coins(&c);
	c = owner_read_token(t, owner_export(t, 0, 50));
	owner_redeem(t, 0, &c);
	check_ledger(t);
}

static void coins_behind_a_jump_are_found(void **state)
{
	struct till *t = *state;
	auto_buf struct buf words = BUF_INIT(512);

	for (int i = 0; i < 3; i++) {
		/* the second mint never used the stretches before */
		turn_enter(t->e.turn);
		dbmint_jump_counters(t->e.db);
		turn_leave(t->e.turn, true);
		owner_put_in(t, 0, 1024);
	}
	owner_put_in(t, 1, 1024);
	assert_true(counter(t, 0) > 6 * DBMINT_STRETCH);
	seedkeep_words(t->e.money, &words);
	lose_ledger(t);
	restore(t, words.p);
	assert_int_equal(owner_earned(t, 0), 3 * 1023);
	assert_int_equal(owner_earned(t, 1), 1023);
	assert_true(counter(t, 0) > 6 * DBMINT_STRETCH);
	check_ledger(t);
}

static void looking_again_finds_nothing_twice(void **state)
{
	struct till *t = *state;
	uint64_t n;
	uint64_t had;

	owner_put_in(t, 0, 1024);
	n = owner_export(t, 0, 100);
	had = owner_earned(t, 0);
	restore(t, "");
	assert_int_equal(owner_earned(t, 0), had);
	assert_int_equal(owner_token(t, n).state, DBBILL_TOKEN_OUT);
	till_check_books(t);
}

static void what_was_written_off_in_error_is_found(void **state)
{
	struct till *t = *state;
	struct dbbook_move move = {
		.mint = 1, .src = DBBOOK_EARNED, .dst = DBBOOK_LOST, .amount = 1023};

	owner_put_in(t, 0, 1024);
	turn_enter(t->e.turn);
	(void)till_number(t, "UPDATE proofs SET state = 5 WHERE ?1", 1);
	dbbook_move(t->e.db, &move, clock_wall_ms());
	turn_leave(t->e.turn, true);
	check_ledger(t);
	restore(t, "");
	assert_int_equal(owner_earned(t, 0), 1023);
	assert_int_equal(owner_moved(t, DBBOOK_LOST, DBBOOK_EARNED), 1023);
	till_check_books(t);
}

static void an_old_ledger_is_put_right(void **state)
{
	struct till *t = *state;
	auto_free char *path = mem_strdup("/tmp/loom-t_wallet.XXXXXX");
	auto_buf struct buf file = BUF_INIT(64);
	struct dbq *q;

	assert_non_null(mkdtemp(path));
	buf_addf(&file, "%s/old.db", path);
	owner_put_in(t, 0, 513);
	turn_flush(t->e.turn);
	q = db_query(t->e.db, "VACUUM INTO ?1");
	db_bind_text(q, 1, buf_str(&file));
	(void)db_run(q);
	/* another life: its one coin is swapped, and more comes in */
	(void)owner_export(t, 0, 100);
	owner_put_in(t, 0, 64);
	stop(t);
	db_close(t->e.db);
	assert_int_equal(dbschema_open(&t->e.db, file.p, NULL), LERR_OK);
	start(t);
	turn_enter(t->e.turn);
	dbmint_jump_counters(t->e.db);
	turn_leave(t->e.turn, true);
	assert_int_equal(owner_earned(t, 0), 512);
	restore(t, "");
	assert_int_equal(owner_moved(t, DBBOOK_EARNED, DBBOOK_LOST), 512);
	assert_int_equal(owner_earned(t, 0), 512 - 100 - 1 + 63);
	check_ledger(t);
	stop(t);
	db_close(t->e.db);
	assert_int_equal(dbschema_open(&t->e.db, ":memory:", NULL), LERR_OK);
	start(t);
	assert_int_equal(unlink(file.p), 0);
	buf_add_c(&file, ".lock");
	assert_int_equal(unlink(file.p), 0);
	assert_int_equal(rmdir(path), 0);
}

static bool is_other_mint_done(struct till *t)
{
	return !restore_holds(t->e.money, 2);
}

static void a_mint_that_is_away_takes_part_in_nothing_before_it_is_done(void **state)
{
	struct till *t = *state;
	auto_buf struct buf words = BUF_INIT(512);
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	struct till_job job = {.customer = 0};
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t seq;

	owner_put_in(t, 0, 1024);
	owner_put_in(t, 1, 1024);
	seedkeep_words(t->e.money, &words);
	lose_ledger(t);
	t->mints[0].is_down = true;
	turn_enter(t->e.turn);
	assert_int_equal(restore_start(t->e.money, buf_str(&words), &err), LERR_OK);
	turn_leave(t->e.turn, true);
	assert_true(till_until(t, OWNER_WAIT_S, is_other_mint_done));
	assert_true(restore_holds(t->e.money, 1));
	assert_int_equal(owner_earned(t, 1), 1023);
	/* new coins would take numbers of old ones */
	owner_make_token(t, 0, 1024, &text);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_STATE);
	job.payment = text.p;
	seq = till_submit(t, &job);
	assert_true(till_settle(t));
	assert_string_equal(till_get(t, seq).reason, "mint_unavailable");
	/* a restart changes nothing */
	restart(t);
	assert_true(restore_holds(t->e.money, 1));
	t->mints[0].is_down = false;
	assert_true(till_until(t, OWNER_WAIT_S, is_restored));
	assert_int_equal(owner_earned(t, 0), 1023);
	assert_int_equal(owner_bring(t, &op, text.p, &err), LERR_OK);
	owner_settle(t);
	assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	check_ledger(t);
}

static void other_words_are_for_a_new_ledger(void **state)
{
	struct till *t = *state;
	struct lerr err = {0};

	turn_enter(t->e.turn);
	assert_int_equal(restore_start(t->e.money, STR_LIT("not twelve words"), &err),
			 LERR_INPUT);
	turn_leave(t->e.turn, false);
	owner_put_in(t, 0, 1024);
	turn_enter(t->e.turn);
	assert_int_equal(restore_start(t->e.money,
				       STR_LIT("abandon abandon abandon abandon abandon "
					       "abandon abandon abandon abandon abandon "
					       "abandon about"),
				       &err),
			 LERR_STATE);
	turn_leave(t->e.turn, false);
	assert_false(restore_holds(t->e.money, 1));
}

static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, owner_set_up, owner_tear_down)
	T(a_lost_ledger_comes_back_from_its_words),
	T(coins_behind_a_jump_are_found),
	T(looking_again_finds_nothing_twice),
	T(an_old_ledger_is_put_right),
	T(what_was_written_off_in_error_is_found),
	T(a_mint_that_is_away_takes_part_in_nothing_before_it_is_done),
	T(other_words_are_for_a_new_ledger),
#undef T
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
