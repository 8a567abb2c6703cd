/* SPDX-License-Identifier: MIT */
/*
 * Blind Diffie-Hellman key exchange of NUT-00 on the side of a wallet, and the check of
 * DLEQ proofs (NUT-12). The mint's side is in tests/peers.
 *
 * A secret is always text: a 64-character hex secret is hashed as its 64 characters.
 */
#ifndef LOOM_LIB_PROTO_BDHKE_H
#define LOOM_LIB_PROTO_BDHKE_H

#include "lib/proto/ecpoint.h"

/* e and s come with a blind signature; r is added by whoever passes a proof on. Without
 * r the receiver of a proof cannot check anything: then it counts as absent. */
struct dleq {
	struct ecscalar e;
	struct ecscalar s;
	struct ecscalar r;
	bool has_r;
};

/* Y of a secret, also its name in NUT-07. False after 2^16 tries (cannot be provoked). */
MUST_USE bool bdhke_hash_to_curve(struct ecpoint *y, struct str secret);
/* B_ = Y + rG */
MUST_USE bool bdhke_blind(struct ecpoint *blinded, struct str secret,
			  const struct ecscalar *r);
/* C = C_ - rK */
MUST_USE bool bdhke_unblind(struct ecpoint *c, const struct ecpoint *signature,
			    const struct ecscalar *r, const struct ecpoint *key);

/* hash_e of NUT-12: SHA-256 over the lower-case hex of the uncompressed points. */
MUST_USE bool bdhke_hash_e(struct ecscalar *e, const struct ecpoint *const *points,
			   size_t n);
/* DLEQ of a blind signature: does the owner of key have signed blinded? */
bool bdhke_check_signature(const struct ecpoint *key, const struct ecpoint *blinded,
			   const struct ecpoint *signature, const struct dleq *d);
/* DLEQ of a proof that somebody passed on; false without r. */
bool bdhke_check_proof(const struct ecpoint *key, struct str secret,
		       const struct ecpoint *c, const struct dleq *d);

#endif
