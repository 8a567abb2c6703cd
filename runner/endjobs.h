/* SPDX-License-Identifier: MIT */
/* loom-runner --end-jobs: before a machine or a demo is shut down. */
#ifndef LOOM_RUNNER_ENDJOBS_H
#define LOOM_RUNNER_ENDJOBS_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdint.h>

/* Ask the runner at path to stop every job, and wait until all have ended. LERR_TEMP:
 * no runner, or some are alive still after timeout_ms. */
MUST_USE enum lerr_code endjobs_run(const char *path, uint64_t timeout_ms,
				    struct lerr *err);

#endif
