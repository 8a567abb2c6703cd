/* SPDX-License-Identifier: MIT */
/*
 * Group commit: whatever is written within one turn of the loop, and the turns right
 * after it that bring more, shares one commit and one fsync. Answers wait for it. A lone
 * write is committed one turn later, without waiting for time.
 */
#ifndef LOOM_BRIDGE_TURN_H
#define LOOM_BRIDGE_TURN_H

#include "lib/store/db.h"

#include <uv.h>

struct turn;

/* committed is called after every commit, from the loop. */
struct turn *turn_new(uv_loop_t *loop, struct db *db, void (*committed)(void *ctx),
		      void *ctx);
/* Something was written (a transaction is open): commit it soon. */
void turn_wrote(struct turn *t);
/* Commit now what is open, and call committed. */
void turn_commit(struct turn *t);
/* Commits what is open. Memory goes when the loop has run. NULL is fine. */
void turn_close(struct turn *t);

#endif
