/* SPDX-License-Identifier: MIT */
/*
 * A set of blinded outputs: what we ask a mint to sign, and the way from its signatures
 * back to proofs. One keyset for all of them. It is journalled whole (secret, r, amount)
 * before it is sent; who has it can take the money.
 */
#ifndef LOOM_LIB_PROTO_OUTSET_H
#define LOOM_LIB_PROTO_OUTSET_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/keyset.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/nut13.h"

struct outset_one {
	uint64_t amount; /* 0: blank (NUT-08) */
	char *secret;
	struct ecscalar r;
	struct ecpoint blinded;
	bool for_customer; /* who gets it is the journal's matter; kept for it */
};

struct outset {
	struct keyset_id id;
	struct outset_one *v;
	size_t n;
};

void outset_init(struct outset *s, const struct keyset_id *id);
/* Frees and overwrites. */
void outset_wipe(struct outset *s);
#define auto_outset __attribute__((cleanup(outset_wipe)))

/* Add one with this secret and r; false when they cannot be blinded, or the secret is
 * not 1 .. CAP_CASHU_SECRET bytes without NUL. */
MUST_USE bool outset_add(struct outset *s, uint64_t amount, struct str secret,
			 const struct ecscalar *r, bool for_customer);
/* One that outset_add() has made before and that was written down: as it was. */
void outset_add_stored(struct outset *s, uint64_t amount, struct str secret,
		       const struct ecscalar *r, const struct ecpoint *blinded,
		       bool for_customer);
/* With a random 64-digit secret. */
void outset_add_random(struct outset *s, uint64_t amount, bool for_customer);
/* From the seed at *counter, which moves behind the one that was used. Panics when the
 * keyset has no counters left. */
void outset_add_derived(struct outset *s, uint64_t amount, const struct nut13_seed *seed,
			uint64_t *counter, bool for_customer);
/* Locked (p2pk_write_secret), r random. */
void outset_add_locked(struct outset *s, uint64_t amount, const struct ecpoint *key,
		       uint64_t locktime, const struct ecpoint *refund,
		       bool for_customer);
/* Ascending by amount, for privacy (NUT-03); equal amounts keep their order. */
void outset_sort(struct outset *s);

/*
 * Turn a signature into the proof of output i: same keyset, same amount (any amount for
 * a blank, which then has the signature's), DLEQ valid if there, else refused when
 * need_dleq; LERR_INPUT for all of that. keys are those of s->id. *out is filled: its
 * secret is a copy, its DLEQ has r; cashutok_wipe_proof() by the caller.
 */
MUST_USE enum lerr_code outset_unblind(struct cashuproof *out, const struct outset *s,
				       size_t i, const struct mintmsg_signature *sig,
				       const struct keyset *keys, bool need_dleq,
				       struct lerr *err);
/* All of them, in order: n must be s->n. proofs has room for s->n. On failure nothing
 * is filled. */
MUST_USE enum lerr_code outset_unblind_all(struct cashuproof *proofs,
					   const struct outset *s,
					   const struct mintmsg_signature *sigs, size_t n,
					   const struct keyset *keys, bool need_dleq,
					   struct lerr *err);
/* Which output has this B_; SIZE_MAX: none. */
size_t outset_find(const struct outset *s, const struct ecpoint *blinded);
/* Signatures with the B_ of each (NUT-09), put in the order of the outputs: sigs has s->n,
 * those without one stay as they are. Returns how many outputs have one. */
size_t outset_order(struct mintmsg_signature *sigs, const struct outset *s,
		    const struct ecpoint *blinded, const struct mintmsg_signature *got,
		    size_t n);

#endif
