/* SPDX-License-Identifier: MIT */
/* The mint's side of NUT-00 and NUT-12: blind signatures with DLEQ, and whether a proof
 * is ours. */
#ifndef LOOM_TESTS_PEERS_MINTSIGN_H
#define LOOM_TESTS_PEERS_MINTSIGN_H

#include "lib/base/buf.h"
#include "lib/proto/bdhke.h"
#include "lib/proto/keyset.h"

struct mintsign_sig {
	uint64_t amount;
	struct keyset_id id;
	struct ecpoint c;
	struct ecscalar e;
	struct ecscalar s;
};

/* C_ = kB_ and the proof for it; K is kG. */
void mintsign_blind(struct mintsign_sig *out, const struct ecscalar *k,
		    const struct ecpoint *key, const struct ecpoint *blinded);
/* C == kY? y gets the proof's Y. */
bool mintsign_is_ours(struct ecpoint *y, const struct ecscalar *k, struct str secret,
		      const struct ecpoint *c);
/* The nonce of a DLEQ proof: HMAC-SHA256 under k over "Cashu_DLEQ_R_v1", A, B' and C'
 * uncompressed, and a counter; false when that try is no scalar. */
bool mintsign_nonce(struct ecscalar *r, const struct ecscalar *k,
		    const struct ecpoint *key, const struct ecpoint *blinded,
		    const struct ecpoint *signature, uint8_t counter);

/* Append it as the BlindSignature of NUT-00. */
void mintsign_write(struct buf *out, const struct mintsign_sig *s);

#endif
