/* SPDX-License-Identifier: MIT */
/*
 * Events on their way to the engine: POST /internal/events over nginx's internal
 * listener, in batches when they come fast, at once when nothing is under way. An answer
 * of 200 means that the engine has them on disk; anything else, and the verdict "later",
 * means that they are kept and offered again.
 *
 * The queue is bounded: whoever fills it asks deliver_has_room() first, and stops reading
 * when there is none. One event that the endpoint cannot digest stops nobody: after a
 * failure events are offered one by one until the endpoint has shown that it works.
 */
#ifndef LOOM_BRIDGE_DELIVER_H
#define LOOM_BRIDGE_DELIVER_H

#include "bridge/verdicts.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/net/httpc.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct deliver_item {
	struct id32 id;
	uint64_t created_at;
	const char *relay; /* its URL, or "own"; borrowed for good */
	uint64_t relays;   /* bit i: relay i has it too */
	uint64_t own_seq;  /* of the own relay's store; 0: from elsewhere */
	struct buf json;   /* of nevent_write() */
};

struct deliver_ops {
	/* The engine has judged it (never VERDICT_LATER), or it is given up (REFUSED). */
	void (*on_settled)(void *ctx, const struct deliver_item *item, enum verdict v);
	/* There is room again after there was none. */
	void (*on_room)(void *ctx);
};

struct deliver;

/* socket_path (borrowed): nginx's internal listener. */
struct deliver *deliver_new(uv_loop_t *loop, struct httpc *http, const char *socket_path,
			    const struct deliver_ops *ops, void *ctx);
/* Memory goes when the loop has run; http outlives it. NULL is fine. */
void deliver_close(struct deliver *d);

bool deliver_has_room(const struct deliver *d);
/* Take an event (json moves out of the item) and return its number, never 0. */
uint64_t deliver_push(struct deliver *d, struct deliver_item *item);
/* Relay i has the event of this number too; nothing when it was settled meanwhile. */
void deliver_seen(struct deliver *d, uint64_t number, size_t relay);
/* Events that wait. */
size_t deliver_count(const struct deliver *d);

#endif
