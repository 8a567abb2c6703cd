/* SPDX-License-Identifier: MIT */
/*
 * Who speaks to a mint next. One money request is under way at a time for each mint;
 * change goes before claims, claims before what the operator wants. An operation stays
 * in the lane until it is decided; what is asked next is its step. A mint that is busy or
 * away is left alone for a while, with everything that waits for it.
 */
#ifndef LOOM_ENGINE_MONEY_LANE_H
#define LOOM_ENGINE_MONEY_LANE_H

#include "lib/base/backoff.h"
#include "lib/store/dbpay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct money;

enum lane_step {
	LANE_SEND,    /* POST the stored bytes */
	LANE_RESTORE, /* were our outputs signed? (NUT-09) */
	LANE_CHECK,   /* are our inputs spent? (NUT-07) */
	LANE_QUOTE,   /* how is the melt? (NUT-05) */
};

/* One operation that is not decided. */
struct lane_op {
	uint64_t op;
	uint64_t mint;
	enum dbpay_kind kind;
	enum lane_step step;
	uint64_t due_ms; /* monotonic */
	struct backoff backoff;
	bool was_heard;       /* before the attempt that is under way */
	bool spent_seen;      /* inputs spent, and no signature of ours yet */
	bool mixed;           /* but not all of them */
	bool said_no;         /* the last attempt was refused ... */
	uint64_t code;        /* ... with this */
	bool is_paid;         /* of a melt: so the mint says */
	uint64_t told_change; /* and that so much comes back */
	bool is_late;         /* given up already; only restore is asked */
};

struct lane *lane_new(struct money *m);
void lane_free(struct lane *l);

/* Add an operation, once; due now, or with lane_next() when it has no request yet. */
void lane_add(struct lane *l, const struct dbpay *p, enum lane_step step);
/* It is decided. */
void lane_drop(struct lane *l, uint64_t op);
/* NULL when it is not there. Good until the next call that adds or drops. */
struct lane_op *lane_find(struct lane *l, uint64_t op);
/* Its next step, after so long. */
void lane_next(struct lane *l, struct lane_op *o, enum lane_step step, uint64_t wait_ms);
/* The same, after a wait that grows. */
void lane_retry(struct lane *l, struct lane_op *o, enum lane_step step);
/* Leave this mint alone for a growing while; well: it has answered. */
void lane_pause(struct lane *l, uint64_t mint);
void lane_go_on(struct lane *l, uint64_t mint);

/* The request of this operation has been answered: the mint's lane is free. */
void lane_answered(struct lane *l, uint64_t op);
/* Look for work after the commit of this turn. */
void lane_wake(struct lane *l);
/* Operations that are not decided; of one mint (0: of all), of a kind (0: of all). */
size_t lane_count(const struct lane *l, uint64_t mint, enum dbpay_kind kind);

#endif
