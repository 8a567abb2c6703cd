/* SPDX-License-Identifier: MIT */
/*
 * The journal of operations at mints (cashu NUT-03, 05): what is needed to finish or to
 * recover one is here before anything is sent. dbpay_move() is the only statement that
 * changes pays.state. Nothing is ever deleted.
 */
#ifndef LOOM_LIB_STORE_DBPAY_H
#define LOOM_LIB_STORE_DBPAY_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/proto/outset.h"
#include "lib/proto/payfsm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber. */
enum dbpay_kind {
	DBPAY_CLAIM = 1,   /* a customer's token becomes the job's money */
	DBPAY_CHANGE = 2,  /* a job's money becomes change for the customer */
	DBPAY_EXPORT = 3,  /* earned money becomes a token for the operator */
	DBPAY_MELT = 4,    /* earned money pays a Lightning invoice */
	DBPAY_TIDY = 5,    /* earned coins become fewer, or fit, or a keyset is left */
	DBPAY_IMPORT = 6,  /* a token of the operator's becomes earned money */
	DBPAY_RECLAIM = 7, /* a token that was exported comes back */
	DBPAY_MINT = 8,    /* a paid invoice of a mint becomes coins (purse of loomctl) */
	DBPAY_KINDS
};
const char *dbpay_kind_name(enum dbpay_kind kind);

struct dbpay {
	uint64_t op;
	enum dbpay_kind kind;
	enum pay_state state;
	uint64_t mint;
	uint64_t job; /* 0: none */
	uint64_t total_in;
	uint64_t fee; /* of the inputs */
	struct keyset_id keyset;
	char path[32];
	bool has_request;
	bool heard; /* may have reached the mint */
	uint64_t attempts;
	uint64_t made_at;
	uint64_t sent_at; /* first attempt; 0: none */
	uint64_t moved_at;
	char text[200]; /* last words of the mint, or why */
};

/* Journal a new one as RESERVED: fills op. False when one of the inputs is in another
 * operation that is not decided or that spent it; nothing is written then. */
bool dbpay_insert(struct db *d, struct dbpay *p, const struct ecpoint *ys, size_t nys,
		  const struct outset *outputs);
bool dbpay_get(struct db *d, struct dbpay *out, uint64_t op);
/* The very bytes to be sent; written once, before the first attempt. */
void dbpay_set_request(struct db *d, struct dbpay *p, struct str request);
bool dbpay_get_request(struct db *d, uint64_t op, struct buf *out);
/* heard, attempts, sent_at, text */
void dbpay_set_sent(struct db *d, const struct dbpay *p);
/* Keep an answer that could not be used, for a person. */
void dbpay_set_answer(struct db *d, uint64_t op, struct str answer);

/* Compare-and-set with a row of pay_log; *p follows. False when it was another state. */
bool dbpay_move(struct db *d, struct dbpay *p, enum pay_state next, uint64_t now,
		enum pay_event event, struct str text);
/* The inputs are not held by it any more (REFUSED); false never. */
void dbpay_release(struct db *d, uint64_t op);
/* Held again, when a refused one turns out to have been signed; true when all were free. */
bool dbpay_hold_again(struct db *d, uint64_t op);

/* *ys is mem_free()d by the caller. */
size_t dbpay_inputs(struct db *d, uint64_t op, struct ecpoint **ys);
/* Which operation holds this coin, or has spent it; 0: none. */
uint64_t dbpay_holder(struct db *d, const struct ecpoint *y);
void dbpay_outputs(struct db *d, uint64_t op, struct outset *out);
/* Is it an output of any operation? */
bool dbpay_is_output(struct db *d, const struct ecpoint *blinded);

/* First open one (RESERVED, SUBMITTED, ATTENTION) with an op above `above`. */
bool dbpay_next_open(struct db *d, struct dbpay *out, uint64_t above);
/* Given up, or taken for spent by others, since `since`: it may turn up signed. Above
 * `above`. */
bool dbpay_next_late(struct db *d, struct dbpay *out, uint64_t since, uint64_t above);
/* The newest of that kind for a job. */
bool dbpay_of_job(struct db *d, struct dbpay *out, uint64_t job, enum dbpay_kind kind);
uint64_t dbpay_count_of_job(struct db *d, uint64_t job, enum dbpay_kind kind);
/* Newest first, below op `below` (0: from the newest). open: only those not decided. */
void dbpay_page(struct db *d, bool open, uint64_t below, uint64_t limit,
		void (*each)(void *ctx, const struct dbpay *p), void *ctx);

struct dbpay_log {
	uint64_t at;
	enum pay_state old;
	enum pay_state next;
	struct str event;
	struct str text;
};
void dbpay_each_log(struct db *d, uint64_t op,
		    void (*each)(void *ctx, const struct dbpay_log *row), void *ctx);

/* Those of all operations of a job, in order of time, at most most; of p only op and kind
 * are set. */
void dbpay_each_log_of_job(struct db *d, uint64_t job, uint64_t most,
			   void (*each)(void *ctx, const struct dbpay *p,
					const struct dbpay_log *row),
			   void *ctx);

/* ---- melts */
struct dbpay_melt {
	uint64_t op;
	char quote[128];
	char *invoice; /* owned */
	struct id32 payment_hash;
	uint64_t amount;
	uint64_t fee_reserve;
	bool is_paid;
	uint64_t paid_fee; /* what Lightning took */
	char preimage[65];
	char target[160]; /* Lightning address, or "invoice" */
};
void dbpay_wipe_melt(struct dbpay_melt *m);
#define auto_melt __attribute__((cleanup(dbpay_wipe_melt)))
void dbpay_put_melt(struct db *d, const struct dbpay_melt *m);
bool dbpay_get_melt(struct db *d, struct dbpay_melt *out, uint64_t op);
void dbpay_set_melt_paid(struct db *d,
			 const struct dbpay_melt *m); /* paid_fee, preimage */
/* Is an invoice of that hash being paid, or was it? 0, or the operation. */
uint64_t dbpay_melt_of_hash(struct db *d, const struct id32 *hash);

#endif
