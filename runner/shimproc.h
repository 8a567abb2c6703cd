/* SPDX-License-Identifier: MIT */
/* Starting a loom-shim process. */
#ifndef LOOM_RUNNER_SHIMPROC_H
#define LOOM_RUNNER_SHIMPROC_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

#include <stdint.h>
#include <sys/types.h>

struct shimproc {
	pid_t pid;
	uint64_t start; /* proc_start_ticks() */
	int pidfd;
	int control; /* our end of its socket */
};

/* What it inherits; all stay the caller's. */
struct shimproc_fds {
	int filter;
	int lock;  /* of the slot */
	int alive; /* for the janitor, or -1 */
	int netns; /* one to use, or -1; plan->netns says which */
};

MUST_USE enum lerr_code shimproc_start(struct shimproc *out, const char *path,
				       const struct plan *plan,
				       const struct shimproc_fds *fds, struct lerr *err);

#endif
