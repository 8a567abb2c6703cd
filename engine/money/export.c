/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/export.h"

#include "engine/engine.h"
#include "engine/money/give.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/restore.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

enum {
	EXACT_AMONG = 1000, /* coins that are looked at for an exact sum */
	EXACT_MOST = 100,   /* that go into one token as they are */
};

static void move(struct money *m, const struct dbpay *p, enum dbbook_account src,
		 enum dbbook_account dst, uint64_t amount)
{
	struct dbbook_move move = {
		.mint = p->mint, .src = src, .dst = dst, .amount = amount, .op = p->op};

	dbbook_move(m->e->db, &move, clock_wall_ms());
}

/* ---- out */

/* Coins of a keyset that is at its end are for swaps only: their new owner may be slow. */
static void leave_ageing(struct dbproof_list *coins, const struct mint *mint)
{
	size_t kept = 0;

	for (size_t i = 0; i < coins->n; i++) {
		const struct keyset *k = mints_keyset(mint, &coins->v[i].proof.id);

		if (k && !mints_is_ageing(k))
			coins->v[kept++] = coins->v[i];
		else
			cashutok_wipe_proof(&coins->v[i].proof);
	}
	coins->n = kept;
}

/* The number of the token; 0: there are no such coins. */
static uint64_t give_exact(struct money *m, const struct mint *mint, uint64_t amount)
{
	auto_proofs struct dbproof_list coins = {0};
	struct dbpay none = {.mint = mint->number};
	uint64_t token;
	size_t n;

	dbproof_free_ones(m->e->db, &coins, mint->number, DBPROOF_EARNED, EXACT_AMONG);
	leave_ageing(&coins, mint);
	n = purse_exact(&coins, amount);
	if (n == 0 || n > EXACT_MOST)
		return 0;
	token = give_coins_as_token(m, mint, DBBILL_TOKEN_EXPORT, 0, coins.v, n);
	move(m, &none, DBBOOK_EARNED, DBBOOK_EXPORTED, amount);
	return token;
}

static enum lerr_code swap(struct money *m, uint64_t *op, const struct mint *mint,
			   uint64_t amount, struct lerr *err)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_proofs struct dbproof_list coins = {0};
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p = {.kind = DBPAY_EXPORT, .mint = mint->number, .path = "/v1/swap"};
	size_t n;

	if (!k)
		return lerr_set(err, LERR_TEMP, 0,
				"%.80s has no keyset that can be used now", mint->url);
	dbproof_free_ones(m->e->db, &coins, mint->number, DBPROOF_EARNED, CAP_PAY_INPUTS);
	if (!purse_cover(&coins, mint, amount, &n, &p.fee))
		return lerr_set(err, LERR_LIMIT, 0,
				"%" PRIu64 " sat and the fee of the mint are more than "
				"can be taken from %.60s in one go",
				amount, mint->url);
	p.total_in = purse_sum(coins.v, n);
	outset_init(&outputs, &k->id);
	if (!purse_add_theirs(&outputs, amount, k, NULL) ||
	    !purse_add_own(m, &outputs, p.total_in - p.fee - amount, k, false))
		return lerr_set(err, LERR_LIMIT, 0, "the mint has no keys for that");
	outset_sort(&outputs);
	give_swap(m, &p, coins.v, n, &outputs);
	*op = p.op;
	return LERR_OK;
}

/* One of all mints, accepted or left. */
static enum lerr_code find_mint(struct money *m, struct mint **out, struct str url,
				struct lerr *err)
{
	auto_buf struct buf plain = BUF_INIT(CAP_URL_BYTES);
	enum lerr_code rc = mintmsg_url(&plain, url, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < mints_count(m->mints); i++) {
		*out = mints_at(m->mints, i);
		if (str_eq_c(buf_str(&plain), (*out)->url))
			return LERR_OK;
	}
	return lerr_set(err, LERR_INPUT, 0, "nothing is held at such a mint");
}

static struct mint *first_with(struct money *m, uint64_t amount)
{
	for (size_t i = 0; i < mints_count(m->mints); i++) {
		struct mint *mint = mints_at(m->mints, i);

		if (dbproof_free_earned(m->e->db, mint->number).amount >= amount)
			return mint;
	}
	return NULL;
}

enum lerr_code export_amount(struct money *m, uint64_t *op, uint64_t *token,
			     struct str url, uint64_t amount, struct lerr *err)
{
	struct mint *mint = NULL;
	enum lerr_code rc = LERR_OK;

	*op = 0;
	*token = 0;
	if (amount == 0)
		return lerr_set(err, LERR_INPUT, 0, "an amount of at least 1 sat");
	if (url.n)
		rc = find_mint(m, &mint, url, err);
	else
		mint = first_with(m, amount);
	if (rc)
		return rc;
	if (!mint || dbproof_free_earned(m->e->db, mint->number).amount < amount)
		return lerr_set(err, LERR_LIMIT, 0,
				"so much has not been earned at one mint");
	if (restore_holds(m, mint->number))
		return lerr_set(err, LERR_STATE, 0, "a restore is going on there");
	*token = give_exact(m, mint, amount);
	return *token ? LERR_OK : swap(m, op, mint, amount, err);
}

