/* SPDX-License-Identifier: MIT */
/*
 * An operation of the purse from its journal to its end: sent, and when the answer was
 * lost, asked about (NUT-09, NUT-07) until it is certain what happened. Only three things
 * end one: verified signatures, proof that somebody else spent the inputs, and inputs
 * that are unspent while no request with them can be under way. Until then its inputs are
 * held, and never go into another one.
 */
#ifndef LOOM_CTL_PURSERUN_H
#define LOOM_CTL_PURSERUN_H

#include "ctl/purse.h"
#include "ctl/pursequote.h"
#include "lib/base/str.h"
#include "lib/proto/outset.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

#include <stdint.h>

enum purserun_end {
	PURSERUN_DONE,    /* the new coins are here */
	PURSERUN_REFUSED, /* nothing happened: the inputs are what they were */
	PURSERUN_SPENT,   /* somebody else has spent the inputs */
	PURSERUN_OPEN,    /* not certain yet: the next run goes on */
};

/* What is journalled of a new operation, beside its row. */
struct purserun_plan {
	const struct ecpoint *ys; /* of the inputs */
	size_t n;
	const struct dbproof *coins; /* the same when they are ours: held from now on */
	struct pursequote *quote;    /* that it mints, or NULL */
	const struct outset *outputs;
	struct str request; /* the very bytes */
};

/* Journal it, in a transaction of its own, and fill op->op; kind, mint, job, total_in, fee
 * and path are given. LERR_STATE: one of the inputs is in an operation already. */
MUST_USE enum lerr_code purserun_begin(struct purse *p, struct dbpay *op,
				       const struct purserun_plan *plan,
				       struct lerr *err);

/* Bring it to its end, for at most ms; *why says what hinders when it is not DONE. */
enum purserun_end purserun_go(struct purse *p, uint64_t op, uint64_t ms,
			      struct lerr *why);
/* The same as an error code: LERR_DENIED for REFUSED, LERR_GONE for SPENT, LERR_STATE for
 * OPEN. */
MUST_USE enum lerr_code purserun_finish(struct purse *p, uint64_t op, struct lerr *err);

/* Everything that an earlier run has left open; what stays open is said. */
void purserun_all(struct purse *p);

#endif
