/* SPDX-License-Identifier: MIT */
/*
 * What the own relay keeps: events with the rules of NIP-01 (replacement), NIP-09
 * (deletion) and NIP-40 (expiration). Everything stored was verified by the caller.
 *
 * Writes open a transaction when none is open; nothing counts, and nobody may be told,
 * before the caller has committed it with db_commit().
 */
#ifndef LOOM_BRIDGE_RELAYSTORE_H
#define LOOM_BRIDGE_RELAYSTORE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/store/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relaystore;

struct relaystore *relaystore_new(struct db *db);
void relaystore_free(struct relaystore *s);
struct db *relaystore_db(const struct relaystore *s);

enum relaystore_put {
	RELAYSTORE_STORED,
	RELAYSTORE_DUPLICATE, /* this very event is there */
	RELAYSTORE_OLDER,     /* a newer version is there */
	RELAYSTORE_DELETED,   /* its author has deleted it */
	RELAYSTORE_EXPIRED,
};

/*
 * Store ev, whose text is json (of nevent_write()). A kind 5 deletes what it names of its
 * author's and is kept, so that it goes on to refuse them. owed: the engine must judge
 * it. *seq is its place in the order of arrival (RELAYSTORE_STORED only).
 */
enum relaystore_put relaystore_put(struct relaystore *s, uint64_t *seq,
				   const struct nevent *ev, struct str json, bool owed,
				   uint64_t now_s);

/* The order of arrival so far: everything stored has this or less. */
uint64_t relaystore_last_seq(const struct relaystore *s);

/* Kind of a stored event; false when it is not there. */
bool relaystore_kind(struct relaystore *s, uint32_t *kind, const struct id32 *id);
/* Has this key stored anything? */
bool relaystore_knows_author(struct relaystore *s, const struct id32 *pubkey);

/* ---- what the engine has not judged yet */

struct relaystore_owed {
	uint64_t seq;
	struct id32 id;
	uint64_t created_at;
	char *json; /* owned by the caller */
	size_t n;
};
/* The first of them behind seq after; false when there is none. */
bool relaystore_next_owed(struct relaystore *s, struct relaystore_owed *out,
			  uint64_t after);
/* The engine has judged it. */
void relaystore_settle(struct relaystore *s, uint64_t seq);
/* Owe all requests and cancellations again that were made since then. Begins a
 * transaction. */
void relaystore_owe_again(struct relaystore *s, uint64_t since);
/* How many there are. */
uint64_t relaystore_count_owed(const struct relaystore *s);

/* ---- care */

/* Delete at most max expired events; the number that were deleted. */
size_t relaystore_sweep(struct relaystore *s, uint64_t now_s, size_t max);
/* Bytes in use inside the file. */
uint64_t relaystore_bytes(struct relaystore *s);
/* Delete at most max of the oldest events to make room: strangers' first, then the
 * worker's own regular ones. What is owed, and the newest version of anything, stays. */
size_t relaystore_evict(struct relaystore *s, const struct id32 *worker, size_t max);
/* Events that are stored: for tests and figures. */
uint64_t relaystore_count(struct relaystore *s);

/* ---- reading, for relayscan.c */

#define RELAYSTORE_POS 40 /* bytes of a place: see bridgedb.c */

struct relaystore_pos {
	uint8_t b[RELAYSTORE_POS];
};
/* The first and last place that events of these seconds can have. */
struct relaystore_pos relaystore_pos_first(uint64_t until);
struct relaystore_pos relaystore_pos_last(uint64_t since);

enum relaystore_by {
	RELAYSTORE_BY_TAG,         /* letter, value */
	RELAYSTORE_BY_AUTHOR_KIND, /* pubkey, kind */
	RELAYSTORE_BY_AUTHOR,      /* pubkey */
	RELAYSTORE_BY_KIND,        /* kind */
	RELAYSTORE_BY_ID,          /* id: one at most */
	RELAYSTORE_BY_TIME,        /* all */
};

/* Which events, in the order of their places. value is borrowed. */
struct relaystore_key {
	enum relaystore_by by;
	char letter;
	struct str value;
	struct id32 id; /* or pubkey */
	uint32_t kind;
};

struct relaystore_row {
	uint64_t seq;
	uint32_t kind;
	struct relaystore_pos pos;
};

/* The next n rows of a key with after < pos <= last; fewer: there are no more. With
 * after NULL: from the beginning. */
size_t relaystore_rows(struct relaystore *s, struct relaystore_row *rows, size_t n,
		       const struct relaystore_key *key,
		       const struct relaystore_pos *after,
		       const struct relaystore_pos *last);
/* Append the text of an event that has not expired; false when it is not there. */
bool relaystore_json(struct relaystore *s, struct buf *out, uint64_t seq, uint64_t now_s);

#endif
