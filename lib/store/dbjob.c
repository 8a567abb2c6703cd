/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbjob.h"

#include "lib/store/db.h"

#include <string.h>

/* One list of columns for every SELECT, so that load() can count on the order. */
#define COLUMNS                                                                          \
	" seq, id, customer, state, reason, error, created_at_s, received_at, "          \
	"started_at,"                                                                    \
	" ended_at, moved_at, limit_s, attempts, spool, cancel_at, exit_code, wall_ms,"  \
	" cpu_us, mem_peak_bytes, stdout_total, stderr_total, stdout_sha, stdout_bytes," \
	" stderr_sha, stderr_bytes, status, status_at_s, resent_at "

static void col_text(struct dbq *q, int at, char *out, size_t room)
{
	str_copy(out, room, db_col_text(q, at));
}

static void col_blob(struct dbq *q, int at, struct dbjob_blob *out)
{
	if (db_col_is_null(q, at))
		return;
	out->has = true;
	out->sha256 = db_col_id32(q, at);
	out->bytes = db_col_u64(q, at + 1);
}

static void load(struct dbq *q, struct dbjob *j)
{
	int at = 0;

	memset(j, 0, sizeof(*j));
	j->seq = db_col_u64(q, at++);
	j->id = db_col_id32(q, at++);
	j->customer = db_col_id32(q, at++);
	j->state = (enum job_state)db_col_u64(q, at++);
	col_text(q, at++, j->reason, sizeof(j->reason));
	col_text(q, at++, j->error, sizeof(j->error));
	j->created_at_s = db_col_u64(q, at++);
	j->received_at = db_col_u64(q, at++);
	j->started_at = db_col_u64(q, at++);
	j->ended_at = db_col_u64(q, at++);
	j->moved_at = db_col_u64(q, at++);
	j->limit_s = db_col_u64(q, at++);
	j->attempts = db_col_u64(q, at++);
	col_text(q, at++, j->spool, sizeof(j->spool));
	j->cancel_at = db_col_u64(q, at++);
	j->exit_code = db_col_u64(q, at++);
	j->wall_ms = db_col_u64(q, at++);
	j->cpu_us = db_col_u64(q, at++);
	j->mem_peak_bytes = db_col_u64(q, at++);
	j->stdout_total = db_col_u64(q, at++);
	j->stderr_total = db_col_u64(q, at++);
	col_blob(q, at, &j->out);
	at += 2;
	col_blob(q, at, &j->err);
	at += 2;
	col_text(q, at++, j->status, sizeof(j->status));
	j->status_at_s = db_col_u64(q, at++);
	j->resent_at = db_col_u64(q, at++);
}

/* ---- one job */

bool dbjob_insert(struct db *d, struct dbjob *j)
{
	struct dbq *q = db_query(d, "INSERT INTO jobs (id, customer, state, created_at_s,"
				    " received_at, moved_at, limit_s)"
				    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	db_bind_id32(q, 1, &j->id);
	db_bind_id32(q, 2, &j->customer);
	db_bind_u64(q, 3, j->state);
	db_bind_u64(q, 4, j->created_at_s);
	db_bind_u64(q, 5, j->received_at);
	db_bind_u64(q, 6, j->moved_at);
	db_bind_u64(q, 7, j->limit_s);
	if (!db_run_unique(q))
		return false;
	j->seq = db_last_rowid(d);
	return true;
}

static bool get(struct dbq *q, struct dbjob *out)
{
	bool found = db_row(q);

	if (found)
		load(q, out);
	db_done(q);
	return found;
}

bool dbjob_get(struct db *d, struct dbjob *out, const struct id32 *id)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM jobs WHERE id = ?1");

	db_bind_id32(q, 1, id);
	return get(q, out);
}

bool dbjob_get_seq(struct db *d, struct dbjob *out, uint64_t seq)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM jobs WHERE seq = ?1");

	db_bind_u64(q, 1, seq);
	return get(q, out);
}

static void add_log(struct db *d, const struct dbjob *j, enum job_state next,
		    uint64_t now, struct str event, struct str text)
{
	struct dbq *q = db_query(d, "INSERT INTO job_log (job, at, old, new, event, text)"
				    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, now);
	db_bind_u64(q, 3, j->state);
	db_bind_u64(q, 4, next);
	db_bind_text(q, 5, event);
	db_bind_text(q, 6, text);
	(void)db_run(q);
}

