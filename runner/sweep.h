/* SPDX-License-Identifier: MIT */
/* What a killed shim leaves behind, and getting rid of it. */
#ifndef LOOM_RUNNER_SWEEP_H
#define LOOM_RUNNER_SWEEP_H

#include "lib/base/id32.h"
#include "runner/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sweep;

struct sweep_events {
	void *ctx;
	/* Nothing is left of it; called once. */
	void (*clean)(void *ctx, const struct id32 *job, const char *slot);
	/* It should be gone by now and is not: called once, clean() may still come. */
	void (*stuck)(void *ctx, const struct id32 *job, const char *slot);
};

struct sweep *sweep_new(const struct backend *be, const struct plan *plan,
			const struct sweep_events *ev);
void sweep_free(struct sweep *s);
/* Start cleaning up after a job; sweep_tick() does it. */
void sweep_add(struct sweep *s, const struct id32 *job, const struct backend_remains *r,
	       uint64_t now_ms);
/* Kill and look again; next_ms: when to call again, at the latest. */
void sweep_tick(struct sweep *s, uint64_t now_ms, uint64_t *next_ms);
/* Is this job being cleaned up? */
bool sweep_has(const struct sweep *s, const struct id32 *job);

#endif
