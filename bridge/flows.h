/* SPDX-License-Identifier: MIT */
/*
 * How the parts of the bridge speak to each other. Each knows only what it is for, and
 * speaks through a table of functions; those tables are here, and bridge.c hands them out.
 * What comes from relays goes frame -> sub -> inbox -> deliver; what the engine wants out
 * goes control -> sender -> relays; the own relay stands on both sides. Relays are known
 * by index, the own one last.
 */
#ifndef LOOM_BRIDGE_FLOWS_H
#define LOOM_BRIDGE_FLOWS_H

#include "bridge/control.h"
#include "bridge/deliver.h"
#include "bridge/inbox.h"
#include "bridge/keylink.h"
#include "bridge/look.h"
#include "bridge/ownrelay.h"
#include "bridge/relayauth.h"
#include "bridge/relaylist.h"
#include "bridge/relaypool.h"
#include "bridge/resume.h"
#include "bridge/sender.h"
#include "bridge/sub.h"
#include "bridge/turn.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/id32.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Made by bridge.c; parts are NULL until they are opened. */
struct bridge {
	uv_loop_t *loop;
	const struct conf *conf;
	struct relaylist list;
	const char *urls[CAP_RELAYS + 1];
	size_t n;     /* relays without the own one */
	size_t n_all; /* with it */
	char *internal_path;
	char *relay_path;
	int relay_fd; /* listens, until the own relay takes it over */
	struct lwsloop *lws;
	struct httpc *http;
	struct db *db;
	struct turn *turn;
	struct relaystore *store;
	struct resume *resume;
	struct relaypool *pool;
	struct relayauth *auth;
	struct sub *sub;
	struct deliver *deliver;
	struct inbox *inbox;
	struct sender *sender;
	struct look *look;
	struct ownrelay *own;
	struct control *control;
	struct keylink *keys;
	uv_timer_t flush;
	bool has_worker;
	bool must_restart;
	struct id32 worker;
	uint64_t own_since_s;
	uint64_t owed_upto; /* handed to deliver up to this place of the store */
	bool paused;        /* no room for events of relays */
	uint64_t judged[CAP_INBOX_EVENTS]; /* places of the store, not written yet */
	size_t njudged;
};

/* The context of all of them is the struct bridge. */
extern const struct control_ops flows_control_ops;
extern const struct deliver_ops flows_deliver_ops;
extern const struct inbox_ops flows_inbox_ops;
extern const struct keylink_ops flows_key_ops;
extern const struct look_ops flows_look_ops;
extern const struct ownrelay_ops flows_own_ops;
extern const struct relayauth_ops flows_auth_ops;
extern const struct relaypool_ops flows_pool_ops;
extern const struct sender_ops flows_sender_ops;
extern const struct sub_ops flows_sub_ops;

/* For turn.h: what was promised may be told. */
void flows_committed(void *ctx);
/* Write what need not be on disk at once. */
void flows_write_lazily(struct bridge *b);

#endif
