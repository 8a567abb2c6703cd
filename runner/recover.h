/* SPDX-License-Identifier: MIT */
/*
 * Reading the spool: at the runner's start, when a shim has gone without a word, and
 * for a result. What a job's folder means is decided here and nowhere else.
 */
#ifndef LOOM_RUNNER_RECOVER_H
#define LOOM_RUNNER_RECOVER_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/runner.h"

/* At the start: take in every job of the spool. */
MUST_USE enum lerr_code recover_all(struct runner *r, struct lerr *err);
/* The shim of a job has gone: it ended, or it is lost and is cleaned up first. */
void recover_silent(struct runner *r, struct jobs_item *job);
/* Look again at jobs whose shim cannot tell us; next_ms: when to call again. */
void recover_tick(struct runner *r, uint64_t now_ms, uint64_t *next_ms);

/* State changes, with the notice to engines. Afterwards job may be gone. */
void recover_running(struct runner *r, struct jobs_item *job, uint64_t started_ms);
void recover_ended(struct runner *r, struct jobs_item *job);
/* Nothing that a lost job has left is there any more: close its entry, before its slot is
 * used again. */
void recover_cleaned(struct runner *r, const struct id32 *id);

#endif
