/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/bridgedb.h"

/*
 * pos is the place of an event in every answer: 2^64 - 1 - created_at as 8 bytes, most
 * significant first, then the id. In the order of pos, events stand newest first and,
 * of the same second, lowest id first (NIP-01); and one comparison continues a scan
 * anywhere.
 */
static const char *const steps[] = {
	"CREATE TABLE event("
	" seq INTEGER PRIMARY KEY," /* order of arrival */
	" id BLOB NOT NULL UNIQUE,"
	" pos BLOB NOT NULL,"
	" pubkey BLOB NOT NULL,"
	" kind INTEGER NOT NULL,"
	" expires INTEGER,"       /* NIP-40, unix time */
	" address BLOB,"          /* SHA-256 of kind:pubkey:d, of replaceable kinds */
	" owed INTEGER NOT NULL," /* 1 until the engine has judged it */
	" json BLOB NOT NULL"
	") STRICT;"
	"CREATE INDEX event_pos ON event(pos, kind);"
	"CREATE INDEX event_author ON event(pubkey, pos, kind);"
	"CREATE INDEX event_author_kind ON event(pubkey, kind, pos);"
	"CREATE INDEX event_kind ON event(kind, pos);"
	"CREATE UNIQUE INDEX event_address ON event(address) WHERE address IS NOT NULL;"
	"CREATE INDEX event_expires ON event(expires) WHERE expires IS NOT NULL;"
	"CREATE INDEX event_owed ON event(seq) WHERE owed = 1;"
	"CREATE TABLE tag("
	" letter INTEGER NOT NULL,"
	" value BLOB NOT NULL,"
	" pos BLOB NOT NULL,"
	" kind INTEGER NOT NULL,"
	" seq INTEGER NOT NULL,"
	" PRIMARY KEY(letter, value, pos)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE resume("
	" relay TEXT PRIMARY KEY,"
	" created_at INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;",
};

enum lerr_code bridgedb_open(struct db **out, const char *path, struct lerr *err)
{
	return db_open(out, path, steps, ARRAY_LEN(steps), err);
}
