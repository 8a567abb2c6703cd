/* SPDX-License-Identifier: MIT */
/* Requests that wait for an answer on one line: number -> what it was about. */
#ifndef LOOM_ENGINE_WAITS_H
#define LOOM_ENGINE_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITS_MAX 512

struct waits_one {
	uint64_t n; /* 0: a free place */
	unsigned int kind;
	uint64_t ref;
};

struct waits {
	struct waits_one places[2 * WAITS_MAX];
	size_t used;
	uint64_t last_n;
};

/* A number for a new request; 0 when WAITS_MAX wait already. */
uint64_t waits_add(struct waits *w, unsigned int kind, uint64_t ref);
/* The request of that number, which no longer waits; false when there is none. */
bool waits_take(struct waits *w, uint64_t n, struct waits_one *out);
/* The line is lost: nothing waits any more. Numbers go on. */
void waits_clear(struct waits *w);

#endif
