/* SPDX-License-Identifier: MIT */
/*
 * Which coins to take for a payment. Pure: the coins are given as their amounts, sorted
 * with the largest first, and what is chosen is marked. Used by the worker's books
 * (engine/money/purse.c) and by the purse of a customer.
 */
#ifndef LOOM_LIB_PROTO_COINS_H
#define LOOM_LIB_PROTO_COINS_H

#include "lib/base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Mark the coins that are amount together. False when that cannot be: each amount of a
 * keyset divides the next one (powers of two), so taking the largest that fits finds a
 * way when there is one; keysets of other amounts may miss one, then a swap does it.
 */
bool coins_exact(bool *take, const uint64_t *amounts, size_t n, uint64_t amount);

/*
 * Mark the coins to swap so that at least amount is left after the fee of swapping them;
 * ppks are those of their keysets. Few coins, and of these the smallest last one that
 * does. False when all of them, or most of them, are not enough.
 */
bool coins_cover(bool *take, const uint64_t *amounts, const uint64_t *ppks, size_t n,
		 size_t most, uint64_t amount);

#endif
