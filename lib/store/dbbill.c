/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbbill.h"

#include "lib/store/db.h"

#include <string.h>

#define COLUMNS                                                                     \
	" job, state, mint, rate, face, locked, give_back, lock_key, fee_in, net, " \
	"earned, change, fee_out, token "

const char *dbbill_state_name(enum dbbill_state state)
{
	switch (state) {
	case DBBILL_OPEN:
		return "open";
	case DBBILL_CLAIMED:
		return "claimed";
	case DBBILL_SETTLED:
		return "settled";
	case DBBILL_OWED:
		return "owed";
	case DBBILL_UNPAID:
		return "unpaid";
	case DBBILL_ELSEWHERE:
		return "elsewhere";
	}
	return "?";
}

static void load(struct dbq *q, struct dbbill *b)
{
	memset(b, 0, sizeof(*b));
	b->job = db_col_u64(q, 0);
	b->state = (enum dbbill_state)db_col_u64(q, 1);
	b->mint = db_col_u64(q, 2);
	b->rate = db_col_u64(q, 3);
	b->face = db_col_u64(q, 4);
	b->locked = db_col_u64(q, 5) != 0;
	b->give_back = db_col_u64(q, 6) != 0;
	b->has_lock_key = !db_col_is_null(q, 7);
	if (b->has_lock_key)
		db_col_blob(q, 7, b->lock_key.b, sizeof(b->lock_key.b));
	b->fee_in = db_col_u64(q, 8);
	b->net = db_col_u64(q, 9);
	b->earned = db_col_u64(q, 10);
	b->change = db_col_u64(q, 11);
	b->fee_out = db_col_u64(q, 12);
	b->token = db_col_u64(q, 13);
}

static bool get(struct dbq *q, struct dbbill *out)
{
	bool found = db_row(q);

	if (found)
		load(q, out);
	db_done(q);
	return found;
}

static void bind_rest(struct dbq *q, const struct dbbill *b)
{
	db_bind_u64(q, 1, b->job);
	db_bind_u64(q, 2, b->state);
	db_bind_u64(q, 3, b->locked);
	db_bind_u64(q, 4, b->give_back);
	if (b->has_lock_key)
		db_bind_blob(q, 5, b->lock_key.b, sizeof(b->lock_key.b));
	db_bind_u64(q, 6, b->fee_in);
	db_bind_u64(q, 7, b->net);
	db_bind_u64(q, 8, b->earned);
	db_bind_u64(q, 9, b->change);
	db_bind_u64(q, 10, b->fee_out);
	if (b->token)
		db_bind_u64(q, 11, b->token);
}

bool dbbill_insert(struct db *d, const struct dbbill *b)
{
	struct dbq *q = db_query(
		d, "INSERT INTO bills (job, state, locked, give_back, lock_key, fee_in,"
		   " net, earned, change, fee_out, token, mint, rate, face) VALUES (?1,"
		   " ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");

	bind_rest(q, b);
	db_bind_u64(q, 12, b->mint);
	db_bind_u64(q, 13, b->rate);
	db_bind_u64(q, 14, b->face);
	return db_run_unique(q);
}

bool dbbill_get(struct db *d, struct dbbill *out, uint64_t job)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM bills WHERE job = ?1");

	db_bind_u64(q, 1, job);
	return get(q, out);
}

void dbbill_set(struct db *d, const struct dbbill *b)
{
	struct dbq *q = db_query(
		d, "UPDATE bills SET state = ?2, locked = ?3, give_back = ?4,"
		   " lock_key = ?5, fee_in = ?6, net = ?7, earned = ?8, change = ?9,"
		   " fee_out = ?10, token = ?11 WHERE job = ?1");

	bind_rest(q, b);
	(void)db_run(q);
}

bool dbbill_next_owed(struct db *d, struct dbbill *out, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM bills WHERE state = 4 AND"
				    " job > ?1 ORDER BY job LIMIT 1");

	db_bind_u64(q, 1, above);
	return get(q, out);
}

/* ---- bound proofs */

static uint64_t take_u64(struct dbq *q)
{
	uint64_t v = 0;

	if (db_row(q))
		v = db_col_u64(q, 0);
	db_done(q);
	return v;
}

void dbbill_bind(struct db *d, const struct ecpoint *y, uint64_t job)
{
	struct dbq *q =
		db_query(d, "INSERT OR IGNORE INTO bound (y, job) VALUES (?1, ?2)");

	db_bind_blob(q, 1, y->b, sizeof(y->b));
	db_bind_u64(q, 2, job);
	(void)db_run(q);
}

uint64_t dbbill_first_of(struct db *d, const struct ecpoint *y)
{
	struct dbq *q =
		db_query(d, "SELECT job FROM bound WHERE y = ?1 ORDER BY job LIMIT 1");

	db_bind_blob(q, 1, y->b, sizeof(y->b));
	return take_u64(q);
}

uint64_t dbbill_rival(struct db *d, uint64_t job, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT min(other.job) FROM bound AS mine JOIN bound"
				    " AS other ON other.y = mine.y AND other.job != ?1"
				    " WHERE mine.job = ?1 AND other.job > ?2");

	db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, above);
	return take_u64(q);
}

/* ---- rates */

void dbbill_say_rate(struct db *d, uint64_t rate, uint64_t now)
{
	struct dbq *q = db_query(d, "INSERT INTO rates (rate, said_at) VALUES (?1, ?2)"
				    " ON CONFLICT (rate) DO UPDATE SET said_at = ?2");

	db_bind_u64(q, 1, rate);
	db_bind_u64(q, 2, now);
	(void)db_run(q);
}

