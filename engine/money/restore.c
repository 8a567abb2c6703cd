/* SPDX-License-Identifier: MIT */
/*
 *~ The way of a batch: ask_batch (NUT-09) -> on_signed -> ask_states (NUT-07) ->
 *~ on_states -> end_batch, which goes on with the next. One request at a time; a mint in
 *~ trouble is left alone for a while, and the others go on.
 */
#include "config.h"

#include "engine/money/restore.h"

#include "engine/doc.h"
#include "engine/engine.h"
#include "engine/money/lane.h"
#include "engine/money/mintcall.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/seedkeep.h"
#include "engine/turn.h"
#include "lib/base/backoff.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/outset.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <string.h>

enum {
	BATCH = 100,
	EMPTY_MOST = 3,      /* batches in a row without one that was signed */
	STRETCHES_MOST = 10, /* the same of stretches (dbmint_jump_counters) */
	RETRY_BASE_MS = 2000,
	RETRY_MAX_MS = 60000,
};

#define META "wallet.restoring"

/* The part of one mint. */
struct scan {
	uint64_t mint;
	bool done;
	struct keyset_id keyset; /* that is looked through; empty: none yet */
	bool is_through;         /* with that keyset */
	uint64_t counter;        /* where the next batch begins */
	unsigned int empty;      /* batches in a row */
	bool has_some;           /* in this stretch */
	unsigned int stretches;  /* without any, in a row */
	uint64_t due_ms;
	struct backoff backoff;
	char why[160]; /* last trouble; empty: none */
	struct dbproof_sum found;
};

/* A coin that was signed: one that the ledger does not have, or that it has as ours to
 * spend, or as written off. */
struct coin {
	struct cashuproof proof;
	struct ecpoint y;
	bool is_known;
	struct dbproof_place place;
};

struct restore {
	struct money *m;
	bool running;
	uint64_t began_at;
	uint64_t ended_at;
	struct scan *v;
	size_t n;
	uint64_t spent;
	uint64_t pending;
	uint64_t bad; /* signatures that are none */
	/* the batch that is being asked about */
	bool asking;
	struct outset outputs;
	uint64_t next[BATCH]; /* counter behind each of them */
	size_t signed_up_to;  /* of them; 0: none */
	struct coin coins[BATCH];
	size_t ncoins;
};

static void step(void *ctx, uint64_t arg);

static void forget_batch(struct restore *r)
{
	for (size_t i = 0; i < r->ncoins; i++)
		cashutok_wipe_proof(&r->coins[i].proof);
	r->ncoins = 0;
	r->signed_up_to = 0;
	outset_wipe(&r->outputs);
}

static void trouble(struct restore *r, struct scan *s, const char *why)
{
	if (!s->why[0])
		log_event(LOG_WARN, "restore.trouble", "mint=%s why=%s",
			  mints_get(r->m->mints, s->mint)->url, log_text(str_of(why)).c);
	str_copy(s->why, sizeof(s->why), str_of(why[0] ? why : "it gives no answer"));
	s->due_ms = clock_mono_ms() + RETRY_BASE_MS / 2 + backoff_next(&s->backoff);
	forget_batch(r);
}

/* ---- the end of a batch */

static void move(struct money *m, uint64_t mint, enum dbbook_account src,
		 enum dbbook_account dst, uint64_t amount)
{
	struct dbbook_move move = {
		.mint = mint, .src = src, .dst = dst, .amount = amount};

	dbbook_move(m->e->db, &move, clock_wall_ms());
}

static void count_found(struct scan *s, uint64_t amount)
{
	if (!amount_add(&s->found.amount, amount))
		panic("more is found than there is");
	s->found.n++;
}

static void take_unspent(struct restore *r, struct scan *s, const struct coin *c)
{
	struct dbproof_origin from = {.mint = s->mint};
	struct db *d = r->m->e->db;

	if (c->is_known && dbproof_found(d, &c->y)) {
		move(r->m, s->mint, DBBOOK_LOST, DBBOOK_EARNED, c->place.amount);
		count_found(s, c->place.amount);
	} else if (!dbproof_is_known(d, &c->y)) {
		dbproof_insert(d, &c->proof, &from, clock_wall_ms());
		move(r->m, s->mint, DBBOOK_OUTSIDE, DBBOOK_EARNED, c->proof.amount);
		count_found(s, c->proof.amount);
	}
}

