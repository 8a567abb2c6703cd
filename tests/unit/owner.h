/* SPDX-License-Identifier: MIT */
/*
 * The operator of a till (till.h) with two mints that take 100 ppk, one with a keyset of
 * version 00, one of 01: puts tokens in, takes some out, takes them back.
 */
#ifndef LOOM_TESTS_UNIT_OWNER_H
#define LOOM_TESTS_UNIT_OWNER_H

#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"
#include "tests/unit/till.h"

enum { OWNER_WAIT_S = 60 };

/* Of a test; *state is the till. */
int owner_set_up(void **state);
int owner_tear_down(void **state);

/* ---- what is there */

bool owner_is_idle(struct till *t);
/* Until no operation is open. */
void owner_settle(struct till *t);
uint64_t owner_earned(struct till *t, size_t mint);
/* What ever went from one account (EARNED, EXPORTED, OUTSIDE, LOST) to another. */
uint64_t owner_moved(struct till *t, enum dbbook_account src, enum dbbook_account dst);
/* How many operations there ever were; one of them. */
uint64_t owner_pays(struct till *t);
struct dbpay owner_pay(struct till *t, uint64_t op);
struct dbbill_token owner_token(struct till *t, uint64_t n);
uint64_t owner_token_of(struct till *t, uint64_t op);

/* ---- what is done */

enum lerr_code owner_bring(struct till *t, uint64_t *op, const char *text,
			   struct lerr *err);
/* A token of new coins. */
void owner_make_token(struct till *t, size_t mint, uint64_t amount, struct buf *out);
/* The two together, to the end. */
void owner_put_in(struct till *t, size_t mint, uint64_t amount);
enum lerr_code owner_take_out(struct till *t, uint64_t *op, uint64_t *tok, size_t mint,
			      uint64_t amount, struct lerr *err);
/* To the end; the number of the token. */
uint64_t owner_export(struct till *t, size_t mint, uint64_t amount);
/* To the end. */
enum lerr_code owner_take_back(struct till *t, uint64_t *op, uint64_t n,
			       struct lerr *err);
/* The coins of a token of ours, as whoever has its text sees them. */
struct payer_coins owner_read_token(struct till *t, uint64_t n);
void owner_redeem(struct till *t, size_t mint, const struct payer_coins *c);
/* Ask about tokens that are out, now. */
void owner_watch(struct till *t);

#endif
