/* SPDX-License-Identifier: MIT */
/*
 * The connections to all configured relays, known by index. At most a few handshakes run
 * at once and they start one after the other. What relays say comes out as frames; what
 * breaks the rules is counted, and a relay that breaks too many is left alone for a
 * while.
 */
#ifndef LOOM_BRIDGE_RELAYPOOL_H
#define LOOM_BRIDGE_RELAYPOOL_H

#include "bridge/relayconn.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/net/lwsloop.h"
#include "lib/proto/nframe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relaypool;

struct relaypool_ops {
	void (*on_up)(void *ctx, size_t relay);
	/* A frame; what the callee takes out of it (f->event) it sets to NULL. */
	void (*on_frame)(void *ctx, size_t relay, struct nframe *f);
	void (*on_down)(void *ctx, size_t relay);
	/* The state that people see has changed. */
	void (*on_state)(void *ctx, size_t relay);
};

/* Why reading is paused; it goes on when no reason is left. */
enum relaypool_pause {
	RELAYPOOL_FULL = 1,   /* the inbox is */
	RELAYPOOL_BUDGET = 2, /* this relay has used up its signature checks */
};

/* n <= CAP_RELAYS URLs, borrowed. */
MUST_USE enum lerr_code relaypool_new(struct relaypool **out, struct lwsloop *l,
				      const char *ca_file,
				      const struct wsurl *const *urls, size_t n,
				      const struct relaypool_ops *ops, void *ctx,
				      struct lerr *err);
/* Begin to dial. */
void relaypool_start(struct relaypool *p);
size_t relaypool_count(const struct relaypool *p);
const char *relaypool_url(const struct relaypool *p, size_t relay);
const struct relayconn *relaypool_conn(const struct relaypool *p, size_t relay);
bool relaypool_is_up(const struct relaypool *p, size_t relay);
/* Send a frame; false when the relay is not up. */
bool relaypool_send(struct relaypool *p, size_t relay, struct str frame);
void relaypool_pause(struct relaypool *p, size_t relay, enum relaypool_pause why,
		     bool paused);
/* It told us something true. */
void relaypool_useful(struct relaypool *p, size_t relay);
/* It did something that no honest relay does. */
void relaypool_violation(struct relaypool *p, size_t relay, const char *what);
/* It does not let us read (why), or does again (why.p NULL). */
void relaypool_set_unusable(struct relaypool *p, size_t relay, struct str why);
/* Connections that have not ended yet. */
size_t relaypool_busy(const struct relaypool *p);
/* Close all; relaypool_free() after lwsloop_free(). */
void relaypool_shut(struct relaypool *p);
void relaypool_free(struct relaypool *p);

#endif
