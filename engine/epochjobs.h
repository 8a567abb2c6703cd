/* SPDX-License-Identifier: MIT */
/*
 * In an epoch that is not the first one: before a job of earlier times is acted on, our
 * own 5101 for it is looked for on relays. What has one is closed without another.
 */
#ifndef LOOM_ENGINE_EPOCHJOBS_H
#define LOOM_ENGINE_EPOCHJOBS_H

#include "lib/ipc/ipcbridge.h"

#include <stdbool.h>
#include <stdint.h>

struct dbjob;
struct engine;
struct epochjobs;

struct epochjobs_ops {
	/* A number for a look. */
	uint64_t (*number)(struct engine *e);
	/* epochjobs_clear() has come to its end. */
	void (*cleared)(struct engine *e);
	/* This one has no answer: judge it. In a transaction. */
	void (*judge)(struct engine *e, struct dbjob *j);
};

struct epochjobs *epochjobs_new(struct engine *e, const struct epochjobs_ops *ops);
void epochjobs_free(struct epochjobs *x);

/* Look for what was made before that unix time. */
void epochjobs_set_until(struct epochjobs *x, uint64_t until_s);
/* Look for all open jobs that were judged already. */
void epochjobs_clear(struct epochjobs *x);
/* Must this RECEIVED job wait until it was looked for? That is then done. */
bool epochjobs_holds(struct epochjobs *x, const struct dbjob *j);

/* From the bridge; found NULL: refused. Other numbers are ignored. */
void epochjobs_found(struct epochjobs *x, uint64_t n,
		     const struct ipcbridge_found *found);
void epochjobs_bridge_down(struct epochjobs *x);
/* Once a second. */
void epochjobs_tick(struct epochjobs *x, uint64_t mono_ms);

#endif
