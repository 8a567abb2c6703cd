/* SPDX-License-Identifier: MIT */
/*
 * The engine's line to loom-runner: jobs in PREPARING and RUNNING. The runner's spool is
 * the truth about what runs; at every connection the two are brought together, and that
 * is the only recovery there is. After a start was sent, cancel and deadlines are
 * requests: the run's own verdict decides.
 */
#ifndef LOOM_ENGINE_RUNS_H
#define LOOM_ENGINE_RUNS_H

#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dbjob;
struct engine;
struct runs;

struct runs_ops {
	/* connected, probed, brought together: jobs may be started */
	void (*on_ready)(struct engine *e);
	/* a slot may be free; outside of any transaction */
	void (*on_free)(struct engine *e);
};

struct runs *runs_new(struct engine *e, const struct runs_ops *ops);
/* Dial. Not before jobs may be acted on: the first list does. */
void runs_begin(struct runs *r);
void runs_free(struct runs *r);

/* What the runner said of itself; NULL while it is away. */
const struct ipcrun_probe_is *runs_backend(const struct runs *r);
/* Slots in all (configuration and runner), and how many are free now; 0 while the runner
 * is away or unusable. */
uint64_t runs_slots(const struct runs *r);
uint64_t runs_free_slots(const struct runs *r);

/* Effect of JEV_START, in its transaction: note the spool; send after the commit. */
void runs_start(struct runs *r, struct dbjob *j);
/* A cancellation is on disk: ask for the end, or end it here when its start has not been
 * sent. After the commit. */
void runs_stop(struct runs *r, struct dbjob *j);
/* The ledger has all of it: let the spool go. After the commit. */
void runs_forget(struct runs *r, const struct dbjob *j);

/* Plaintexts of the secrets of a job that is being started. */
void runs_opened(struct runs *r, struct dbjob *j, const struct ipckey_opened *o,
		 const struct lerr *err);
/* loom-keyd is back: what waited for secrets asks again. */
void runs_keyd_up(struct runs *r);
/* Once a second. */
void runs_tick(struct runs *r, uint64_t mono_ms);

/* Run a program of ours in the sandbox as a job would be, and give its stdout (at most
 * 64 KiB) to done; NULL text when it could not be run. One at a time: false when one is
 * under way or no slot is free. */
bool runs_probe(struct runs *r, const struct str *argv, size_t nargv,
		void (*done)(struct engine *e, const struct str *text));

#endif
