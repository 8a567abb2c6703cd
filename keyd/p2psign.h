/* SPDX-License-Identifier: MIT */
/* Signatures for ecash that is locked to the worker (NUT-10, 11, 28). */
#ifndef LOOM_KEYD_P2PSIGN_H
#define LOOM_KEYD_P2PSIGN_H

#include "keyd/keyring.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"

/*
 * One signature for each secret, over the SHA-256 of its text; all or none. Each must be
 * a well-formed P2PK lock with SIG_INPUTS that names the worker's key among its main
 * keys, or with an ephemeral key E the worker's key blinded with it (NUT-28). Whether the
 * signature is enough (n_sigs, locktime) is the mint's question.
 *
 * LERR_INPUT: not such a lock, or a list of another length; LERR_DENIED: for other keys;
 * LERR_LIMIT: a secret above CAP_CASHU_SECRET. The message says which by its place.
 * *out is to be wiped by ipc_texts_wipe().
 */
MUST_USE enum lerr_code p2psign_inputs(struct ipckey_p2pk_signed *out,
				       const struct keyring *keys,
				       const struct ipckey_p2pk *req, struct lerr *err);

/*
 * The one signature of SIG_ALL: every secret must be such a lock with SIG_ALL, and all of
 * them the same. The message is put together here, from all inputs and outputs.
 */
MUST_USE enum lerr_code p2psign_all(struct ipckey_p2pk_signed *out,
				    const struct keyring *keys,
				    const struct ipckey_p2pk_all *req, struct lerr *err);

#endif
