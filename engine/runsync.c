/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runsync.h"

#include <string.h>

static const char *listed_state(const struct ipcrun_list_is *list, const struct id32 *id)
{
	struct id32hex hex = id32_hex(id);

	for (size_t i = 0; i < list->jobs.n && i < list->states.n; i++)
		if (strcmp(list->jobs.v[i], hex.c) == 0)
			return list->states.v[i];
	return NULL;
}

enum runsync_action runsync_decide(const struct dbjob *j, bool waiting,
				   const struct ipcrun_list_is *list)
{
	const char *state = listed_state(list, &j->id);

	if (state && strcmp(state, "ended") == 0)
		return RUNSYNC_RESULT;
	if (state && strcmp(state, "running") == 0)
		return RUNSYNC_RUNNING;
	if (state || waiting)
		return RUNSYNC_NOTHING;
	if (strcmp(j->spool, list->spool) != 0)
		return RUNSYNC_REBOOT;
	/* never in a folder of this spool: it cannot have been executed */
	return j->state == JOB_PREPARING ? RUNSYNC_AGAIN : RUNSYNC_LOST;
}