/* Another life of this ledger has spent it. */
static void take_spent(struct restore *r, const struct scan *s, const struct coin *c)
{
	r->spent++;
	if (c->is_known && dbproof_gone(r->m->e->db, &c->y))
		move(r->m, s->mint, DBBOOK_EARNED, DBBOOK_LOST, c->place.amount);
}

/*
 * Where to look next. A wallet counts without large gaps, but for the jumps to the
 * beginning of another stretch: after enough empty batches those are looked at.
 */
static void advance(struct restore *r, struct scan *s)
{
	uint64_t used = dbmint_counter(r->m->e->db, &s->keyset);
	uint64_t begin;

	s->counter = r->next[BATCH - 1];
	s->empty = r->signed_up_to ? 0 : s->empty + 1;
	s->has_some = s->has_some || r->signed_up_to;
	begin = (s->counter - 1) / DBMINT_STRETCH * DBMINT_STRETCH;
	if (s->empty < EMPTY_MOST && (begin == 0 || s->has_some || !s->empty))
		return;
	if (s->counter < used && used - begin < DBMINT_STRETCH)
		return; /* this ledger has counted further in this stretch */
	s->stretches = s->has_some ? 0 : s->stretches + 1;
	s->counter = begin + DBMINT_STRETCH;
	s->is_through = s->stretches >= STRETCHES_MOST && s->counter >= used;
	s->empty = 0;
	s->has_some = false;
}

/* states: of each coin; NULL when there are none. In one transaction with the counter, so
 * that no secret is used twice. */
static void end_batch(struct restore *r, struct scan *s,
		      const enum mintread_state *states)
{
	struct db *d = r->m->e->db;

	turn_enter(r->m->e->turn);
	for (size_t i = 0; i < r->ncoins; i++) {
		if (states[i] == MINTREAD_UNSPENT)
			take_unspent(r, s, &r->coins[i]);
		else if (states[i] == MINTREAD_SPENT)
			take_spent(r, s, &r->coins[i]);
		r->pending += states[i] == MINTREAD_PENDING;
	}
	if (r->signed_up_to)
		dbmint_raise_counter(d, &s->keyset, r->next[r->signed_up_to - 1]);
	turn_leave(r->m->e->turn, true);
	advance(r, s);
	s->why[0] = '\0';
	backoff_reset(&s->backoff);
	forget_batch(r);
}

/* ---- answers */

static void on_states(struct money *m, uint64_t at, const struct mintcall_answer *a)
{
	struct restore *r = m->restore;
	struct scan *s = &r->v[at];
	enum mintread_state states[BATCH];
	struct ecpoint ys[BATCH];
	struct lerr err = {0};

	r->asking = false;
	for (size_t i = 0; i < r->ncoins; i++)
		ys[i] = r->coins[i].y;
	if (a->word != MINTCALL_OK)
		trouble(r, s, a->word == MINTCALL_REFUSED ? a->refusal.detail : a->why);
	else if (mintread_states(states, ys, r->ncoins, a->body, &err))
		trouble(r, s, err.msg);
	else
		end_batch(r, s, states);
	step(m, 0);
}

static void ask_states(struct restore *r, struct scan *s)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	struct ecpoint ys[BATCH];

	for (size_t i = 0; i < r->ncoins; i++)
		ys[i] = r->coins[i].y;
	mintmsg_checkstate(&body, ys, r->ncoins);
	r->asking = mintcall_start(r->m, mints_get(r->m->mints, s->mint)->url,
				   "/v1/checkstate", buf_str(&body), on_states,
				   (uint64_t)(s - r->v));
	if (!r->asking)
		trouble(r, s, "too many requests are under way");
}

/* What the journal will decide, or has: coins of jobs and of tokens, those that are held
 * or were spent, outputs of an operation that is open or was given up. */
static bool is_settled(struct restore *r, const struct coin *c, size_t i)
{
	if (!c->is_known)
		return dbpay_is_output(r->m->e->db, &r->outputs.v[i].blinded);
	return c->place.job || c->place.token ||
	       (c->place.state != DBPROOF_FREE && c->place.state != DBPROOF_LOST);
}

