/* SPDX-License-Identifier: MIT */
/*
 * Whose is a token? Requests are public, and so is a token that is locked to us: who
 * presents it need not be who paid. Every proof is bound to the jobs it came with, the
 * first before all others.
 */
#ifndef LOOM_ENGINE_MONEY_CLAIMANT_H
#define LOOM_ENGINE_MONEY_CLAIMANT_H

#include "engine/money/paycheck.h"
#include "lib/proto/cashutok.h"

#include <stdbool.h>
#include <stdint.h>

struct dbjob;
struct money;

/* A locked token that names no other key is held back for so long: a copy shows by then. */
enum { CLAIMANT_HOLD_MS = 2000 };

/* Bind the proofs of a token to a job, in the transaction that judges it. NULL: done, else
 * why it is not this job's, for its customer. */
const char *claimant_bind(struct money *m, const struct dbjob *j,
			  const struct cashutok *t, const struct paycheck *check);

/* The token has been held back. NULL: it is this job's; else it came in another one at the
 * same time, and why that one has it, or nobody. */
const char *claimant_lost(struct money *m, const struct dbjob *j);

#endif
