/* SPDX-License-Identifier: MIT */
/*
 * Events that loom-keyd signs. It puts each together from fields and computes the id
 * itself, after it has looked at kind, time and the form that the kind demands:
 *
 *	5101	one e, one p
 *	30100	one d, one e, one p; d and e are the same job
 *	10100	the content is a JSON object
 *	10002	only r tags, at least one; no content
 *	24242	t (upload, media), one or more x, one expiration within the hour; a content
 */
#ifndef LOOM_KEYD_SIGNEV_H
#define LOOM_KEYD_SIGNEV_H

#include "keyd/keyring.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"

#include <stdbool.h>
#include <stdint.h>

/* May this kind be signed at all? Another is an illegal request, not a wrong one. */
bool signev_is_known(uint64_t kind);

/*
 * LERR_INPUT: the tags are no JSON array of tags, or have not the form of the kind;
 * LERR_LIMIT: too large; LERR_DENIED: created_at is more than 10 minutes ahead or 7 days
 * back. now is wall time in seconds.
 */
MUST_USE enum lerr_code signev_sign(struct ipckey_signed *out, const struct keyring *keys,
				    const struct ipckey_sign *req, uint64_t now,
				    struct lerr *err);

/* Answer a relay's challenge (NIP-42) as the worker: a whole signed event, made now. */
MUST_USE enum lerr_code signev_auth(struct ipckey_authed *out, const struct keyring *keys,
				    const struct ipckey_auth *req, uint64_t now,
				    struct lerr *err);

#endif
