/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/turn.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

enum {
	WRITES_MOST = 256, /* in one commit */
	WAIT_MOST_MS = 20, /* of its first write, while more keep coming */
};

struct turn {
	uv_idle_t idle; /* active while a transaction is open: the loop does not sleep */
	struct db *db;
	void (*committed)(void *ctx);
	void *ctx;
	unsigned int writes;
	unsigned int seen; /* writes at the last turn */
	uint64_t since_ms;
};

static void on_idle(uv_idle_t *h)
{
	struct turn *t = h->data;

	if (t->writes != t->seen && t->writes < WRITES_MOST &&
	    clock_mono_ms() - t->since_ms < WAIT_MOST_MS) {
		t->seen = t->writes;
		return;
	}
	turn_commit(t);
}

struct turn *turn_new(uv_loop_t *loop, struct db *db, void (*committed)(void *ctx),
		      void *ctx)
{
	struct turn *t = mem_zalloc(sizeof(*t));

	t->db = db;
	t->committed = committed;
	t->ctx = ctx;
	if (uv_idle_init(loop, &t->idle) != 0)
		panic("uv_idle_init");
	t->idle.data = t;
	return t;
}

void turn_wrote(struct turn *t)
{
	if (t->writes++ == 0) {
		t->since_ms = clock_mono_ms();
		(void)uv_idle_start(&t->idle, on_idle);
	}
}

void turn_commit(struct turn *t)
{
	if (t->writes == 0)
		return;
	t->writes = 0;
	t->seen = 0;
	(void)uv_idle_stop(&t->idle);
	db_commit(t->db);
	if (t->committed)
		t->committed(t->ctx);
}

static void on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void turn_close(struct turn *t)
{
	if (!t)
		return;
	turn_commit(t);
	uv_close((uv_handle_t *)&t->idle, on_closed);
}
