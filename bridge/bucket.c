/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/bucket.h"

enum {
	UNIT = 1000,       /* of the level to a token: a rate of 1/s is 1 a millisecond */
	LEAST = UNIT / 10, /* rate after any number of halvings */
};

void bucket_init(struct bucket *b, uint64_t per_s, uint64_t burst, uint64_t now_ms)
{
	*b = (struct bucket){.per_s = per_s * UNIT,
			     .burst = burst * UNIT,
			     .level = (int64_t)(burst * UNIT),
			     .filled_ms = now_ms};
}

static void fill(struct bucket *b, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms > b->filled_ms ? now_ms - b->filled_ms : 0;
	uint64_t missing = (uint64_t)((int64_t)b->burst - b->level);
	uint64_t gained;

	/* long ago is full, without a product that could overflow */
	if (passed_ms > 3600 * 1000)
		gained = missing;
	else
		gained = passed_ms * b->per_s / 1000;
	if (gained == 0)
		return; /* what has passed is counted the next time */
	b->level += (int64_t)(gained < missing ? gained : missing);
	b->filled_ms = now_ms;
}

bool bucket_take(struct bucket *b, uint64_t now_ms)
{
	if (bucket_wait_ms(b, now_ms) > 0)
		return false;
	bucket_charge(b, now_ms);
	return true;
}

void bucket_charge(struct bucket *b, uint64_t now_ms)
{
	if (b->per_s == 0)
		return;
	fill(b, now_ms);
	b->level -= UNIT;
}

uint64_t bucket_wait_ms(struct bucket *b, uint64_t now_ms)
{
	if (b->per_s == 0)
		return 0;
	fill(b, now_ms);
	if (b->level >= UNIT)
		return 0;
	return ((uint64_t)(UNIT - b->level) * 1000 + b->per_s - 1) / b->per_s;
}

void bucket_halve(struct bucket *b)
{
	if (b->per_s > 2 * LEAST)
		b->per_s /= 2;
	else if (b->per_s > LEAST)
		b->per_s = LEAST;
}

void bucket_recover(struct bucket *b, uint64_t per_s)
{
	if (b->per_s == 0)
		return;
	b->per_s += b->per_s / 10;
	if (b->per_s > per_s * UNIT)
		b->per_s = per_s * UNIT;
}
