/* SPDX-License-Identifier: MIT */
/* The last bytes of a stream. */
#ifndef LOOM_RUNNER_RING_H
#define LOOM_RUNNER_RING_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stddef.h>

/* Value type; room is the owner's heap memory, taken on the first byte. */
struct ring {
	char *room;
	size_t cap;
	size_t at; /* where the next byte goes */
	size_t n;  /* bytes kept, at most cap */
};

void ring_init(struct ring *r, size_t cap);
void ring_free(struct ring *r);
void ring_add(struct ring *r, struct str s);
/* The kept bytes in the order of the stream: the older part, then the newer one. Views
 * into the ring, good until the next ring_add(). */
void ring_view(const struct ring *r, struct str *older, struct str *newer);

#endif
