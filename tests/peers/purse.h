/* SPDX-License-Identifier: MIT */
/*
 * A customer's wallet that forgets: gets coins from a mint, swaps coins, asks for their
 * state. How requests travel is the caller's matter: over HTTP (coins.c) or straight into
 * mintcore_handle() (unit tests). Nothing is written down, so nothing survives a crash.
 */
#ifndef LOOM_TESTS_PEERS_PURSE_H
#define LOOM_TESTS_PEERS_PURSE_H

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/mintread.h"
#include "lib/proto/nsign.h"
#include "lib/proto/outset.h"

/* The HTTP status, 0: no answer. */
typedef unsigned int purse_send(void *ctx, const char *method, const char *path,
				struct str body, struct buf *answer);

struct purse {
	purse_send *send;
	void *ctx;
	struct keyset keysets[CAP_KEYSETS];
	size_t n;
	unsigned int status; /* of the last answer */
	struct mintread_refusal refusal;
};

struct purse_coins {
	struct cashuproof *v;
	size_t n;
};
void purse_free_coins(struct purse_coins *c);
#define auto_coins __attribute__((cleanup(purse_free_coins)))
uint64_t purse_sum(const struct purse_coins *c);

/* What new coins are locked with; key NULL: not at all. */
struct purse_lock {
	const struct ecpoint *key;
	uint64_t locktime;            /* 0: none */
	const struct ecpoint *refund; /* or NULL */
	bool sig_all;
};

/* Ask the mint for its keysets. Owned by the caller: purse_free(). */
MUST_USE enum lerr_code purse_new(struct purse **out, purse_send *send, void *ctx,
				  struct lerr *err);
void purse_free(struct purse *p);
/* Ask for the keysets again. */
MUST_USE enum lerr_code purse_load(struct purse *p, struct lerr *err);
/* The active keyset with the smallest fee, and the one that an id (short or full) names;
 * NULL: there is none. */
const struct keyset *purse_active(const struct purse *p);
const struct keyset *purse_keyset(const struct purse *p, const struct keyset_id *id);
/* Fee of redeeming these; false: a keyset of them is not known. */
bool purse_fee(const struct purse *p, const struct purse_coins *c, uint64_t *fee);

/* Outputs for amount in the active keyset: these parts, or the fewest when nparts is 0. */
MUST_USE enum lerr_code purse_outputs(struct outset *out, const struct purse *p,
				      uint64_t amount, const uint64_t *parts,
				      size_t nparts, const struct purse_lock *lock,
				      struct lerr *err);

/*
 * New coins for an invoice that is paid by itself. A refusal is LERR_INPUT, and then
 * p->refusal says what the mint said.
 */
MUST_USE enum lerr_code purse_mint(struct purse *p, struct purse_coins *out,
				   uint64_t amount, const uint64_t *parts, size_t nparts,
				   const struct purse_lock *lock, struct lerr *err);
/* Swap all of them for new ones; key (or NULL) opens those that are locked. */
MUST_USE enum lerr_code purse_swap(struct purse *p, struct purse_coins *out,
				   const struct purse_coins *in,
				   const struct nsign_key *key,
				   const struct purse_lock *lock, struct lerr *err);
/* The request that purse_swap() would send. */
MUST_USE enum lerr_code purse_write_swap(const struct purse *p, struct buf *body,
					 const struct purse_coins *in,
					 const struct outset *out,
					 const struct nsign_key *key, struct lerr *err);
/* Into out[in->n]. */
MUST_USE enum lerr_code purse_states(struct purse *p, enum mintread_state *out,
				     const struct purse_coins *in, struct lerr *err);
/* Send; LERR_INPUT with the refusal for other than 200, LERR_TEMP without an answer. */
MUST_USE enum lerr_code purse_call(struct purse *p, const char *method, const char *path,
				   struct str body, struct buf *answer, struct lerr *err);

#endif
