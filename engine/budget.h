/* SPDX-License-Identifier: MIT */
/*
 * How many refusals are answered: CAP_REFUSALS_PER_MIN to one key, and
 * CAP_REFUSALS_UNKNOWN_PER_MIN to all keys that are on no list together, so that a flood
 * by fresh keys writes neither relays nor the ledger full.
 */
#ifndef LOOM_ENGINE_BUDGET_H
#define LOOM_ENGINE_BUDGET_H

#include "lib/base/id32.h"

#include <stdbool.h>
#include <stdint.h>

struct budget;

struct budget *budget_new(void);
void budget_free(struct budget *b);
/* May this key be told no once more in this minute? Counts it when yes. */
bool budget_take_refusal(struct budget *b, const struct id32 *key, bool known,
			 uint64_t mono_ms);
/* May this key, which is on no list, come with one more payment? Counts it when yes. Not
 * after CAP_REFUSALS_PER_MIN that came to nothing. */
bool budget_take_payment(struct budget *b, const struct id32 *key, uint64_t mono_ms);
/* It was claimed: it does not count any more. Or it was refused, and counts twice. */
void budget_claimed(struct budget *b, const struct id32 *key, uint64_t mono_ms);
void budget_refused(struct budget *b, const struct id32 *key, uint64_t mono_ms);

#endif
