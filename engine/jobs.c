/* SPDX-License-Identifier: MIT */
/*
 * The mover. Nothing else changes jobs.state; the tables of lib/proto/jobfsm.c say what
 * may follow on what. Called by everything that learns something about a job; calls the
 * effects through engine->effects. Never sends anything itself.
 */
#include "config.h"

#include "engine/jobs.h"

#include "engine/engine.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"

#include <stdio.h>

static const char *const events[JOB_STATES] = {
	[JOB_NONE] = "job.none",
	[JOB_RECEIVED] = "job.received",
	[JOB_CLAIMING] = "job.claiming",
	[JOB_QUEUED] = "job.queued",
	[JOB_PREPARING] = "job.preparing",
	[JOB_RUNNING] = "job.running",
	[JOB_COLLECTING] = "job.collecting",
	[JOB_SETTLING] = "job.settling",
	[JOB_REPORTING] = "job.reporting",
	[JOB_DONE] = "job.done",
};

void jobs_load_counts(struct engine *e)
{
	for (size_t s = JOB_RECEIVED; s < JOB_DONE; s++)
		e->counts[s] = dbjob_count(e->db, (enum job_state)s);
}

void jobs_added(struct engine *e, const struct dbjob *j)
{
	e->counts[j->state]++;
	log_event(LOG_INFO, events[j->state], "job=%s customer=%s", id32_short(&j->id).c,
		  id32_short(&j->customer).c);
}

static void count(struct engine *e, enum job_state from, enum job_state to)
{
	INVARIANT(e->counts[from] > 0);
	e->counts[from]--;
	if (to != JOB_DONE)
		e->counts[to]++;
}

void jobs_move(struct engine *e, struct dbjob *j, enum job_event event, struct str text)
{
	enum job_state from = j->state;
	struct job_step step = jobfsm_step(from, event);
	uint64_t now = clock_wall_ms();

	if (step.next == JOB_NONE)
		panic("job %s: no %s in state %s", id32_short(&j->id).c,
		      jobfsm_event_name(event), jobfsm_state_name(from));
	if (!dbjob_move(e->db, j, step.next, now, event, text))
		panic("job %s is not in state %s", id32_short(&j->id).c,
		      jobfsm_state_name(from));
	count(e, from, step.next);
	log_event(LOG_INFO, events[step.next], "job=%s by=%s reason=%s",
		  id32_short(&j->id).c, jobfsm_event_name(event),
		  j->reason[0] ? j->reason : "-");
	if (e->effects[step.effect])
		e->effects[step.effect](e, j);
}

void jobs_set_outcome(struct engine *e, struct dbjob *j, enum outcome outcome,
		      struct str text)
{
	if (j->reason[0])
		return;
	str_copy(j->reason, sizeof(j->reason), str_of(outcome_table[outcome].code));
	str_copy(j->error, sizeof(j->error), text);
	dbjob_set_reason(e->db, j);
}

enum outcome jobs_outcome(const struct dbjob *j)
{
	enum outcome found = OUTCOME_FAULT_RESTART;

	(void)outcome_find(&found, str_of(j->reason));
	return found;
}

uint64_t jobs_duration_s(const struct dbjob *j)
{
	uint64_t s = j->wall_ms / 1000 + (j->wall_ms % 1000 != 0);

	if (!j->started_at)
		return 0;
	/* the seconds between the limit and the death are ours */
	if (s > j->limit_s && j->limit_s)
		s = j->limit_s;
	return s ? s : 1;
}
