/* SPDX-License-Identifier: MIT */
/*
 * What each paid job was paid and what became of it; which job saw a proof first; the
 * rates that were advertised; the tokens that left us. Amounts in sat.
 */
#ifndef LOOM_LIB_STORE_DBBILL_H
#define LOOM_LIB_STORE_DBBILL_H

#include "lib/base/buf.h"
#include "lib/proto/ecpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber. */
enum dbbill_state {
	DBBILL_OPEN = 1,      /* the claim is not decided */
	DBBILL_CLAIMED = 2,   /* the money is the job's */
	DBBILL_SETTLED = 3,   /* face = fee_in + earned + change + fee_out */
	DBBILL_OWED = 4,      /* the change could not be made in time; it will be */
	DBBILL_UNPAID = 5,    /* nothing was taken */
	DBBILL_ELSEWHERE = 6, /* settled in another life of the ledger: see epoch.h */
};
const char *dbbill_state_name(enum dbbill_state state);

struct dbbill {
	uint64_t job;
	enum dbbill_state state;
	uint64_t mint;
	uint64_t rate;  /* sat per second */
	uint64_t face;  /* sum of the token */
	bool locked;    /* the payment is P2PK, to us */
	bool give_back; /* claimed only to be given back */
	bool has_lock_key;
	struct ecpoint lock_key; /* that change is locked to */
	uint64_t fee_in;
	uint64_t net; /* face - fee_in */
	uint64_t earned;
	uint64_t change;
	uint64_t fee_out;
	uint64_t token; /* that the change is in; 0: none */
};

bool dbbill_insert(struct db *d, const struct dbbill *b);
bool dbbill_get(struct db *d, struct dbbill *out, uint64_t job);
void dbbill_set(struct db *d, const struct dbbill *b); /* all but job, mint, rate, face */
/* First one in OWED above job; false: none. */
bool dbbill_next_owed(struct db *d, struct dbbill *out, uint64_t above);

/* ---- bound proofs */
void dbbill_bind(struct db *d, const struct ecpoint *y, uint64_t job);
/* The job that saw it first; 0: none. */
uint64_t dbbill_first_of(struct db *d, const struct ecpoint *y);
/* Another job, the next above `above`, that holds one of the proofs of this job; 0. */
uint64_t dbbill_rival(struct db *d, uint64_t job, uint64_t above);

/* ---- rates */
void dbbill_say_rate(struct db *d, uint64_t rate, uint64_t now);
/* Lowest one said at or after since; 0: none. */
uint64_t dbbill_lowest_rate(struct db *d, uint64_t since);

/* ---- tokens */
enum dbbill_token_kind {
	DBBILL_TOKEN_CHANGE = 1,
	DBBILL_TOKEN_EXPORT = 2,
};
enum dbbill_token_state {
	DBBILL_TOKEN_OUT = 1,       /* as far as we know */
	DBBILL_TOKEN_REDEEMED = 2,  /* its coins are spent */
	DBBILL_TOKEN_RECLAIMED = 3, /* by us */
};
const char *dbbill_token_state_name(enum dbbill_token_state state);

struct dbbill_token {
	uint64_t token;
	enum dbbill_token_kind kind;
	enum dbbill_token_state state;
	uint64_t mint;
	uint64_t job;
	uint64_t op; /* that made it; 0: of coins that were there */
	uint64_t amount;
	uint64_t net; /* after the fee of redeeming it */
	uint64_t made_at;
	uint64_t checked_at; /* 0: never */
};
/* Fills token. */
void dbbill_add_token(struct db *d, struct dbbill_token *t);
/* Written once, in the transaction that made the token or a later one. */
void dbbill_set_token_text(struct db *d, uint64_t token, struct str text);
bool dbbill_get_token(struct db *d, struct dbbill_token *out, uint64_t token);
/* The one that an operation has made. */
bool dbbill_token_of_op(struct db *d, struct dbbill_token *out, uint64_t op);
bool dbbill_get_token_text(struct db *d, uint64_t token, struct buf *out);
void dbbill_set_token_state(struct db *d,
			    const struct dbbill_token *t); /* + checked_at */
void dbbill_page_tokens(struct db *d, uint64_t below, uint64_t limit,
			void (*each)(void *ctx, const struct dbbill_token *t), void *ctx);
/* OUT ones of a mint that were not checked since `since` (or made, if never), longest ago
 * first. */
void dbbill_tokens_due(struct db *d, uint64_t mint, uint64_t since, uint64_t limit,
		       void (*each)(void *ctx, const struct dbbill_token *t), void *ctx);
/* How many are OUT of a mint, and what they are worth. */
void dbbill_tokens_out(struct db *d, uint64_t mint, uint64_t *n, uint64_t *amount);

#endif
