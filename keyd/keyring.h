/* SPDX-License-Identifier: MIT */
/*
 * The secret keys in memory: one page of its own, locked and left out of core files. Only
 * signev.c, unwrap.c and p2psign.c look into it.
 */
#ifndef LOOM_KEYD_KEYRING_H
#define LOOM_KEYD_KEYRING_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/proto/nsign.h"

struct keyring_pair {
	struct nsign_key secret;
	struct id32 pubkey;
};

struct keyring {
	struct keyring_pair worker;
	struct keyring_pair upload; /* BLOSSOM_AUTH_KEY, or the worker's again */
};

/* An empty one. What the system does not grant (locking) is warned about. */
MUST_USE enum lerr_code keyring_new(struct keyring **out, struct lerr *err);
void keyring_free(struct keyring *keys);
/* Put a secret in and compute its public key; LERR_INPUT when it is no key. */
MUST_USE enum lerr_code keyring_set(struct keyring_pair *pair,
				    const struct nsign_key *secret, struct lerr *err);

#endif
