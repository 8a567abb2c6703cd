/* SPDX-License-Identifier: MIT */
/*
 * The file of a customer's purse: its schema, the keys of its own, and its history. Coins,
 * operations, mints and tokens are in the same tables as a worker's (lib/store/dbtables.h);
 * quotes are in pursequote.h, paid jobs in pursejob.h.
 *
 * Sum of got - gave - fee over the history = sum of the coins that are FREE or HELD.
 */
#ifndef LOOM_CTL_PURSEDB_H
#define LOOM_CTL_PURSEDB_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/ecpoint.h"
#include "lib/proto/nsign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* As db_open(). */
MUST_USE enum lerr_code pursedb_open(struct db **out, const char *path, struct lerr *err);

/* ---- keys: what others lock to us is locked to one of these */

/* A fresh one. */
void pursedb_make_key(struct db *d, struct ecpoint *pub, uint64_t now_s);
/* By x coordinate; false: none of ours. */
bool pursedb_get_key(struct db *d, struct nsign_key *out, const struct ecpoint *pub);

/* ---- history */

/* Stored: append, never renumber. */
enum pursedb_what {
	PURSEDB_MINTED = 1,   /* a paid invoice became coins */
	PURSEDB_SENT = 2,     /* a token was made */
	PURSEDB_RECEIVED = 3, /* a token of somebody else became coins */
	PURSEDB_PAID = 4,     /* a token was made that pays for a job */
	PURSEDB_CHANGE = 5,   /* of a job */
	PURSEDB_BACK = 6,     /* a token of ours came back */
	PURSEDB_SWAPPED = 7,  /* coins became others, for the fee alone */
	PURSEDB_LOST = 8,     /* somebody else had spent coins that were ours */
	PURSEDB_WHATS
};
const char *pursedb_what_name(enum pursedb_what what);

struct pursedb_row {
	uint64_t seq;
	uint64_t at_s;
	enum pursedb_what what;
	uint64_t mint;
	uint64_t got;
	uint64_t gave;
	uint64_t fee;
	uint64_t job;   /* seq of pursejob.h; 0: none */
	uint64_t token; /* that left or came back; 0: none */
};
void pursedb_add(struct db *d, const struct pursedb_row *row);
/* The token that was sent pays for a job. */
void pursedb_set_paid(struct db *d, uint64_t token, uint64_t job);
/* Oldest first, those above seq. */
void pursedb_each(struct db *d, uint64_t above,
		  void (*each)(void *ctx, const struct pursedb_row *row), void *ctx);

/* ---- sums of a mint */
struct pursedb_sums {
	uint64_t free;
	uint64_t held; /* in an operation that is not decided */
	uint64_t out;  /* in tokens that are out, as far as we know */
};
struct pursedb_sums pursedb_sums(struct db *d, uint64_t mint);

/* Whoever got the token has redeemed it. */
void pursedb_set_redeemed(struct db *d, uint64_t token);
/* The token that an operation takes back; 0: none. */
uint64_t pursedb_token_of_op(struct db *d, uint64_t op);

#endif