uint64_t dbbill_lowest_rate(struct db *d, uint64_t since)
{
	struct dbq *q = db_query(d, "SELECT min(rate) FROM rates WHERE said_at >= ?1");

	db_bind_u64(q, 1, since);
	return take_u64(q);
}

/* ---- tokens */

#define TOKEN_COLUMNS \
	" token, kind, state, mint, job, op, amount, net, made_at, checked_at "

const char *dbbill_token_state_name(enum dbbill_token_state state)
{
	switch (state) {
	case DBBILL_TOKEN_OUT:
		return "out";
	case DBBILL_TOKEN_REDEEMED:
		return "redeemed";
	case DBBILL_TOKEN_RECLAIMED:
		return "reclaimed";
	}
	return "?";
}

static void load_token(struct dbq *q, struct dbbill_token *t)
{
	*t = (struct dbbill_token){.token = db_col_u64(q, 0),
				   .kind = (enum dbbill_token_kind)db_col_u64(q, 1),
				   .state = (enum dbbill_token_state)db_col_u64(q, 2),
				   .mint = db_col_u64(q, 3),
				   .job = db_col_u64(q, 4),
				   .op = db_col_u64(q, 5),
				   .amount = db_col_u64(q, 6),
				   .net = db_col_u64(q, 7),
				   .made_at = db_col_u64(q, 8),
				   .checked_at = db_col_u64(q, 9)};
}

void dbbill_add_token(struct db *d, struct dbbill_token *t)
{
	struct dbq *q =
		db_query(d, "INSERT INTO tokens (kind, state, mint, job, op, amount, net,"
			    " text, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '',"
			    " ?8)");

	db_bind_u64(q, 1, t->kind);
	db_bind_u64(q, 2, t->state);
	db_bind_u64(q, 3, t->mint);
	if (t->job)
		db_bind_u64(q, 4, t->job);
	if (t->op)
		db_bind_u64(q, 5, t->op);
	db_bind_u64(q, 6, t->amount);
	db_bind_u64(q, 7, t->net);
	db_bind_u64(q, 8, t->made_at);
	(void)db_run(q);
	t->token = db_last_rowid(d);
}

void dbbill_set_token_text(struct db *d, uint64_t token, struct str text)
{
	struct dbq *q =
		db_query(d, "UPDATE tokens SET text = ?2 WHERE token = ?1 AND text = ''");

	db_bind_u64(q, 1, token);
	db_bind_text(q, 2, text);
	(void)db_run(q);
}

static bool get_token(struct dbq *q, struct dbbill_token *out)
{
	bool found = db_row(q);

	if (found)
		load_token(q, out);
	db_done(q);
	return found;
}

bool dbbill_get_token(struct db *d, struct dbbill_token *out, uint64_t token)
{
	struct dbq *q =
		db_query(d, "SELECT" TOKEN_COLUMNS "FROM tokens WHERE token = ?1");

	db_bind_u64(q, 1, token);
	return get_token(q, out);
}

bool dbbill_token_of_op(struct db *d, struct dbbill_token *out, uint64_t op)
{
	struct dbq *q = db_query(d, "SELECT" TOKEN_COLUMNS
				    "FROM tokens WHERE op = ?1 ORDER BY token LIMIT 1");

	db_bind_u64(q, 1, op);
	return get_token(q, out);
}

bool dbbill_get_token_text(struct db *d, uint64_t token, struct buf *out)
{
	struct dbq *q = db_query(d, "SELECT text FROM tokens WHERE token = ?1");
	bool found;

	db_bind_u64(q, 1, token);
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}

void dbbill_set_token_state(struct db *d, const struct dbbill_token *t)
{
	struct dbq *q = db_query(
		d, "UPDATE tokens SET state = ?2, checked_at = ?3 WHERE token = ?1");

	db_bind_u64(q, 1, t->token);
	db_bind_u64(q, 2, t->state);
	if (t->checked_at)
		db_bind_u64(q, 3, t->checked_at);
	(void)db_run(q);
}

void dbbill_page_tokens(struct db *d, uint64_t below, uint64_t limit,
			void (*each)(void *ctx, const struct dbbill_token *t), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT" TOKEN_COLUMNS "FROM tokens WHERE token < ?1"
				    " ORDER BY token DESC LIMIT ?2");
	struct dbbill_token t;

	db_bind_u64(q, 1, below ? below : INT64_MAX);
	db_bind_u64(q, 2, limit);
	while (db_row(q)) {
		load_token(q, &t);
		each(ctx, &t);
	}
}

void dbbill_tokens_due(struct db *d, uint64_t mint, uint64_t since, uint64_t limit,
		       void (*each)(void *ctx, const struct dbbill_token *t), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT" TOKEN_COLUMNS
				    "FROM tokens WHERE state = 1 AND mint = ?1 AND"
				    " coalesce(checked_at, made_at) < ?2"
				    " ORDER BY coalesce(checked_at, made_at) LIMIT ?3");
	struct dbbill_token t;

	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, since);
	db_bind_u64(q, 3, limit);
	while (db_row(q)) {
		load_token(q, &t);
		each(ctx, &t);
	}
}

void dbbill_tokens_out(struct db *d, uint64_t mint, uint64_t *n, uint64_t *amount)
{
	struct dbq *q = db_query(d, "SELECT count(*), coalesce(sum(amount), 0) FROM"
				    " tokens WHERE state = 1 AND mint = ?1");

	*n = 0;
	*amount = 0;
	db_bind_u64(q, 1, mint);
	if (db_row(q)) {
		*n = db_col_u64(q, 0);
		*amount = db_col_u64(q, 1);
	}
	db_done(q);
}
