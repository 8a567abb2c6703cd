/* SPDX-License-Identifier: MIT */
/* Starting bubblewrap with loom-init inside. */
#ifndef LOOM_RUNNER_SBSPAWN_H
#define LOOM_RUNNER_SBSPAWN_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

#include <sys/types.h>

/* All descriptors are the caller's, close-on-exec and non-blocking. */
struct sbspawn {
	pid_t bwrap; /* our child */
	int init;    /* socket to loom-init; its messages come with credentials */
	int in;
	int out;
	int err;
};

/*
 * In the mount and network namespaces of the caller, which must be the sandbox's own.
 * The child enters the groups of the slot and gives up root before it becomes
 * bubblewrap. What goes wrong then is told in words on err, and by the end of init.
 */
MUST_USE enum lerr_code sbspawn_start(struct sbspawn *out, const struct plan *p,
				      struct lerr *err);

#endif
