/* SPDX-License-Identifier: MIT */
/*
 * Settling a paid job: what was earned, what goes back and how. The change is computed
 * once. Where the job's own coins pay it exactly and nobody wants a lock, they are given
 * as they are; else they are swapped. The books of the job close here:
 *
 *	face = earned + change + fees
 */
#ifndef LOOM_ENGINE_MONEY_CHANGE_H
#define LOOM_ENGINE_MONEY_CHANGE_H

#include "engine/money/kinds.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct dbjob;
struct engine;
struct money;

extern const struct kinds_row change_kind;

/* The job is SETTLING: settle it; it moves on when that is done, at once when nothing
 * was paid. Can be called again. */
void change_settle(struct money *m, struct dbjob *j);
/* Money came in for a job that is over: all of it is owed. */
void change_owe(struct money *m, struct dbjob *j);
/* What the job was charged so far, and the seconds billed. */
uint64_t change_charge(const struct dbjob *j, uint64_t rate);
/* Once a second: change that takes too long is declared as owed. */
void change_tick(struct money *m);

/* For the 5101 of a job. */
struct change_told {
	bool paid; /* it had a payment that was claimed */
	uint64_t face;
	uint64_t earned;
	uint64_t fees;
	uint64_t change;  /* face value; 0: none */
	uint64_t net;     /* of the change, after the fee of redeeming it */
	uint64_t owed;    /* to be handed out later */
	struct buf token; /* empty: none. The caller frees it */
	const char *mint; /* as in the price tag; borrowed */
};
void change_tell(struct money *m, struct change_told *out, uint64_t job);

#endif
