/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/lane.h"

#include "engine/engine.h"
#include "engine/money/kinds.h"
#include "engine/money/money.h"
#include "engine/money/recon.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <string.h>
#include <uv.h>

enum {
	RETRY_BASE_MS = 1000,
	RETRY_MAX_MS = 60000,
	PAUSE_BASE_MS = 1000,
	PAUSE_MAX_MS = 60000,
};

/* What stands between us and one mint. */
struct gate {
	uint64_t mint;
	uint64_t busy; /* the operation whose request is under way; 0: none */
	uint64_t closed_until_ms;
	struct backoff backoff;
};

struct lane {
	struct money *m;
	struct lane_op *v;
	size_t n;
	size_t room;
	struct gate *gates;
	size_t ngates;
	uv_timer_t timer;
};

static struct gate *gate_of(struct lane *l, uint64_t mint)
{
	struct gate *g;

	for (size_t i = 0; i < l->ngates; i++)
		if (l->gates[i].mint == mint)
			return &l->gates[i];
	l->gates = mem_resize(l->gates, l->ngates + 1, sizeof(*l->gates));
	g = &l->gates[l->ngates++];
	memset(g, 0, sizeof(*g));
	g->mint = mint;
	backoff_init(&g->backoff, crash_hurry(PAUSE_BASE_MS), crash_hurry(PAUSE_MAX_MS));
	return g;
}

struct lane_op *lane_find(struct lane *l, uint64_t op)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].op == op)
			return &l->v[i];
	return NULL;
}

void lane_add(struct lane *l, const struct dbpay *p, enum lane_step step)
{
	struct lane_op *o;

	if (lane_find(l, p->op))
		return;
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->v = mem_resize(l->v, l->room, sizeof(*l->v));
	}
	o = &l->v[l->n++];
	memset(o, 0, sizeof(*o));
	o->op = p->op;
	o->mint = p->mint;
	o->kind = p->kind;
	o->step = step;
	o->due_ms = p->has_request ? clock_mono_ms() : UINT64_MAX;
	backoff_init(&o->backoff, crash_hurry(RETRY_BASE_MS), crash_hurry(RETRY_MAX_MS));
	lane_wake(l);
}

void lane_drop(struct lane *l, uint64_t op)
{
	struct lane_op *o = lane_find(l, op);

	if (o)
		*o = l->v[--l->n];
}

size_t lane_count(const struct lane *l, uint64_t mint, enum dbpay_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += (!mint || l->v[i].mint == mint) && (!kind || l->v[i].kind == kind);
	return n;
}

/* ---- whose turn it is */

static bool goes_before(const struct lane_op *a, const struct lane_op *b)
{
	unsigned int ra = kinds_table[a->kind]->rank;
	unsigned int rb = kinds_table[b->kind]->rank;

	/* what is over already has time */
	if (a->is_late != b->is_late)
		return b->is_late;
	return ra != rb ? ra < rb : a->op < b->op;
}

static struct lane_op *pick(struct lane *l, const struct gate *g, uint64_t now)
{
	struct lane_op *best = NULL;

	for (size_t i = 0; i < l->n; i++) {
		struct lane_op *o = &l->v[i];

		if (o->mint == g->mint && o->due_ms <= now &&
		    (!best || goes_before(o, best)))
			best = o;
	}
	return best;
}

static void serve(struct lane *l, struct gate *g, uint64_t now)
{
	struct lane_op *o;

	while (!g->busy && g->closed_until_ms <= now && (o = pick(l, g, now))) {
		uint64_t op = o->op;

		g->busy = op;
		if (recon_begin(l->m, o))
			return;
		/* it cannot be asked now: somebody else's turn */
		g->busy = 0;
		o = lane_find(l, op);
		if (o && o->due_ms <= now)
			lane_retry(l, o, o->step);
	}
}

static void look(void *ctx, uint64_t arg);

static void on_timer(uv_timer_t *t)
{
	look(t->data, 0);
}

static void arm(struct lane *l, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < l->n; i++) {
		const struct gate *g = gate_of(l, l->v[i].mint);
		uint64_t at = l->v[i].due_ms;

		if (g->busy)
			continue;
		if (at < g->closed_until_ms)
			at = g->closed_until_ms;
		if (at < next)
			next = at;
	}
	if (next != UINT64_MAX)
		(void)uv_timer_start(&l->timer, on_timer, next > now ? next - now : 1, 0);
}

/* Outside of any turn: asking begins turns of its own. */
static void look(void *ctx, uint64_t arg)
{
	struct lane *l = ctx;
	uint64_t now = clock_mono_ms();

	(void)arg;
	for (size_t i = 0; i < l->n; i++)
		(void)gate_of(l, l->v[i].mint);
	for (size_t i = 0; i < l->ngates; i++)
		serve(l, &l->gates[i], now);
	arm(l, now);
}

void lane_wake(struct lane *l)
{
	turn_after_once(l->m->e->turn, look, l, 0);
}

void lane_next(struct lane *l, struct lane_op *o, enum lane_step step, uint64_t wait_ms)
{
	o->step = step;
	o->due_ms = clock_mono_ms() + wait_ms;
	if (wait_ms == 0)
		lane_wake(l);
	else
		arm(l, clock_mono_ms());
}

void lane_retry(struct lane *l, struct lane_op *o, enum lane_step step)
{
	lane_next(l, o, step, crash_hurry(RETRY_BASE_MS / 2) + backoff_next(&o->backoff));
}

void lane_pause(struct lane *l, uint64_t mint)
{
	struct gate *g = gate_of(l, mint);

	g->closed_until_ms = clock_mono_ms() + crash_hurry(PAUSE_BASE_MS / 2) +
			     backoff_next(&g->backoff);
}

void lane_go_on(struct lane *l, uint64_t mint)
{
	struct gate *g = gate_of(l, mint);

	backoff_reset(&g->backoff);
	if (g->closed_until_ms == 0)
		return;
	g->closed_until_ms = 0;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].mint == mint && l->v[i].due_ms != UINT64_MAX)
			l->v[i].due_ms = clock_mono_ms();
	lane_wake(l);
}

void lane_answered(struct lane *l, uint64_t op)
{
	for (size_t i = 0; i < l->ngates; i++)
		if (l->gates[i].busy == op)
			l->gates[i].busy = 0;
	lane_wake(l);
}

/* ---- life */

struct lane *lane_new(struct money *m)
{
	struct lane *l = mem_zalloc(sizeof(*l));

	l->m = m;
	l->timer.data = l;
	if (uv_timer_init(m->e->loop, &l->timer) != 0)
		panic("uv_timer_init");
	return l;
}

static void closed(uv_handle_t *h)
{
	struct lane *l = h->data;

	mem_free(l->v);
	mem_free(l->gates);
	mem_free(l);
}

void lane_free(struct lane *l)
{
	if (l)
		uv_close((uv_handle_t *)&l->timer, closed);
}
