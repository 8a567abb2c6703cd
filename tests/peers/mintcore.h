/* SPDX-License-Identifier: MIT */
/*
 * A Cashu mint for tests and the demo: requests in, answers out, state in SQLite. It is
 * as strict as the mints in use (NUT-00 to 12, 20, 23) and its Lightning is made up:
 * invoices are well formed, nobody stands behind them. mintd.c serves it over HTTP;
 * property tests call it in their own process. Never installed.
 *
 * A request is one transaction: when mintcore_handle() returns, its effect is on disk or
 * nothing of it is.
 */
#ifndef LOOM_TESTS_PEERS_MINTCORE_H
#define LOOM_TESTS_PEERS_MINTCORE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/keyset.h"

struct mintcore;

enum {
	MINTCORE_ARRAY = 1000, /* most inputs, outputs, Ys of one request */
	MINTCORE_NEVER = -1,
};

/* How keysets are made. */
struct mintcore_keyset {
	unsigned int version; /* of the id: 0 or 1 */
	uint64_t ppk;
	uint64_t final_expiry; /* unix seconds; 0: none */
	unsigned int nkeys;    /* 1 .. 64: amounts 2^0 .. 2^(nkeys - 1) */
};

/* Whose deviations from the error registry it shows. */
enum mintcore_like {
	MINTCORE_REGISTRY,
	MINTCORE_NUTSHELL, /* 11000 for what is unbalanced, locked, or for a strange keyset */
	MINTCORE_CDK,      /* 11008 for outputs that were signed before */
};

struct mintcore_options {
	const char *seed;              /* of a new mint; NULL: random */
	struct mintcore_keyset keyset; /* the first one of a new mint */
	int pay_after;   /* state queries until an invoice is paid, MINTCORE_NEVER */
	uint64_t ln_fee; /* what a payment costs, sat */
	uint64_t ttl_s;  /* of quotes */
	uint64_t most;   /* largest amount of one quote */
	const char *name;
	enum mintcore_like like;
};
struct mintcore_options mintcore_defaults(void);

/* path may be ":memory:". Fails as db_open() does. The seed and the keysets of a mint
 * that is there already stay what they are. */
MUST_USE enum lerr_code mintcore_open(struct mintcore **out, const char *path,
				      const struct mintcore_options *o, struct lerr *err);
void mintcore_close(struct mintcore *m);

/* One request; the JSON of the answer is appended. Returns the HTTP status. */
unsigned int mintcore_handle(struct mintcore *m, struct str method, struct str path,
			     struct str body, struct buf *answer);

/* ---- what a test may turn */

enum mintcore_twist {
	MINTCORE_STRAIGHT,
	MINTCORE_PENDING,  /* swap: inputs stay PENDING, 11002; melt: PENDING for ever */
	MINTCORE_FAIL,     /* melt: the payment fails */
	MINTCORE_UNKNOWN,  /* melt: says 20004, yet it is PENDING for ever */
	MINTCORE_ROLLBACK, /* done as ever, then nothing of it is committed */
};
/* For the next request only. */
void mintcore_turn(struct mintcore *m, enum mintcore_twist twist);

void mintcore_set_like(struct mintcore *m, enum mintcore_like like);
void mintcore_set_ln_fee(struct mintcore *m, uint64_t sat);
void mintcore_set_pay_after(struct mintcore *m, int queries);

/* A new active keyset, made as k says or (NULL) as the present one was; those before are
 * inactive from now on. */
void mintcore_rotate(struct mintcore *m, const struct mintcore_keyset *k,
		     struct keyset_id *id);
/* Let a keyset end at that time (only an 00 id does not change by it). False: unknown. */
bool mintcore_expire(struct mintcore *m, struct str id, uint64_t final_expiry);
/* The invoice of this mint quote (its id or its invoice) is paid. False: unknown, or it
 * was already. */
bool mintcore_pay(struct mintcore *m, struct str quote);
/* A melt that is PENDING ends. False: there is no such one. */
bool mintcore_settle(struct mintcore *m, struct str quote, bool paid);
/* Swaps that MINTCORE_PENDING stopped: carried out, or their inputs UNSPENT again. The
 * number of them. */
size_t mintcore_release(struct mintcore *m, bool done);
/* An invoice of some other node, for melts. */
void mintcore_foreign_invoice(struct mintcore *m, struct buf *out, uint64_t sat,
			      uint64_t expiry_s);

/*
 * The books. Always: minted = (issued - redeemed) + melted + ln_fees + fees + kept.
 * outstanding = issued - redeemed; part of it may be pending.
 */
struct mintcore_sums {
	uint64_t issued;   /* blind signatures */
	uint64_t redeemed; /* proofs that are SPENT */
	uint64_t pending;  /* proofs that are PENDING */
	uint64_t fees;     /* of inputs (NUT-02) */
	uint64_t minted;   /* mint quotes that were ISSUED */
	uint64_t melted;   /* invoices that were paid */
	uint64_t ln_fees;
	uint64_t kept; /* change for which there were too few blanks */
};
struct mintcore_sums mintcore_sums(struct mintcore *m);
/* The same as JSON, with what is outstanding per keyset. */
void mintcore_write_sums(struct mintcore *m, struct buf *out);

#endif
