/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursequote.h"

#include "lib/base/mem.h"
#include "lib/store/db.h"

#include <string.h>

#define COLUMNS                                                                    \
	" seq, mint, quote, amount, request, expiry_s, key, state, op, made_at_s " \
	"FROM quotes "

void pursequote_wipe(struct pursequote *q)
{
	mem_free(q->request);
	*q = (struct pursequote){.request = NULL};
}

static bool load(struct dbq *q, struct pursequote *out)
{
	bool found = db_row(q);

	if (found) {
		*out = (struct pursequote){
			.seq = db_col_u64(q, 0),
			.mint = db_col_u64(q, 1),
			.amount = db_col_u64(q, 3),
			.request = str_dup(db_col_text(q, 4)),
			.expiry_s = db_col_u64(q, 5),
			.has_key = !db_col_is_null(q, 6),
			.state = (enum pursequote_state)db_col_u64(q, 7),
			.op = db_col_u64(q, 8),
			.made_at_s = db_col_u64(q, 9),
		};
		str_copy(out->id, sizeof(out->id), db_col_text(q, 2));
		if (out->has_key)
			db_col_blob(q, 6, out->key.b, sizeof(out->key.b));
	}
	db_done(q);
	return found;
}

void pursequote_insert(struct db *d, struct pursequote *quote)
{
	struct dbq *q =
		db_query(d, "INSERT INTO quotes (mint, quote, amount, request, expiry_s,"
			    " key, state, made_at_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
			    " ?8)");

	db_bind_u64(q, 1, quote->mint);
	db_bind_text(q, 2, str_of(quote->id));
	db_bind_u64(q, 3, quote->amount);
	db_bind_text(q, 4, str_of(quote->request));
	db_bind_u64(q, 5, quote->expiry_s);
	if (quote->has_key)
		db_bind_blob(q, 6, quote->key.b, sizeof(quote->key.b));
	db_bind_u64(q, 7, quote->state);
	db_bind_u64(q, 8, quote->made_at_s);
	(void)db_run(q);
	quote->seq = db_last_rowid(d);
}

bool pursequote_next_open(struct db *d, struct pursequote *out, uint64_t mint,
			  uint64_t amount, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS
				    "WHERE state = 1 AND mint = ?1 AND (?2 = 0 OR amount"
				    " = ?2) AND seq > ?3 ORDER BY seq LIMIT 1");

	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, amount);
	db_bind_u64(q, 3, above);
	return load(q, out);
}

bool pursequote_of_op(struct db *d, struct pursequote *out, uint64_t op)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "WHERE op = ?1");

	db_bind_u64(q, 1, op);
	return load(q, out);
}

void pursequote_set(struct db *d, const struct pursequote *quote)
{
	struct dbq *q = db_query(d, "UPDATE quotes SET state = ?2, op = ?3"
				    " WHERE seq = ?1");

	db_bind_u64(q, 1, quote->seq);
	db_bind_u64(q, 2, quote->state);
	if (quote->op)
		db_bind_u64(q, 3, quote->op);
	(void)db_run(q);
}
