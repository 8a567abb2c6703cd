/* SPDX-License-Identifier: MIT */
/*
 * Coins (Cashu proofs) that are or were ours. None is ever deleted: a row changes its
 * state, and what spent it or gave it away is written beside it.
 */
#ifndef LOOM_LIB_STORE_DBPROOF_H
#define LOOM_LIB_STORE_DBPROOF_H

#include "lib/proto/cashutok.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber. */
enum dbproof_state {
	DBPROOF_FREE = 1,
	DBPROOF_HELD = 2, /* in an operation that is not decided */
	DBPROOF_SPENT = 3,
	DBPROOF_GIVEN = 4, /* in a token that left us */
	DBPROOF_LOST = 5,  /* somebody else has spent it */
};

#define DBPROOF_EARNED 0 /* as a job: nobody's but the operator's */

struct dbproof {
	struct ecpoint y;
	struct cashuproof proof;
	uint64_t mint;
	uint64_t job;
	uint64_t token; /* in which it was given away; 0: none */
	enum dbproof_state state;
};
/* A list that was read; wiped: secrets are money. */
struct dbproof_list {
	struct dbproof *v;
	size_t n;
};
void dbproof_wipe(struct dbproof_list *list);
#define auto_proofs __attribute__((cleanup(dbproof_wipe)))

/* Where a new coin comes from: 0 for none. With a token it is GIVEN from the start. */
struct dbproof_origin {
	uint64_t mint;
	uint64_t job;
	uint64_t op;
	uint64_t token;
};
/* Panics when its Y is known already. */
void dbproof_insert(struct db *d, const struct cashuproof *p,
		    const struct dbproof_origin *from, uint64_t now);
bool dbproof_is_known(struct db *d, const struct ecpoint *y);
/* Where it is; false: not known. */
struct dbproof_place {
	enum dbproof_state state;
	uint64_t amount;
	uint64_t job;
	uint64_t token; /* given away in; 0: never */
};
bool dbproof_where(struct db *d, struct dbproof_place *out, const struct ecpoint *y);
/* State and token (0: none) of one; false: not known. */
bool dbproof_find(struct db *d, const struct ecpoint *y, enum dbproof_state *state,
		  uint64_t *token);

/* Free ones of a mint that belong to job (DBPROOF_EARNED: to nobody), largest first,
 * at most most. Adds to the list. */
void dbproof_free_ones(struct db *d, struct dbproof_list *out, uint64_t mint,
		       uint64_t job, size_t most);
/* The same, smallest first. */
void dbproof_small_ones(struct db *d, struct dbproof_list *out, uint64_t mint,
			size_t most);
/* Free ones of the operator's in one keyset, smallest first, at most most. */
void dbproof_keyset_ones(struct db *d, struct dbproof_list *out,
			 const struct keyset_id *id, size_t most);
/* Those that an operation holds or has spent; those of a token. */
void dbproof_of_op(struct db *d, struct dbproof_list *out, uint64_t op);
void dbproof_of_token(struct db *d, struct dbproof_list *out, uint64_t token);

/* FREE -> HELD by op, or GIVEN -> HELD when from_token; false when it is in another
 * state. */
bool dbproof_hold(struct db *d, const struct ecpoint *y, uint64_t op, bool from_token);
/* FREE -> GIVEN in a token. */
bool dbproof_give(struct db *d, const struct ecpoint *y, uint64_t token);
/* GIVEN in a token -> FREE: the token never left. */
void dbproof_take_back(struct db *d, uint64_t token);
/* What op holds becomes SPENT, LOST or FREE (those of a token GIVEN) again. */
void dbproof_settle(struct db *d, uint64_t op, enum dbproof_state state);
/* GIVEN -> SPENT: its new owner has redeemed it. */
void dbproof_redeemed(struct db *d, const struct ecpoint *y);
/* LOST ones of a token that op tried to take back are GIVEN again: perhaps only some of
 * them are spent. */
void dbproof_still_given(struct db *d, uint64_t op);
/* LOST -> FREE, and the operator's: its mint says that it is not spent. False when it is
 * in another state, or was given away. */
bool dbproof_found(struct db *d, const struct ecpoint *y);
/* FREE -> LOST, of the operator's: its mint says that it is spent. False otherwise. */
bool dbproof_gone(struct db *d, const struct ecpoint *y);
/* What is left of a job's money belongs to the operator. */
void dbproof_earn(struct db *d, uint64_t job);

struct dbproof_sum {
	uint64_t amount;
	uint64_t n;
};
/* FREE and HELD of a mint: all, and those of jobs among them. */
struct dbproof_sum dbproof_unspent(struct db *d, uint64_t mint);
struct dbproof_sum dbproof_free_earned(struct db *d, uint64_t mint);
/* FREE and HELD coins of one keyset. */
struct dbproof_sum dbproof_of_keyset(struct db *d, const struct keyset_id *id);

#endif
