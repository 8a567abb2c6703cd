/* SPDX-License-Identifier: MIT */
/* The engine's line to loom-bridge, and what it says about the relays. */
#ifndef LOOM_ENGINE_BRIDGELINK_H
#define LOOM_ENGINE_BRIDGELINK_H

#include "lib/base/str.h"
#include "lib/ipc/ipcbridge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bridgelink;
struct engine;

struct bridgelink_relay {
	char *url;
	char state[16]; /* "" until told */
	char *why;
	uint64_t since_s;
};

struct bridgelink_ops {
	/* connected; the list of relays is new */
	void (*on_up)(struct engine *e);
	/* the bridge has forgotten what it was given */
	void (*on_down)(struct engine *e);
	void (*on_receipt)(struct engine *e, const struct ipcbridge_receipt *r);
	/* the state of a relay has changed */
	void (*on_relay)(struct engine *e);
	/* answer to bridgelink_look(); NULL: it was refused */
	void (*on_found)(struct engine *e, uint64_t n,
			 const struct ipcbridge_found *found);
};

struct bridgelink *bridgelink_new(struct engine *e, const struct bridgelink_ops *ops);
void bridgelink_free(struct bridgelink *b);

bool bridgelink_is_up(const struct bridgelink *b);
/* Borrowed until the loop runs again. Kept (as last known) while the bridge is away. */
const struct bridgelink_relay *bridgelink_relays(const struct bridgelink *b, size_t *n);
/* Hand over for one relay; false when the bridge is away. */
bool bridgelink_publish(struct bridgelink *b, uint64_t seq, const char *event,
			const char *relay);
void bridgelink_withdraw(struct bridgelink *b, uint64_t seq);
/* Ask relays; n (not 0) comes back with the answer. False when the bridge is away; when
 * it goes, no answer comes. */
bool bridgelink_look(struct bridgelink *b, uint64_t n, const struct ipcbridge_look *what);
/* The ledger is older than what was handed to it. */
void bridgelink_reread(struct bridgelink *b);

#endif
