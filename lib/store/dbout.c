/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbout.h"

#include "lib/base/mem.h"
#include "lib/proto/nevent.h"
#include "lib/store/db.h"
#include "lib/store/dbmeta.h"

#define COLUMNS " seq, kind, job, event_id, pub, after_seq, made_at, done_at, event "

void dbout_wipe(struct dbout *o)
{
	mem_free(o->event);
	o->event = NULL;
}

static bool get(struct dbq *q, struct dbout *out)
{
	bool found = db_row(q);

	if (found)
		*out = (struct dbout){.seq = db_col_u64(q, 0),
				      .kind = db_col_u64(q, 1),
				      .job = db_col_u64(q, 2),
				      .event_id = db_col_id32(q, 3),
				      .pub = db_col_u64(q, 4),
				      .after_seq = db_col_u64(q, 5),
				      .made_at = db_col_u64(q, 6),
				      .done = !db_col_is_null(q, 7),
				      .event = str_dup(db_col_text(q, 8))};
	db_done(q);
	return found;
}

bool dbout_insert(struct db *d, struct dbout *o, struct str event)
{
	struct dbq *q =
		db_query(d, "INSERT INTO outbox (kind, job, event_id, event, after_seq,"
			    " made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	db_bind_u64(q, 1, o->kind);
	if (o->job)
		db_bind_u64(q, 2, o->job);
	db_bind_id32(q, 3, &o->event_id);
	db_bind_text(q, 4, event);
	if (o->after_seq)
		db_bind_u64(q, 5, o->after_seq);
	db_bind_u64(q, 6, o->made_at);
	if (!db_run_unique(q))
		return false;
	o->seq = db_last_rowid(d);
	return true;
}

bool dbout_get(struct db *d, struct dbout *out, uint64_t seq)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM outbox WHERE seq = ?1");

	db_bind_u64(q, 1, seq);
	return get(q, out);
}

bool dbout_knows(struct db *d, const struct id32 *event_id)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM outbox WHERE event_id = ?1");
	bool found;

	db_bind_id32(q, 1, event_id);
	found = db_row(q);
	db_done(q);
	return found;
}

bool dbout_next_unsigned(struct db *d, struct dbout *out, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM outbox WHERE pub IS NULL AND"
				    " done_at IS NULL AND seq > ?1 ORDER BY seq LIMIT 1");

	db_bind_u64(q, 1, above);
	return get(q, out);
}

void dbout_set_signed(struct db *d, uint64_t seq, struct str event, uint64_t now)
{
	struct dbq *q;

	/* not max(pub) + 1: a number must not come back when rows are deleted */
	dbmeta_count(d, "outbox.pub", 1);
	q = db_query(d, "UPDATE outbox SET event = ?2, pub = ?3, made_at = ?4"
			" WHERE seq = ?1 AND pub IS NULL");
	db_bind_u64(q, 1, seq);
	db_bind_text(q, 2, event);
	db_bind_u64(q, 3, dbmeta_counter(d, "outbox.pub"));
	db_bind_u64(q, 4, now);
	(void)db_run(q);
}

bool dbout_next_for(struct db *d, struct dbout *out, struct str relay, uint64_t above)
{
	struct dbq *q = db_query(
		d,
		"SELECT" COLUMNS "FROM outbox AS o WHERE done_at IS NULL AND pub > ?2"
		" AND NOT EXISTS (SELECT 1 FROM sends WHERE seq = o.seq AND relay = ?1)"
		" AND (after_seq IS NULL OR EXISTS"
		" (SELECT 1 FROM sends WHERE seq = o.after_seq AND relay = ?1))"
		" ORDER BY pub LIMIT 1");

	db_bind_text(q, 1, relay);
	db_bind_u64(q, 2, above);
	return get(q, out);
}

bool dbout_get_after(struct db *d, struct dbout *out, uint64_t seq)
{
	struct dbq *q =
		db_query(d, "SELECT" COLUMNS "FROM outbox WHERE after_seq = ?1 AND"
			    " pub IS NOT NULL AND done_at IS NULL LIMIT 1");

	db_bind_u64(q, 1, seq);
	return get(q, out);
}

bool dbout_get_of_job(struct db *d, struct dbout *out, uint64_t job, uint64_t kind)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM outbox WHERE job = ?1 AND"
				    " kind = ?2 AND pub IS NOT NULL"
				    " ORDER BY seq DESC LIMIT 1");

	db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, kind);
	return get(q, out);
}

