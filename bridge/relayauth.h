/* SPDX-License-Identifier: MIT */
/*
 * NIP-42 with each relay: its last challenge is kept, and answered only when the relay
 * refuses something without it: an answer tells it who we are. One try a connection.
 */
#ifndef LOOM_BRIDGE_RELAYAUTH_H
#define LOOM_BRIDGE_RELAYAUTH_H

#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct relayauth;

enum relayauth_wish {
	RELAYAUTH_COMES,   /* on_done will be called, from the loop */
	RELAYAUTH_TRIED,   /* it has been tried on this connection */
	RELAYAUTH_NOT_NOW, /* no challenge came yet, or loom-keyd is away */
};

struct relayauth_ops {
	/* Have loom-keyd answer; relayauth_answered() follows. False: not possible now. */
	bool (*ask_key)(void *ctx, size_t relay, struct str challenge);
	bool (*send)(void *ctx, size_t relay, struct str frame);
	/* How it ended: who waited tries again now, or gives up. */
	void (*on_done)(void *ctx, size_t relay, bool accepted, const char *why);
};

struct relayauth *relayauth_new(uv_loop_t *loop, size_t nrelays,
				const struct relayauth_ops *ops, void *ctx);
/* Memory goes when the loop has run. NULL is fine. */
void relayauth_close(struct relayauth *a);

/* The relay has sent a challenge. */
void relayauth_challenge(struct relayauth *a, size_t relay, struct str challenge);
/* The relay refuses something without NIP-42. */
enum relayauth_wish relayauth_want(struct relayauth *a, size_t relay);
/* From loom-keyd: the signed event, or NULL and why there is none. */
void relayauth_answered(struct relayauth *a, size_t relay, const char *event,
			const char *why);
/* An OK of the relay; false when it is not about our answer. */
bool relayauth_ok(struct relayauth *a, size_t relay, const struct id32 *id, bool accepted,
		  struct str text);
/* The connection is gone: all is forgotten, on_done does not come. */
void relayauth_down(struct relayauth *a, size_t relay);

#endif
