/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbproof.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"

#include <string.h>

enum { DLEQ_BYTES = 96 };

#define COLUMNS " y, mint, keyset, amount, secret, c, dleq, state, job, token "

void dbproof_wipe(struct dbproof_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		cashutok_wipe_proof(&list->v[i].proof);
	mem_free(list->v);
	*list = (struct dbproof_list){0};
}

static void load_dleq(struct cashuproof *p, struct str blob)
{
	const uint8_t *b = (const uint8_t *)blob.p;

	if (blob.n != DLEQ_BYTES)
		return;
	p->has_dleq = true;
	memcpy(p->dleq.e.b, b, 32);
	memcpy(p->dleq.s.b, b + 32, 32);
	memcpy(p->dleq.r.b, b + 64, 32);
	p->dleq.has_r = true;
}

static void add_row(struct dbproof_list *out, struct dbq *q)
{
	struct dbproof *row;

	out->v = mem_resize(out->v, out->n + 1, sizeof(*out->v));
	row = &out->v[out->n++];
	memset(row, 0, sizeof(*row));
	db_col_blob(q, 0, row->y.b, sizeof(row->y.b));
	row->mint = db_col_u64(q, 1);
	str_copy(row->proof.id.c, sizeof(row->proof.id.c), db_col_text(q, 2));
	row->proof.amount = db_col_u64(q, 3);
	row->proof.secret = str_dup(db_col_text(q, 4));
	db_col_blob(q, 5, row->proof.c.b, sizeof(row->proof.c.b));
	if (!db_col_is_null(q, 6))
		load_dleq(&row->proof, db_col_text(q, 6));
	row->state = (enum dbproof_state)db_col_u64(q, 7);
	row->job = db_col_u64(q, 8);
	row->token = db_col_u64(q, 9);
}

static void add_rows(struct dbproof_list *out, struct dbq *q)
{
	while (db_row(q))
		add_row(out, q);
}

static void bind_y(struct dbq *q, int at, const struct ecpoint *y)
{
	db_bind_blob(q, at, y->b, sizeof(y->b));
}

void dbproof_insert(struct db *d, const struct cashuproof *p,
		    const struct dbproof_origin *from, uint64_t now)
{
	struct dbq *q = db_query(
		d, "INSERT INTO proofs (y, mint, keyset, amount, secret, c, dleq, state,"
		   " job, made_by, token, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
		   " ?9, ?10, ?11, ?12)");
	uint8_t dleq[DLEQ_BYTES];
	struct ecpoint y;

	if (!bdhke_hash_to_curve(&y, str_of(p->secret)))
		panic("a coin of ours has no Y");
	bind_y(q, 1, &y);
	db_bind_u64(q, 2, from->mint);
	db_bind_text(q, 3, str_of(p->id.c));
	db_bind_u64(q, 4, p->amount);
	db_bind_text(q, 5, str_of(p->secret));
	db_bind_blob(q, 6, p->c.b, sizeof(p->c.b));
	if (p->has_dleq && p->dleq.has_r) {
		memcpy(dleq, p->dleq.e.b, 32);
		memcpy(dleq + 32, p->dleq.s.b, 32);
		memcpy(dleq + 64, p->dleq.r.b, 32);
		db_bind_blob(q, 7, dleq, sizeof(dleq));
	}
	db_bind_u64(q, 8, from->token ? DBPROOF_GIVEN : DBPROOF_FREE);
	if (from->job)
		db_bind_u64(q, 9, from->job);
	if (from->op)
		db_bind_u64(q, 10, from->op);
	if (from->token)
		db_bind_u64(q, 11, from->token);
	db_bind_u64(q, 12, now);
	if (!db_run_unique(q))
		panic("a coin of operation %llu is in the ledger already",
		      (unsigned long long)from->op);
}

bool dbproof_is_known(struct db *d, const struct ecpoint *y)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM proofs WHERE y = ?1");
	bool found;

	bind_y(q, 1, y);
	found = db_row(q);
	db_done(q);
	return found;
}

bool dbproof_where(struct db *d, struct dbproof_place *out, const struct ecpoint *y)
{
	struct dbq *q = db_query(d, "SELECT state, amount, job, token FROM proofs"
				    " WHERE y = ?1");
	bool found;

	bind_y(q, 1, y);
	found = db_row(q);
	if (found)
		*out = (struct dbproof_place){(enum dbproof_state)db_col_u64(q, 0),
					      db_col_u64(q, 1), db_col_u64(q, 2),
					      db_col_u64(q, 3)};
	db_done(q);
	return found;
}

bool dbproof_find(struct db *d, const struct ecpoint *y, enum dbproof_state *state,
		  uint64_t *token)
{
	struct dbq *q = db_query(d, "SELECT state, token FROM proofs WHERE y = ?1");
	bool found;

	bind_y(q, 1, y);
	found = db_row(q);
	if (found) {
		*state = (enum dbproof_state)db_col_u64(q, 0);
		*token = db_col_u64(q, 1);
	}
	db_done(q);
	return found;
}

/* ---- lists */

void dbproof_free_ones(struct db *d, struct dbproof_list *out, uint64_t mint,
		       uint64_t job, size_t most)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS
				    "FROM proofs WHERE state = 1 AND mint = ?1 AND job IS"
				    " ?2 ORDER BY amount DESC LIMIT ?3");

	db_bind_u64(q, 1, mint);
	if (job)
		db_bind_u64(q, 2, job);
	db_bind_u64(q, 3, most);
	add_rows(out, q);
}

