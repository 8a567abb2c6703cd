/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/waits.h"

#include "lib/base/attr.h"

#include <string.h>

static struct waits_one *place_of(struct waits *w, uint64_t n)
{
	return &w->places[n % ARRAY_LEN(w->places)];
}

uint64_t waits_add(struct waits *w, unsigned int kind, uint64_t ref)
{
	if (w->used >= WAITS_MAX)
		return 0;
	/* half of the places are free: this ends */
	do {
		w->last_n++;
	} while (place_of(w, w->last_n)->n != 0);
	*place_of(w, w->last_n) =
		(struct waits_one){.n = w->last_n, .kind = kind, .ref = ref};
	w->used++;
	return w->last_n;
}

bool waits_take(struct waits *w, uint64_t n, struct waits_one *out)
{
	struct waits_one *one = place_of(w, n);

	if (n == 0 || one->n != n)
		return false;
	*out = *one;
	memset(one, 0, sizeof(*one));
	w->used--;
	return true;
}

void waits_clear(struct waits *w)
{
	memset(w->places, 0, sizeof(w->places));
	w->used = 0;
}
