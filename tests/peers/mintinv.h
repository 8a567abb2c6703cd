/* SPDX-License-Identifier: MIT */
/*
 * Invoices (BOLT-11) of the made-up Lightning: well formed, with a signature of zeros.
 * Every test mint can tell the preimage of every such invoice, so that payments between
 * them come with a proof.
 */
#ifndef LOOM_TESTS_PEERS_MINTINV_H
#define LOOM_TESTS_PEERS_MINTINV_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"

#include <stdint.h>

/* Append one for that many sat; memo is ours and short. No two are the same. */
void mintinv_write(struct buf *out, uint64_t sat, uint64_t made_at, uint64_t expiry_s,
		   const char *memo);
/* Preimage of an invoice with this description; its SHA-256 is the payment hash when
 * the invoice was made here. */
struct id32 mintinv_preimage(struct str description);

#endif
