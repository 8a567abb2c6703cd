/* SPDX-License-Identifier: MIT */
/*
 * Spending conditions: well-known secrets of NUT-10, P2PK of NUT-11 and the blinded
 * locks of NUT-28, as a receiver, a payer and a mint see them. Verification only; whoever
 * signs has the key (loom-keyd, loomctl, test peers).
 */
#ifndef LOOM_LIB_PROTO_P2PK_H
#define LOOM_LIB_PROTO_P2PK_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/cashutok.h"

#define P2PK_KEYS 11 /* data, pubkeys and refund together: the slots of NUT-28 */

enum p2pk_kind {
	P2PK_PLAIN,     /* does not read as a NUT-10 secret: anyone can spend */
	P2PK_LOCK,      /* P2PK, well formed */
	P2PK_OTHER,     /* HTLC or an unknown kind */
	P2PK_MALFORMED, /* P2PK with bad, doubled or missing parts: unspendable */
};

struct p2pk {
	struct ecpoint keys[P2PK_KEYS]; /* data, then pubkeys, then refund */
	size_t nmain;                   /* data and pubkeys */
	size_t nrefund;
	uint64_t n_sigs; /* of the main path; 1 when absent */
	uint64_t n_sigs_refund;
	bool has_locktime;
	uint64_t locktime; /* unix seconds; active while now <= locktime */
	bool sig_all;
	/* data and tags as spelled, hashed: SIG_ALL wants the same in all inputs */
	struct id32 condition;
};

/* *out is filled for P2PK_LOCK only; err (for people) says why it is malformed or of
 * which other kind. */
enum p2pk_kind p2pk_parse(struct p2pk *out, struct str secret, struct lerr *err);

/* Slot of key (compared by x) among the first nmain; SIZE_MAX: not there. */
size_t p2pk_find(const struct p2pk *lock, const struct ecpoint *key);

/* The message of SIG_INPUTS for a secret. */
struct id32 p2pk_message(struct str secret);
/* The message of SIG_ALL: inputs, outputs (amount and B_), and the quote of a melt (empty
 * for a swap). The one signature goes to the first input. */
struct p2pk_output {
	uint64_t amount;
	struct ecpoint blinded;
};
struct id32 p2pk_message_all(const struct cashuproof *inputs, size_t ninputs,
			     const struct p2pk_output *outputs, size_t noutputs,
			     struct str quote);

/* Append the witness of NUT-11, {"signatures":["..."]}, for one 64-byte signature. */
void p2pk_add_witness(struct buf *out, const uint8_t sig64[64]);

/*
 * What a mint (and the vectors) ask: how many different keys of the main and of the
 * refund path have signed msg in this witness, and may it be spent at `now`?
 */
struct p2pk_signers {
	size_t main;
	size_t refund;
};
bool p2pk_may_spend(const struct p2pk *lock, struct str witness, const struct id32 *msg,
		    uint64_t now, struct p2pk_signers *found);

/* Append a fresh secret locked to key, with a random nonce and, when locktime is not 0,
 * locktime and refund (NULL only without a locktime). */
void p2pk_write_secret(struct buf *out, const struct ecpoint *key, uint64_t locktime,
		       const struct ecpoint *refund);

/*
 * NUT-28: the blinding factor r of a slot (of P2PK_KEYS) from the shared x coordinate, of
 * p * E for the receiver. The key in that slot of the secret must then be P + r G.
 */
MUST_USE bool p2pk_blind_factor(struct ecscalar *r, const uint8_t shared_x[32],
				size_t slot);

#endif
