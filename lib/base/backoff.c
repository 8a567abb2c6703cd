/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/backoff.h"

#include "lib/base/panic.h"
#include "lib/base/rng.h"

void backoff_init(struct backoff *b, uint64_t base_ms, uint64_t max_ms)
{
	INVARIANT(base_ms > 0 && base_ms <= max_ms);
	*b = (struct backoff){.base_ms = base_ms, .max_ms = max_ms};
}

void backoff_reset(struct backoff *b)
{
	b->ceiling_ms = 0;
}

void backoff_raise(struct backoff *b, uint64_t at_least_ms)
{
	if (at_least_ms > b->max_ms)
		at_least_ms = b->max_ms;
	if (b->ceiling_ms < at_least_ms)
		b->ceiling_ms = at_least_ms;
}

uint64_t backoff_next(struct backoff *b)
{
	uint64_t ceiling = b->ceiling_ms ? b->ceiling_ms : b->base_ms;

	b->ceiling_ms = ceiling < b->max_ms / 2 ? ceiling * 2 : b->max_ms;
	return rng_below(ceiling + 1);
}
