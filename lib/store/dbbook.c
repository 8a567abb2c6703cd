/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbbook.h"

#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/store/db.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

static const char *const names[DBBOOK_ACCOUNTS] = {
	[DBBOOK_CUSTOMERS] = "customers", [DBBOOK_JOBS] = "jobs",
	[DBBOOK_EARNED] = "earned",       [DBBOOK_CHANGE] = "change",
	[DBBOOK_FEES] = "fees",           [DBBOOK_EXPORTED] = "exported",
	[DBBOOK_LIGHTNING] = "lightning", [DBBOOK_ROUTING] = "routing",
	[DBBOOK_OUTSIDE] = "outside",     [DBBOOK_LOST] = "lost",
};

const char *dbbook_account_name(enum dbbook_account account)
{
	return account > 0 && account < DBBOOK_ACCOUNTS ? names[account] : "?";
}

/* ---- writing */

static void add_to(struct db *d, uint64_t mint, enum dbbook_account account,
		   uint64_t into, uint64_t out_of)
{
	struct dbq *q = db_query(
		d, "INSERT INTO balances (mint, account, into_it, out_of_it)"
		   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (mint, account) DO UPDATE SET"
		   " into_it = into_it + ?3, out_of_it = out_of_it + ?4");

	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, account);
	db_bind_u64(q, 3, into);
	db_bind_u64(q, 4, out_of);
	(void)db_run(q);
}

void dbbook_move(struct db *d, const struct dbbook_move *m, uint64_t now)
{
	struct dbq *q;

	if (m->amount == 0)
		return;
	q = db_query(d, "INSERT INTO transfers (at, mint, src, dst, amount, op, job)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	db_bind_u64(q, 1, now);
	db_bind_u64(q, 2, m->mint);
	db_bind_u64(q, 3, m->src);
	db_bind_u64(q, 4, m->dst);
	db_bind_u64(q, 5, m->amount);
	if (m->op)
		db_bind_u64(q, 6, m->op);
	if (m->job)
		db_bind_u64(q, 7, m->job);
	(void)db_run(q);
	add_to(d, m->mint, m->src, 0, m->amount);
	add_to(d, m->mint, m->dst, m->amount, 0);
}

/* ---- reading */

void dbbook_sums(struct db *d, uint64_t mint, enum dbbook_account account,
		 uint64_t *into_it, uint64_t *out_of_it)
{
	struct dbq *q = db_query(d, "SELECT into_it, out_of_it FROM balances WHERE"
				    " mint = ?1 AND account = ?2");

	*into_it = 0;
	*out_of_it = 0;
	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, account);
	if (db_row(q)) {
		*into_it = db_col_u64(q, 0);
		*out_of_it = db_col_u64(q, 1);
	}
	db_done(q);
}

uint64_t dbbook_held(struct db *d, uint64_t mint, enum dbbook_account account)
{
	uint64_t in;
	uint64_t out;

	dbbook_sums(d, mint, account, &in, &out);
	return amount_left(in, out);
}

void dbbook_page(struct db *d, uint64_t below, uint64_t limit,
		 void (*each)(void *ctx, const struct dbbook_row *row), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT seq, at, mint, src, dst, amount, op, job FROM"
				    " transfers WHERE seq < ?1 ORDER BY seq DESC"
				    " LIMIT ?2");
	struct dbbook_row row;

	db_bind_u64(q, 1, below ? below : INT64_MAX);
	db_bind_u64(q, 2, limit);
	while (db_row(q)) {
		row = (struct dbbook_row){
			.seq = db_col_u64(q, 0),
			.at = db_col_u64(q, 1),
			.move = {.mint = db_col_u64(q, 2),
				 .src = (enum dbbook_account)db_col_u64(q, 3),
				 .dst = (enum dbbook_account)db_col_u64(q, 4),
				 .amount = db_col_u64(q, 5),
				 .op = db_col_u64(q, 6),
				 .job = db_col_u64(q, 7)}};
		each(ctx, &row);
	}
}

/* ---- recounting */

/* Each query gives rows only when something is wrong: what, where. */
static const struct {
	const char *what;
	const char *sql;
} checks[] = {
	{"the balance of an account is not the sum of its rows: account",
	 "SELECT b.account FROM balances AS b WHERE"
	 " into_it != (SELECT coalesce(sum(amount), 0) FROM transfers"
	 "  WHERE mint = b.mint AND dst = b.account) OR"
	 " out_of_it != (SELECT coalesce(sum(amount), 0) FROM transfers"
	 "  WHERE mint = b.mint AND src = b.account) LIMIT 1"},
	{"a settled bill does not add up: job",
	 "SELECT job FROM bills WHERE state = 3 AND"
	 " face != fee_in + earned + change + fee_out LIMIT 1"},
	{"the rows of a settled bill do not add up: job",
	 "SELECT b.job FROM bills AS b WHERE b.state = 3 AND b.face !="
	 " (SELECT coalesce(sum(amount), 0) FROM transfers WHERE job = b.job AND"
	 "  src = 1) LIMIT 1"},
	{"a settled job still holds money: job",
	 "SELECT b.job FROM bills AS b WHERE b.state = 3 AND"
	 " (SELECT coalesce(sum(amount), 0) FROM transfers WHERE job = b.job AND dst = 2)"
	 " != (SELECT coalesce(sum(amount), 0) FROM transfers WHERE job = b.job AND"
	 "  src = 2) LIMIT 1"},
	{"a coin is held by an operation that is decided: operation",
	 "SELECT held_by FROM proofs WHERE state = 2 AND held_by NOT IN"
	 " (SELECT op FROM pays WHERE state IN (1, 2, 6)) LIMIT 1"},
};

static enum lerr_code check_query(struct db *d, size_t i, struct lerr *err)
{
	struct dbq *q = db_query(d, checks[i].sql);
	enum lerr_code rc = LERR_OK;

	if (db_row(q))
		rc = lerr_set(err, LERR_STATE, 0, "%s %" PRIu64, checks[i].what,
			      db_col_u64(q, 0));
	db_done(q);
	return rc;
}

enum lerr_code dbbook_check_mint(struct db *d, uint64_t mint, struct lerr *err)
{
	static const enum dbbook_account ours[] = {DBBOOK_JOBS, DBBOOK_EARNED};
	uint64_t coins = dbproof_unspent(d, mint).amount;
	uint64_t books = dbbook_held(d, mint, DBBOOK_JOBS);

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		uint64_t in;
		uint64_t out;

		dbbook_sums(d, mint, ours[i], &in, &out);
		if (in < out)
			return lerr_set(err, LERR_STATE, 0,
					"mint %" PRIu64 ": %s is below zero", mint,
					dbbook_account_name(ours[i]));
	}
	if (!amount_add(&books, dbbook_held(d, mint, DBBOOK_EARNED)) || books != coins)
		return lerr_set(err, LERR_STATE, 0,
				"mint %" PRIu64 ": %" PRIu64 " in coins, %" PRIu64
				" in the books",
				mint, coins, books);
	return LERR_OK;
}

enum lerr_code dbbook_check(struct db *d, struct lerr *err)
{
	struct dbq *q = db_query(d, "SELECT coalesce(max(mint), 0) FROM mints");
	enum lerr_code rc = LERR_OK;
	uint64_t mints = db_row(q) ? db_col_u64(q, 0) : 0;

	db_done(q);
	for (size_t i = 0; !rc && i < ARRAY_LEN(checks); i++)
		rc = check_query(d, i, err);
	for (uint64_t mint = 1; !rc && mint <= mints; mint++)
		rc = dbbook_check_mint(d, mint, err);
	return rc;
}
