/* SPDX-License-Identifier: MIT */
/*
 * A jumping clock freezes: when wall time moves against the monotonic clock by more than
 * a minute, nothing is signed and nothing expires until the new time has been steady for
 * a minute, and the operator is told. Deadlines never look at wall time.
 */
#ifndef LOOM_ENGINE_CLOCKWATCH_H
#define LOOM_ENGINE_CLOCKWATCH_H

#include <stdbool.h>
#include <stdint.h>

struct clockwatch;

struct clockwatch *clockwatch_new(void);
void clockwatch_free(struct clockwatch *w);
/* Once a second, with both clocks. True when this look ended a freeze. */
bool clockwatch_look(struct clockwatch *w, uint64_t wall_ms, uint64_t mono_ms);
bool clockwatch_is_frozen(const struct clockwatch *w);

#endif
