/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runrecon.h"

#include "engine/engine.h"
#include "engine/runline.h"
#include "engine/runnews.h"
#include "engine/runs.h"
#include "engine/runsync.h"
#include "lib/base/clock.h"
#include "lib/store/dbjob.h"

#include <string.h>

static void reconcile_one(struct runs *r, struct dbjob *j,
			  const struct ipcrun_list_is *list)
{
	struct run *run = runtab_find(&r->tab, &j->id);
	struct ipcrun_running is = {.job = j->id, .started_ms = clock_wall_ms()};
	bool waiting = run && run->phase == RUN_SECRETS;

	if (!run)
		(void)runtab_add(&r->tab, j->seq, &j->id, RUN_SENT,
				 RUNLINE_START_PATIENCE_MS);
	switch (runsync_decide(j, waiting, list)) {
	case RUNSYNC_NOTHING:
		break;
	case RUNSYNC_RESULT:
		runnews_ended(r, &j->id);
		return;
	case RUNSYNC_RUNNING:
		runnews_running(r, &is);
		break;
	case RUNSYNC_AGAIN:
		runnews_again(r, j, "the start was lost");
		return;
	case RUNSYNC_LOST:
		runnews_failed(r, j, OUTCOME_FAULT_BACKEND, STR_LIT(""));
		return;
	case RUNSYNC_REBOOT:
		runnews_failed(r, j, OUTCOME_FAULT_RESTART, STR_LIT(""));
		return;
	}
	if (j->cancel_at)
		runs_stop(r, j);
}

static void reconcile_state(struct runs *r, enum job_state state,
			    const struct ipcrun_list_is *list)
{
	struct dbjob j = {0};

	while (dbjob_first(r->e->db, &j, state, j.seq))
		reconcile_one(r, &j, list);
}

/* What the spool holds and the ledger does not want. */
static void sweep_spool(struct runs *r, const struct ipcrun_list_is *list)
{
	for (size_t i = 0; i < list->jobs.n && i < list->states.n; i++) {
		struct id32 id;
		struct dbjob j;
		struct run *run;

		if (!id32_parse(&id, str_of(list->jobs.v[i])) || runnews_load(r, &j, &id))
			continue;
		run = runtab_find(&r->tab, &id);
		if (run && run->job == 0)
			continue;
		if (strcmp(list->states.v[i], "ended") == 0)
			runline_ask_about(r, RUNLINE_FORGET, 0, &id);
		else
			runline_ask_about(r, RUNLINE_STOP, 0, &id);
	}
}

void runrecon_list(struct runs *r, const struct ipcrun_list_is *list)
{
	bool first = !r->ready;

	r->ready = true;
	/* running first: a PREPARING job that turns out to run is not seen twice */
	reconcile_state(r, JOB_RUNNING, list);
	reconcile_state(r, JOB_PREPARING, list);
	sweep_spool(r, list);
	if (first)
		r->ops->on_ready(r->e);
}
