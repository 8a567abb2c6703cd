/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/db.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { STATEMENTS = 256 };

struct dbq {
	const char *sql; /* a literal: compared by address first */
	sqlite3_stmt *stmt;
	struct db *db;
	bool busy;
};

struct db {
	sqlite3 *handle;
	int lock_fd;
	struct dbq queries[STATEMENTS];
	size_t nqueries;
};

static NORETURN void broken(const struct db *d, const char *what)
{
	panic("database: %s: %s (%d)", what, sqlite3_errmsg(d->handle),
	      sqlite3_extended_errcode(d->handle));
}

static void run_plain(struct db *d, const char *sql)
{
	if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		broken(d, sql);
}

/* ---- open and close */

static enum lerr_code take_lock(struct db *d, const char *path, struct lerr *err)
{
	char name[PATH_MAX];

	if (strcmp(path, ":memory:") == 0)
		return LERR_OK;
	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return lerr_set(err, LERR_LIMIT, 0, "path too long");
	d->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock_fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "open %.100s", name);
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return lerr_set(err, LERR_STATE, 0, "%.100s is in use by another process",
				path);
	return LERR_OK;
}

/* SQLite would make it readable for others, as far as the umask lets it; its journal files
 * take the mode of the database. */
static enum lerr_code make_private(const char *path, struct lerr *err)
{
	auto_fd int fd = -1;

	if (strcmp(path, ":memory:") == 0)
		return LERR_OK;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "open %.100s", path);
	return LERR_OK;
}

static enum lerr_code connect_file(struct db *d, const char *path, struct lerr *err)
{
	static const char settings[] = "PRAGMA journal_mode=WAL;"
				       "PRAGMA synchronous=FULL;"
				       "PRAGMA foreign_keys=ON;"
				       "PRAGMA trusted_schema=OFF;"
				       "PRAGMA wal_autocheckpoint=4000;"
				       "PRAGMA cache_size=-4096;"
				       "PRAGMA temp_store=MEMORY;";
	int rc = sqlite3_open_v2(path, &d->handle,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL);

	if (rc != SQLITE_OK)
		return lerr_set(err, LERR_TEMP, 0, "open %.100s: %s", path,
				sqlite3_errstr(rc));
	(void)sqlite3_busy_timeout(d->handle, 5000);
	(void)sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	rc = sqlite3_exec(d->handle, settings, NULL, NULL, NULL);
	if (rc == SQLITE_NOTADB)
		return lerr_set(err, LERR_INPUT, 0, "%.100s is not a database", path);
	if (rc != SQLITE_OK)
		return lerr_set(err, LERR_TEMP, 0, "open %.100s: %s", path,
				sqlite3_errmsg(d->handle));
	return LERR_OK;
}

static uint64_t get_version(struct db *d)
{
	struct dbq *q = db_query(d, "PRAGMA user_version");
	uint64_t v = 0;

	if (db_row(q))
		v = db_col_u64(q, 0);
	db_done(q);
	return v;
}

static enum lerr_code migrate(struct db *d, const char *path, const char *const *steps,
			      size_t nsteps, struct lerr *err)
{
	uint64_t version = get_version(d);

	if (version > nsteps)
		return lerr_set(
			err, LERR_STATE, 0,
			"%.80s has version %llu, this program knows up to %zu: it "
			"belongs to a newer release",
			path, (unsigned long long)version, nsteps);
	for (; version < nsteps; version++) {
		char mark[64];

		run_plain(d, "BEGIN IMMEDIATE");
		run_plain(d, steps[version]);
		(void)snprintf(mark, sizeof(mark), "PRAGMA user_version=%llu",
			       (unsigned long long)version + 1);
		run_plain(d, mark);
		run_plain(d, "COMMIT");
	}
	return LERR_OK;
}

enum lerr_code db_open(struct db **out, const char *path, const char *const *steps,
		       size_t nsteps, struct lerr *err)
{
	struct db *d = mem_zalloc(sizeof(*d));
	enum lerr_code rc;

	d->lock_fd = -1;
	rc = take_lock(d, path, err);
	if (!rc)
		rc = make_private(path, err);
	if (!rc)
		rc = connect_file(d, path, err);
	if (!rc)
		rc = migrate(d, path, steps, nsteps, err);
	if (rc) {
		db_close(d);
		return rc;
	}
	*out = d;
	return LERR_OK;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nqueries; i++)
		(void)sqlite3_finalize(d->queries[i].stmt);
	(void)sqlite3_close(d->handle);
	fdio_close(&d->lock_fd);
	mem_free(d);
}

/* ---- statements */

static struct dbq *find(struct db *d, const char *sql)
{
	for (size_t i = 0; i < d->nqueries; i++)
		if (d->queries[i].sql == sql)
			return &d->queries[i];
	return NULL;
}

