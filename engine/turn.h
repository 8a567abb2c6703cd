/* SPDX-License-Identifier: MIT */
/*
 * Group commit. All messages and timers of one turn of the loop write into one
 * transaction; before the loop waits again it is committed, with one fsync, and only
 * then do answers and requests leave the process (turn_after). A failed commit panics:
 * what memory thought is gone with it.
 */
#ifndef LOOM_ENGINE_TURN_H
#define LOOM_ENGINE_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct db;
struct turn;

struct turn *turn_new(uv_loop_t *loop, struct db *db);
/* Commits what is open. */
void turn_free(struct turn *t);

/* Around the handling of one message: its writes stand in a savepoint. With keep false
 * they are taken back, and so is what it put down for after the commit. */
void turn_enter(struct turn *t);
void turn_leave(struct turn *t, bool keep);

/* Call fn(ctx, arg) when what was written is on disk. Order is kept. It may write again:
 * that is committed too before the loop waits. */
void turn_after(struct turn *t, void (*fn)(void *ctx, uint64_t arg), void *ctx,
		uint64_t arg);
/* The same, unless this very call is put down already. For what looks at everything, so
 * that once after many messages is enough. */
void turn_after_once(struct turn *t, void (*fn)(void *ctx, uint64_t arg), void *ctx,
		     uint64_t arg);

/* Commit now; for the end of the program. */
void turn_flush(struct turn *t);

#endif
