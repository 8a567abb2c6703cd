/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/rng.h"

#include "lib/base/panic.h"

#include <errno.h>
#include <sys/random.h>

void rng_fill(void *out, size_t n)
{
	uint8_t *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			panic("getrandom: errno %d", errno);
		p += got;
		n -= (size_t)got;
	}
}

uint64_t rng_below(uint64_t below)
{
	uint64_t edge;
	uint64_t v;

	INVARIANT(below > 0);
	edge = UINT64_MAX - UINT64_MAX % below;
	do {
		rng_fill(&v, sizeof(v));
	} while (v >= edge);
	return v % below;
}
