/* SPDX-License-Identifier: MIT */
/* bridge-ctl.sock: what the engine wants published, and what it is told (messages in
 * lib/ipc/ipcbridge.h). */
#ifndef LOOM_BRIDGE_CONTROL_H
#define LOOM_BRIDGE_CONTROL_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcbridge.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct control;

struct control_ops {
	/* Fill in what `ready` says: the URLs that can be published to. */
	void (*list)(void *ctx, struct ipc_texts *urls);
	/* State of the i-th of them; text in it is borrowed. */
	void (*state)(void *ctx, size_t i, struct ipcbridge_relay *out);
	void (*publish)(void *ctx, uint64_t peer, const struct ipcbridge_publish *p);
	void (*withdraw)(void *ctx, uint64_t peer, uint64_t seq);
	/* As look_ask(). */
	enum lerr_code (*look)(void *ctx, uint64_t peer, uint64_t n,
			       const struct ipcbridge_look *question, struct lerr *err);
	void (*reread)(void *ctx);
	void (*hang_up)(void *ctx, uint64_t peer);
};

/* friend_uid: the engine's user, beside our own and root. */
MUST_USE enum lerr_code control_open(struct control **out, uv_loop_t *loop,
				     const char *path, uid_t friend_uid,
				     const struct control_ops *ops, void *ctx,
				     struct lerr *err);
/* Tell every engine that is connected the state of the i-th relay. */
void control_tell_state(struct control *c, size_t i);
void control_receipt(struct control *c, uint64_t peer, uint64_t seq, const char *url,
		     const char *verdict, const char *text);
/* The answer to a look. */
void control_found(struct control *c, uint64_t peer, uint64_t n,
		   const struct ipcbridge_found *found);
/* Memory goes when the loop has run. NULL is fine. */
void control_close(struct control *c);

#endif
