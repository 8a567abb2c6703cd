/* SPDX-License-Identifier: MIT */
/*
 * From files to states. The lock decides whether a shim lives, the status whether the
 * job is over, the verdict whether it ever ran: in this order, never by a pid. All of
 * it may be repeated after a crash at any point.
 */
#include "config.h"

#include "runner/recover.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/proc.h"
#include "runner/ending.h"
#include "runner/reason.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 20 };

/* ---- notices */

void recover_running(struct runner *r, struct jobs_item *job, uint64_t started_ms)
{
	struct ipcrun_running notice = {.job = job->id, .started_ms = started_ms};

	if (job->state != JOBS_STARTING)
		return;
	job->state = JOBS_RUNNING;
	if (!job->own)
		server_notify(r->server, IPCRUN_RUNNING, &notice);
}

/* A probe is over: the one that we wait for, or one of an earlier runner. */
static void own_ended(struct runner *r, const struct id32 *job)
{
	struct id32 id = *job;

	if (r->probe.state == PROBE_RUNNING && id32_eq(&id, &r->probe.job))
		probe_ended(r);
	if (spool_remove_job(&r->spool, &id, NULL))
		log_event(LOG_WARN, "spool.left", "job=%s", id32_short(&id).c);
	jobs_remove(&r->jobs, &id);
}

void recover_ended(struct runner *r, struct jobs_item *job)
{
	struct ipcrun_ended notice = {.job = job->id};

	if (job->state == JOBS_ENDED)
		return;
	job->state = JOBS_ENDED;
	job->blind = false;
	log_event(LOG_INFO, "job.ended", "job=%s", id32_short(&job->id).c);
	if (job->own)
		own_ended(r, &job->id);
	else
		server_notify(r->server, IPCRUN_ENDED, &notice);
}

/* ---- reading */

/* What is concluded is written down: the slot belongs to others from now on, and nobody
 * who reads the spool again may clean up after this job again. */
void recover_cleaned(struct runner *r, const struct id32 *id)
{
	auto_fd int folder = -1;
	struct spool_status status;
	struct lerr err = {0};

	/* forgotten meanwhile, as an unkillable one may be */
	if (spool_open_job(&r->spool, &folder, id, NULL))
		return;
	ending_read(folder, &status);
	if (spool_conclude(folder, &status, &err))
		log_event(LOG_WARN, "status.lost", "job=%s errno=%d", id32_short(id).c,
			  err.os_errno);
}

static bool has_status(int folder)
{
	struct spool_status status;

	return spool_read_status(folder, &status, NULL) == LERR_OK;
}

/* ---- one job */

static void look_again(struct runner *r, struct jobs_item *job)
{
	job->blind = true;
	r->look_ms = 0;
}

/* Nobody holds the lock and there is no status: whatever is left must go first. */
static void clean_up(struct runner *r, const struct jobs_item *job, int folder,
		     const struct spool_holder *h)
{
	struct backend_remains remains = {.holder = *h};
	struct proc_boot boot;

	/* two who noticed: what comes second would find the slot in use again */
	if (sweep_has(r->sweep, &job->id))
		return;
	remains.same_boot =
		proc_boot_id(&boot, NULL) == LERR_OK && strcmp(boot.id, h->boot_id) == 0;
	if (spool_read_verdict(folder, &remains.verdict, NULL))
		memset(&remains.verdict, 0, sizeof(remains.verdict));
	log_event(LOG_WARN, "job.lost", "job=%s slot=%s", id32_short(&job->id).c,
		  h->slot);
	slots_block(r->slots, h->slot, true);
	sweep_add(r->sweep, &job->id, &remains, clock_mono_ms());
}

static void settle(struct runner *r, struct jobs_item *job, int folder)
{
	struct spool_holder h;

	if (!has_status(folder) && spool_read_holder(folder, &h, NULL) == LERR_OK)
		clean_up(r, job, folder, &h);
	else
		recover_ended(r, job);
}

