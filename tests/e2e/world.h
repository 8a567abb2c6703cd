/* SPDX-License-Identifier: MIT */
/* A loom-bridge with everything around it made up: loom-keyd, the internal endpoint,
 * relays, the engine. */
#ifndef LOOM_TESTS_E2E_WORLD_H
#define LOOM_TESTS_E2E_WORLD_H

#include "tests/peers/rig.h"
#include "tests/peers/signed.h"
#include "tests/peers/wsraw.h"
#include "tests/unit/unit.h"

#include "lib/ipc/ipcbridge.h"

#include <stdbool.h>
#include <stdint.h>

/* Secret keys, as small numbers. */
enum { WORLD_WORKER = 3, WORLD_CUSTOMER = 11, WORLD_OTHER = 12 };

enum { WORLD_RELAYS = 3 };

struct world {
	char *folder;
	struct rig *keyd;
	struct rig *internal;
	struct rig *relays[WORLD_RELAYS];
	char *urls[WORLD_RELAYS];
	struct rig *bridge;
	char *relay_sock; /* of the own relay */
	int engine;       /* connection to bridge-ctl.sock, -1: none */
};

/* Setup and teardown of a test: folder, loom-keyd and endpoint; nothing else yet. */
int world_make(void **state);
int world_remove(void **state);

/* Start fake relay i; more arguments: certificate and key, or NULL. */
void world_start_relay(struct world *w, size_t i, const char *cert, const char *key);
/* Start loom-bridge with n of the relays and more lines of configuration. */
void world_start_bridge(struct world *w, size_t n, const char *more);
/* The same again, with what was configured last. */
void world_restart_bridge(struct world *w);
char *world_path(const struct world *w, const char *name);
void world_start_keyd(struct world *w);
void world_start_internal(struct world *w);

/* A job of the customer's, created ago_s seconds ago; content makes it different. */
struct nevent *world_job(const char *content, uint64_t ago_s);
/* Tell relay i "event JSON" (or another word). */
void world_push(struct world *w, size_t i, const char *word, const struct nevent *ev);
/* Wait until the endpoint was given this event. */
void world_delivered(struct world *w, const struct nevent *ev);
/* How often it was. */
size_t world_times(struct world *w, const struct nevent *ev);

/* ---- as the engine */

void world_dial(struct world *w);
void world_hang_up(struct world *w);
void world_publish(struct world *w, uint64_t seq, const struct nevent *ev,
		   const char *url);
/* Send a message of ipcbridge_types. */
void world_say(struct world *w, size_t type, uint64_t n, const void *body);
/* The next message of this type; others are skipped. ipcmsg_wipe() it. */
void world_next(struct world *w, struct ipcmsg *m, size_t type);
/* The next receipt; anything else is skipped. ipcmsg_wipe() it. */
void world_receipt(struct world *w, struct ipcmsg *m);
void world_expect_receipt(struct world *w, uint64_t seq, const char *verdict,
			  const char *text);
/* Wait until a relay is said to be in this state; why is copied (may be NULL). */
void world_expect_state(struct world *w, const char *url, const char *state, char *why,
			size_t room);

#endif
