/* SPDX-License-Identifier: MIT */
/* The jobs in the spool, as far as the runner has to remember them. */
#ifndef LOOM_RUNNER_JOBS_H
#define LOOM_RUNNER_JOBS_H

#include "lib/base/id32.h"

#include <stdbool.h>
#include <stddef.h>

enum jobs_state {
	JOBS_STARTING, /* a shim has it, or may have it */
	JOBS_RUNNING,  /* exec happened, as far as we know */
	JOBS_ENDED,    /* nothing of it is alive */
};

struct jobs_item {
	struct id32 id;
	enum jobs_state state;
	bool own;   /* our own probe: engines do not see it */
	bool blind; /* its shim cannot tell us about exec: look into the spool */
	bool stuck; /* ended, but something of it does not die */
};

/* Value type; at most CAP_SPOOL_JOBS items. Pointers into it are good until the next
 * change. */
struct jobs {
	struct jobs_item *v;
	size_t n;
};

/* NULL when there is none. */
struct jobs_item *jobs_find(const struct jobs *j, const struct id32 *id);
/* NULL when CAP_SPOOL_JOBS are there; id must be new. */
struct jobs_item *jobs_add(struct jobs *j, const struct id32 *id, enum jobs_state state);
void jobs_remove(struct jobs *j, const struct id32 *id);
void jobs_wipe(struct jobs *j);
/* As in list_is: "starting", "running" or "ended". */
const char *jobs_word(enum jobs_state state);

#endif
