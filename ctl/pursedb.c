/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursedb.h"

#include "lib/base/clock.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbtables.h"

/*
 * Times are unix seconds when the name ends in _s, else milliseconds. Numbers of states
 * and the like are those of the headers.
 */
static const char *const steps[] = {
	/* 0 -> 1 */
	DBTABLES_META

	/* jobs that were paid for, see pursejob.h */
	"CREATE TABLE jobs ("
	" seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, worker BLOB NOT NULL,"
	" customer BLOB NOT NULL, relays TEXT NOT NULL, mint INTEGER NOT NULL,"
	" token INTEGER NOT NULL, rate TEXT NOT NULL, seconds INTEGER NOT NULL,"
	" paid INTEGER NOT NULL, state INTEGER NOT NULL,"
	" locktime_s INTEGER NOT NULL DEFAULT 0," /* of a locked payment */
	" change INTEGER NOT NULL DEFAULT 0,"     /* that came back, as coins */
	" owed INTEGER NOT NULL DEFAULT 0,"
	" made_at_s INTEGER NOT NULL) STRICT;"
	"CREATE INDEX jobs_open ON jobs (seq) WHERE state < 4;"

	DBTABLES_MINTS DBTABLES_PAYS DBTABLES_COINS

	/* invoices that become coins, see pursequote.h */
	"CREATE TABLE quotes ("
	" seq INTEGER PRIMARY KEY, mint INTEGER NOT NULL, quote TEXT NOT NULL,"
	" amount INTEGER NOT NULL, request TEXT NOT NULL, expiry_s INTEGER NOT NULL,"
	" key BLOB," /* that it is locked to (NUT-20) */
	" state INTEGER NOT NULL, op INTEGER, made_at_s INTEGER NOT NULL,"
	" UNIQUE (mint, quote)) STRICT;"

	"CREATE TABLE keys ("
	" x BLOB PRIMARY KEY, secret BLOB NOT NULL, made_at_s INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"

	"CREATE TABLE history ("
	" seq INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, what INTEGER NOT NULL,"
	" mint INTEGER NOT NULL, got INTEGER NOT NULL, gave INTEGER NOT NULL,"
	" fee INTEGER NOT NULL, job INTEGER, token INTEGER) STRICT;",
};

enum lerr_code pursedb_open(struct db **out, const char *path, struct lerr *err)
{
	return db_open(out, path, steps, ARRAY_LEN(steps), err);
}

/* ---- keys */

void pursedb_make_key(struct db *d, struct ecpoint *pub, uint64_t now_s)
{
	struct nsign_key auto_key key = {{0}};
	struct id32 x;
	struct dbq *q = db_query(d, "INSERT INTO keys (x, secret, made_at_s)"
				    " VALUES (?1, ?2, ?3)");

	nsign_generate(&key);
	if (nsign_pubkey(&x, &key, NULL))
		panic("a fresh key is none");
	db_bind_id32(q, 1, &x);
	db_bind_blob(q, 2, key.b, sizeof(key.b));
	db_bind_u64(q, 3, now_s);
	(void)db_run(q);
	*pub = ecpoint_from_x(&x);
}

bool pursedb_get_key(struct db *d, struct nsign_key *out, const struct ecpoint *pub)
{
	struct dbq *q = db_query(d, "SELECT secret FROM keys WHERE x = ?1");
	struct id32 x = ecpoint_x(pub);
	bool found;

	db_bind_id32(q, 1, &x);
	found = db_row(q);
	if (found)
		db_col_blob(q, 0, out->b, sizeof(out->b));
	db_done(q);
	return found;
}

/* ---- history */

const char *pursedb_what_name(enum pursedb_what what)
{
	static const char *const names[PURSEDB_WHATS] = {
		[PURSEDB_MINTED] = "minted",     [PURSEDB_SENT] = "sent",
		[PURSEDB_RECEIVED] = "received", [PURSEDB_PAID] = "paid",
		[PURSEDB_CHANGE] = "change",     [PURSEDB_BACK] = "back",
		[PURSEDB_SWAPPED] = "swapped",   [PURSEDB_LOST] = "lost",
	};

	return what > 0 && what < PURSEDB_WHATS ? names[what] : "?";
}