static void credited(struct money *m, const struct dbpay *p, const struct outset *outputs,
		     const struct cashuproof *proofs)
{
	uint64_t given = 0;

	(void)give_swapped(m, p, DBBILL_TOKEN_EXPORT, outputs, proofs, &given);
	move(m, p, DBBOOK_EARNED, DBBOOK_EXPORTED, given);
	move(m, p, DBBOOK_EARNED, DBBOOK_FEES, p->fee);
}

/* Its coins are free again; the mint may have put a keyset away. */
static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	(void)why;
	(void)code;
	mints_ask(m->mints, mints_get(m->mints, p->mint));
}

const struct kinds_row export_kind = {2,       KINDS_IF_UNHEARD, credited,
				      refused, payop_lost,       NULL};

/* ---- and back */

/* What of it is still ours to take. */
static void given_ones(struct money *m, struct dbproof_list *out, uint64_t token)
{
	size_t kept = 0;

	dbproof_of_token(m->e->db, out, token);
	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i].state == DBPROOF_GIVEN)
			out->v[kept++] = out->v[i];
		else
			cashutok_wipe_proof(&out->v[i].proof);
	}
	out->n = kept;
}

static enum lerr_code swap_back(struct money *m, uint64_t *op, const struct mint *mint,
				const struct dbproof_list *coins, struct lerr *err)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p = {.kind = DBPAY_RECLAIM,
			  .mint = mint->number,
			  .total_in = purse_sum(coins->v, coins->n),
			  .path = "/v1/swap"};
	enum lerr_code rc = purse_fee(&p.fee, mint, coins->v, coins->n, err);

	if (rc)
		return rc;
	if (!k)
		return lerr_set(err, LERR_TEMP, 0,
				"%.80s has no keyset that can be used now", mint->url);
	if (p.fee >= p.total_in)
		return lerr_set(err, LERR_LIMIT, 0,
				"the fee of the mint would take all of it");
	outset_init(&outputs, &k->id);
	if (!purse_add_own(m, &outputs, p.total_in - p.fee, k, false))
		return lerr_set(err, LERR_LIMIT, 0, "the mint has no keys for that");
	give_swap(m, &p, coins->v, coins->n, &outputs);
	*op = p.op;
	return LERR_OK;
}

enum lerr_code export_reclaim(struct money *m, uint64_t *op, uint64_t token,
			      struct lerr *err)
{
	auto_proofs struct dbproof_list coins = {0};
	struct dbbill_token t;

	*op = 0;
	if (!dbbill_get_token(m->e->db, &t, token))
		return lerr_set(err, LERR_GONE, 0, "there is no token %" PRIu64, token);
	if (t.kind != DBBILL_TOKEN_EXPORT)
		return lerr_set(err, LERR_STATE, 0,
				"that is change: it belongs to a customer");
	if (t.state != DBBILL_TOKEN_OUT)
		return lerr_set(err, LERR_STATE, 0, "that token is %s",
				dbbill_token_state_name(t.state));
	if (restore_holds(m, t.mint))
		return lerr_set(err, LERR_STATE, 0, "a restore is going on there");
	given_ones(m, &coins, token);
	if (coins.n == 0)
		return lerr_set(err, LERR_STATE, 0, "it is being taken back already");
	return swap_back(m, op, mints_get(m->mints, t.mint), &coins, err);
}

/* The token whose coins an operation has taken. */
static void token_of(struct money *m, const struct dbpay *p, struct dbbill_token *t)
{
	auto_proofs struct dbproof_list coins = {0};

	dbproof_of_op(m->e->db, &coins, p->op);
	if (coins.n == 0 || !dbbill_get_token(m->e->db, t, coins.v[0].token))
		panic("operation %" PRIu64 " takes no token back", p->op);
}

static void end_token(struct money *m, struct dbbill_token *t,
		      enum dbbill_token_state state)
{
	t->state = state;
	t->checked_at = clock_wall_ms();
	dbbill_set_token_state(m->e->db, t);
}

static void came_back(struct money *m, const struct dbpay *p,
		      const struct outset *outputs, const struct cashuproof *proofs)
{
	struct dbproof_origin from = {.mint = p->mint, .op = p->op};
	uint64_t now = clock_wall_ms();
	struct dbbill_token t;

	token_of(m, p, &t);
	for (size_t i = 0; i < outputs->n; i++)
		dbproof_insert(m->e->db, &proofs[i], &from, now);
	move(m, p, DBBOOK_EXPORTED, DBBOOK_EARNED, p->total_in - p->fee);
	move(m, p, DBBOOK_EXPORTED, DBBOOK_FEES, p->fee);
	end_token(m, &t, DBBILL_TOKEN_RECLAIMED);
}

/* Somebody has redeemed it. Of a part of it the rest can still be taken: tokwatch.c asks
 * coin by coin. */
static void was_redeemed(struct money *m, const struct dbpay *p)
{
	const struct lane_op *o = lane_find(m->lane, p->op);
	struct dbbill_token t;

	token_of(m, p, &t);
	dbproof_still_given(m->e->db, p->op);
	dbpay_release(m->e->db, p->op);
	if (!o || !o->mixed)
		end_token(m, &t, DBBILL_TOKEN_REDEEMED);
}

const struct kinds_row export_reclaim_kind = {2,       KINDS_IF_UNHEARD, came_back,
					      refused, was_redeemed,     NULL};
