/* SPDX-License-Identifier: MIT */
/* Requests to loom-runner, and what runs.c, runnews.c and runrecon.c share. */
#ifndef LOOM_ENGINE_RUNLINE_H
#define LOOM_ENGINE_RUNLINE_H

#include "engine/runtab.h"
#include "engine/waits.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcmsg.h"
#include "lib/net/ipcuv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct runs_ops;

enum {
	RUNLINE_PROBE_LIMIT_MS = 20000,    /* of a program of our own */
	RUNLINE_START_PATIENCE_MS = 60000, /* from JEV_START to exec */
	RUNLINE_END_PATIENCE_MS = 60000,   /* over the limit, before we ask ourselves */
};

enum runline_request {
	RUNLINE_PROBE,
	RUNLINE_LIST,
	RUNLINE_START,
	RUNLINE_STOP,
	RUNLINE_VOID,
	RUNLINE_RESULT,
	RUNLINE_FORGET,
};

struct runs {
	struct engine *e;
	const struct runs_ops *ops;
	struct ipcuv *line;
	char *path;
	struct waits waits;
	struct runtab tab;
	struct ipcmsg backend; /* probe_is; body NULL while away */
	bool ready;
	void (*probe_done)(struct engine *e, const struct str *text);
};

/* The type of the message that asks it. */
size_t runline_type(enum runline_request what);
/* False when it was not sent: the line is gone, and its return brings all together again.
 * ref comes back with the answer: the seq of the job, 0 for what belongs to none. */
bool runline_ask(struct runs *r, enum runline_request what, uint64_t ref,
		 const void *body, const int *fds, size_t nfds);
/* All requests that consist of a job id are alike. */
void runline_ask_about(struct runs *r, enum runline_request what, uint64_t job,
		       const struct id32 *id);

#endif
