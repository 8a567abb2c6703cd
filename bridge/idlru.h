/* SPDX-License-Identifier: MIT */
/*
 * The ids of verified events that were seen last, each with a number of its owner's. The
 * one that was not asked for the longest is forgotten first.
 *
 * Only what was VERIFIED may be put in: an id that somebody merely claimed would hide
 * the real event.
 */
#ifndef LOOM_BRIDGE_IDLRU_H
#define LOOM_BRIDGE_IDLRU_H

#include "lib/base/id32.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idlru;

struct idlru *idlru_new(size_t max);
void idlru_free(struct idlru *l);
/* Is it there? Then *value (may be NULL) is its number and it is young again. */
bool idlru_get(struct idlru *l, const struct id32 *id, uint64_t *value);
/* Put it in, or change its number. */
void idlru_put(struct idlru *l, const struct id32 *id, uint64_t value);
/* Forget one; nothing when it is not there. */
void idlru_drop(struct idlru *l, const struct id32 *id);
size_t idlru_count(const struct idlru *l);

#endif
