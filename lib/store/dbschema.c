/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbschema.h"

#include "lib/store/db.h"
#include "lib/store/dbtables.h"

/*
 * Times are unix milliseconds unless the name says _s. jobs.state holds enum job_state
 * (9 is done), jobs.reason a code of outcome_table. Rows point to a job by its seq.
 */
static const char *const steps[] = {
	/* 0 -> 1 */
	DBTABLES_META

	"CREATE TABLE jobs ("
	" seq INTEGER PRIMARY KEY,"
	" id BLOB NOT NULL UNIQUE,"
	" customer BLOB NOT NULL,"
	" state INTEGER NOT NULL,"
	" reason TEXT,"
	" error TEXT,"
	" created_at_s INTEGER NOT NULL,"
	" received_at INTEGER NOT NULL,"
	" started_at INTEGER,"
	" ended_at INTEGER,"
	" moved_at INTEGER NOT NULL,"
	" limit_s INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" spool TEXT,"
	" cancel_at INTEGER,"
	" exit_code INTEGER,"
	" wall_ms INTEGER,"
	" cpu_us INTEGER,"
	" mem_peak_bytes INTEGER,"
	" stdout_total INTEGER,"
	" stderr_total INTEGER,"
	" stdout_sha BLOB, stdout_bytes INTEGER,"
	" stderr_sha BLOB, stderr_bytes INTEGER,"
	" status TEXT,"         /* word of the last 30100 */
	" status_at_s INTEGER," /* and its created_at */
	" resent_at INTEGER"
	") STRICT;"
	"CREATE INDEX jobs_open ON jobs (state, seq) WHERE state < 9;"

	/* the signed 5100, until the job is done */
	"CREATE TABLE requests ("
	" job INTEGER PRIMARY KEY REFERENCES jobs (seq), raw TEXT NOT NULL) STRICT;"
	"CREATE TABLE job_relays ("
	" job INTEGER NOT NULL REFERENCES jobs (seq), relay TEXT NOT NULL,"
	" PRIMARY KEY (job, relay)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE job_log ("
	" seq INTEGER PRIMARY KEY,"
	" job INTEGER NOT NULL REFERENCES jobs (seq),"
	" at INTEGER NOT NULL,"
	" old INTEGER NOT NULL, new INTEGER NOT NULL,"
	" event TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	"CREATE INDEX job_log_job ON job_log (job);"

	/* requests that were not even answered: floods are kept as ids */
	"CREATE TABLE ignored ("
	" id BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX ignored_at ON ignored (at);"
	/* cancellations that came before their job */
	"CREATE TABLE cancels ("
	" job_id BLOB NOT NULL, customer BLOB NOT NULL, at INTEGER NOT NULL,"
	" PRIMARY KEY (job_id, customer)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX cancels_at ON cancels (at);"

	/* events of ours: unsigned first, then signed once, then sent */
	"CREATE TABLE outbox ("
	" seq INTEGER PRIMARY KEY,"
	" kind INTEGER NOT NULL,"
	" job INTEGER REFERENCES jobs (seq),"
	" event_id BLOB NOT NULL UNIQUE,"
	" event TEXT NOT NULL," /* JSON; its sig is zeros until signed */
	" pub INTEGER UNIQUE,"  /* order of signing; NULL: not signed */
	" after_seq INTEGER,"   /* goes to a relay after that row has */
	" made_at INTEGER NOT NULL,"
	" done_at INTEGER) STRICT;"
	"CREATE INDEX outbox_unsigned ON outbox (seq) WHERE pub IS NULL AND done_at IS "
	"NULL;"
	"CREATE INDEX outbox_open ON outbox (pub) WHERE done_at IS NULL;"
	"CREATE INDEX outbox_job ON outbox (job, kind);"
	"CREATE INDEX outbox_after ON outbox (after_seq) WHERE after_seq IS NOT NULL;"
	"CREATE INDEX outbox_made ON outbox (made_at);"
	/* the final word of one relay on one event */
	"CREATE TABLE sends ("
	" seq INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,"
	" relay TEXT NOT NULL, verdict TEXT NOT NULL, text TEXT NOT NULL,"
	" at INTEGER NOT NULL, PRIMARY KEY (seq, relay)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE blobs ("
	" sha256 BLOB PRIMARY KEY, bytes INTEGER NOT NULL, type TEXT NOT NULL,"
	" made_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE counters ("
	" name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

	/* 1 -> 2: jobs that were refused, or cancelled in the queue, become ids */
	"CREATE INDEX jobs_never_ran ON jobs (seq) WHERE state = 9 AND started_at IS "
	"NULL;",

	/* 2 -> 3: money. Numbers of kinds, states and accounts are those of the headers */
	DBTABLES_MINTS DBTABLES_PAYS
	"CREATE TABLE melts ("
	" op INTEGER PRIMARY KEY REFERENCES pays (op),"
	" quote TEXT NOT NULL, invoice TEXT NOT NULL, payment_hash BLOB NOT NULL,"
	" amount INTEGER NOT NULL, fee_reserve INTEGER NOT NULL,"
	" paid_fee INTEGER, preimage TEXT, target TEXT NOT NULL) STRICT;"
	"CREATE INDEX melts_hash ON melts (payment_hash);",

	/* 3 -> 4: coins that are or were ours */
	DBTABLES_COINS

	/* what a job was paid and what became of it */
	"CREATE TABLE bills ("
	" job INTEGER PRIMARY KEY REFERENCES jobs (seq), state INTEGER NOT NULL,"
	" mint INTEGER NOT NULL, rate INTEGER NOT NULL, face INTEGER NOT NULL,"
	" locked INTEGER NOT NULL, give_back INTEGER NOT NULL DEFAULT 0,"
	" lock_key BLOB," /* that the change is locked to */
	" fee_in INTEGER NOT NULL DEFAULT 0, net INTEGER NOT NULL DEFAULT 0,"
	" earned INTEGER NOT NULL DEFAULT 0, change INTEGER NOT NULL DEFAULT 0,"
	" fee_out INTEGER NOT NULL DEFAULT 0, token INTEGER) STRICT;"
	"CREATE INDEX bills_owed ON bills (job) WHERE state = 4;"
	/* a proof belongs to the job in which it was seen first */
	"CREATE TABLE bound ("
	" y BLOB NOT NULL, job INTEGER NOT NULL REFERENCES jobs (seq),"
	" PRIMARY KEY (y, job)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX bound_job ON bound (job);"
	"CREATE TABLE rates ("
	" rate INTEGER PRIMARY KEY, said_at INTEGER NOT NULL) STRICT;"

	/* the books: every row moves an amount from one account to another */
	"CREATE TABLE transfers ("
	" seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, mint INTEGER NOT NULL,"
	" src INTEGER NOT NULL, dst INTEGER NOT NULL, amount INTEGER NOT NULL,"
	" op INTEGER, job INTEGER) STRICT;"
	"CREATE INDEX transfers_job ON transfers (job) WHERE job IS NOT NULL;"
	"CREATE TABLE balances ("
	" mint INTEGER NOT NULL, account INTEGER NOT NULL,"
	" into_it INTEGER NOT NULL DEFAULT 0, out_of_it INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (mint, account)) STRICT, WITHOUT ROWID;",

	/* 4 -> 5 */
	DBTABLES_COINS_2,
};

enum lerr_code dbschema_open(struct db **out, const char *path, struct lerr *err)
{
	return db_open(out, path, steps, ARRAY_LEN(steps), err);
}
