/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/tokwatch.h"

#include "engine/engine.h"
#include "engine/money/mintcall.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <string.h>

enum {
	ASK_EVERY_MS = 60000,    /* a mint */
	TOKEN_EVERY_MS = 600000, /* about one token */
	TOKENS_AT_ONCE = 50,
	COINS_AT_ONCE = 200, /* about: a token is asked about as a whole */
};

/* One question that is under way. */
struct batch {
	uint64_t mint;
	uint64_t *tokens;
	size_t ntokens;
	struct ecpoint *ys;
	size_t n;
};

struct tokwatch {
	struct money *m;
	struct batch *v;
	size_t n;
};

static void wipe_batch(struct batch *b)
{
	mem_free(b->tokens);
	mem_free(b->ys);
}

/* ---- what was answered */

/* A token without a coin that could still be redeemed is done with. */
static void judge_token(struct money *m, uint64_t token)
{
	auto_proofs struct dbproof_list coins = {0};
	struct dbbill_token t;
	bool left = false;

	if (!dbbill_get_token(m->e->db, &t, token) || t.state != DBBILL_TOKEN_OUT)
		return;
	dbproof_of_token(m->e->db, &coins, token);
	for (size_t i = 0; i < coins.n; i++)
		left = left || coins.v[i].state == DBPROOF_GIVEN ||
		       coins.v[i].state == DBPROOF_HELD;
	t.checked_at = clock_wall_ms();
	if (!left) {
		t.state = DBBILL_TOKEN_REDEEMED;
		log_event(LOG_INFO, "token.redeemed", "token=%" PRIu64 " amount=%" PRIu64,
			  t.token, t.amount);
	}
	dbbill_set_token_state(m->e->db, &t);
}

static void take_states(struct money *m, const struct batch *b, struct str body)
{
	auto_free enum mintread_state *states = mem_array(b->n, sizeof(*states));
	struct lerr err = {0};

	if (mintread_states(states, b->ys, b->n, body, &err)) {
		log_event(LOG_WARN, "token.no_state", "mint=%s why=%s",
			  mints_get(m->mints, b->mint)->url, log_text(str_of(err.msg)).c);
		return;
	}
	turn_enter(m->e->turn);
	for (size_t i = 0; i < b->n; i++)
		if (states[i] == MINTREAD_SPENT)
			dbproof_redeemed(m->e->db, &b->ys[i]);
	for (size_t i = 0; i < b->ntokens; i++)
		judge_token(m, b->tokens[i]);
	turn_leave(m->e->turn, true);
}

static void on_states(struct money *m, uint64_t mint, const struct mintcall_answer *a)
{
	struct tokwatch *w = m->tokwatch;
	struct batch b;
	size_t i = 0;

	while (i < w->n && w->v[i].mint != mint)
		i++;
	if (i == w->n)
		return;
	b = w->v[i];
	w->v[i] = w->v[--w->n];
	if (a->word == MINTCALL_OK)
		take_states(m, &b, a->body);
	wipe_batch(&b);
}

/* ---- asking */

struct gather {
	struct money *m;
	struct batch *b;
};

static void add_token(void *ctx, const struct dbbill_token *t)
{
	const struct gather *g = ctx;
	struct batch *b = g->b;
	auto_proofs struct dbproof_list coins = {0};

	if (b->n >= COINS_AT_ONCE)
		return;
	dbproof_of_token(g->m->e->db, &coins, t->token);
	b->tokens = mem_resize(b->tokens, b->ntokens + 1, sizeof(*b->tokens));
	b->tokens[b->ntokens++] = t->token;
	b->ys = mem_resize(b->ys, b->n + coins.n + 1, sizeof(*b->ys));
	for (size_t i = 0; i < coins.n; i++)
		if (coins.v[i].state == DBPROOF_GIVEN)
			b->ys[b->n++] = coins.v[i].y;
}

static void ask(struct money *m, const struct mint *mint)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	struct tokwatch *w = m->tokwatch;
	struct batch b = {.mint = mint->number};
	struct gather g = {m, &b};

	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].mint == mint->number)
			return;
	dbbill_tokens_due(m->e->db, mint->number,
			  clock_wall_ms_ago(crash_hurry(TOKEN_EVERY_MS)), TOKENS_AT_ONCE,
			  add_token, &g);
	mintmsg_checkstate(&body, b.ys, b.n);
	if (b.n == 0 || !mintcall_start(m, mint->url, "/v1/checkstate", buf_str(&body),
					on_states, mint->number)) {
		wipe_batch(&b);
		return;
	}
	w->v = mem_resize(w->v, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = b;
}

void tokwatch_tick(struct money *m)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < mints_count(m->mints); i++) {
		struct mint *mint = mints_at(m->mints, i);

		if (now < mint->watch_ms || mints_health(mint) != MINTS_UP)
			continue;
		mint->watch_ms = now + crash_hurry(ASK_EVERY_MS);
		ask(m, mint);
	}
}

/* ---- life */

struct tokwatch *tokwatch_new(struct money *m)
{
	struct tokwatch *w = mem_zalloc(sizeof(*w));

	w->m = m;
	return w;
}

void tokwatch_free(struct tokwatch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		wipe_batch(&w->v[i]);
	mem_free(w->v);
	mem_free(w);
}
