/* SPDX-License-Identifier: MIT */
/* A job gets its folder in the spool, and a shim. */
#ifndef LOOM_RUNNER_START_H
#define LOOM_RUNNER_START_H

#include "runner/runner.h"

/* Put a job into the spool and hand it to a shim. stdin_fd is -1 without. own: a probe
 * of ours. LERR_STATE: the id is there already; LERR_TEMP: no slot. */
MUST_USE enum lerr_code start_job(struct runner *r, size_t *slot,
				  const struct ipcrun_start *req, int stdin_fd, bool own,
				  struct lerr *err);

#endif
