/* SPDX-License-Identifier: MIT */
/*
 * The tables that two databases have: the ledger (dbschema.c) and the purse of a customer
 * (ctl/pursedb.c). dbmeta.c, dbmint.c, dbpay.c, dbproof.c and the tokens of dbbill.c work
 * on both. What stands here has been written to disks and never changes: a change is one
 * more step in both lists, and t_pursedb compares where they lead to.
 *
 * Numbers of kinds and states are those of the headers. A job is one of ours in the
 * ledger, one that we have paid for in the purse.
 */
#ifndef LOOM_LIB_STORE_DBTABLES_H
#define LOOM_LIB_STORE_DBTABLES_H

/* clang-format off */

#define DBTABLES_META \
	"CREATE TABLE meta (" \
	" key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

/* No two keysets, of whatever mint, share their short id: it selects keys and derivation.
 * keys: n times amount (8 bytes, big-endian) and point; NULL: not known. */
#define DBTABLES_MINTS \
	"CREATE TABLE mints (" \
	" mint INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE) STRICT;" \
	"CREATE TABLE keysets (" \
	" id TEXT PRIMARY KEY, short TEXT NOT NULL UNIQUE," \
	" mint INTEGER NOT NULL REFERENCES mints (mint), unit TEXT NOT NULL," \
	" active INTEGER NOT NULL, ppk INTEGER NOT NULL, final_expiry INTEGER NOT NULL," \
	" keys BLOB," \
	" counter INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;" \
	"CREATE INDEX keysets_mint ON keysets (mint);"

/* Operations at a mint, see lib/proto/payfsm.h. keyset: of the outputs. request: the very
 * bytes; NULL: not signed yet. heard: may have reached the mint. answer: one that could not
 * be verified, for a person. One proof is in one operation, and once spent in none any
 * more. */
#define DBTABLES_PAYS \
	"CREATE TABLE pays (" \
	" op INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL," \
	" mint INTEGER NOT NULL REFERENCES mints (mint)," \
	" job INTEGER REFERENCES jobs (seq)," \
	" total_in INTEGER NOT NULL, fee INTEGER NOT NULL," \
	" keyset TEXT NOT NULL," \
	" path TEXT NOT NULL," \
	" request TEXT," \
	" heard INTEGER NOT NULL DEFAULT 0," \
	" attempts INTEGER NOT NULL DEFAULT 0," \
	" made_at INTEGER NOT NULL, sent_at INTEGER, moved_at INTEGER NOT NULL," \
	" text TEXT NOT NULL DEFAULT ''," \
	" answer TEXT) STRICT;" \
	"CREATE INDEX pays_open ON pays (op) WHERE state IN (1, 2, 6);" \
	"CREATE INDEX pays_job ON pays (job) WHERE job IS NOT NULL;" \
	"CREATE INDEX pays_late ON pays (moved_at) WHERE state IN (4, 5) AND heard = 1;" \
	"CREATE TABLE pay_inputs (" \
	" op INTEGER NOT NULL REFERENCES pays (op), at INTEGER NOT NULL," \
	" y BLOB NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (op, at))" \
	" STRICT, WITHOUT ROWID;" \
	"CREATE UNIQUE INDEX pay_inputs_live ON pay_inputs (y) WHERE live = 1;" \
	"CREATE TABLE pay_outputs (" \
	" op INTEGER NOT NULL REFERENCES pays (op), at INTEGER NOT NULL," \
	" amount INTEGER NOT NULL, secret TEXT NOT NULL, r BLOB NOT NULL," \
	" blinded BLOB NOT NULL UNIQUE, customer INTEGER NOT NULL," \
	" PRIMARY KEY (op, at)) STRICT, WITHOUT ROWID;" \
	"CREATE TABLE pay_log (" \
	" seq INTEGER PRIMARY KEY, op INTEGER NOT NULL REFERENCES pays (op)," \
	" at INTEGER NOT NULL, old INTEGER NOT NULL, new INTEGER NOT NULL," \
	" event TEXT NOT NULL, text TEXT NOT NULL) STRICT;" \
	"CREATE INDEX pay_log_op ON pay_log (op);"

/* Coins that are or were ours. job: whose money it is until the job has settled. made_by,
 * held_by: the operations that make and spend it. token: in which it was given away; its
 * net: what is left after the fee of redeeming it. */
#define DBTABLES_COINS \
	"CREATE TABLE proofs (" \
	" y BLOB PRIMARY KEY, mint INTEGER NOT NULL, keyset TEXT NOT NULL," \
	" amount INTEGER NOT NULL, secret TEXT NOT NULL, c BLOB NOT NULL, dleq BLOB," \
	" state INTEGER NOT NULL," \
	" job INTEGER," \
	" made_by INTEGER," \
	" held_by INTEGER," \
	" token INTEGER," \
	" at INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
	"CREATE INDEX proofs_free ON proofs (mint, job, amount) WHERE state = 1;" \
	"CREATE INDEX proofs_unspent ON proofs (mint) WHERE state IN (1, 2);" \
	"CREATE INDEX proofs_held ON proofs (held_by) WHERE held_by IS NOT NULL;" \
	"CREATE INDEX proofs_token ON proofs (token) WHERE token IS NOT NULL;" \
	"CREATE TABLE tokens (" \
	" token INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL," \
	" mint INTEGER NOT NULL, job INTEGER, op INTEGER, amount INTEGER NOT NULL," \
	" net INTEGER NOT NULL," \
	" text TEXT NOT NULL, made_at INTEGER NOT NULL, checked_at INTEGER) STRICT;" \
	"CREATE INDEX tokens_job ON tokens (job) WHERE job IS NOT NULL;" \
	"CREATE INDEX tokens_op ON tokens (op) WHERE op IS NOT NULL;" \
	"CREATE INDEX tokens_out ON tokens (token) WHERE state = 1;"

/* The same, later: tokens by who is to be asked about next, coins by keyset. */
#define DBTABLES_COINS_2 \
	"DROP INDEX tokens_out;" \
	"CREATE INDEX tokens_out ON tokens (mint, coalesce(checked_at, made_at))" \
	" WHERE state = 1;" \
	"CREATE INDEX proofs_keyset ON proofs (keyset) WHERE state IN (1, 2);"

/* clang-format on */

#endif
