/* SPDX-License-Identifier: MIT */
/* The secret tags of a job request, decrypted. */
#ifndef LOOM_KEYD_UNWRAP_H
#define LOOM_KEYD_UNWRAP_H

#include "keyd/keyring.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"

/*
 * Read a whole kind 5100, check its id, its signature and that its p is the worker, and
 * decrypt what its secret tags hold, all or nothing: with one secret missing the job must
 * not run. LERR_INPUT: not such a request, or a secret that cannot be opened (the message
 * names which by its place, never its name or content); LERR_DENIED: wrong id or
 * signature, or for another worker; LERR_LIMIT: too large. *out is to be wiped by
 * ipc_texts_wipe() on both lists.
 */
MUST_USE enum lerr_code unwrap_open(struct ipckey_opened *out, const struct keyring *keys,
				    const struct ipckey_open *req, struct lerr *err);

#endif
