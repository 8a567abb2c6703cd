/* SPDX-License-Identifier: MIT */
/*
 * SQLite under our rules: one file, one writer, WAL with synchronous=FULL, so that a
 * commit is on disk when it returns. The only file with <sqlite3.h>.
 *
 * What SQLite reports as an error is either our bug or a broken disk. Both panic:
 * nothing has left the process that is not committed, and the start is the recovery.
 */
#ifndef LOOM_LIB_STORE_DB_H
#define LOOM_LIB_STORE_DB_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/*
 * Open or create path (":memory:" in tests) and take the lock path.lock for as long as
 * it is open: LERR_STATE when another process has it. Then bring the schema up to date:
 * steps[i] takes version i to i + 1, each in its own transaction; the list is append
 * only. LERR_STATE when the file is of a newer version than we know; LERR_INPUT when it
 * is not a database.
 */
MUST_USE enum lerr_code db_open(struct db **out, const char *path,
				const char *const *steps, size_t nsteps,
				struct lerr *err);
void db_close(struct db *d);

/* ---- statements: prepared once for each SQL text (a literal) and kept */

struct dbq;

/* Ready to be bound: parameters count from 1 and are NULL until bound. Only one use of
 * the same text at a time. Bound text and blobs must live until the query is done. */
struct dbq *db_query(struct db *d, const char *sql);
void db_bind_u64(struct dbq *q, int at, uint64_t v); /* at most INT64_MAX */
void db_bind_text(struct dbq *q, int at, struct str s);
void db_bind_blob(struct dbq *q, int at, const void *p, size_t n);
void db_bind_id32(struct dbq *q, int at, const struct id32 *id);

/* Next row? When false the statement is reset. Leaving early: db_done(). */
bool db_row(struct dbq *q);
void db_done(struct dbq *q);
/* Run to the end; the number of changed rows. */
uint64_t db_run(struct dbq *q);
/* The same, false when a UNIQUE or PRIMARY KEY constraint stopped it. */
bool db_run_unique(struct dbq *q);

/* Columns count from 0. Borrowed until the next db_row or db_done. */
bool db_col_is_null(struct dbq *q, int at);
uint64_t db_col_u64(struct dbq *q, int at);
struct str db_col_text(struct dbq *q, int at); /* text or blob */
/* A blob of exactly n bytes, else panic. */
void db_col_blob(struct dbq *q, int at, void *out, size_t n);
struct id32 db_col_id32(struct dbq *q, int at);

uint64_t db_last_rowid(const struct db *d);

/* ---- transactions */

/* Begin one unless it is there. */
void db_begin(struct db *d);
bool db_in_transaction(const struct db *d);
/* Commit; nothing when none is open. */
void db_commit(struct db *d);
void db_rollback(struct db *d);
/* A message's writes stand in a savepoint: keep them, or take back just them. */
void db_savepoint(struct db *d);
void db_savepoint_keep(struct db *d);
void db_savepoint_undo(struct db *d);

#endif