bool dbjob_move(struct db *d, struct dbjob *j, enum job_state next, uint64_t now,
		enum job_event event, struct str text)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET state = ?3, moved_at = ?4"
				    " WHERE seq = ?1 AND state = ?2");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->state);
	db_bind_u64(q, 3, next);
	db_bind_u64(q, 4, now);
	if (db_run(q) != 1)
		return false;
	add_log(d, j, next, now, str_of(jobfsm_event_name(event)), text);
	j->state = next;
	j->moved_at = now;
	return true;
}

void dbjob_note(struct db *d, const struct dbjob *j, uint64_t now, const char *event,
		struct str text)
{
	add_log(d, j, j->state, now, str_of(event), text);
}

void dbjob_set_reason(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET reason = ?2, error = ?3"
				    " WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_text(q, 2, str_of(j->reason));
	db_bind_text(q, 3, str_of(j->error));
	(void)db_run(q);
}

void dbjob_set_run(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET attempts = ?2, spool = ?3,"
				    " limit_s = ?4 WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->attempts);
	db_bind_text(q, 3, str_of(j->spool));
	db_bind_u64(q, 4, j->limit_s);
	(void)db_run(q);
}

void dbjob_set_started(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET started_at = ?2 WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->started_at);
	(void)db_run(q);
}

static void bind_blob(struct dbq *q, int at, const struct dbjob_blob *b)
{
	if (!b->has)
		return;
	db_bind_id32(q, at, &b->sha256);
	db_bind_u64(q, at + 1, b->bytes);
}

void dbjob_set_ended(struct db *d, const struct dbjob *j)
{
	struct dbq *q =
		db_query(d, "UPDATE jobs SET ended_at = ?2, exit_code = ?3, wall_ms = ?4,"
			    " cpu_us = ?5, mem_peak_bytes = ?6, stdout_total = ?7,"
			    " stderr_total = ?8, stdout_sha = ?9, stdout_bytes = ?10,"
			    " stderr_sha = ?11, stderr_bytes = ?12 WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->ended_at);
	db_bind_u64(q, 3, j->exit_code);
	db_bind_u64(q, 4, j->wall_ms);
	db_bind_u64(q, 5, j->cpu_us);
	db_bind_u64(q, 6, j->mem_peak_bytes);
	db_bind_u64(q, 7, j->stdout_total);
	db_bind_u64(q, 8, j->stderr_total);
	bind_blob(q, 9, &j->out);
	bind_blob(q, 11, &j->err);
	(void)db_run(q);
}

void dbjob_set_status(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET status = ?2, status_at_s = ?3"
				    " WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_text(q, 2, str_of(j->status));
	db_bind_u64(q, 3, j->status_at_s);
	(void)db_run(q);
}

void dbjob_set_cancel(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET cancel_at = ?2 WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->cancel_at);
	(void)db_run(q);
}

void dbjob_set_resent(struct db *d, const struct dbjob *j)
{
	struct dbq *q = db_query(d, "UPDATE jobs SET resent_at = ?2 WHERE seq = ?1");

	db_bind_u64(q, 1, j->seq);
	db_bind_u64(q, 2, j->resent_at);
	(void)db_run(q);
}

/* ---- many jobs */

bool dbjob_first(struct db *d, struct dbjob *out, enum job_state state, uint64_t above)
{
	/* state < 9 lets SQLite use the index of open jobs */
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM jobs WHERE state = ?1 AND"
				    " state < 9 AND seq > ?2 ORDER BY seq LIMIT 1");

	db_bind_u64(q, 1, state);
	db_bind_u64(q, 2, above);
	return get(q, out);
}

static uint64_t count(struct dbq *q)
{
	uint64_t n = 0;

	if (db_row(q))
		n = db_col_u64(q, 0);
	db_done(q);
	return n;
}

uint64_t dbjob_count(struct db *d, enum job_state state)
{
	struct dbq *q =
		db_query(d, "SELECT count(*) FROM jobs WHERE state = ?1 AND state < 9");

	db_bind_u64(q, 1, state);
	return count(q);
}

uint64_t dbjob_count_before(struct db *d, enum job_state state, uint64_t seq)
{
	struct dbq *q = db_query(d, "SELECT count(*) FROM jobs WHERE state = ?1 AND"
				    " state < 9 AND seq < ?2");

	db_bind_u64(q, 1, state);
	db_bind_u64(q, 2, seq);
	return count(q);
}

