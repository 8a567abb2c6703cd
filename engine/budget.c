/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/budget.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <string.h>

enum { PLACES = 4096, MINUTE_MS = 60000 };

struct place {
	uint64_t minute;
	unsigned int used;
};

struct budget {
	uint64_t salt; /* nobody can choose keys that share a place */
	struct place places[PLACES];
	struct place paying[PLACES];
	struct place unknown;
	struct place unknown_paying;
};

struct budget *budget_new(void)
{
	struct budget *b = mem_zalloc(sizeof(*b));

	rng_fill(&b->salt, sizeof(b->salt));
	return b;
}

void budget_free(struct budget *b)
{
	mem_free(b);
}

static bool has_room(const struct place *p, uint64_t minute, unsigned int most)
{
	return p->minute != minute || p->used < most;
}

static void use(struct place *p, uint64_t minute)
{
	if (p->minute != minute)
		*p = (struct place){.minute = minute};
	p->used++;
}

static void give_back(struct place *p, uint64_t minute)
{
	if (p->minute == minute && p->used > 0)
		p->used--;
}

static uint64_t minute_of(uint64_t mono_ms)
{
	return mono_ms / MINUTE_MS + 1;
}

static size_t place_of(const struct budget *b, const struct id32 *key)
{
	uint64_t word;

	memcpy(&word, key->b + 8, sizeof(word));
	word = (word ^ b->salt) * 0x9e3779b97f4a7c15u;
	return word >> 52;
}

bool budget_take_refusal(struct budget *b, const struct id32 *key, bool known,
			 uint64_t mono_ms)
{
	uint64_t minute = minute_of(mono_ms);
	struct place *mine = &b->places[place_of(b, key)];

	if (!has_room(mine, minute, CAP_REFUSALS_PER_MIN))
		return false;
	if (!known && !has_room(&b->unknown, minute, CAP_REFUSALS_UNKNOWN_PER_MIN))
		return false;
	use(mine, minute);
	if (!known)
		use(&b->unknown, minute);
	return true;
}

bool budget_take_payment(struct budget *b, const struct id32 *key, uint64_t mono_ms)
{
	uint64_t minute = minute_of(mono_ms);
	size_t at = place_of(b, key);

	if (!has_room(&b->places[at], minute, CAP_REFUSALS_PER_MIN) ||
	    !has_room(&b->paying[at], minute, CAP_PAYMENTS_PER_MIN) ||
	    !has_room(&b->unknown_paying, minute, CAP_PAYMENTS_UNKNOWN_PER_MIN))
		return false;
	use(&b->paying[at], minute);
	use(&b->unknown_paying, minute);
	return true;
}

void budget_claimed(struct budget *b, const struct id32 *key, uint64_t mono_ms)
{
	uint64_t minute = minute_of(mono_ms);

	give_back(&b->paying[place_of(b, key)], minute);
	give_back(&b->unknown_paying, minute);
}

void budget_refused(struct budget *b, const struct id32 *key, uint64_t mono_ms)
{
	use(&b->places[place_of(b, key)], minute_of(mono_ms));
}
