/* SPDX-License-Identifier: MIT */
/* What the parts of loom-runner share: made in main.c, one of it. */
#ifndef LOOM_RUNNER_RUNNER_H
#define LOOM_RUNNER_RUNNER_H

#include "lib/base/conf.h"
#include "runner/backend.h"
#include "runner/jobs.h"
#include "runner/plan.h"
#include "runner/probe.h"
#include "runner/server.h"
#include "runner/slots.h"
#include "runner/spool.h"
#include "runner/sweep.h"

#include <stdbool.h>
#include <stdint.h>

struct runner {
	const struct conf *conf;
	const struct backend *be;
	struct plan plan; /* of every slot, but for its name and user */
	char network_why[CAP_REASON_BYTES + 1]; /* "", or why there is none */
	struct spool spool;
	struct jobs jobs;
	struct slots *slots;
	struct sweep *sweep;
	struct server *server;
	struct probe probe;
	uint64_t
		look_ms; /* when to look at blind jobs again; UINT64_MAX: there is none */
};

#endif
