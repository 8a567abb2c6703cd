/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/tidy.h"

#include "engine/engine.h"
#include "engine/money/give.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/restore.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"

enum {
	LOOK_EVERY_MS = 60000,
	AGAIN_AFTER_MS = 3600000, /* after one that the mint refused */
	MANY = 400,               /* coins: then some are put together */
	TOO_MANY = 1000,          /* then at any fee that leaves something */
	AT_ONCE = 200,
	FEE_SHARE = 100, /* else the fee is less than 1/100 */
};

/* Swap these for the fewest that are worth the same; any_fee: as long as something is
 * left. False: it is not worth it, or cannot be now. */
static bool swap(struct money *m, const struct mint *mint,
		 const struct dbproof_list *coins, bool any_fee)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p = {.kind = DBPAY_TIDY,
			  .mint = mint->number,
			  .total_in = purse_sum(coins->v, coins->n),
			  .path = "/v1/swap"};
	struct lerr err = {0};

	if (!k || purse_fee(&p.fee, mint, coins->v, coins->n, &err) ||
	    p.fee >= p.total_in || (!any_fee && p.fee > p.total_in / FEE_SHARE))
		return false;
	outset_init(&outputs, &k->id);
	if (!purse_add_own(m, &outputs, p.total_in - p.fee, k, false) ||
	    (!any_fee && outputs.n >= coins->n))
		return false;
	give_swap(m, &p, coins->v, coins->n, &outputs);
	return true;
}

static bool leave_old_keyset(struct money *m, const struct mint *mint)
{
	for (size_t i = 0; i < mint->n; i++) {
		auto_proofs struct dbproof_list coins = {0};

		if (!mints_is_ageing(&mint->keysets[i]))
			continue;
		dbproof_keyset_ones(m->e->db, &coins, &mint->keysets[i].id,
				    CAP_PAY_INPUTS);
		if (coins.n && swap(m, mint, &coins, true))
			return true;
	}
	return false;
}

static bool put_together(struct money *m, const struct mint *mint)
{
	uint64_t n = dbproof_free_earned(m->e->db, mint->number).n;
	auto_proofs struct dbproof_list coins = {0};

	if (n <= MANY)
		return false;
	dbproof_small_ones(m->e->db, &coins, mint->number, AT_ONCE);
	return swap(m, mint, &coins, n > TOO_MANY);
}

static void look_at(struct money *m, struct mint *mint)
{
	bool done;

	if (mints_health(mint) != MINTS_UP || restore_holds(m, mint->number) ||
	    lane_count(m->lane, mint->number, DBPAY_TIDY))
		return;
	turn_enter(m->e->turn);
	done = leave_old_keyset(m, mint) || put_together(m, mint);
	turn_leave(m->e->turn, done);
}

void tidy_tick(struct money *m)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < mints_count(m->mints); i++) {
		struct mint *mint = mints_at(m->mints, i);

		if (now < mint->tidy_ms)
			continue;
		mint->tidy_ms = now + crash_hurry(LOOK_EVERY_MS);
		look_at(m, mint);
	}
}

/* ---- its ends */

static void credited(struct money *m, const struct dbpay *p, const struct outset *outputs,
		     const struct cashuproof *proofs)
{
	struct dbproof_origin from = {.mint = p->mint, .op = p->op};
	struct dbbook_move move = {.mint = p->mint,
				   .src = DBBOOK_EARNED,
				   .dst = DBBOOK_FEES,
				   .amount = p->fee,
				   .op = p->op};
	uint64_t now = clock_wall_ms();

	for (size_t i = 0; i < outputs->n; i++)
		dbproof_insert(m->e->db, &proofs[i], &from, now);
	dbbook_move(m->e->db, &move, now);
}

static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	struct mint *mint = mints_get(m->mints, p->mint);

	(void)why;
	(void)code;
	mint->tidy_ms = clock_mono_ms() + crash_hurry(AGAIN_AFTER_MS);
	mints_ask(m->mints, mint);
}

const struct kinds_row tidy_kind = {9,       KINDS_IF_UNHEARD, credited,
				    refused, payop_lost,       NULL};
