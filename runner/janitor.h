/* SPDX-License-Identifier: MIT */
/* Finds control groups, and removes them when the last one who needs them has gone. */
#ifndef LOOM_RUNNER_JANITOR_H
#define LOOM_RUNNER_JANITOR_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

#include <stdbool.h>
#include <sys/types.h>

struct janitor {
	int alive; /* a pipe; the janitor works when every copy of it is closed, so the
		    * runner keeps one and hands one to each shim; -1: no groups */
	pid_t pid;
};

/*
 * cgdetect_find() with name, and a janitor if anything was found. spool: its folder, for
 * a lock that keeps the janitor of the last runner from working at the same time.
 */
MUST_USE enum lerr_code janitor_start(struct janitor *out,
				      struct plan_place places[PLAN_CGROUPS],
				      const char *name, int spool, struct lerr *err);
/* Close our copy. With nobody else left, wait until the work is done. */
void janitor_release(struct janitor *j, bool alone);

#endif
