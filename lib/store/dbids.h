/* SPDX-License-Identifier: MIT */
/*
 * What is known of requests without a row in jobs: ids that are not answered (again), and
 * cancellations that came before their job. Strangers can make both grow, so both have an
 * end; and what they had refused becomes an id after a while.
 */
#ifndef LOOM_LIB_STORE_DBIDS_H
#define LOOM_LIB_STORE_DBIDS_H

#include "lib/base/id32.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

bool dbids_is_ignored(struct db *d, const struct id32 *id);
void dbids_ignore(struct db *d, const struct id32 *id, uint64_t now);
void dbids_remember_cancel(struct db *d, const struct id32 *id,
			   const struct id32 *customer, uint64_t now);
/* Was it cancelled by that customer before it came? Forgets it. */
bool dbids_take_cancel(struct db *d, const struct id32 *id, const struct id32 *customer);
/* Forget what is older, and of both lists the oldest when there are more than most. */
void dbids_sweep(struct db *d, uint64_t ignored_before, uint64_t cancels_before,
		 uint64_t most);

/*
 * Jobs that are done and never ran (refused, cancelled in the queue) become ignored ids
 * when they were done before `before`, and the oldest when there are more than most. Not
 * while an event of theirs waits for a relay. At most at_once; how many it were.
 */
uint64_t dbids_reduce(struct db *d, uint64_t before, uint64_t most, uint64_t at_once,
		      uint64_t now);

#endif
