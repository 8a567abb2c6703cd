/* SPDX-License-Identifier: MIT */
/* Coins: which to take, what they cost, and the outputs that become new ones. */
#ifndef LOOM_ENGINE_MONEY_PURSE_H
#define LOOM_ENGINE_MONEY_PURSE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/outset.h"
#include "lib/store/dbproof.h"

#include <stdbool.h>
#include <stdint.h>

struct mint;
struct money;

/* Add outputs for money that stays ours, from the seed (the counter is taken in the
 * present transaction). payable: in parts from which every amount can be paid, else in
 * fewest. False when the keyset has no keys for it. */
MUST_USE bool purse_add_own(struct money *m, struct outset *out, uint64_t amount,
			    const struct keyset *k, bool payable);
/* Outputs for somebody else, in fewest parts: locked when key is not NULL. */
MUST_USE bool purse_add_theirs(struct outset *out, uint64_t amount,
			       const struct keyset *k, const struct ecpoint *key);

/* What the mint takes for these inputs; LERR_STATE when one is of a keyset that is not
 * known. */
MUST_USE enum lerr_code purse_fee(uint64_t *fee, const struct mint *mint,
				  const struct dbproof *v, size_t n, struct lerr *err);
uint64_t purse_sum(const struct dbproof *v, size_t n);
/* What is left of an amount in these parts once its owner redeems it. */
uint64_t purse_net(uint64_t amount, const struct keyset *k, size_t parts);
/* In fewest parts. */
uint64_t purse_net_of(uint64_t amount, const struct keyset *k);

/* Put the coins that pay exactly amount to the front; returns how many they are, 0 when
 * it cannot be paid exactly. list is sorted largest first. */
size_t purse_exact(struct dbproof_list *list, uint64_t amount);

/* Put coins of at least amount to the front, without those that would only make it more;
 * how many, 0 when there are not enough. Sorts the list largest first. */
size_t purse_at_least(struct dbproof_list *list, uint64_t amount);

/* The same for amount and for the fee that these coins cost themselves. *n of them, to
 * the front; false when there are not enough. */
MUST_USE bool purse_cover(struct dbproof_list *list, const struct mint *mint,
			  uint64_t amount, size_t *n, uint64_t *fee);

/* The bytes of a swap of our own coins, which need no witness. */
void purse_swap_request(struct buf *out, const struct dbproof *v, size_t n,
			const struct outset *outputs);

#endif
