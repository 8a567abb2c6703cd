/* SPDX-License-Identifier: MIT */
/*
 * The heart of the engine's durability: see turn.h. Everything that a stranger caused
 * passes through here before the world hears of it. Never send from inside a
 * transaction; put it down with turn_after().
 */
#include "config.h"

#include "engine/turn.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"

struct after {
	void (*fn)(void *ctx, uint64_t arg);
	void *ctx;
	uint64_t arg;
};

struct turn {
	struct db *db;
	uv_prepare_t prepare;
	struct after *afters;
	size_t nafters;
	size_t room;
	size_t mark; /* afters when the present message began */
	bool inside;
};

/* Run what waited for this commit; it may put down more for the next one. */
static void run_afters(struct turn *t)
{
	struct after *list = t->afters;
	size_t n = t->nafters;

	t->afters = NULL;
	t->nafters = 0;
	t->room = 0;
	for (size_t i = 0; i < n; i++)
		list[i].fn(list[i].ctx, list[i].arg);
	mem_free(list);
}

void turn_flush(struct turn *t)
{
	INVARIANT(!t->inside);
	while (db_in_transaction(t->db) || t->nafters) {
		db_commit(t->db);
		run_afters(t);
	}
}

static void before_waiting(uv_prepare_t *h)
{
	turn_flush(h->data);
}

struct turn *turn_new(uv_loop_t *loop, struct db *db)
{
	struct turn *t = mem_zalloc(sizeof(*t));

	t->db = db;
	t->prepare.data = t;
	if (uv_prepare_init(loop, &t->prepare) != 0 ||
	    uv_prepare_start(&t->prepare, before_waiting) != 0)
		panic("uv_prepare");
	uv_unref((uv_handle_t *)&t->prepare);
	return t;
}

static void closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void turn_free(struct turn *t)
{
	turn_flush(t);
	uv_close((uv_handle_t *)&t->prepare, closed);
}

void turn_enter(struct turn *t)
{
	INVARIANT(!t->inside);
	t->inside = true;
	t->mark = t->nafters;
	db_begin(t->db);
	db_savepoint(t->db);
}

void turn_leave(struct turn *t, bool keep)
{
	INVARIANT(t->inside);
	t->inside = false;
	if (keep) {
		db_savepoint_keep(t->db);
		return;
	}
	db_savepoint_undo(t->db);
	t->nafters = t->mark;
}

void turn_after_once(struct turn *t, void (*fn)(void *ctx, uint64_t arg), void *ctx,
		     uint64_t arg)
{
	/* from the end: what many messages ask for was asked by the one before */
	for (size_t i = t->nafters; i > 0; i--) {
		const struct after *a = &t->afters[i - 1];

		if (a->fn == fn && a->ctx == ctx && a->arg == arg)
			return;
	}
	turn_after(t, fn, ctx, arg);
}

void turn_after(struct turn *t, void (*fn)(void *ctx, uint64_t arg), void *ctx,
		uint64_t arg)
{
	if (t->nafters == t->room) {
		t->room = t->room ? t->room * 2 : 16;
		t->afters = mem_resize(t->afters, t->room, sizeof(*t->afters));
	}
	t->afters[t->nafters++] = (struct after){.fn = fn, .ctx = ctx, .arg = arg};
}