/* "state < 9 ORDER BY seq" alone would walk over all that is done, for any stranger who
 * asks: so the newest of each open state, which jobs_open has in this order. */
/* clang-format off */
#define NEWEST(state)                                                                    \
	"SELECT seq FROM (SELECT seq FROM jobs WHERE state = " state                     \
	" AND state < 9 AND seq < ?1 ORDER BY seq DESC LIMIT ?2)"
static const char open_page[] =
	"SELECT" COLUMNS "FROM jobs WHERE seq IN ("
	NEWEST("1") " UNION ALL " NEWEST("2") " UNION ALL "
	NEWEST("3") " UNION ALL " NEWEST("4") " UNION ALL "
	NEWEST("5") " UNION ALL " NEWEST("6") " UNION ALL "
	NEWEST("7") " UNION ALL " NEWEST("8")
	") ORDER BY seq DESC LIMIT ?2";
/* clang-format on */

static struct dbq *page_query(struct db *d, enum dbjob_filter filter,
			      enum job_state state)
{
	if (filter == DBJOB_ALL)
		return db_query(d, "SELECT" COLUMNS "FROM jobs WHERE seq < ?1"
				   " ORDER BY seq DESC LIMIT ?2");
	if (filter == DBJOB_OPEN)
		return db_query(d, open_page);
	if (state == JOB_DONE)
		return db_query(d,
				"SELECT" COLUMNS "FROM jobs WHERE seq < ?1 AND state = 9"
				" ORDER BY seq DESC LIMIT ?2");
	return db_query(d, "SELECT" COLUMNS "FROM jobs WHERE seq < ?1 AND state = ?3"
			   " AND state < 9 ORDER BY seq DESC LIMIT ?2");
}

void dbjob_page(struct db *d, enum dbjob_filter filter, enum job_state state,
		uint64_t below, uint64_t limit,
		void (*each)(void *ctx, const struct dbjob *j), void *ctx)
{
	struct dbq *q = page_query(d, filter, state);
	struct dbjob j;

	db_bind_u64(q, 1, below ? below : INT64_MAX);
	db_bind_u64(q, 2, limit);
	if (filter == DBJOB_STATE && state != JOB_DONE)
		db_bind_u64(q, 3, state);
	while (db_row(q)) {
		load(q, &j);
		each(ctx, &j);
	}
}

/* ---- requests and relays */

void dbjob_put_request(struct db *d, uint64_t seq, struct str raw)
{
	struct dbq *q = db_query(d, "INSERT INTO requests (job, raw) VALUES (?1, ?2)");

	db_bind_u64(q, 1, seq);
	db_bind_text(q, 2, raw);
	(void)db_run(q);
}

bool dbjob_get_request(struct db *d, uint64_t seq, struct buf *out)
{
	struct dbq *q = db_query(d, "SELECT raw FROM requests WHERE job = ?1");
	bool found;

	db_bind_u64(q, 1, seq);
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}

void dbjob_drop_request(struct db *d, uint64_t seq)
{
	struct dbq *q = db_query(d, "DELETE FROM requests WHERE job = ?1");

	db_bind_u64(q, 1, seq);
	(void)db_run(q);
}

void dbjob_add_relay(struct db *d, uint64_t seq, struct str relay)
{
	struct dbq *q = db_query(d, "INSERT OR IGNORE INTO job_relays (job, relay)"
				    " VALUES (?1, ?2)");

	db_bind_u64(q, 1, seq);
	db_bind_text(q, 2, relay);
	(void)db_run(q);
}

void dbjob_each_relay(struct db *d, uint64_t seq,
		      void (*each)(void *ctx, struct str relay), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT relay FROM job_relays WHERE job = ?1");

	db_bind_u64(q, 1, seq);
	while (db_row(q))
		each(ctx, db_col_text(q, 0));
}

void dbjob_each_log(struct db *d, uint64_t seq,
		    void (*each)(void *ctx, const struct dbjob_log *row), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT at, old, new, event, text FROM job_log"
				    " WHERE job = ?1 ORDER BY seq");

	db_bind_u64(q, 1, seq);
	while (db_row(q)) {
		struct dbjob_log row = {.at = db_col_u64(q, 0),
					.old = (enum job_state)db_col_u64(q, 1),
					.next = (enum job_state)db_col_u64(q, 2),
					.event = db_col_text(q, 3),
					.text = db_col_text(q, 4)};

		each(ctx, &row);
	}
}
