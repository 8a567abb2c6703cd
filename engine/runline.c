/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runline.h"

#include "lib/base/log.h"
#include "lib/ipc/ipcrun.h"

static const size_t request_types[] = {
	[RUNLINE_PROBE] = IPCRUN_PROBE,   [RUNLINE_LIST] = IPCRUN_LIST,
	[RUNLINE_START] = IPCRUN_START,   [RUNLINE_STOP] = IPCRUN_STOP,
	[RUNLINE_VOID] = IPCRUN_VOID,     [RUNLINE_RESULT] = IPCRUN_RESULT,
	[RUNLINE_FORGET] = IPCRUN_FORGET,
};

size_t runline_type(enum runline_request what)
{
	return request_types[what];
}

bool runline_ask(struct runs *r, enum runline_request what, uint64_t ref,
		 const void *body, const int *fds, size_t nfds)
{
	uint64_t n = waits_add(&r->waits, what, ref);

	return n && ipcuv_send(r->line, 0, request_types[what], n, body, fds, nfds);
}

void runline_ask_about(struct runs *r, enum runline_request what, uint64_t job,
		       const struct id32 *id)
{
	struct ipcrun_forget body = {.job = *id};

	if (!runline_ask(r, what, job, &body, NULL, 0))
		log_event(LOG_WARN, "runner.not_asked", "job=%s type=%s",
			  id32_short(id).c, ipcrun_types[request_types[what]].name);
}
