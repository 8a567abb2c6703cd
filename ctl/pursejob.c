/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursejob.h"

#include "lib/store/db.h"

#define COLUMNS                                                                        \
	" seq, id, worker, customer, relays, mint, token, rate, seconds, paid, state," \
	" locktime_s, change, owed, made_at_s FROM jobs "

const char *pursejob_state_name(enum pursejob_state state)
{
	switch (state) {
	case PURSEJOB_MADE:
		return "made";
	case PURSEJOB_SENT:
		return "sent";
	case PURSEJOB_OWED:
		return "owed";
	case PURSEJOB_CLOSED:
		return "closed";
	case PURSEJOB_BACK:
		return "back";
	}
	return "?";
}

static bool load(struct dbq *q, struct pursejob *out)
{
	bool found = db_row(q);

	if (found) {
		*out = (struct pursejob){
			.seq = db_col_u64(q, 0),
			.id = db_col_id32(q, 1),
			.worker = db_col_id32(q, 2),
			.customer = db_col_id32(q, 3),
			.mint = db_col_u64(q, 5),
			.token = db_col_u64(q, 6),
			.seconds = db_col_u64(q, 8),
			.paid = db_col_u64(q, 9),
			.state = (enum pursejob_state)db_col_u64(q, 10),
			.locktime_s = db_col_u64(q, 11),
			.change = db_col_u64(q, 12),
			.owed = db_col_u64(q, 13),
			.made_at_s = db_col_u64(q, 14),
		};
		str_copy(out->relays, sizeof(out->relays), db_col_text(q, 4));
		str_copy(out->rate, sizeof(out->rate), db_col_text(q, 7));
	}
	db_done(q);
	return found;
}

void pursejob_insert(struct db *d, struct pursejob *j)
{
	struct dbq *q = db_query(
		d, "INSERT INTO jobs (id, worker, customer, relays, mint, token, rate,"
		   " seconds, paid, state, locktime_s, made_at_s) VALUES (?1, ?2, ?3, ?4,"
		   " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");

	db_bind_id32(q, 1, &j->id);
	db_bind_id32(q, 2, &j->worker);
	db_bind_id32(q, 3, &j->customer);
	db_bind_text(q, 4, str_of(j->relays));
	db_bind_u64(q, 5, j->mint);
	db_bind_u64(q, 6, j->token);
	db_bind_text(q, 7, str_of(j->rate));
	db_bind_u64(q, 8, j->seconds);
	db_bind_u64(q, 9, j->paid);
	db_bind_u64(q, 10, j->state);
	db_bind_u64(q, 11, j->locktime_s);
	db_bind_u64(q, 12, j->made_at_s);
	(void)db_run(q);
	j->seq = db_last_rowid(d);
}

bool pursejob_get(struct db *d, struct pursejob *out, const struct id32 *id)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "WHERE id = ?1");

	db_bind_id32(q, 1, id);
	return load(q, out);
}

bool pursejob_get_seq(struct db *d, struct pursejob *out, uint64_t seq)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "WHERE seq = ?1");

	db_bind_u64(q, 1, seq);
	return load(q, out);
}

bool pursejob_of_token(struct db *d, struct pursejob *out, uint64_t token)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "WHERE token = ?1");

	db_bind_u64(q, 1, token);
	return load(q, out);
}

bool pursejob_next_open(struct db *d, struct pursejob *out, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS
				    "WHERE state < 4 AND seq > ?1 ORDER BY seq LIMIT 1");

	db_bind_u64(q, 1, above);
	return load(q, out);
}

void pursejob_set(struct db *d, const struct pursejob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET state = ?2, change = ?3, owed = ?4"
				    " WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->state);
	db_bind_u64(q, 3, j->change);
	db_bind_u64(q, 4, j->owed);
	(void)db_run(q);
}
