/* SPDX-License-Identifier: MIT */
/* The shim's own view of the file system, with the job's folder in it. */
#ifndef LOOM_RUNNER_SBMOUNT_H
#define LOOM_RUNNER_SBMOUNT_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

/*
 * Leave the mount namespace that others see (without root: the user namespace too) and
 * mount SANDBOX/mnt, a tmpfs with the job's limits, and loom-init on SANDBOX/init.
 * Nothing of it outlives the process and its children.
 */
MUST_USE enum lerr_code sbmount_enter(const struct plan *p, struct lerr *err);
/* Make job/ and shm/ in it, as the user of the job: for the child before exec. */
MUST_USE enum lerr_code sbmount_make_folders(const struct plan *p, struct lerr *err);

#endif
