/* SPDX-License-Identifier: MIT */
/*
 * The books: every row moves an amount from one account to another, so nothing appears
 * or vanishes. Balances are kept beside the rows and can be recounted.
 *
 *	paid by customers = what jobs hold + earned + given as change + fees
 */
#ifndef LOOM_LIB_STORE_DBBOOK_H
#define LOOM_LIB_STORE_DBBOOK_H

#include "lib/base/lerr.h"
#include "lib/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber. */
enum dbbook_account {
	DBBOOK_CUSTOMERS = 1, /* where payments come from */
	DBBOOK_JOBS = 2,      /* ecash that belongs to jobs not yet settled */
	DBBOOK_EARNED = 3,    /* ecash that is the operator's */
	DBBOOK_CHANGE = 4,    /* given back to customers */
	DBBOOK_FEES = 5,      /* input fees of mints */
	DBBOOK_EXPORTED = 6,  /* tokens that the operator took out */
	DBBOOK_LIGHTNING = 7, /* paid out by melting */
	DBBOOK_ROUTING = 8,   /* what Lightning took for that */
	DBBOOK_OUTSIDE = 9,   /* imported, restored */
	DBBOOK_LOST = 10,     /* spent by somebody else */
	DBBOOK_ACCOUNTS
};
const char *dbbook_account_name(enum dbbook_account account);

struct dbbook_move {
	uint64_t mint;
	enum dbbook_account src;
	enum dbbook_account dst;
	uint64_t amount; /* 0: nothing is written */
	uint64_t op;     /* 0: none */
	uint64_t job;
};
void dbbook_move(struct db *d, const struct dbbook_move *m, uint64_t now);

/* into - out of; 0 when that is below 0 (dbbook_check() tells). */
uint64_t dbbook_held(struct db *d, uint64_t mint, enum dbbook_account account);
/* All that ever went in, and out. */
void dbbook_sums(struct db *d, uint64_t mint, enum dbbook_account account,
		 uint64_t *into_it, uint64_t *out_of_it);

/* Rows, newest first, below seq `below` (0: from the newest). */
struct dbbook_row {
	uint64_t seq;
	uint64_t at;
	struct dbbook_move move;
};
void dbbook_page(struct db *d, uint64_t below, uint64_t limit,
		 void (*each)(void *ctx, const struct dbbook_row *row), void *ctx);

/*
 * Recount: balances against rows, rows of each settled bill against the bill, coins of
 * each mint against JOBS and EARNED. LERR_STATE with the first thing that is wrong.
 * Reads everything: for the start, the operator and tests.
 */
MUST_USE enum lerr_code dbbook_check(struct db *d, struct lerr *err);
/* The coins of one mint against its JOBS and EARNED; cheap enough for every hour. */
MUST_USE enum lerr_code dbbook_check_mint(struct db *d, uint64_t mint, struct lerr *err);

#endif