void recover_silent(struct runner *r, struct jobs_item *job)
{
	auto_fd int folder = -1;

	if (spool_open_job(&r->spool, &folder, &job->id, NULL)) {
		recover_ended(r, job);
		return;
	}
	/* the process is gone; a copy of the lock may be for one more moment */
	if (spool_is_held(folder))
		look_again(r, job);
	else
		settle(r, job, folder);
}

/* The lock is held: find the shim, and see how far the job is. */
static void watch(struct runner *r, struct jobs_item *job, int folder)
{
	struct spool_started started;
	struct spool_status status;
	struct spool_holder h;

	look_again(r, job);
	/* unkillable: it is over for everybody but its slot, whose lock is held too */
	if (spool_read_status(folder, &status, NULL) == LERR_OK &&
	    strcmp(status.reason, reason_word(REASON_UNKILLABLE)) == 0) {
		recover_ended(r, job);
		return;
	}
	if (spool_read_started(folder, &started, NULL) == LERR_OK)
		recover_running(r, job, started.started_ms);
	if (spool_read_holder(folder, &h, NULL) == LERR_OK &&
	    slots_adopt(r->slots, &job->id, &h, NULL) == LERR_OK &&
	    job->state == JOBS_RUNNING)
		job->blind = false;
}

/* No verdict and nobody who could write one: the start was cut off. */
static bool never_ran(int folder)
{
	struct spool_verdict verdict;

	return spool_read_verdict(folder, &verdict, NULL) == LERR_GONE;
}

/* As if it had never been asked for: the engine finds it missing and starts it again. */
static void forget(struct runner *r, const struct id32 *id, int folder)
{
	struct id32 copy = *id;

	if (has_status(folder) || spool_remove_job(&r->spool, &copy, NULL)) {
		settle(r, jobs_find(&r->jobs, &copy), folder);
		return;
	}
	log_event(LOG_INFO, "job.unstarted", "job=%s", id32_short(&copy).c);
	jobs_remove(&r->jobs, &copy);
}

static void take_in(void *ctx, const struct id32 *id)
{
	struct runner *r = ctx;
	struct jobs_item *job = jobs_add(&r->jobs, id, JOBS_STARTING);
	auto_fd int folder = -1;

	if (!job || spool_open_job(&r->spool, &folder, id, NULL))
		return;
	job->own = spool_is_own(folder);
	if (spool_is_held(folder))
		watch(r, job, folder);
	else if (never_ran(folder))
		forget(r, id, folder);
	else
		settle(r, job, folder);
}

enum lerr_code recover_all(struct runner *r, struct lerr *err)
{
	size_t found = 0;
	enum lerr_code rc = spool_each_job(&r->spool, take_in, r, &found, err);

	if (!rc && found > CAP_SPOOL_JOBS)
		log_event(LOG_WARN, "spool.full", "jobs=%zu", found);
	if (!rc && found)
		log_event(LOG_INFO, "spool.found", "jobs=%zu", found);
	return rc;
}

/* ---- jobs whose shim is another runner's child */

static void look(struct runner *r, struct jobs_item *job)
{
	struct spool_started started;
	auto_fd int folder = -1;

	if (spool_open_job(&r->spool, &folder, &job->id, NULL)) {
		recover_ended(r, job);
		return;
	}
	if (!spool_is_held(folder)) {
		job->blind = false;
		settle(r, job, folder);
		return;
	}
	if (job->state == JOBS_STARTING &&
	    spool_read_started(folder, &started, NULL) == LERR_OK)
		recover_running(r, job, started.started_ms);
}

void recover_tick(struct runner *r, uint64_t now_ms, uint64_t *next_ms)
{
	bool any = false;

	if (r->look_ms > now_ms) {
		if (r->look_ms < *next_ms)
			*next_ms = r->look_ms;
		return;
	}
	for (size_t i = 0; i < r->jobs.n; i++) {
		struct jobs_item *job = &r->jobs.v[i];

		/* one that is cleaned up already is the sweep's */
		if (!job->blind || sweep_has(r->sweep, &job->id))
			continue;
		look(r, job);
		any = any || job->blind;
	}
	r->look_ms = any ? now_ms + LOOK_MS : UINT64_MAX;
	if (r->look_ms < *next_ms)
		*next_ms = r->look_ms;
}
