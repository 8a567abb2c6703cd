/* SPDX-License-Identifier: MIT */
/* The one function that moves a job, and how its end is fixed. */
#ifndef LOOM_ENGINE_JOBS_H
#define LOOM_ENGINE_JOBS_H

#include "lib/base/str.h"
#include "lib/proto/jobfsm.h"
#include "lib/proto/outcome.h"

struct dbjob;
struct engine;

/* Count the open jobs; at start. */
void jobs_load_counts(struct engine *e);
/* A new job has been inserted: count and log it. */
void jobs_added(struct engine *e, const struct dbjob *j);

/*
 * Move *j by an event: look the cell up, compare-and-set, log, count, run the effect.
 * All of it in the present transaction. The cell must exist (the caller has looked at
 * the state); a stored state other than *j's panics, there is one writer.
 */
void jobs_move(struct engine *e, struct dbjob *j, enum job_event event, struct str text);

/* Fix how it ends, before the move that leads there. text may be empty. The first word
 * stays: a later one is ignored. */
void jobs_set_outcome(struct engine *e, struct dbjob *j, enum outcome outcome,
		      struct str text);
/* OUTCOME_FAULT_RESTART when none was fixed. */
enum outcome jobs_outcome(const struct dbjob *j);
/* Seconds that it ran, rounded up, at most its limit: at least 1 once it was executed,
 * else 0. */
uint64_t jobs_duration_s(const struct dbjob *j);

#endif
