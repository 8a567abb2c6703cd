/* SPDX-License-Identifier: MIT */
/*
 * Subscriptions to the own relay (NIP-01): stored events first, newest first, then EOSE
 * once, then live ones. There is no gap and no double between the two: a scan reads what
 * was stored up to the moment of the REQ, everything later is live, and may come before
 * EOSE.
 *
 * Scans are read in steps, a few at a time, each client's one after the other; a client
 * that does not read its answer does not get more of it read from the disk.
 */
#ifndef LOOM_BRIDGE_OWNSUB_H
#define LOOM_BRIDGE_OWNSUB_H

#include "bridge/relaystore.h"
#include "lib/proto/nfilter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct ownsub;

struct ownsub_ops {
	/* A frame for a client; it may be gone. */
	void (*send)(void *ctx, uint64_t client, struct str frame);
	/* Bytes that wait for it. */
	size_t (*queued)(void *ctx, uint64_t client);
};

struct ownsub *ownsub_new(uv_loop_t *loop, struct relaystore *s,
			  const struct ownsub_ops *ops, void *ctx);
/* Memory goes when the loop has run. NULL is fine. */
void ownsub_close(struct ownsub *o);

/*
 * REQ: takes the filters (an array of n, and each) in any case. A subscription of the
 * same id is replaced. upto: the last event that is stored and told already. Returns
 * NULL, or the text of the CLOSED that refuses it (a literal).
 */
const char *ownsub_req(struct ownsub *o, uint64_t client, struct str sub,
		       struct nfilter **filters, size_t n, uint64_t upto);
/* CLOSE, or a REQ that was refused. */
void ownsub_drop(struct ownsub *o, uint64_t client, struct str sub);
/* The client is gone. */
void ownsub_gone(struct ownsub *o, uint64_t client);
/* All that waited for this client was sent: go on with its stored events. */
void ownsub_drained(struct ownsub *o, uint64_t client);
/* A new event: send it to whom it concerns. */
void ownsub_live(struct ownsub *o, const struct nevent *ev, struct str json);
/* Subscriptions that are open. */
size_t ownsub_count(const struct ownsub *o);

#endif
