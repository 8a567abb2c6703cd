/* SPDX-License-Identifier: MIT */
/*
 * The engine's line to loom-keyd. Requests are answered by callbacks, or never when
 * loom-keyd goes: who asked asks again when the line is back (on_up).
 */
#ifndef LOOM_ENGINE_KEYLINK_H
#define LOOM_ENGINE_KEYLINK_H

#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipckey.h"
#include "lib/proto/nevent.h"
#include "lib/proto/p2pk.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct keylink;

/* What its owner does. ref is what the request was given. */
struct keylink_ops {
	/* connected, and the key is known (engine->worker) */
	void (*on_up)(struct engine *e);
	/* s: NULL when it was refused, then err says why. Owned by keylink. */
	void (*on_signed)(struct engine *e, uint64_t ref, const struct ipckey_signed *s,
			  const struct lerr *err);
	/* opened: NULL when it was refused. Secret; owned (and wiped) by keylink. */
	void (*on_opened)(struct engine *e, uint64_t ref,
			  const struct ipckey_opened *opened, const struct lerr *err);
	/* signed locks of ecash; s: NULL when they were refused. Owned by keylink. May be
	 * NULL: then nobody asks. */
	void (*on_p2pk)(struct engine *e, uint64_t ref,
			const struct ipckey_p2pk_signed *s, const struct lerr *err);
};

struct keylink *keylink_new(struct engine *e, const struct keylink_ops *ops);
void keylink_free(struct keylink *k);

bool keylink_is_up(const struct keylink *k);
/* False when it is not up or too much is in flight: ask again later. */
bool keylink_sign(struct keylink *k, uint64_t ref, const struct nevent *ev);
bool keylink_open(struct keylink *k, uint64_t ref, struct str request);

/* Sign each of these proofs (locks with SIG_INPUTS), or all of a request whose inputs are
 * locked with SIG_ALL; quote is that of a melt, or empty. At most CAP_TOKEN_PROOFS. */
bool keylink_p2pk(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		  size_t n);
bool keylink_p2pk_all(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		      size_t n, const struct p2pk_output *outputs, size_t noutputs,
		      struct str quote);

#endif
