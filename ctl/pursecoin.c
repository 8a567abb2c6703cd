/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursecoin.h"

#include "ctl/pursedb.h"
#include "ctl/purserun.h"
#include "ctl/pursesettle.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/coins.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/db.h"
#include "lib/store/dbmint.h"

#include <inttypes.h>

enum { COINS_MOST = 4096 };

enum lerr_code pursecoin_add_own(struct purse *p, struct outset *out, uint64_t amount,
				 const struct keyset *k, struct lerr *err)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	uint64_t counter;
	size_t n;

	if (!keyset_split_all(k, amount, parts, &n))
		return lerr_set(err, LERR_DENIED, 0,
				"the mint has no keys for %" PRIu64 " sat", amount);
	/* counters are never given back: a hole costs nothing, one used twice everything */
	db_begin(p->d);
	counter = dbmint_take_counters(p->d, &k->id, n);
	db_commit(p->d);
	for (size_t i = 0; i < n; i++)
		outset_add_derived(out, parts[i], &p->seed, &counter, false);
	return LERR_OK;
}

/* In fewest parts, for somebody else. */
static enum lerr_code add_locked(struct outset *out, uint64_t amount,
				 const struct keyset *k,
				 const struct pursecoin_lock *lock, struct lerr *err)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	if (!keyset_split(k, amount, parts, &n))
		return lerr_set(err, LERR_DENIED, 0,
				"the mint has no keys for %" PRIu64 " sat", amount);
	for (size_t i = 0; i < n; i++)
		outset_add_locked(out, parts[i], &lock->key, lock->locktime_s,
				  lock->locktime_s ? &lock->refund : NULL, true);
	return LERR_OK;
}

/* ---- choosing */

static uint64_t sum_of(const struct dbproof_list *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!amount_add(&sum, list->v[i].proof.amount))
			panic("more money than there is");
	return sum;
}

/* Keep those that are marked, in their order. */
static void keep(struct dbproof_list *list, const bool *take)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct dbproof one = list->v[i];

		if (take[i]) {
			list->v[i] = list->v[n];
			list->v[n++] = one;
		}
	}
	for (size_t i = n; i < list->n; i++)
		cashutok_wipe_proof(&list->v[i].proof);
	list->n = n;
}

/* Coins of keysets that the mint still has; the others cannot be spent. */
static void load_free(struct purse *p, const struct pursemint *m,
		      struct dbproof_list *out)
{
	auto_free bool *take = NULL;

	dbproof_free_ones(p->d, out, m->number, DBPROOF_EARNED, COINS_MOST);
	take = mem_array(out->n, sizeof(*take));
	for (size_t i = 0; i < out->n; i++)
		take[i] = pursemint_keyset(m, &out->v[i].proof.id) != NULL;
	keep(out, take);
}

static bool find_exact(struct purse *p, const struct pursemint *m,
		       struct dbproof_list *out, uint64_t amount)
{
	auto_proofs struct dbproof_list all = {0};
	auto_free uint64_t *amounts = NULL;
	auto_free bool *take = NULL;

	load_free(p, m, &all);
	amounts = mem_array(all.n, sizeof(*amounts));
	take = mem_array(all.n, sizeof(*take));
	for (size_t i = 0; i < all.n; i++)
		amounts[i] = all.v[i].proof.amount;
	if (!coins_exact(take, amounts, all.n, amount))
		return false;
	keep(&all, take);
	if (all.n > CAP_PAY_INPUTS)
		return false;
	*out = all;
	all = (struct dbproof_list){0};
	return true;
}

/* Coins to swap so that amount is there afterwards, and what the swap costs. */
static enum lerr_code choose(struct purse *p, const struct pursemint *m,
			     struct dbproof_list *out, uint64_t *fee, uint64_t amount,
			     struct lerr *err)
{
	auto_free uint64_t *amounts = NULL;
	auto_free uint64_t *ppks = NULL;
	auto_free bool *take = NULL;
	uint64_t sum;
	uint64_t ppk = 0;

	load_free(p, m, out);
	sum = sum_of(out);
	amounts = mem_array(out->n, sizeof(*amounts));
	ppks = mem_array(out->n, sizeof(*ppks));
	take = mem_array(out->n, sizeof(*take));
	for (size_t i = 0; i < out->n; i++) {
		amounts[i] = out->v[i].proof.amount;
		ppks[i] = pursemint_keyset(m, &out->v[i].proof.id)->ppk;
	}
	if (!coins_cover(take, amounts, ppks, out->n, CAP_PAY_INPUTS, amount))
		return lerr_set(err, LERR_LIMIT, 0,
				"the purse has %" PRIu64 " sat of %.100s, and %" PRIu64
				" sat%s are wanted",
				sum, m->url, amount,
				sum >= amount ? " and the mint's fee" : "");
	for (size_t i = 0; i < out->n; i++)
		if (take[i])
			ppk += ppks[i];
	keep(out, take);
	*fee = keyset_fee(ppk);
	return LERR_OK;
}

/* ---- swapping */

