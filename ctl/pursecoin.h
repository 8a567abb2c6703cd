/* SPDX-License-Identifier: MIT */
/* Coins of the purse that go somewhere: chosen, swapped to fit, locked, given away. */
#ifndef LOOM_CTL_PURSECOIN_H
#define LOOM_CTL_PURSECOIN_H

#include "ctl/purse.h"
#include "ctl/pursemint.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/proto/outset.h"
#include "lib/store/dbproof.h"

#include <stdint.h>

/* Outputs for the purse itself, from its seed, so that every amount can be paid from
 * them. LERR_DENIED: the keyset has no keys for that. */
MUST_USE enum lerr_code pursecoin_add_own(struct purse *p, struct outset *out,
					  uint64_t amount, const struct keyset *k,
					  struct lerr *err);

/*
 * FREE coins that are exactly amount, after a swap where that is needed; they are still
 * FREE. LERR_LIMIT: there is not as much (and for the fee). Else as purserun_finish().
 */
MUST_USE enum lerr_code pursecoin_exact(struct purse *p, const struct pursemint *m,
					struct dbproof_list *out, uint64_t amount,
					struct lerr *err);
/* Give them away as a token; inside a transaction. Returns its number. */
uint64_t pursecoin_give(struct purse *p, uint64_t mint, const struct dbproof_list *coins);
/* A token that never left: its coins are FREE again. */
void pursecoin_ungive(struct purse *p, uint64_t token);

struct pursecoin_lock {
	struct ecpoint key;
	uint64_t locktime_s; /* 0: none */
	struct ecpoint refund;
};
/* Swap for a token that is locked; *token is its number. Errors as for pursecoin_exact();
 * LERR_DENIED too: the mint knows no locks. */
MUST_USE enum lerr_code pursecoin_lock(struct purse *p, const struct pursemint *m,
				       uint64_t *token, uint64_t amount,
				       const struct pursecoin_lock *lock,
				       struct lerr *err);

/* The mint of the purse that has the most FREE coins, at least amount; 0: none has. */
uint64_t pursecoin_richest(struct purse *p, uint64_t amount);

#endif
