/* SPDX-License-Identifier: MIT */
/* Waiting jobs and free slots: first come, first served. */
#ifndef LOOM_ENGINE_QUEUE_H
#define LOOM_ENGINE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

/* Give free slots to waiting jobs, in the present transaction. */
void queue_pump(struct engine *e);
/* Answer for what has waited CAP_QUEUED_MS (fault_host): its customer no longer counts on
 * it, and a runner that does not come back must not keep anybody waiting for ever. */
void queue_expire(struct engine *e);
/* May one more job be accepted? */
bool queue_has_room(const struct engine *e);
/* Accepted and not yet finished: what the advertisement calls current_queue_depth. */
uint64_t queue_depth(const struct engine *e);

#endif