static enum lerr_code swap(struct purse *p, struct dbpay *op,
			   const struct dbproof_list *coins, struct outset *outputs,
			   struct lerr *err)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *inputs = mem_array(coins->n, sizeof(*inputs));
	auto_free struct ecpoint *ys = mem_array(coins->n, sizeof(*ys));
	struct purserun_plan plan = {
		.ys = ys, .n = coins->n, .coins = coins->v, .outputs = outputs};
	enum lerr_code rc;

	for (size_t i = 0; i < coins->n; i++) {
		inputs[i].proof = &coins->v[i].proof;
		ys[i] = coins->v[i].y;
	}
	outset_sort(outputs);
	mintmsg_swap(&request, inputs, coins->n, outputs);
	plan.request = buf_str(&request);
	rc = purserun_begin(p, op, &plan, err);
	return rc ? rc : purserun_finish(p, op->op, err);
}

/* For amount, and for what is left over; lock NULL: all of it is the purse's. */
static enum lerr_code swap_for(struct purse *p, const struct pursemint *m,
			       struct dbpay *op, uint64_t amount,
			       const struct pursecoin_lock *lock, struct lerr *err)
{
	const struct keyset *k = pursemint_output_keyset(m);
	auto_proofs struct dbproof_list coins = {0};
	auto_outset struct outset outputs;
	enum lerr_code rc;
	uint64_t left;

	outset_init(&outputs, &k->id);
	rc = choose(p, m, &coins, &op->fee, amount, err);
	if (rc)
		return rc;
	op->mint = m->number;
	op->total_in = sum_of(&coins);
	str_copy(op->path, sizeof(op->path), STR_LIT("/v1/swap"));
	left = op->total_in - op->fee - amount;
	rc = lock ? add_locked(&outputs, amount, k, lock, err)
		  : pursecoin_add_own(p, &outputs, amount, k, err);
	if (!rc)
		rc = pursecoin_add_own(p, &outputs, left, k, err);
	return rc ? rc : swap(p, op, &coins, &outputs, err);
}

enum lerr_code pursecoin_exact(struct purse *p, const struct pursemint *m,
			       struct dbproof_list *out, uint64_t amount,
			       struct lerr *err)
{
	struct dbpay op = {.kind = DBPAY_TIDY};
	enum lerr_code rc;

	if (find_exact(p, m, out, amount))
		return LERR_OK;
	rc = swap_for(p, m, &op, amount, NULL, err);
	if (rc)
		return rc;
	if (!find_exact(p, m, out, amount))
		return lerr_set(err, LERR_DENIED, 0,
				"coins of %.100s cannot be made to fit", m->url);
	return LERR_OK;
}

uint64_t pursecoin_give(struct purse *p, uint64_t mint, const struct dbproof_list *coins)
{
	struct dbbill_token t = {.mint = mint};
	struct pursedb_row row = {
		.at_s = clock_wall_s(), .what = PURSEDB_SENT, .mint = mint};
	struct cashuproof *proofs = mem_array(coins->n, sizeof(*proofs));

	for (size_t i = 0; i < coins->n; i++)
		proofs[i] = coins->v[i].proof; /* borrowed */
	pursesettle_token(p, &t, proofs, coins->n);
	mem_free(proofs);
	for (size_t i = 0; i < coins->n; i++)
		if (!dbproof_give(p->d, &coins->v[i].y, t.token))
			panic("a coin was free and is not");
	row.gave = t.amount;
	row.token = t.token;
	pursedb_add(p->d, &row);
	return t.token;
}

void pursecoin_ungive(struct purse *p, uint64_t token)
{
	struct dbbill_token t;
	struct pursedb_row row = {
		.at_s = clock_wall_s(), .what = PURSEDB_BACK, .token = token};

	db_begin(p->d);
	if (!dbbill_get_token(p->d, &t, token))
		panic("a token of the purse is gone");
	t.state = DBBILL_TOKEN_RECLAIMED;
	t.checked_at = clock_wall_ms();
	row.mint = t.mint;
	row.got = t.amount;
	dbproof_take_back(p->d, token);
	dbbill_set_token_state(p->d, &t);
	pursedb_add(p->d, &row);
	db_commit(p->d);
}

static uint64_t token_of(struct purse *p, uint64_t op)
{
	struct dbq *q = db_query(p->d, "SELECT token FROM tokens WHERE op = ?1");
	uint64_t token = 0;

	db_bind_u64(q, 1, op);
	if (db_row(q))
		token = db_col_u64(q, 0);
	db_done(q);
	return token;
}

enum lerr_code pursecoin_lock(struct purse *p, const struct pursemint *m, uint64_t *token,
			      uint64_t amount, const struct pursecoin_lock *lock,
			      struct lerr *err)
{
	struct dbpay op = {.kind = DBPAY_EXPORT};
	enum lerr_code rc;

	if (!m->info.nut11)
		return lerr_set(err, LERR_DENIED, 0,
				"%.100s does not know locks (NUT-11)", m->url);
	rc = swap_for(p, m, &op, amount, lock, err);
	if (!rc)
		*token = token_of(p, op.op);
	return rc;
}

uint64_t pursecoin_richest(struct purse *p, uint64_t amount)
{
	uint64_t best = 0;
	uint64_t most = 0;

	for (uint64_t m = pursemint_next(p, 0); m; m = pursemint_next(p, m)) {
		struct pursedb_sums s = pursedb_sums(p->d, m);

		if (s.free >= amount && s.free > most) {
			best = m;
			most = s.free;
		}
	}
	return best;
}
