/* SPDX-License-Identifier: MIT */
/*
 * The probe of loom-runner: a real job through the real path. What it answers goes into
 * the advertisement, so it says what is enforced and by what, and admits what is not.
 */
#include "config.h"

#include "runner/probe.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "runner/cgroup.h"
#include "runner/ending.h"
#include "runner/reason.h"
#include "runner/runner.h"
#include "runner/start.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 10000, WAIT_MS = 10000, RETRY_MS = 20 };

static void answer(struct runner *r, const struct server_asker *to)
{
	struct probe *p = &r->probe;
	bool usable = p->state == PROBE_GOOD;
	struct ipcrun_probe_is is = {
		.spool = r->spool.id,
		.usable = usable,
		.slots = slots_count(r->slots),
	};
	/* the wire has char *; none of these is changed */
	char backend[32];
	char isolation[65];
	char limits[16];
	char network[16];

	(void)snprintf(backend, sizeof(backend), "%s", r->be->name);
	(void)snprintf(isolation, sizeof(isolation), "%s",
		       r->plan.root ? r->be->isolation : r->be->isolation_rootless);
	(void)snprintf(limits, sizeof(limits), "%s", cgroup_word(r->plan.places));
	(void)snprintf(network, sizeof(network), "%s",
		       r->plan.outbound ? "outbound" : "none");
	is.backend = backend;
	is.isolation = isolation;
	is.limits = limits;
	is.network = network;
	is.why = usable ? r->network_why : p->why;
	server_answer(r->server, to, IPCRUN_PROBE_IS, &is, NULL, 0);
}

static void conclude(struct runner *r, bool good, const char *why)
{
	struct probe *p = &r->probe;

	p->state = good ? PROBE_GOOD : PROBE_BAD;
	record_clean_text(p->why, sizeof(p->why), str_of(why));
	log_event(good ? LOG_INFO : LOG_WARN, "probe.done",
		  "usable=%d limits=%s network=%s why=%s", good,
		  cgroup_word(r->plan.places), r->plan.outbound ? "outbound" : "none",
		  log_text(str_of(good ? r->network_why : why)).c);
	for (size_t i = 0; i < p->nwaiting; i++)
		answer(r, &p->waiting[i]);
	p->nwaiting = 0;
}

void probe_start(struct runner *r)
{
	struct probe *p = &r->probe;

	if (p->state == PROBE_RUNNING || p->state == PROBE_WAITING || p->never)
		return;
	p->state = PROBE_WAITING;
	p->until_ms = clock_mono_ms() + WAIT_MS;
}

/* A job of an earlier runner that runs is as good as a probe. */
static bool anything_runs(const struct runner *r)
{
	for (size_t i = 0; i < r->jobs.n; i++)
		if (r->jobs.v[i].state == JOBS_RUNNING)
			return true;
	return false;
}

static enum lerr_code start_probe(struct runner *r, struct lerr *err)
{
	struct probe *p = &r->probe;
	struct ipcrun_start req = {.limit_ms = LIMIT_MS};
	size_t slot;
	enum lerr_code rc;

	rng_fill(p->job.b, sizeof(p->job.b));
	req.job = p->job;
	ipc_texts_add(&req.argv, STR_LIT("/usr/bin/true"));
	rc = start_job(r, &slot, &req, -1, true, err);
	ipc_texts_wipe(&req.argv);
	return rc;
}

void probe_tick(struct runner *r, uint64_t now_ms, uint64_t *next_ms)
{
	struct probe *p = &r->probe;
	struct lerr err = {0};

	if (p->state != PROBE_WAITING)
		return;
	if (anything_runs(r)) {
		conclude(r, true, "");
	} else if (start_probe(r, &err) == LERR_OK) {
		p->state = PROBE_RUNNING;
	} else if (now_ms >= p->until_ms) {
		conclude(r, false, err.msg);
	} else if (now_ms + RETRY_MS < *next_ms) {
		/* slots of the last runner may still be on their way out */
		*next_ms = now_ms + RETRY_MS;
	}
}

/* Without a way out a worker is still of use: say so, and try again without. */
static void forgo_network(struct runner *r, const char *why)
{
	char text[2 * CAP_REASON_BYTES];

	(void)snprintf(text, sizeof(text), "NETWORK=outbound does not work: %s", why);
	record_clean_text(r->network_why, sizeof(r->network_why), str_of(text));
	r->plan.outbound = 0;
	slots_forgo_network(r->slots);
	r->probe.state = PROBE_NEEDED;
	probe_start(r);
}

void probe_ended(struct runner *r)
{
	struct probe *p = &r->probe;
	struct spool_status st = {.reason = "lost"};
	char why[sizeof(st.text) + 64];
	auto_fd int folder = -1;
	bool good;

	if (spool_open_job(&r->spool, &folder, &p->job, NULL) == LERR_OK)
		ending_read(folder, &st);
	good = strcmp(st.reason, reason_word(REASON_EXIT)) == 0 && st.exit_code == 0;
	(void)snprintf(why, sizeof(why), "the probe job: %s: %s", st.reason, st.text);
	if (!good && r->plan.outbound)
		forgo_network(r, why);
	else
		conclude(r, good, good ? "" : why);
}

void probe_doubt(struct runner *r)
{
	if (r->probe.state == PROBE_GOOD)
		r->probe.state = PROBE_NEEDED;
}

enum lerr_code probe_ask(struct runner *r, const struct server_asker *from,
			 struct lerr *err)
{
	struct probe *p = &r->probe;

	if (p->nwaiting == CAP_IPC_CLIENTS)
		return lerr_set(err, LERR_TEMP, 0, "a probe is running");
	if (p->state == PROBE_GOOD || p->never) {
		answer(r, from);
		return LERR_OK;
	}
	p->waiting[p->nwaiting++] = *from;
	probe_start(r);
	return LERR_OK;
}

enum lerr_code probe_check(const struct runner *r, struct lerr *err)
{
	switch (r->probe.state) {
	case PROBE_GOOD:
	case PROBE_NEEDED:
		return LERR_OK;
	case PROBE_WAITING:
	case PROBE_RUNNING:
		return lerr_set(err, LERR_TEMP, 0, "the probe is still running");
	case PROBE_BAD:
		break;
	}
	return lerr_set(err, LERR_TEMP, 0, "no job can run: %.140s", r->probe.why);
}
