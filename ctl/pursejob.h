/* SPDX-License-Identifier: MIT */
/*
 * Jobs that were paid from the purse: which token went where, and what became of it. The
 * row is there before the request is published, so that no token leaves without its job
 * being known.
 */
#ifndef LOOM_CTL_PURSEJOB_H
#define LOOM_CTL_PURSEJOB_H

#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber; those below PURSEJOB_CLOSED are still looked at. */
enum pursejob_state {
	PURSEJOB_MADE = 1,   /* it may have left, or not */
	PURSEJOB_SENT = 2,   /* a relay has taken it */
	PURSEJOB_OWED = 3,   /* there is a result, and the change comes later */
	PURSEJOB_CLOSED = 4, /* what came back is here */
	PURSEJOB_BACK = 5,   /* the payment itself came back */
};
const char *pursejob_state_name(enum pursejob_state state);

struct pursejob {
	uint64_t seq;
	struct id32 id;
	struct id32 worker;
	struct id32 customer; /* author of the request */
	char relays[1024];    /* it was sent to, blanks between */
	uint64_t mint;
	uint64_t token;
	char rate[32]; /* sat per second, as the worker advertised it */
	uint64_t seconds;
	uint64_t paid;
	enum pursejob_state state;
	uint64_t locktime_s; /* of a payment that is locked to the worker; 0: it is not */
	uint64_t change;     /* that came back: face value of its tokens */
	uint64_t owed;
	uint64_t made_at_s;
};

/* Fills seq. */
void pursejob_insert(struct db *d, struct pursejob *j);
bool pursejob_get(struct db *d, struct pursejob *out, const struct id32 *id);
bool pursejob_get_seq(struct db *d, struct pursejob *out, uint64_t seq);
/* The one that a token pays for. */
bool pursejob_of_token(struct db *d, struct pursejob *out, uint64_t token);
/* The first that is not closed, above seq. */
bool pursejob_next_open(struct db *d, struct pursejob *out, uint64_t above);
/* state, change and owed */
void pursejob_set(struct db *d, const struct pursejob *j);

#endif
