/* SPDX-License-Identifier: MIT */
/*
 * A token bucket: so many a second, and a burst at once. It may be overdrawn by work that
 * was done already; the debt is waited off.
 */
#ifndef LOOM_BRIDGE_BUCKET_H
#define LOOM_BRIDGE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t per_s;     /* thousandths of a token a second; 0: no limit at all */
	uint64_t burst;     /* thousandths */
	int64_t level;      /* thousandths */
	uint64_t filled_ms; /* monotonic, when level was right */
};

/* Full at the start. per_s and burst in tokens. */
void bucket_init(struct bucket *b, uint64_t per_s, uint64_t burst, uint64_t now_ms);
/* Take a token when there is one. */
bool bucket_take(struct bucket *b, uint64_t now_ms);
/* Take one in any case. */
void bucket_charge(struct bucket *b, uint64_t now_ms);
/* Milliseconds until there is a token; 0: there is one. */
uint64_t bucket_wait_ms(struct bucket *b, uint64_t now_ms);
/* Halve the rate, but not below one token in ten seconds. */
void bucket_halve(struct bucket *b);
/* One tenth faster, up to so many tokens a second. */
void bucket_recover(struct bucket *b, uint64_t per_s);

#endif
