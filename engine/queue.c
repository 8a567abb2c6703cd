/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/queue.h"

#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/runs.h"
#include "lib/base/conf.h"
#include "lib/store/dbjob.h"

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

bool queue_has_room(const struct engine *e)
{
	uint64_t waiting = e->counts[JOB_QUEUED] + e->counts[JOB_RECEIVED];

	return waiting < conf_uint(e->conf, CONF_QUEUE_MAX) + runs_free_slots(e->runs);
}

uint64_t queue_depth(const struct engine *e)
{
	return e->counts[JOB_QUEUED] + e->counts[JOB_PREPARING] + e->counts[JOB_RUNNING] +
	       e->counts[JOB_COLLECTING];
}
