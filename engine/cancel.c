/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/cancel.h"

#include "engine/access.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/jobs.h"
#include "engine/runs.h"
#include "engine/turn.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/dbids.h"
#include "lib/store/dbjob.h"

static void stop_after_commit(void *ctx, uint64_t seq)
{
	struct engine *e = ctx;
	struct dbjob j;

	if (dbjob_get_seq(e->db, &j, seq) && jobfsm_holds_slot(j.state))
		runs_stop(e->runs, &j);
}

static enum admit_verdict cancel_job(struct engine *e, struct dbjob *j)
{
	if (j->cancel_at || j->state >= JOB_COLLECTING)
		return ADMIT_DUPLICATE;
	if (!epoch_is_open(e->epoch) && j->state > JOB_RECEIVED)
		return ADMIT_LATER;
	j->cancel_at = clock_wall_ms();
	dbjob_set_cancel(e->db, j);
	dbjob_note(e->db, j, j->cancel_at, "cancel", STR_LIT("asked by the customer"));
	log_event(LOG_INFO, "job.cancel", "job=%s", id32_short(&j->id).c);
	if (j->state == JOB_QUEUED) {
		jobs_set_outcome(e, j, OUTCOME_CANCELLED, STR_LIT(""));
		jobs_move(e, j, JEV_DROP, STR_LIT("cancelled"));
	} else if (jobfsm_holds_slot(j->state)) {
		/* whether it ran is the runner's verdict */
		turn_after(e->turn, stop_after_commit, e, j->seq);
	}
	return ADMIT_STORED;
}

enum admit_verdict cancel_request(struct engine *e, const struct nevent *ev)
{
	struct id32 id;
	struct id32 p;
	struct dbjob j;

	if (!nevent_tag_id32(ev, "e", &id))
		return ADMIT_IGNORED;
	if (nevent_count_tags(ev, "p") &&
	    (!nevent_tag_id32(ev, "p", &p) || !id32_eq(&p, &e->worker)))
		return ADMIT_IGNORED;
	if (!dbjob_get(e->db, &j, &id)) {
		/* whose job would be refused anyway need not be remembered */
		if (!access_check(e->access, &ev->pubkey).allowed)
			return ADMIT_IGNORED;
		dbids_remember_cancel(e->db, &id, &ev->pubkey, clock_wall_ms());
		return ADMIT_STORED;
	}
	if (!id32_eq(&j.customer, &ev->pubkey))
		return ADMIT_IGNORED;
	return cancel_job(e, &j);
}