static void add_coin(struct restore *r, const struct keyset *k, size_t i,
		     const struct mintmsg_signature *sig)
{
	struct coin *c = &r->coins[r->ncoins];
	struct lerr err = {0};

	if (!bdhke_hash_to_curve(&c->y, str_of(r->outputs.v[i].secret)))
		return;
	c->is_known = dbproof_where(r->m->e->db, &c->place, &c->y);
	if (is_settled(r, c, i))
		return;
	if (outset_unblind(&c->proof, &r->outputs, i, sig, k, false, &err))
		r->bad++;
	else
		r->ncoins++;
}

static void take_signed(struct restore *r, const struct keyset *k,
			const struct mintread_restored *found)
{
	bool seen[BATCH] = {false};

	for (size_t i = 0; i < found->n; i++) {
		size_t at = outset_find(&r->outputs, &found->blinded[i]);

		if (at == SIZE_MAX || seen[at])
			continue;
		seen[at] = true;
		if (r->signed_up_to <= at)
			r->signed_up_to = at + 1;
		add_coin(r, k, at, &found->signatures[i]);
	}
}

static void on_signed(struct money *m, uint64_t at, const struct mintcall_answer *a)
{
	struct restore *r = m->restore;
	struct scan *s = &r->v[at];
	const struct keyset *k = mints_keyset(mints_get(m->mints, s->mint), &s->keyset);
	struct mintread_restored found = {0};
	struct lerr err = {0};

	r->asking = false;
	if (a->word != MINTCALL_OK) {
		trouble(r, s, a->word == MINTCALL_REFUSED ? a->refusal.detail : a->why);
	} else if (!k || mintread_restored(&found, a->body, &err)) {
		trouble(r, s, k ? err.msg : "the mint hides a keyset");
	} else {
		take_signed(r, k, &found);
		mintread_free_restored(&found);
		if (r->ncoins)
			ask_states(r, s);
		else
			end_batch(r, s, NULL);
	}
	step(m, 0);
}

/* ---- asking */

static bool ask_batch(struct restore *r, struct scan *s)
{
	auto_secret_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	uint64_t counter = s->counter;

	outset_init(&r->outputs, &s->keyset);
	for (size_t i = 0; i < BATCH; i++) {
		outset_add_derived(&r->outputs, 0, &r->m->seed, &counter, false);
		r->next[i] = counter;
	}
	mintmsg_restore(&body, &r->outputs);
	r->asking =
		mintcall_start(r->m, mints_get(r->m->mints, s->mint)->url, "/v1/restore",
			       buf_str(&body), on_signed, (uint64_t)(s - r->v));
	if (!r->asking)
		trouble(r, s, "too many requests are under way");
	return r->asking;
}

/* The keyset with the next id. */
static bool next_keyset(struct scan *s, const struct mint *mint)
{
	const struct keyset *best = NULL;

	for (size_t i = 0; i < mint->n; i++) {
		const struct keyset *k = &mint->keysets[i];

		if (k->n && strcmp(k->id.c, s->keyset.c) > 0 &&
		    (!best || strcmp(k->id.c, best->id.c) < 0))
			best = k;
	}
	if (!best)
		return false;
	s->keyset = best->id;
	s->is_through = false;
	s->counter = 0;
	s->empty = 0;
	s->has_some = false;
	s->stretches = 0;
	return true;
}

/* False: nothing was asked; the mint is done, or has to wait. */
static bool go_on(struct restore *r, struct scan *s)
{
	struct mint *mint = mints_get(r->m->mints, s->mint);

	if (mint->asking || mints_health(mint) != MINTS_UP) {
		if (!mint->asking && mint->asked_ms)
			trouble(r, s, "the mint does not answer");
		mints_ask(r->m->mints, mint);
		return false;
	}
	if ((!s->keyset.c[0] || s->is_through) && !next_keyset(s, mint)) {
		s->done = true;
		if (mint->n == 0)
			str_copy(s->why, sizeof(s->why), str_of(mint->why));
		log_event(LOG_INFO, "restore.mint",
			  "mint=%s coins=%" PRIu64 " amount=%" PRIu64, mint->url,
			  s->found.n, s->found.amount);
		return false;
	}
	return ask_batch(r, s);
}

static void end(struct restore *r)
{
	uint64_t amount = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!amount_add(&amount, r->v[i].found.amount))
			panic("more is found than there is");
	r->running = false;
	r->ended_at = clock_wall_ms();
	turn_enter(r->m->e->turn);
	dbmeta_set_u64(r->m->e->db, META, 0);
	turn_leave(r->m->e->turn, true);
	log_event(LOG_INFO, "restore.done", "amount=%" PRIu64, amount);
}

