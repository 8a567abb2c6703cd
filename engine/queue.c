/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/queue.h"

#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/runs.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/store/dbjob.h"

enum { EXPIRED_AT_ONCE = 64 };

void queue_pump(struct engine *e)
{
	uint64_t n = runs_free_slots(e->runs);
	struct dbjob j = {0};

	for (; n > 0 && e->counts[JOB_QUEUED] > 0; n--) {
		if (!dbjob_first(e->db, &j, JOB_QUEUED, j.seq))
			return;
		jobs_move(e, &j, JEV_START, STR_LIT(""));
	}
}

void queue_expire(struct engine *e)
{
	uint64_t oldest = clock_wall_ms_ago(CAP_QUEUED_MS);
	struct dbjob j = {0};

	if (clockwatch_is_frozen(e->clock))
		return;
	for (size_t n = 0; n < EXPIRED_AT_ONCE && e->counts[JOB_QUEUED] > 0; n++) {
		if (!dbjob_first(e->db, &j, JOB_QUEUED, 0) || j.received_at > oldest)
			return;
		log_event(LOG_WARN, "job.waited", "job=%s", id32_short(&j.id).c);
		jobs_set_outcome(e, &j, OUTCOME_FAULT_HOST,
				 STR_LIT("no slot was free for a day"));
		jobs_move(e, &j, JEV_FAULT, STR_LIT("waited too long"));
	}
}

bool queue_has_room(const struct engine *e)
{
	uint64_t waiting =
		e->counts[JOB_QUEUED] + e->counts[JOB_RECEIVED] + e->counts[JOB_CLAIMING];

	return waiting < conf_uint(e->conf, CONF_QUEUE_MAX) + runs_free_slots(e->runs);
}

uint64_t queue_depth(const struct engine *e)
{
	return e->counts[JOB_QUEUED] + e->counts[JOB_PREPARING] + e->counts[JOB_RUNNING] +
	       e->counts[JOB_COLLECTING];
}
