/* SPDX-License-Identifier: MIT */
/* The line to loom-keyd: whose key is it, and answers to relays' challenges (NIP-42).
 * Nothing else is ever asked of it here. */
#ifndef LOOM_BRIDGE_KEYLINK_H
#define LOOM_BRIDGE_KEYLINK_H

#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct keylink;

struct keylink_ops {
	/* The worker's public key, at every connection to loom-keyd. */
	void (*on_key)(void *ctx, const struct id32 *pubkey);
	/* The signed kind 22242, or NULL and why there is none. */
	void (*on_auth)(void *ctx, uint64_t tag, const char *event, const char *why);
};

struct keylink *keylink_new(uv_loop_t *loop, const char *path,
			    const struct keylink_ops *ops, void *ctx);
/* Ask for an answer to a challenge; on_auth comes with the tag. False: not now, there is
 * no connection. */
bool keylink_auth(struct keylink *k, uint64_t tag, const char *relay,
		  struct str challenge);
/* Memory goes when the loop has run. NULL is fine. */
void keylink_close(struct keylink *k);

#endif
