/* SPDX-License-Identifier: MIT */
/* The requests of runner.sock, as a table for the server. */
#ifndef LOOM_RUNNER_VERBS_H
#define LOOM_RUNNER_VERBS_H

#include "runner/runner.h"

/* ctx of each is the struct runner. */
extern const server_verb verbs_table[IPCRUN_TYPES];

/* Put a job into the spool and hand it to a shim. stdin_fd is -1 without. own: a probe
 * of ours. LERR_STATE: the id is there already; LERR_TEMP: no slot. */
MUST_USE enum lerr_code verbs_start_job(struct runner *r, size_t *slot,
					const struct ipcrun_start *req, int stdin_fd,
					bool own, struct lerr *err);

#endif
