/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runnews.h"

#include "engine/collect.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/runline.h"
#include "engine/runs.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/store/dbjob.h"

#include <string.h>

enum {
	PROBE_TEXT = 65536,
	RESULT_PATIENCE_MS = 5000, /* before we ask for it again */
};

static void tell_free(struct runs *r)
{
	if (r->ready)
		r->ops->on_free(r->e);
}

void runnews_failed(struct runs *r, struct dbjob *j, enum outcome outcome,
		    struct str text)
{
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_set_outcome(r->e, j, outcome, text);
	jobs_move(r->e, j, JEV_FAULT, text);
	turn_leave(r->e->turn, true);
	tell_free(r);
}

void runnews_cancelled(struct runs *r, struct dbjob *j)
{
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_set_outcome(r->e, j, OUTCOME_CANCELLED, STR_LIT(""));
	jobs_move(r->e, j, JEV_DROP, STR_LIT("cancelled"));
	turn_leave(r->e->turn, true);
	tell_free(r);
}

void runnews_again(struct runs *r, struct dbjob *j, const char *why)
{
	if (j->cancel_at) {
		runnews_cancelled(r, j);
		return;
	}
	if (j->attempts >= CAP_START_ATTEMPTS) {
		runnews_failed(r, j, OUTCOME_FAULT_PREPARE, str_of(why));
		return;
	}
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_move(r->e, j, JEV_VOID, str_of(why));
	turn_leave(r->e->turn, true);
}

bool runnews_load(struct runs *r, struct dbjob *j, const struct id32 *id)
{
	return dbjob_get(r->e->db, j, id) && jobfsm_holds_slot(j->state);
}

void runnews_running(struct runs *r, const struct ipcrun_running *is)
{
	struct run *run = runtab_find(&r->tab, &is->job);
	struct dbjob j;

	if (!run)
		return;
	run->phase = RUN_RUNNING;
	if (!runnews_load(r, &j, &is->job)) {
		run->deadline_ms = clock_mono_ms() + RUNLINE_PROBE_LIMIT_MS +
				   RUNLINE_END_PATIENCE_MS;
		return;
	}
	run->deadline_ms = clock_mono_ms() + j.limit_s * 1000 + RUNLINE_END_PATIENCE_MS;
	if (j.state != JOB_PREPARING)
		return;
	turn_enter(r->e->turn);
	j.started_at = is->started_ms;
	dbjob_set_started(r->e->db, &j);
	jobs_move(r->e, &j, JEV_RUNNING, STR_LIT(""));
	turn_leave(r->e->turn, true);
}

void runnews_ended(struct runs *r, const struct id32 *id)
{
	struct run *run = runtab_find(&r->tab, id);
	struct dbjob j;

	if (run) {
		run->phase = RUN_ENDED;
		run->deadline_ms = clock_mono_ms() + RESULT_PATIENCE_MS;
	}
	if (runnews_load(r, &j, id)) {
		runline_ask_about(r, RUNLINE_RESULT, j.seq, id);
	} else if (run && run->job == 0) {
		runline_ask_about(r, RUNLINE_RESULT, 0, id);
	} else {
		runline_ask_about(r, RUNLINE_FORGET, 0, id);
		runtab_drop(&r->tab, id);
	}
}

static void probe_ended(struct runs *r, const struct id32 *probe, struct ipcsock_fds *fds)
{
	/* the list is about to lose the entry that holds it */
	struct id32 id = *probe;
	void (*done)(struct engine *, const struct str *) = r->probe_done;
	auto_buf struct buf text = BUF_INIT(PROBE_TEXT);
	struct str s;
	bool good = fds && fds->n > 0 && !fdio_read_handed(fds->fd[0], &text, NULL);

	runtab_drop(&r->tab, &id);
	r->probe_done = NULL;
	if (good)
		s = buf_str(&text);
	if (done)
		done(r->e, good ? &s : NULL);
}

void runnews_result(struct runs *r, const struct ipcrun_result_is *is,
		    struct ipcsock_fds *fds)
{
	struct run *run = runtab_find(&r->tab, &is->job);
	struct dbjob j;

	if (run && run->job == 0) {
		probe_ended(r, &is->job, fds);
		runline_ask_about(r, RUNLINE_FORGET, 0, &is->job);
		tell_free(r);
		return;
	}
	if (!runnews_load(r, &j, &is->job))
		return;
	runtab_drop(&r->tab, &is->job);
	turn_enter(r->e->turn);
	collect_result(r->e, &j, is, fds);
	turn_leave(r->e->turn, true);
	tell_free(r);
}

void runnews_verdict(struct runs *r, const struct ipcrun_verdict_is *is)
{
	struct dbjob j;

	if (strcmp(is->verdict, "void") != 0 || !runnews_load(r, &j, &is->job))
		return;
	runline_ask_about(r, RUNLINE_FORGET, j.seq, &is->job);
	if (j.state == JOB_PREPARING)
		runnews_again(r, &j, "never started");
}

void runnews_refused(struct runs *r, uint64_t seq, const struct lerr *err)
{
	struct dbjob j;

	if (seq == 0) {
		struct run *probe = runtab_find_probe(&r->tab);

		if (probe)
			probe_ended(r, &probe->id, NULL);
		return;
	}
	if (!dbjob_get_seq(r->e->db, &j, seq) || j.state != JOB_PREPARING)
		return;
	/* not now: back to the queue; INPUT and LIMIT are the customer's mistakes */
	log_event(err->code == LERR_TEMP || err->code == LERR_INPUT ||
				  err->code == LERR_LIMIT
			  ? LOG_INFO
			  : LOG_WARN,
		  "runner.refused", "job=%s why=%s", id32_short(&j.id).c,
		  log_text(str_of(err->msg)).c);
	if (err->code == LERR_STATE) /* it is there already: `list` tells the rest */
		(void)runline_ask(r, RUNLINE_LIST, 0, NULL, NULL, 0);
	else if (err->code == LERR_TEMP)
		runnews_again(r, &j, err->msg);
	else if (err->code == LERR_INPUT || err->code == LERR_LIMIT)
		runnews_failed(r, &j, OUTCOME_NOT_EXECUTABLE, str_of(err->msg));
	else
		runnews_failed(r, &j, OUTCOME_FAULT_PREPARE, str_of(err->msg));
}
