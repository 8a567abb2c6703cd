/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbids.h"

#include "lib/store/db.h"

bool dbids_is_ignored(struct db *d, const struct id32 *id)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM ignored WHERE id = ?1");
	bool found;

	db_bind_id32(q, 1, id);
	found = db_row(q);
	db_done(q);
	return found;
}

void dbids_ignore(struct db *d, const struct id32 *id, uint64_t now)
{
	struct dbq *q =
		db_query(d, "INSERT OR IGNORE INTO ignored (id, at) VALUES (?1, ?2)");

	db_bind_id32(q, 1, id);
	db_bind_u64(q, 2, now);
	(void)db_run(q);
}

void dbids_remember_cancel(struct db *d, const struct id32 *id,
			   const struct id32 *customer, uint64_t now)
{
	struct dbq *q = db_query(d, "INSERT OR IGNORE INTO cancels (job_id, customer, at)"
				    " VALUES (?1, ?2, ?3)");

	db_bind_id32(q, 1, id);
	db_bind_id32(q, 2, customer);
	db_bind_u64(q, 3, now);
	(void)db_run(q);
}

bool dbids_take_cancel(struct db *d, const struct id32 *id, const struct id32 *customer)
{
	struct dbq *q =
		db_query(d, "DELETE FROM cancels WHERE job_id = ?1 AND customer = ?2");

	db_bind_id32(q, 1, id);
	db_bind_id32(q, 2, customer);
	return db_run(q) != 0;
}

void dbids_sweep(struct db *d, uint64_t ignored_before, uint64_t cancels_before,
		 uint64_t most)
{
	struct dbq *q = db_query(d, "DELETE FROM ignored WHERE at < max(?1, coalesce("
				    "(SELECT at FROM ignored ORDER BY at DESC"
				    " LIMIT 1 OFFSET ?2), 0))");

	db_bind_u64(q, 1, ignored_before);
	db_bind_u64(q, 2, most);
	(void)db_run(q);
	q = db_query(d,
		     "DELETE FROM cancels WHERE at < max(?1, coalesce("
		     "(SELECT at FROM cancels ORDER BY at DESC LIMIT 1 OFFSET ?2), 0))");
	db_bind_u64(q, 1, cancels_before);
	db_bind_u64(q, 2, most);
	(void)db_run(q);
}

/* ---- jobs that become ids */

/* Children first: they refer to their job. sends go with their row of the outbox. */
static void drop_job(struct db *d, uint64_t seq)
{
	static const char *const steps[] = {
		"DELETE FROM outbox WHERE job = ?1",
		"DELETE FROM requests WHERE job = ?1",
		"DELETE FROM job_relays WHERE job = ?1",
		"DELETE FROM job_log WHERE job = ?1",
		"DELETE FROM bound WHERE job = ?1",
		"DELETE FROM bills WHERE job = ?1",
		"DELETE FROM jobs WHERE seq = ?1",
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct dbq *q = db_query(d, steps[i]);

		db_bind_u64(q, 1, seq);
		(void)db_run(q);
	}
}

/* Of jobs that never ran, the newest that is one too many; 0: there are not that many. */
static uint64_t one_too_many(struct db *d, uint64_t most)
{
	struct dbq *q = db_query(d, "SELECT seq FROM jobs INDEXED BY jobs_never_ran"
				    " WHERE state = 9 AND started_at IS NULL"
				    " ORDER BY seq DESC LIMIT 1 OFFSET ?1");
	uint64_t seq = 0;

	db_bind_u64(q, 1, most);
	if (db_row(q))
		seq = db_col_u64(q, 0);
	db_done(q);
	return seq;
}

/* The next one above *seq that is too old or too many, owes no relay an answer, and whose
 * payment was never asked about at a mint: what has to do with money stays. */
static bool next_to_reduce(struct db *d, uint64_t *seq, struct id32 *id, uint64_t before,
			   uint64_t too_many)
{
	struct dbq *q =
		db_query(d, "SELECT seq, id FROM jobs INDEXED BY jobs_never_ran"
			    " WHERE state = 9 AND started_at IS NULL AND seq > ?1 AND"
			    " (moved_at < ?2 OR seq <= ?3) AND"
			    " NOT EXISTS (SELECT 1 FROM outbox WHERE job = jobs.seq AND"
			    "  done_at IS NULL)"
			    " AND NOT EXISTS (SELECT 1 FROM pays WHERE job = jobs.seq)"
			    " ORDER BY seq LIMIT 1");
	bool found;

	db_bind_u64(q, 1, *seq);
	db_bind_u64(q, 2, before);
	db_bind_u64(q, 3, too_many);
	found = db_row(q);
	if (found) {
		*seq = db_col_u64(q, 0);
		*id = db_col_id32(q, 1);
	}
	db_done(q);
	return found;
}

uint64_t dbids_reduce(struct db *d, uint64_t before, uint64_t most, uint64_t at_once,
		      uint64_t now)
{
	uint64_t too_many = one_too_many(d, most);
	uint64_t seq = 0;
	uint64_t n = 0;
	struct id32 id;

	while (n < at_once && next_to_reduce(d, &seq, &id, before, too_many)) {
		drop_job(d, seq);
		dbids_ignore(d, &id, now);
		n++;
	}
	return n;
}
