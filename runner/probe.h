/* SPDX-License-Identifier: MIT */
/*
 * Does it work at all? The runner runs a job that does nothing, at its start and again
 * when it was asked and the last answer was no. Nothing else counts as proof.
 */
#ifndef LOOM_RUNNER_PROBE_H
#define LOOM_RUNNER_PROBE_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "runner/server.h"

#include <stdbool.h>
#include <stddef.h>

struct runner;

enum probe_state {
	PROBE_NEEDED,
	PROBE_WAITING, /* for a slot */
	PROBE_RUNNING,
	PROBE_GOOD,
	PROBE_BAD,
};

/* Value type, part of struct runner. */
struct probe {
	enum probe_state state;
	bool never; /* policy forbids: trying again changes nothing */
	struct id32 job;
	uint64_t until_ms; /* of WAITING */
	char why[CAP_REASON_BYTES + 1];
	struct server_asker waiting[CAP_IPC_CLIENTS];
	size_t nwaiting;
};

/* Begin, unless one is running or it makes no sense. */
void probe_start(struct runner *r);
/* Try to get a slot for it; next_ms: when to call again. */
void probe_tick(struct runner *r, uint64_t now_ms, uint64_t *next_ms);
/* Its job is over. */
void probe_ended(struct runner *r);
/* A sandbox could not be built: the next one who asks gets a new probe. */
void probe_doubt(struct runner *r);
/* Answer with probe_is, when it is known. */
MUST_USE enum lerr_code probe_ask(struct runner *r, const struct server_asker *from,
				  struct lerr *err);
/* May jobs be started? LERR_TEMP: why not. */
MUST_USE enum lerr_code probe_check(const struct runner *r, struct lerr *err);

#endif
