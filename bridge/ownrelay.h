/* SPDX-License-Identifier: MIT */
/*
 * The own relay: what clients say, and what they are answered (NIP-01). It stores what
 * owngate.h lets in, answers OK after the commit, and tells live subscribers. Jobs and
 * cancellations are owed to the engine from their commit until its verdict, whatever
 * process dies in between.
 */
#ifndef LOOM_BRIDGE_OWNRELAY_H
#define LOOM_BRIDGE_OWNRELAY_H

#include "bridge/relaystore.h"
#include "bridge/turn.h"
#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/net/lwsloop.h"

#include <stdbool.h>
#include <stdint.h>

struct ownrelay_setup {
	struct lwsloop *lws;
	struct turn *turn;
	struct relaystore *store;
	const char *state_dir; /* whose disk must have room */
	const char *name;      /* NIP-11 */
	const char *description;
	uint64_t events_per_s; /* of one connection; 0: no limit */
};

struct ownrelay_ops {
	/* Something new is owed to the engine. */
	void (*on_owed)(void *ctx);
	/* What became of ownrelay_publish(); may be called from inside it. */
	void (*on_published)(void *ctx, uint64_t tag, bool accepted, const char *text);
};

struct ownrelay;

/* Strings of setup are borrowed; ops, ctx, turn and store must outlive it. listen_fd as
 * for ownserver_new(). */
MUST_USE enum lerr_code ownrelay_new(struct ownrelay **out,
				     const struct ownrelay_setup *setup, int *listen_fd,
				     const struct ownrelay_ops *ops, void *ctx,
				     struct lerr *err);
/* Until the key is known nothing is taken. */
void ownrelay_set_worker(struct ownrelay *o, const struct id32 *worker);
/* Store an event of the engine's and tell subscribers; tag comes back. */
void ownrelay_publish(struct ownrelay *o, uint64_t tag, struct str json);
/* To be called after every commit of the turn: answers leave now. */
void ownrelay_committed(struct ownrelay *o);
/* Clients that are connected. */
size_t ownrelay_busy(const struct ownrelay *o);
/* Close all connections; ownrelay_free() after lwsloop_free(). */
void ownrelay_shut(struct ownrelay *o);
void ownrelay_free(struct ownrelay *o);

#endif
