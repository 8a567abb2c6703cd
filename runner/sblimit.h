/* SPDX-License-Identifier: MIT */
/* Resource limits (setrlimit) of a job: always there, and all there is without groups. */
#ifndef LOOM_RUNNER_SBLIMIT_H
#define LOOM_RUNNER_SBLIMIT_H

#include "runner/initmsg.h"
#include "runner/plan.h"

/* Fill o->limits. Memory and processes are limited here as well where no control group
 * does it: per process, and per user, which is weaker. */
void sblimit_fill(struct initmsg_order *o, const struct plan *p);

#endif