struct dbq *db_query(struct db *d, const char *sql)
{
	struct dbq *q = find(d, sql);

	if (!q) {
		INVARIANT(d->nqueries < STATEMENTS);
		q = &d->queries[d->nqueries];
		if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
				       &q->stmt, NULL) != SQLITE_OK)
			broken(d, sql);
		q->sql = sql;
		q->db = d;
		d->nqueries++;
	}
	INVARIANT(!q->busy);
	(void)sqlite3_clear_bindings(q->stmt);
	return q;
}

static void bound(struct dbq *q, int rc)
{
	if (rc != SQLITE_OK)
		broken(q->db, q->sql);
}

void db_bind_u64(struct dbq *q, int at, uint64_t v)
{
	INVARIANT(v <= INT64_MAX);
	bound(q, sqlite3_bind_int64(q->stmt, at, (sqlite3_int64)v));
}

void db_bind_text(struct dbq *q, int at, struct str s)
{
	/* a NULL pointer would bind NULL */
	bound(q, sqlite3_bind_text64(q->stmt, at, s.p ? s.p : "", s.n, SQLITE_STATIC,
				     SQLITE_UTF8));
}

void db_bind_blob(struct dbq *q, int at, const void *p, size_t n)
{
	bound(q, sqlite3_bind_blob64(q->stmt, at, p ? p : "", n, SQLITE_STATIC));
}

void db_bind_id32(struct dbq *q, int at, const struct id32 *id)
{
	db_bind_blob(q, at, id->b, sizeof(id->b));
}

void db_done(struct dbq *q)
{
	(void)sqlite3_reset(q->stmt);
	q->busy = false;
}

bool db_row(struct dbq *q)
{
	int rc = sqlite3_step(q->stmt);

	if (rc == SQLITE_ROW) {
		q->busy = true;
		return true;
	}
	if (rc != SQLITE_DONE)
		broken(q->db, q->sql);
	db_done(q);
	return false;
}

uint64_t db_run(struct dbq *q)
{
	while (db_row(q))
		continue;
	return (uint64_t)sqlite3_changes64(q->db->handle);
}

bool db_run_unique(struct dbq *q)
{
	int rc = sqlite3_step(q->stmt);

	(void)sqlite3_reset(q->stmt);
	if (rc == SQLITE_DONE)
		return true;
	if (rc != SQLITE_CONSTRAINT_UNIQUE && rc != SQLITE_CONSTRAINT_PRIMARYKEY)
		broken(q->db, q->sql);
	return false;
}

bool db_col_is_null(struct dbq *q, int at)
{
	return sqlite3_column_type(q->stmt, at) == SQLITE_NULL;
}

uint64_t db_col_u64(struct dbq *q, int at)
{
	sqlite3_int64 v = sqlite3_column_int64(q->stmt, at);

	INVARIANT(v >= 0);
	return (uint64_t)v;
}

struct str db_col_text(struct dbq *q, int at)
{
	const char *p = sqlite3_column_blob(q->stmt, at);
	int n = sqlite3_column_bytes(q->stmt, at);

	return p ? (struct str){p, (size_t)n} : (struct str){"", 0};
}

void db_col_blob(struct dbq *q, int at, void *out, size_t n)
{
	struct str s = db_col_text(q, at);

	INVARIANT(s.n == n);
	memcpy(out, s.p, n);
}

struct id32 db_col_id32(struct dbq *q, int at)
{
	struct id32 id;

	db_col_blob(q, at, id.b, sizeof(id.b));
	return id;
}

uint64_t db_last_rowid(const struct db *d)
{
	return (uint64_t)sqlite3_last_insert_rowid(d->handle);
}

/* ---- transactions */

/* Prepared once: these come with every message. */
static void run_kept(struct db *d, const char *sql)
{
	(void)db_run(db_query(d, sql));
}

bool db_in_transaction(const struct db *d)
{
	return sqlite3_get_autocommit(d->handle) == 0;
}

void db_begin(struct db *d)
{
	if (!db_in_transaction(d))
		run_kept(d, "BEGIN IMMEDIATE");
}

void db_commit(struct db *d)
{
	if (db_in_transaction(d))
		run_kept(d, "COMMIT");
}

void db_rollback(struct db *d)
{
	if (db_in_transaction(d))
		run_kept(d, "ROLLBACK");
}

void db_savepoint(struct db *d)
{
	run_kept(d, "SAVEPOINT message");
}

void db_savepoint_keep(struct db *d)
{
	run_kept(d, "RELEASE message");
}

void db_savepoint_undo(struct db *d)
{
	run_kept(d, "ROLLBACK TO message");
	run_kept(d, "RELEASE message");
}
