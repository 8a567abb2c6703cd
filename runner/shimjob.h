/* SPDX-License-Identifier: MIT */
/*
 * The one job of a shim: a small machine of stages, moved by what the loop of shim.c
 * sees. Nothing in it blocks but prepare().
 *
 *	SETUP -> WARM -> LAUNCH -> RUN -> GRACE -> KILL -> OVER
 *
 * with short cuts to KILL from everywhere. After KILL nothing of the job is alive; only
 * then is the status written.
 */
#ifndef LOOM_RUNNER_SHIMJOB_H
#define LOOM_RUNNER_SHIMJOB_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/backend.h"
#include "runner/capture.h"
#include "runner/plan.h"
#include "runner/reason.h"
#include "runner/spool.h"

#include <stdbool.h>
#include <stdint.h>

enum shimjob_stage {
	SHIMJOB_SETUP,  /* the sandbox is being built */
	SHIMJOB_WARM,   /* it waits for a job */
	SHIMJOB_LAUNCH, /* the job was handed to it */
	SHIMJOB_RUN,    /* exec happened */
	SHIMJOB_GRACE,  /* SIGTERM was sent */
	SHIMJOB_KILL,   /* everything is being killed */
	SHIMJOB_OVER,
};

/* Owned by main() of the shim; members are for shim.c and shimjob.c alone. */
struct shimjob {
	struct plan plan;
	const struct backend *be;
	struct backend_job *bj;
	struct backend_pipes pipes;
	struct capture out;
	struct capture err;
	enum shimjob_stage stage;
	int control; /* -1: the runner is gone */
	int signals;
	int timer;

	bool has_job;
	struct plan_job job;
	int folder; /* spool entry */
	int lock;   /* held until we end */
	int words;
	int input;
	uint64_t input_at;
	int status_fd;

	struct reason_facts facts;
	bool told; /* the status is written */
	uint64_t started_ns;
	uint64_t ended_ns;
	uint64_t started_ms;
	enum backend_round round;
	uint64_t killed_ns; /* since when we try */
	char text[CAP_REASON_BYTES + 1];
};

void shimjob_init(struct shimjob *s);
void shimjob_free(struct shimjob *s);

/* Build the sandbox, as far as this process does it. */
MUST_USE enum lerr_code shimjob_prepare(struct shimjob *s, struct lerr *err);
/* It cannot be built: tell the runner, and the job if there is one. */
void shimjob_cannot(struct shimjob *s, const char *why);

/* What happened, for the loop. */
void shimjob_control(struct shimjob *s);
void shimjob_news(struct shimjob *s);
void shimjob_output(struct shimjob *s);
void shimjob_stop(struct shimjob *s);
void shimjob_deadline(struct shimjob *s);
bool shimjob_feeds(const struct shimjob *s);
void shimjob_feed(struct shimjob *s);

/* Reap, finish what can be finished; true when there is nothing more to do. */
bool shimjob_over(struct shimjob *s);

#endif
