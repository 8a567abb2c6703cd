/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/coins.h"

#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/keyset.h"

#include <string.h>

bool coins_exact(bool *take, const uint64_t *amounts, size_t n, uint64_t amount)
{
	uint64_t left = amount;

	memset(take, 0, n * sizeof(*take));
	for (size_t i = 0; i < n && left > 0; i++) {
		take[i] = amounts[i] <= left;
		if (take[i])
			left -= amounts[i];
	}
	return left == 0;
}

/* Is so much left of these coins when they are swapped? */
static bool is_enough(uint64_t sum, uint64_t ppk, uint64_t amount)
{
	return amount_left(sum, keyset_fee(ppk)) >= amount;
}

bool coins_cover(bool *take, const uint64_t *amounts, const uint64_t *ppks, size_t n,
		 size_t most, uint64_t amount)
{
	uint64_t sum = 0;
	uint64_t ppk = 0;
	size_t last = 0;
	size_t i = 0;

	memset(take, 0, n * sizeof(*take));
	for (; i < n && i < most && !is_enough(sum, ppk, amount); i++) {
		if (!amount_add(&sum, amounts[i]))
			panic("more money than there is");
		ppk += ppks[i];
		take[i] = true;
		last = i;
	}
	if (!is_enough(sum, ppk, amount))
		return false;
	/* a smaller one in place of the last: less is broken up */
	for (; i < n; i++) {
		uint64_t other = sum - amounts[last] + amounts[i];

		if (!is_enough(other, ppk - ppks[last] + ppks[i], amount))
			break;
		take[last] = false;
		take[i] = true;
		ppk = ppk - ppks[last] + ppks[i];
		sum = other;
		last = i;
	}
	return true;
}
