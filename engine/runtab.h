/* SPDX-License-Identifier: MIT */
/* Jobs that have a slot, in memory: how far each is with the runner. */
#ifndef LOOM_ENGINE_RUNTAB_H
#define LOOM_ENGINE_RUNTAB_H

#include "lib/base/id32.h"

#include <stdint.h>

enum run_phase {
	RUN_SECRETS, /* loom-keyd has been asked for its secrets, or will be */
	RUN_SENT,    /* the runner has been asked */
	RUN_RUNNING, /* exec happened */
	RUN_ENDED,   /* its result has been asked for */
};

struct run {
	struct run *next;
	uint64_t job; /* seq; 0: our own probe */
	struct id32 id;
	enum run_phase phase;
	uint64_t deadline_ms; /* monotonic; then we look after it */
};

struct runtab {
	struct run *first;
};

/* NULL when there is none. */
struct run *runtab_find(const struct runtab *t, const struct id32 *id);
struct run *runtab_find_probe(const struct runtab *t);
struct run *runtab_add(struct runtab *t, uint64_t job, const struct id32 *id,
		       enum run_phase phase, uint64_t patience_ms);
void runtab_drop(struct runtab *t, const struct id32 *id);
void runtab_clear(struct runtab *t);

#endif