void dbproof_small_ones(struct db *d, struct dbproof_list *out, uint64_t mint,
			size_t most)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS
				    "FROM proofs WHERE state = 1 AND mint = ?1 AND job IS"
				    " NULL ORDER BY amount LIMIT ?2");

	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, most);
	add_rows(out, q);
}

void dbproof_keyset_ones(struct db *d, struct dbproof_list *out,
			 const struct keyset_id *id, size_t most)
{
	struct dbq *q =
		db_query(d, "SELECT" COLUMNS
			    "FROM proofs WHERE keyset = ?1 AND state IN (1, 2) AND"
			    " state = 1 AND job IS NULL ORDER BY amount LIMIT ?2");

	db_bind_text(q, 1, str_of(id->c));
	db_bind_u64(q, 2, most);
	add_rows(out, q);
}

void dbproof_of_op(struct db *d, struct dbproof_list *out, uint64_t op)
{
	struct dbq *q =
		db_query(d, "SELECT" COLUMNS "FROM proofs WHERE held_by = ?1 ORDER BY y");

	db_bind_u64(q, 1, op);
	add_rows(out, q);
}

void dbproof_of_token(struct db *d, struct dbproof_list *out, uint64_t token)
{
	struct dbq *q =
		db_query(d, "SELECT" COLUMNS "FROM proofs WHERE token = ?1 ORDER BY y");

	db_bind_u64(q, 1, token);
	add_rows(out, q);
}

/* ---- states */

bool dbproof_hold(struct db *d, const struct ecpoint *y, uint64_t op, bool from_token)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 2, held_by = ?2"
				    " WHERE y = ?1 AND state = ?3");

	bind_y(q, 1, y);
	db_bind_u64(q, 2, op);
	db_bind_u64(q, 3, from_token ? DBPROOF_GIVEN : DBPROOF_FREE);
	return db_run(q) == 1;
}

bool dbproof_give(struct db *d, const struct ecpoint *y, uint64_t token)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 4, token = ?2"
				    " WHERE y = ?1 AND state = 1");

	bind_y(q, 1, y);
	db_bind_u64(q, 2, token);
	return db_run(q) == 1;
}

void dbproof_take_back(struct db *d, uint64_t token)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 1, token = NULL"
				    " WHERE token = ?1 AND state = 4");

	db_bind_u64(q, 1, token);
	(void)db_run(q);
}

void dbproof_settle(struct db *d, uint64_t op, enum dbproof_state state)
{
	struct dbq *q =
		db_query(d, "UPDATE proofs SET state = CASE WHEN ?2 = 1 AND token IS NOT"
			    " NULL THEN 4 ELSE ?2 END,"
			    " held_by = CASE WHEN ?2 = 1 THEN NULL ELSE held_by END"
			    " WHERE held_by = ?1 AND state = 2");

	db_bind_u64(q, 1, op);
	db_bind_u64(q, 2, state);
	(void)db_run(q);
}

void dbproof_redeemed(struct db *d, const struct ecpoint *y)
{
	struct dbq *q =
		db_query(d, "UPDATE proofs SET state = 3 WHERE y = ?1 AND state = 4");

	bind_y(q, 1, y);
	(void)db_run(q);
}

void dbproof_still_given(struct db *d, uint64_t op)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 4, held_by = NULL WHERE"
				    " held_by = ?1 AND state = 5 AND token IS NOT NULL");

	db_bind_u64(q, 1, op);
	(void)db_run(q);
}

bool dbproof_found(struct db *d, const struct ecpoint *y)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 1, held_by = NULL, job ="
				    " NULL WHERE y = ?1 AND state = 5 AND token IS NULL");

	bind_y(q, 1, y);
	return db_run(q) == 1;
}

bool dbproof_gone(struct db *d, const struct ecpoint *y)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET state = 5 WHERE y = ?1 AND"
				    " state = 1 AND job IS NULL");

	bind_y(q, 1, y);
	return db_run(q) == 1;
}

void dbproof_earn(struct db *d, uint64_t job)
{
	struct dbq *q = db_query(d, "UPDATE proofs SET job = NULL WHERE state = 1 AND"
				    " mint = (SELECT mint FROM bills WHERE job = ?1) AND"
				    " job = ?1");

	db_bind_u64(q, 1, job);
	(void)db_run(q);
}

/* ---- sums */

static struct dbproof_sum sum_of(struct dbq *q)
{
	struct dbproof_sum s = {0};

	if (db_row(q))
		s = (struct dbproof_sum){db_col_u64(q, 0), db_col_u64(q, 1)};
	db_done(q);
	return s;
}

struct dbproof_sum dbproof_unspent(struct db *d, uint64_t mint)
{
	struct dbq *q = db_query(
		d, "SELECT coalesce(sum(amount), 0), count(*) FROM"
		   " proofs WHERE mint = ?1 AND state IN (1, 2) AND token IS NULL");

	db_bind_u64(q, 1, mint);
	return sum_of(q);
}

struct dbproof_sum dbproof_free_earned(struct db *d, uint64_t mint)
{
	struct dbq *q = db_query(d, "SELECT coalesce(sum(amount), 0), count(*) FROM"
				    " proofs WHERE mint = ?1 AND state = 1 AND job IS"
				    " NULL");

	db_bind_u64(q, 1, mint);
	return sum_of(q);
}

struct dbproof_sum dbproof_of_keyset(struct db *d, const struct keyset_id *id)
{
	struct dbq *q = db_query(d, "SELECT coalesce(sum(amount), 0), count(*) FROM"
				    " proofs WHERE keyset = ?1 AND state IN (1, 2)");

	db_bind_text(q, 1, str_of(id->c));
	return sum_of(q);
}
