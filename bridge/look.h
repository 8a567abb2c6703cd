/* SPDX-License-Identifier: MIT */
/*
 * Questions of the engine to the world: which events of ours are there? Relays that are
 * connected are asked at once, those that are being dialled as soon as they are, the own
 * relay's store is read. The answer goes out when all of them have told all they have,
 * after five seconds at the latest, and says who was asked and who has answered.
 */
#ifndef LOOM_BRIDGE_LOOK_H
#define LOOM_BRIDGE_LOOK_H

#include "bridge/relayauth.h"
#include "bridge/relaystore.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcbridge.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct look;

enum look_relay {
	LOOK_UP,
	LOOK_COMING, /* its first connection may be there soon: worth waiting for */
	LOOK_AWAY,
};

struct look_ops {
	enum look_relay (*state)(void *ctx, size_t relay);
	bool (*send)(void *ctx, size_t relay, struct str frame);
	/* As relayauth_want(). */
	enum relayauth_wish (*want_auth)(void *ctx, size_t relay);
	/* The relay broke a rule. */
	void (*violation)(void *ctx, size_t relay, const char *what);
	void (*answer)(void *ctx, uint64_t peer, uint64_t n,
		       const struct ipcbridge_found *found);
};

/* urls of n relays, and behind them of the own one when store is not NULL; borrowed. */
struct look *look_new(uv_loop_t *loop, const char *const *urls, size_t n,
		      struct relaystore *store, const struct look_ops *ops, void *ctx);
/* Memory goes when the loop has run; nobody is answered any more. NULL is fine. */
void look_close(struct look *l);

/* Ask; ops->answer follows, perhaps from inside. LERR_TEMP: too many are under way,
 * LERR_INPUT: ids that are none. */
MUST_USE enum lerr_code look_ask(struct look *l, uint64_t peer, uint64_t n,
				 const struct ipcbridge_look *question, struct lerr *err);
/* Whoever asked is gone. */
void look_hang_up(struct look *l, uint64_t peer);

/* ---- from relays; false: it is no answer to a question of ours */

/* ops->state() says something new of this relay. */
void look_state(struct look *l, size_t relay);
bool look_event(struct look *l, size_t relay, struct str sub, const struct nevent *ev);
bool look_eose(struct look *l, size_t relay, struct str sub);
bool look_closed(struct look *l, size_t relay, struct str sub, struct str text);
void look_auth_done(struct look *l, size_t relay, bool accepted);

#endif