void pursedb_add(struct db *d, const struct pursedb_row *row)
{
	struct dbq *q = db_query(d, "INSERT INTO history (at_s, what, mint, got, gave,"
				    " fee, job, token) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
				    " ?7, ?8)");

	db_bind_u64(q, 1, row->at_s);
	db_bind_u64(q, 2, row->what);
	db_bind_u64(q, 3, row->mint);
	db_bind_u64(q, 4, row->got);
	db_bind_u64(q, 5, row->gave);
	db_bind_u64(q, 6, row->fee);
	if (row->job)
		db_bind_u64(q, 7, row->job);
	if (row->token)
		db_bind_u64(q, 8, row->token);
	(void)db_run(q);
}

void pursedb_set_paid(struct db *d, uint64_t token, uint64_t job)
{
	struct dbq *q = db_query(d, "UPDATE history SET what = ?2, job = ?3 WHERE token ="
				    " ?1 AND what = ?4");

	db_bind_u64(q, 1, token);
	db_bind_u64(q, 2, PURSEDB_PAID);
	db_bind_u64(q, 3, job);
	db_bind_u64(q, 4, PURSEDB_SENT);
	(void)db_run(q);
}

void pursedb_each(struct db *d, uint64_t above,
		  void (*each)(void *ctx, const struct pursedb_row *row), void *ctx)
{
	struct dbq *q =
		db_query(d, "SELECT seq, at_s, what, mint, got, gave, fee, job, token"
			    " FROM history WHERE seq > ?1 ORDER BY seq");

	db_bind_u64(q, 1, above);
	while (db_row(q)) {
		const struct pursedb_row row = {
			.seq = db_col_u64(q, 0),
			.at_s = db_col_u64(q, 1),
			.what = (enum pursedb_what)db_col_u64(q, 2),
			.mint = db_col_u64(q, 3),
			.got = db_col_u64(q, 4),
			.gave = db_col_u64(q, 5),
			.fee = db_col_u64(q, 6),
			.job = db_col_u64(q, 7),
			.token = db_col_u64(q, 8),
		};

		each(ctx, &row);
	}
}

/* ---- sums */

struct pursedb_sums pursedb_sums(struct db *d, uint64_t mint)
{
	struct dbq *q = db_query(
		d, "SELECT coalesce(sum(amount) FILTER (WHERE state = 1), 0),"
		   " coalesce(sum(amount) FILTER (WHERE state = 2 AND token IS NULL), 0),"
		   " coalesce(sum(amount) FILTER (WHERE state IN (2, 4) AND token IN"
		   " (SELECT token FROM tokens WHERE state = 1)), 0)"
		   " FROM proofs WHERE mint = ?1");
	struct pursedb_sums s = {0};

	db_bind_u64(q, 1, mint);
	if (db_row(q))
		s = (struct pursedb_sums){db_col_u64(q, 0), db_col_u64(q, 1),
					  db_col_u64(q, 2)};
	db_done(q);
	return s;
}

void pursedb_set_redeemed(struct db *d, uint64_t token)
{
	struct dbbill_token t;

	if (!dbbill_get_token(d, &t, token) || t.state != DBBILL_TOKEN_OUT)
		return;
	t.state = DBBILL_TOKEN_REDEEMED;
	t.checked_at = clock_wall_ms();
	dbbill_set_token_state(d, &t);
}

uint64_t pursedb_token_of_op(struct db *d, uint64_t op)
{
	struct dbq *q = db_query(d, "SELECT token FROM proofs WHERE held_by = ?1 AND"
				    " token IS NOT NULL LIMIT 1");
	uint64_t token = 0;

	db_bind_u64(q, 1, op);
	if (db_row(q))
		token = db_col_u64(q, 0);
	db_done(q);
	return token;
}
