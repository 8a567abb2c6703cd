/* SPDX-License-Identifier: MIT */
/*
 * Keeps the end of a job's output in loom-shim, whatever the job writes. The bytes are
 * a stranger's: they are copied, never looked at.
 */
#include "config.h"

#include "runner/ring.h"

#include "lib/base/mem.h"

#include <string.h>

void ring_init(struct ring *r, size_t cap)
{
	*r = (struct ring){.cap = cap};
}

void ring_free(struct ring *r)
{
	mem_free(r->room);
	ring_init(r, r->cap);
}

void ring_add(struct ring *r, struct str s)
{
	if (s.n == 0)
		return;
	if (!r->room)
		r->room = mem_zalloc(r->cap);
	if (s.n > r->cap)
		s = (struct str){s.p + (s.n - r->cap), r->cap};
	while (s.n) {
		size_t piece = r->cap - r->at;

		if (piece > s.n)
			piece = s.n;
		memcpy(r->room + r->at, s.p, piece);
		r->at = (r->at + piece) % r->cap;
		r->n = r->n + piece > r->cap ? r->cap : r->n + piece;
		s = (struct str){s.p + piece, s.n - piece};
	}
}

void ring_view(const struct ring *r, struct str *older, struct str *newer)
{
	*older = (struct str){NULL, 0};
	*newer = (struct str){NULL, 0};
	if (!r->room)
		return;
	if (r->n == r->cap)
		*older = (struct str){r->room + r->at, r->cap - r->at};
	*newer = (struct str){r->room, r->at};
}
