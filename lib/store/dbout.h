/* SPDX-License-Identifier: MIT */
/*
 * The outbox: events of ours. A row is made unsigned together with what it reports (one
 * commit), gets its signature once, and is then sent as those very bytes until every
 * relay has spoken or it is too old. Order of signing (pub) is the order of sending.
 */
#ifndef LOOM_LIB_STORE_DBOUT_H
#define LOOM_LIB_STORE_DBOUT_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

struct dbout {
	uint64_t seq;
	uint64_t kind;
	uint64_t job; /* seq of the job, 0: none */
	struct id32 event_id;
	uint64_t pub;       /* 0: not signed */
	uint64_t after_seq; /* 0: none */
	uint64_t made_at;   /* ms; once it is signed, when that was */
	bool done;
	char *event; /* JSON, owned: dbout_wipe() */
};
void dbout_wipe(struct dbout *o);
#define auto_dbout __attribute__((cleanup(dbout_wipe)))

/* Store an unsigned event; fills o->seq. False when an event of that id is there. */
bool dbout_insert(struct db *d, struct dbout *o, struct str event);
bool dbout_get(struct db *d, struct dbout *out, uint64_t seq);
/* Is (or was, until it is swept) there an event of that id? */
bool dbout_knows(struct db *d, const struct id32 *event_id);
/* Unsigned rows with a seq above `above`, one at a time, oldest first. */
bool dbout_next_unsigned(struct db *d, struct dbout *out, uint64_t above);
/* Put the signed bytes in; the row gets the next pub. Changes nothing when it has one. */
void dbout_set_signed(struct db *d, uint64_t seq, struct str event, uint64_t now);
/* The next open row with a pub above `above` that relay may have now: no verdict of it
 * yet, and its predecessor (after_seq) has one. */
bool dbout_next_for(struct db *d, struct dbout *out, struct str relay, uint64_t above);
/* The signed row that waits for seq, if it is open. */
bool dbout_get_after(struct db *d, struct dbout *out, uint64_t seq);
/* The newest signed event of that kind for a job. */
bool dbout_get_of_job(struct db *d, struct dbout *out, uint64_t job, uint64_t kind);

void dbout_set_done(struct db *d, uint64_t seq, uint64_t now);
/* Older open rows of the same kind and job (0: none) are overtaken: each is told, and
 * done. after_seq rows are not. */
void dbout_overtake(struct db *d, uint64_t kind, uint64_t job, uint64_t below_seq,
		    uint64_t now, void (*each)(void *ctx, uint64_t seq), void *ctx);

/* A relay's final word; later words replace it unless it was "ok". */
void dbout_put_send(struct db *d, uint64_t seq, struct str relay, struct str verdict,
		    struct str text, uint64_t now);
bool dbout_has_send(struct db *d, uint64_t seq, struct str relay);
/* Has any relay said "ok"? */
bool dbout_is_taken(struct db *d, uint64_t seq);
void dbout_each_send(struct db *d, uint64_t seq,
		     void (*each)(void *ctx, struct str relay, struct str verdict,
				  struct str text, uint64_t at),
		     void *ctx);

/* Close open rows that were signed before the first time, or made before the second and
 * never signed: their job's seq is told (0: none). */
void dbout_expire(struct db *d, uint64_t signed_before, uint64_t made_before,
		  uint64_t now,
		  void (*each)(void *ctx, uint64_t seq, uint64_t kind, uint64_t job),
		  void *ctx);
/* Delete done rows: results made before the first time, all others before the second. */
void dbout_sweep(struct db *d, uint64_t results_before, uint64_t others_before);
uint64_t dbout_count_open(struct db *d);

#endif
