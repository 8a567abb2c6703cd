/* SPDX-License-Identifier: MIT */
/*
 * What the parts of loom-engine share. One process, one thread, one loop, one writer of
 * the ledger. Parts find each other here; none keeps a pointer into another's memory:
 * a job is a seq (or an id), loaded from the ledger when it is needed.
 *
 * Floors, from the top: main; effects (what follows from a move of a job); intake, api,
 * admin; admit, cancel, runs, software; money (a room of its own, money/money.h); report,
 * queue, collect; outbox, advertise, blobs; epoch (may anything be done at all?); jobs
 * (the mover), access, budget; keylink, bridgelink; turn, clockwatch. Calls go
 * downwards; what must go up goes through the table of effects or a callback.
 */
#ifndef LOOM_ENGINE_ENGINE_H
#define LOOM_ENGINE_ENGINE_H

#include "lib/base/id32.h"
#include "lib/proto/jobfsm.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct access;
struct admin;
struct advertise;
struct api;
struct bridgelink;
struct budget;
struct clockwatch;
struct conf;
struct db;
struct dbjob;
struct epoch;
struct intake;
struct keylink;
struct money;
struct outbox;
struct report;
struct runs;
struct software;
struct turn;

struct engine {
	uv_loop_t *loop;
	const struct conf *conf;
	struct db *db;
	/* the worker's key; nothing is done for jobs before it is known */
	struct id32 worker;
	bool has_worker;
	uint64_t started_at_s;
	uint64_t counts[JOB_STATES]; /* open jobs by state; jobs.c keeps them */

	struct turn *turn;
	struct clockwatch *clock;
	struct access *access;
	struct budget *budget;
	struct keylink *keys;
	struct money *money;
	struct bridgelink *bridge;
	struct epoch *epoch;
	struct outbox *outbox;
	struct report *report;
	struct advertise *advertise;
	struct runs *runs;
	struct software *software;
	struct intake *intake;
	struct api *api;
	struct admin *admin;
	/* what follows from a move, by enum job_effect; in the transaction of the move */
	void (*const *effects)(struct engine *e, struct dbjob *j);
};

#endif
