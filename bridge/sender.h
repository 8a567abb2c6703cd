/* SPDX-License-Identifier: MIT */
/*
 * Events of the engine's on their way to relays. For each event and relay there is one
 * receipt: what the relay said, or "later" when it said nothing useful. While a relay
 * cannot be reached its events wait for it; after a reconnect what has no OK yet is sent
 * again (the id makes that harmless).
 *
 * Everything is in memory: the engine's outbox is the durable one, and hands over again
 * what has no receipt.
 */
#ifndef LOOM_BRIDGE_SENDER_H
#define LOOM_BRIDGE_SENDER_H

#include "bridge/relayauth.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcmsg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct sender;

struct sender_ops {
	bool (*send)(void *ctx, size_t relay, struct str frame);
	/* As relayauth_want(). */
	enum relayauth_wish (*want_auth)(void *ctx, size_t relay);
	/* Store in the own relay; sender_own_done() follows, perhaps at once. */
	void (*publish_own)(void *ctx, uint64_t tag, struct str event);
	void (*receipt)(void *ctx, uint64_t peer, uint64_t seq, const char *url,
			const char *verdict, const char *text);
};

struct sender_relay {
	const char *url; /* borrowed for good */
	bool is_own;     /* the own relay: always up, not asked over a connection */
	bool unlimited;  /* on this machine: no rate limit */
};

struct sender *sender_new(uv_loop_t *loop, const struct sender_relay *relays, size_t n,
			  const struct sender_ops *ops, void *ctx);
/* Memory goes when the loop has run. NULL is fine. */
void sender_close(struct sender *s);

/* Send an event to relays, by URL. Repeated with the same seq it adds relays, and asks
 * again one that has it. Whatever is wrong with it becomes receipts. */
void sender_publish(struct sender *s, uint64_t peer, uint64_t seq, struct str json,
		    const struct ipc_texts *urls);
/* Do not send it where it has not been sent yet; no receipts come from there. */
void sender_withdraw(struct sender *s, uint64_t peer, uint64_t seq);
/* The engine has hung up: forget all of it. */
void sender_hang_up(struct sender *s, uint64_t peer);

void sender_up(struct sender *s, size_t relay);
void sender_down(struct sender *s, size_t relay);
void sender_ok(struct sender *s, size_t relay, const struct id32 *id, bool accepted,
	       struct str text);
void sender_auth_done(struct sender *s, size_t relay, bool accepted, const char *why);
void sender_own_done(struct sender *s, uint64_t tag, bool accepted, const char *text);

/* Events that have not all receipts yet. */
size_t sender_count(const struct sender *s);

#endif
