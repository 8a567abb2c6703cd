/* SPDX-License-Identifier: MIT */
/*
 * The engine's money with everything around it made up: admission, claims, change and the
 * books are the real ones over a ledger in memory; mints are mintcore.h in the same
 * process, answered from the loop or behind the turn that asked; signatures come from
 * loom-keyd's own functions. What happens to a job between its claim and its settlement
 * is the test's matter.
 */
#ifndef LOOM_TESTS_UNIT_TILL_H
#define LOOM_TESTS_UNIT_TILL_H

#include "engine/engine.h"
#include "engine/admit.h"
#include "keyd/keyring.h"
#include "lib/base/conf.h"
#include "lib/proto/outcome.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbjob.h"
#include "tests/peers/mintfault.h"
#include "tests/unit/payer.h"

/* Customers are on the whitelist, the stranger is not. */
enum { TILL_MINTS = 3, TILL_CUSTOMERS = 4, TILL_STRANGER = TILL_CUSTOMERS };

struct till_mint {
	struct payer payer; /* its customers' view, with the mint itself */
	struct mintfault *faults;
	char url[48];
	bool is_down;            /* nobody answers */
	const char *info;        /* answered to GET /v1/info; NULL: its own */
	struct buf log;          /* "GET /v1/info\n" and so on, while keep_log */
	uint64_t in_flight;      /* money requests now ... */
	uint64_t most_in_flight; /* ... and ever */
};

struct till {
	struct engine e;
	uv_loop_t loop;
	uv_timer_t tick;
	uv_timer_t post;
	struct conf *conf;
	struct keyring *keys;
	bool keyd_is_away;
	bool keep_log;
	bool hold_answers; /* nothing that is asked is answered; till_release() */
	bool without_dleq; /* what mints sign comes without its proof */
	struct till_mint mints[TILL_MINTS];
	size_t nmints;
	struct till_call *calls; /* requests that wait for their answer */
	struct nsign_key customer_keys[TILL_STRANGER + 1];
	struct id32 customers[TILL_STRANGER + 1];
	/* A job may run; behind its turn. NULL: it waits in the queue. */
	void (*on_queued)(struct till *t, uint64_t job);
	/* Its 5101 is made; in its turn. */
	void (*on_reported)(struct till *t, struct dbjob *j);
	uint64_t late_changes; /* 30101s that were made */
	uint64_t repeats;      /* answers that were sent again */
	void *test;
};

/* mints: how many, keysets[i] is the first of each. conf: lines beyond CASHU_MINT_URL and
 * WHITELIST. */
struct till *till_new(size_t mints, const struct mintcore_keyset *keysets,
		      const char *conf);
void till_free(struct till *t);
/* Other values from now on; the mints stay. */
void till_configure(struct till *t, const char *conf);

/* A request as it comes from a relay; what is 0 or NULL is left out. */
struct till_job {
	size_t customer;
	const char *payment;
	const char *cashu_pubkey;
	uint64_t created_at; /* 0: now */
};
/* Its number; 0: it was not stored. */
uint64_t till_submit(struct till *t, const struct till_job *job);
struct dbjob till_get(struct till *t, uint64_t job);
struct dbbill till_bill(struct till *t, uint64_t job);

/* A token of fresh coins of these amounts, owned by the caller; lock NULL: plain ones.
 * Copies of them are added to keep, unless it is NULL. */
char *till_token(struct till *t, size_t mint, const uint64_t *parts, size_t n,
		 const struct payer_lock *lock, struct payer_coins *keep);
/* Why it ended as it did: "CODE: TEXT"; good until the next call. */
const char *till_why(struct till *t, uint64_t job);

/* Between till.c and tillpeers.c: who asks mints and loom-keyd; answer what waits. */
void till_meet(struct till *t);
void till_answer_rest(struct till *t);

/* From QUEUED to its end: it ran so long and ended like this. */
void till_run(struct till *t, uint64_t job, enum outcome outcome, uint64_t wall_ms);
/* It never ran: JEV_DROP or JEV_FAULT out of the queue. */
void till_end_unrun(struct till *t, uint64_t job, enum outcome outcome);

/* Turn the loop until it is so, at most so many seconds; false: it is not. */
bool till_until(struct till *t, uint64_t seconds, bool (*is_so)(struct till *t));
/* ... until nothing is asked of a mint, and no job is CLAIMING or SETTLING. */
bool till_is_quiet(struct till *t);
bool till_settle(struct till *t);
void till_release(struct till *t);
/* How often this was asked, by its beginning, e.g. "POST /v1/swap". */
size_t till_count(struct till *t, size_t mint, const char *request);
/* dbbook_check() and each mint's outstanding coins against ours and customers'. */
void till_check_books(struct till *t);
/* Numbers from the ledger: the first column of at most most rows, and how many there
 * were; ?1 is arg. One of them (0: there is none). */
size_t till_column(struct till *t, const char *sql, uint64_t arg, uint64_t *out,
		   size_t most);
uint64_t till_number(struct till *t, const char *sql, uint64_t arg);

#endif
