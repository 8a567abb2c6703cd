/* SPDX-License-Identifier: MIT */
/*
 * What loom-runner tells of a job, and what follows from it in the ledger. Called by
 * runs.c for messages and by runrecon.c for what a list shows. Each makes its own moves,
 * outside of any transaction of the caller's.
 */
#ifndef LOOM_ENGINE_RUNNEWS_H
#define LOOM_ENGINE_RUNNEWS_H

#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcrun.h"
#include "lib/proto/outcome.h"

#include <stdbool.h>
#include <stdint.h>

struct dbjob;
struct ipcsock_fds;
struct runs;

/* A job that holds a slot; false for any other id. */
bool runnews_load(struct runs *r, struct dbjob *j, const struct id32 *id);
/* It never started and never will. */
void runnews_failed(struct runs *r, struct dbjob *j, enum outcome outcome,
		    struct str text);
/* It was cancelled, and the runner has never seen it. */
void runnews_cancelled(struct runs *r, struct dbjob *j);
/* It did not start: back to the queue, or failed after CAP_START_ATTEMPTS. */
void runnews_again(struct runs *r, struct dbjob *j, const char *why);
void runnews_running(struct runs *r, const struct ipcrun_running *is);
/* The notice: the result is asked for. */
void runnews_ended(struct runs *r, const struct id32 *id);
void runnews_result(struct runs *r, const struct ipcrun_result_is *is,
		    struct ipcsock_fds *fds);
void runnews_verdict(struct runs *r, const struct ipcrun_verdict_is *is);
/* An error in answer to a start; seq 0: of our own probe. */
void runnews_refused(struct runs *r, uint64_t seq, const struct lerr *err);

#endif