/* Outside of any turn. */
static void step(void *ctx, uint64_t arg)
{
	struct money *m = ctx;
	struct restore *r = m->restore;
	uint64_t now = clock_mono_ms();
	bool left = false;

	(void)arg;
	if (!r->running || r->asking)
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct scan *s = &r->v[i];

		if (!s->done && s->due_ms <= now && go_on(r, s))
			return;
		left = left || !s->done;
	}
	if (!left)
		end(r);
}

/* ---- from outside */

static void set_up(struct restore *r)
{
	mem_free(r->v);
	r->n = mints_count(r->m->mints);
	r->v = mem_array(r->n ? r->n : 1, sizeof(*r->v));
	for (size_t i = 0; i < r->n; i++) {
		r->v[i].mint = mints_at(r->m->mints, i)->number;
		backoff_init(&r->v[i].backoff, RETRY_BASE_MS, crash_hurry(RETRY_MAX_MS));
	}
	r->running = true;
	r->began_at = clock_wall_ms();
	r->ended_at = 0;
	r->spent = 0;
	r->pending = 0;
	r->bad = 0;
}

/* One in which every mint that is left does not answer may be begun anew. */
static bool is_busy(const struct restore *r)
{
	for (size_t i = 0; r->running && i < r->n; i++)
		if (!r->v[i].done && !r->v[i].why[0])
			return true;
	return r->asking;
}

enum lerr_code restore_start(struct money *m, struct str words, struct lerr *err)
{
	struct restore *r = m->restore;
	enum lerr_code rc = LERR_OK;

	if (is_busy(r))
		return lerr_set(err, LERR_STATE, 0, "a restore is going on already");
	if (mints_count(m->mints) == 0)
		return lerr_set(err, LERR_STATE, 0, "CASHU_MINT_URL names no mint");
	if (words.n && lane_count(m->lane, 0, 0))
		return lerr_set(err, LERR_STATE, 0,
				"operations are open that use the present seed");
	if (words.n)
		rc = seedkeep_set(m, words, err);
	if (rc)
		return rc;
	set_up(r);
	dbmeta_set_u64(m->e->db, META, 1);
	log_event(LOG_INFO, "restore.began", "mints=%zu", r->n);
	turn_after(m->e->turn, step, m, 0);
	return LERR_OK;
}

bool restore_holds(const struct money *m, uint64_t mint)
{
	const struct restore *r = m->restore;

	for (size_t i = 0; r->running && i < r->n; i++)
		if (r->v[i].mint == mint)
			return !r->v[i].done;
	return false;
}

static void write_scan(struct buf *out, struct money *m, const struct scan *s)
{
	doc_open(out, NULL, '{');
	doc_c(out, "url", mints_get(m->mints, s->mint)->url);
	doc_bool(out, "done", s->done);
	doc_c(out, "keyset", s->keyset.c);
	doc_u64(out, "counter", s->counter);
	doc_u64(out, "amount", s->found.amount);
	doc_u64(out, "coins", s->found.n);
	doc_c(out, "why", s->why);
	doc_close(out, '}');
}

void restore_write(struct buf *out, struct money *m)
{
	const struct restore *r = m->restore;

	doc_open(out, NULL, '{');
	doc_bool(out, "running", r->running);
	doc_time(out, "began_at", r->began_at);
	doc_time(out, "ended_at", r->ended_at);
	doc_open(out, "mints", '[');
	for (size_t i = 0; i < r->n; i++)
		write_scan(out, m, &r->v[i]);
	doc_close(out, ']');
	doc_u64(out, "spent", r->spent);
	doc_u64(out, "pending", r->pending);
	doc_u64(out, "bad", r->bad);
	doc_close(out, '}');
}

void restore_tick(struct money *m)
{
	step(m, 0);
}

/* ---- life */

struct restore *restore_new(struct money *m)
{
	struct restore *r = mem_zalloc(sizeof(*r));

	r->m = m;
	if (dbmeta_get_u64(m->e->db, META))
		set_up(r);
	return r;
}

void restore_free(struct restore *r)
{
	if (!r)
		return;
	forget_batch(r);
	mem_free(r->v);
	mem_free(r);
}
