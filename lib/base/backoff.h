/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before the next try: full jitter below a ceiling that doubles
 * (0 .. ceiling, evenly), so that a thousand workers do not come back together.
 */
#ifndef LOOM_LIB_BASE_BACKOFF_H
#define LOOM_LIB_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
	uint64_t base_ms;
	uint64_t max_ms;
	uint64_t ceiling_ms; /* of the next wait; 0 before the first */
};

void backoff_init(struct backoff *b, uint64_t base_ms, uint64_t max_ms);
/* Back to the beginning. */
void backoff_reset(struct backoff *b);
/* The next ceiling is at least this: the peer has said how long, or it will not get
 * better soon. */
void backoff_raise(struct backoff *b, uint64_t at_least_ms);
/* Milliseconds to wait now; then the ceiling doubles, up to max_ms. */
uint64_t backoff_next(struct backoff *b);

#endif
