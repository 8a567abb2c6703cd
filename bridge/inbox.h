/* SPDX-License-Identifier: MIT */
/*
 * Events from relays, before the engine sees them. Cheap checks first: is it what we
 * asked for, is its time possible, is it a copy of one that was verified; then id and
 * signature, within a budget for each relay. What passes goes to deliver.h.
 */
#ifndef LOOM_BRIDGE_INBOX_H
#define LOOM_BRIDGE_INBOX_H

#include "bridge/deliver.h"
#include "bridge/sub.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct inbox;

struct inbox_ops {
	/* The relay broke a rule. */
	void (*violation)(void *ctx, size_t relay, const char *what);
	/* It sent something true. */
	void (*useful)(void *ctx, size_t relay);
	/* Read no more from it, or go on: its budget of signature checks. */
	void (*pause)(void *ctx, size_t relay, bool paused);
	/* The engine has this event, which the relay had too. */
	void (*stored)(void *ctx, size_t relay, uint64_t created_at);
};

/* urls of n relays, borrowed for good. deliver outlives the inbox. */
struct inbox *inbox_new(uv_loop_t *loop, const char *const *urls, size_t n,
			struct deliver *deliver, const struct inbox_ops *ops, void *ctx);
/* Memory goes when the loop has run. NULL is fine. */
void inbox_close(struct inbox *in);

/* An event of a relay; match is what sub_check() said. */
void inbox_take(struct inbox *in, size_t relay, enum sub_match match,
		const struct nevent *ev);
/* Has the engine judged this verified event already? */
bool inbox_is_settled(struct inbox *in, const struct id32 *id);
/* The engine has forgotten what it judged: everything is new again. */
void inbox_forget(struct inbox *in);
/* The relay is connected anew: its budget is full again. */
void inbox_up(struct inbox *in, size_t relay);
/* deliver.h has settled an event (of any source). */
void inbox_settled(struct inbox *in, const struct deliver_item *item, enum verdict v);

#endif
