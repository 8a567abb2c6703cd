/* SPDX-License-Identifier: MIT */
/* Coins on their way out: a token from coins that are there, or from a swap. */
#ifndef LOOM_ENGINE_MONEY_GIVE_H
#define LOOM_ENGINE_MONEY_GIVE_H

#include "lib/proto/outset.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

#include <stddef.h>
#include <stdint.h>

struct mint;
struct money;

/* All of these free coins become a token, here and now; its number. */
uint64_t give_coins_as_token(struct money *m, const struct mint *mint,
			     enum dbbill_token_kind kind, uint64_t job,
			     const struct dbproof *v, size_t n);
/* Journal a swap of n free coins of ours; p says which kind, fee and for whom. */
void give_swap(struct money *m, struct dbpay *p, const struct dbproof *v, size_t n,
	       const struct outset *outputs);
/* A swap has settled: what is for the customer becomes a token (its number; amount in
 * *given), the rest new coins of p->job. */
uint64_t give_swapped(struct money *m, const struct dbpay *p, enum dbbill_token_kind kind,
		      const struct outset *outputs, const struct cashuproof *proofs,
		      uint64_t *given);

#endif
