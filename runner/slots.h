/* SPDX-License-Identifier: MIT */
/*
 * The slots of the runner and the shims in them. A free slot has a shim that waits in a
 * finished sandbox (as far as CAP_WARM_SLOTS allows); a job that finds none waits for
 * one that is started for it. A shim serves one job and is replaced. A slot has a name
 * of its own, a user id when the runner is root, control groups, and a lock that every
 * shim of it holds, so that two runners, or two lives of one, never share it.
 */
#ifndef LOOM_RUNNER_SLOTS_H
#define LOOM_RUNNER_SLOTS_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"
#include "runner/spool.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots;

/* What the runner wants to know; called from slots_handle() and slots_tick(). */
struct slots_events {
	void *ctx;
	void (*running)(void *ctx, const struct id32 *job, uint64_t started_ms);
	/* the shim has written its status */
	void (*ended)(void *ctx, const struct id32 *job);
	/* the shim is gone and did not say how it ended: look into the spool */
	void (*silent)(void *ctx, const struct id32 *job);
	/* no sandbox can be built: why, for people */
	void (*cannot)(void *ctx, const char *why);
};

struct slots_setup {
	const struct plan *plan; /* copied */
	const char *shim;        /* path of loom-shim; borrowed, like all that follow */
	int filter_fd;           /* for jobs */
	int alive_fd;            /* for the janitor, or -1 */
	const struct spool *spool;
	size_t n;
	uint64_t uid_first; /* when plan.root */
};

/* A job that is to be started; the descriptors stay the caller's. */
struct slots_job {
	struct id32 id;
	struct plan_job words;
	int folder;
	int words_fd;
	int stdin_fd; /* -1 without */
};

struct slots *slots_new(const struct slots_setup *setup, const struct slots_events *ev);
/* Let go: shims without a job end, the others work on by themselves. Waits a moment for
 * the former; true when no shim at all is left. */
bool slots_free(struct slots *s);

/* Take the lock in the job's folder and hand the job to a shim. LERR_TEMP: no slot is
 * free, or none can be made now. */
MUST_USE enum lerr_code slots_start(struct slots *s, size_t *slot,
				    const struct slots_job *job, struct lerr *err);
/* Watch the shim of an earlier runner. LERR_GONE: it has ended. */
MUST_USE enum lerr_code slots_adopt(struct slots *s, const struct id32 *job,
				    const struct spool_holder *h, struct lerr *err);
/* Ask the job's shim to end it. False when it has no shim. */
bool slots_stop(struct slots *s, const struct id32 *job);
/* While something that a dead shim left is being cleaned up, nobody may use its slot. */
void slots_block(struct slots *s, const char *slot, bool blocked);
/* From now on sandboxes have no network. */
void slots_forgo_network(struct slots *s);
size_t slots_count(const struct slots *s);
/* What the log calls it: "u62000", or "s0" without root. */
const char *slots_name(const struct slots *s, size_t slot);

/* For the poll loop. fill: at most slots_npolls() entries. */
size_t slots_npolls(const struct slots *s);
size_t slots_fill(const struct slots *s, struct pollfd *p);
void slots_handle(struct slots *s, const struct pollfd *p, size_t n);
/* Start, replace and retry what is due; next_ms: when to call again, at the latest. */
void slots_tick(struct slots *s, uint64_t now_ms, uint64_t *next_ms);

#endif