void dbout_set_done(struct db *d, uint64_t seq, uint64_t now)
{
	struct dbq *q = db_query(d, "UPDATE outbox SET done_at = ?2 WHERE seq = ?1 AND"
				    " done_at IS NULL");

	db_bind_u64(q, 1, seq);
	db_bind_u64(q, 2, now);
	(void)db_run(q);
}

void dbout_overtake(struct db *d, uint64_t kind, uint64_t job, uint64_t below_seq,
		    uint64_t now, void (*each)(void *ctx, uint64_t seq), void *ctx)
{
	struct dbq *q = db_query(d, "UPDATE outbox SET done_at = ?4 WHERE job IS ?1 AND"
				    " kind = ?2 AND seq < ?3 AND done_at IS NULL AND"
				    " after_seq IS NULL RETURNING seq");

	if (job)
		db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, kind);
	db_bind_u64(q, 3, below_seq);
	db_bind_u64(q, 4, now);
	while (db_row(q))
		each(ctx, db_col_u64(q, 0));
}

/* ---- verdicts of relays */

void dbout_put_send(struct db *d, uint64_t seq, struct str relay, struct str verdict,
		    struct str text, uint64_t now)
{
	struct dbq *q = db_query(
		d, "INSERT INTO sends (seq, relay, verdict, text, at)"
		   " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (seq, relay) DO UPDATE"
		   " SET verdict = ?3, text = ?4, at = ?5 WHERE verdict <> 'ok'");

	db_bind_u64(q, 1, seq);
	db_bind_text(q, 2, relay);
	db_bind_text(q, 3, verdict);
	db_bind_text(q, 4, text);
	db_bind_u64(q, 5, now);
	(void)db_run(q);
}

bool dbout_has_send(struct db *d, uint64_t seq, struct str relay)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM sends WHERE seq = ?1 AND relay = ?2");
	bool found;

	db_bind_u64(q, 1, seq);
	db_bind_text(q, 2, relay);
	found = db_row(q);
	db_done(q);
	return found;
}

bool dbout_is_taken(struct db *d, uint64_t seq)
{
	struct dbq *q =
		db_query(d, "SELECT 1 FROM sends WHERE seq = ?1 AND verdict = 'ok'");
	bool found;

	db_bind_u64(q, 1, seq);
	found = db_row(q);
	db_done(q);
	return found;
}

void dbout_each_send(struct db *d, uint64_t seq,
		     void (*each)(void *ctx, struct str relay, struct str verdict,
				  struct str text, uint64_t at),
		     void *ctx)
{
	struct dbq *q = db_query(d, "SELECT relay, verdict, text, at FROM sends"
				    " WHERE seq = ?1 ORDER BY relay");

	db_bind_u64(q, 1, seq);
	while (db_row(q))
		each(ctx, db_col_text(q, 0), db_col_text(q, 1), db_col_text(q, 2),
		     db_col_u64(q, 3));
}

/* ---- age */

void dbout_expire(struct db *d, uint64_t signed_before, uint64_t made_before,
		  uint64_t now,
		  void (*each)(void *ctx, uint64_t seq, uint64_t kind, uint64_t job),
		  void *ctx)
{
	struct dbq *q =
		db_query(d, "UPDATE outbox INDEXED BY outbox_open SET done_at = ?3"
			    " WHERE done_at IS NULL AND"
			    " made_at < CASE WHEN pub IS NULL THEN ?2 ELSE ?1 END"
			    " RETURNING seq, kind, job");

	db_bind_u64(q, 1, signed_before);
	db_bind_u64(q, 2, made_before);
	db_bind_u64(q, 3, now);
	while (db_row(q))
		each(ctx, db_col_u64(q, 0), db_col_u64(q, 1), db_col_u64(q, 2));
}

void dbout_sweep(struct db *d, uint64_t results_before, uint64_t others_before)
{
	struct dbq *q = db_query(d, "DELETE FROM outbox WHERE done_at IS NOT NULL AND"
				    " ((kind = ?1 AND made_at < ?2) OR"
				    " (kind <> ?1 AND made_at < ?3))");

	db_bind_u64(q, 1, NKIND_RESULT);
	db_bind_u64(q, 2, results_before);
	db_bind_u64(q, 3, others_before);
	(void)db_run(q);
}

uint64_t dbout_count_open(struct db *d)
{
	struct dbq *q = db_query(d, "SELECT count(*) FROM outbox INDEXED BY outbox_open"
				    " WHERE done_at IS NULL");
	uint64_t n = 0;

	if (db_row(q))
		n = db_col_u64(q, 0);
	db_done(q);
	return n;
}
