/* SPDX-License-Identifier: MIT */
/*
 * Finding the coins of a seed again (NUT-09, NUT-13): the mints are asked about every
 * output that the seed can have made, keyset by keyset, in batches, until several in a
 * row are empty. What they have signed and what is not spent becomes earned money.
 *
 * With other words it is for a ledger that never had money. Without, the present seed is
 * looked through again: after an old copy of the ledger was put back (coins that another
 * life of it has spent are written off then), or when coins were written off in error. It goes on after a restart until every mint has answered. A mint is not
 * used for anything that makes coins before its part is done: the counters of the ledger
 * may be behind until then.
 */
#ifndef LOOM_ENGINE_MONEY_RESTORE_H
#define LOOM_ENGINE_MONEY_RESTORE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct money;
struct restore;

struct restore *restore_new(struct money *m);
void restore_free(struct restore *r);

/* In a turn. words empty: the seed that is there. LERR_STATE: one is going on, or this
 * ledger had money of another seed; LERR_INPUT: not such words. */
MUST_USE enum lerr_code restore_start(struct money *m, struct str words,
				      struct lerr *err);
/* Is the part of this mint still to be done? */
bool restore_holds(const struct money *m, uint64_t mint);
/* How far it is: a JSON document. */
void restore_write(struct buf *out, struct money *m);
/* Once a second; goes on with one that a restart has interrupted. */
void restore_tick(struct money *m);

#endif
