/* SPDX-License-Identifier: MIT */
/*
 * How far each relay was read: the largest created_at of an event from it that the engine
 * has stored, and never later than our own clock, so that an event from the future hides
 * nothing. Kept in the bridge's file; what a crash takes back is only read twice.
 */
#ifndef LOOM_BRIDGE_RESUME_H
#define LOOM_BRIDGE_RESUME_H

#include "lib/store/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resume;

/* urls of n relays, borrowed; they are then known by index. */
struct resume *resume_new(struct db *db, const char *const *urls, size_t n);
void resume_free(struct resume *r);

/* The engine has stored an event of this time from that relay. */
void resume_note(struct resume *r, size_t relay, uint64_t created_at, uint64_t now_s);
/*
 * Where to start reading: what was noted less the overlap (clocks of authors and relays
 * differ), but no further back than so long ago; without anything noted first_s ago.
 */
uint64_t resume_since(const struct resume *r, size_t relay, uint64_t now_s,
		      uint64_t first_s);
/* Forget what was noted. */
void resume_forget(struct resume *r);

/* Has anything changed since the last write? */
bool resume_is_dirty(const struct resume *r);
/* Write what has changed; begins a transaction, the caller commits. */
void resume_write(struct resume *r);

#endif
