/* SPDX-License-Identifier: MIT */
/*
 * Control groups of one slot: limits, usage, and the broom. A slot keeps
 * its groups from job to job; counters are read as differences.
 */
#ifndef LOOM_RUNNER_CGROUP_H
#define LOOM_RUNNER_CGROUP_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* "cgroup2" or "cgroup1" when memory and processes are limited, else "weak". */
const char *cgroup_word(const struct plan_place places[PLAN_CGROUPS]);
/* The pieces that cgdetect.c tries: one group in one place, and what it is for. */
bool cgroup_make_one(const struct plan_place *at, const char *group);
bool cgroup_limit(const struct plan_place *at, const struct plan *p,
		  enum plan_cgroup what);
/* Did an earlier purpose name the same folder? */
bool cgroup_is_repeated(const struct plan_place places[PLAN_CGROUPS], size_t i);

/* Make the groups of a slot, with the limits of the plan. They may be there already. */
MUST_USE enum lerr_code cgroup_make(const struct plan *p, struct lerr *err);
/* Put the calling process into all of them. */
MUST_USE enum lerr_code cgroup_join(const struct plan *p, struct lerr *err);

/* SIGKILL to everything inside; nothing when there are no groups. */
void cgroup_kill(const struct plan_place places[PLAN_CGROUPS], const char *slot);
/* Is anything alive in them? False when there are no groups. */
bool cgroup_is_populated(const struct plan_place places[PLAN_CGROUPS], const char *slot);

struct cgroup_usage {
	uint64_t cpu_us;
	uint64_t oom_kills;
	uint64_t mem_peak_bytes;
};

/* Counters of now; 0 where nothing counts. */
void cgroup_read(struct cgroup_usage *out, const struct plan *p);
/* Start the peak of memory anew, where the kernel can. */
void cgroup_reset_peak(const struct plan *p);

#endif
