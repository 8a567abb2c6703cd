/* SPDX-License-Identifier: MIT */
/*
 * loom-runner cleans up after a shim that was killed, or after itself and a shim that
 * were. Only what the spool says belonged to the job is touched: its slot's groups, its
 * slot's user id, the first process of its sandbox. Never act on a pid alone.
 */
#include "config.h"

#include "runner/sweep.h"

#include "lib/base/mem.h"

enum { FIRST_MS = 10, LATER_MS = 1000, STUCK_MS = 5000 };

struct item {
	struct id32 job;
	struct backend_remains remains;
	uint64_t since_ms;
	uint64_t next_ms;
	bool stuck;
};

struct sweep {
	const struct backend *be;
	struct plan plan;
	struct sweep_events ev;
	struct item *items;
	size_t n;
};

struct sweep *sweep_new(const struct backend *be, const struct plan *plan,
			const struct sweep_events *ev)
{
	struct sweep *s = mem_zalloc(sizeof(*s));

	s->be = be;
	s->plan = *plan;
	s->ev = *ev;
	return s;
}

void sweep_free(struct sweep *s)
{
	mem_free(s->items);
	mem_free(s);
}

void sweep_add(struct sweep *s, const struct id32 *job, const struct backend_remains *r,
	       uint64_t now_ms)
{
	s->items = mem_resize(s->items, s->n + 1, sizeof(*s->items));
	s->items[s->n++] = (struct item){
		.job = *job, .remains = *r, .since_ms = now_ms, .next_ms = now_ms};
}

bool sweep_has(const struct sweep *s, const struct id32 *job)
{
	for (size_t i = 0; i < s->n; i++)
		if (id32_eq(&s->items[i].job, job))
			return true;
	return false;
}

/* True when it is done with. */
static bool try_item(struct sweep *s, struct item *it, uint64_t now_ms)
{
	if (s->be->reap(&s->plan, &it->remains))
		return true;
	it->next_ms = now_ms + (it->stuck ? LATER_MS : FIRST_MS);
	if (!it->stuck && now_ms - it->since_ms >= STUCK_MS) {
		it->stuck = true;
		s->ev.stuck(s->ev.ctx, &it->job, it->remains.holder.slot);
	}
	return false;
}

void sweep_tick(struct sweep *s, uint64_t now_ms, uint64_t *next_ms)
{
	for (size_t i = s->n; i-- > 0;) {
		struct item it = s->items[i];

		if (now_ms >= it.next_ms && try_item(s, &s->items[i], now_ms)) {
			s->items[i] = s->items[--s->n];
			s->ev.clean(s->ev.ctx, &it.job, it.remains.holder.slot);
		} else if (s->items[i].next_ms < *next_ms) {
			*next_ms = s->items[i].next_ms;
		}
	}
}
