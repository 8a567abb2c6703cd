/* SPDX-License-Identifier: MIT */
/*
 * Being paid: is the payment of a job worth claiming, and the claim itself. A token that
 * is refused is left as it is, unless it is locked to us and its payer has no way back:
 * then it is claimed and given back.
 */
#ifndef LOOM_ENGINE_MONEY_CLAIM_H
#define LOOM_ENGINE_MONEY_CLAIM_H

#include "engine/money/kinds.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"
#include "lib/proto/nevent.h"
#include "lib/proto/outcome.h"
#include "lib/store/dbbill.h"

#include <stdbool.h>
#include <stdint.h>

struct claims;
struct dbjob;
struct engine;
struct mint;
struct money;

extern const struct kinds_row claim_kind;

enum claim_word {
	CLAIM_TAKE,   /* bill says for what; the job may run limit_s */
	CLAIM_REFUSE, /* outcome and text say why */
	CLAIM_WAIT,   /* the mint is being asked about its keysets; claim judges again */
};

struct claim_verdict {
	enum claim_word word;
	enum outcome outcome;
	char text[160];
	bool stuck; /* of a refusal for the price: locked to us without a way back */
	struct dbbill bill;
	uint64_t limit_s; /* that the payment buys */
};

struct claims *claim_new(struct money *m, void (*judge)(struct engine *e, uint64_t job));
void claim_free(struct claims *c);

/* Is a payment taken at all: is there a mint? */
bool claim_is_on(struct money *m);

/* Sat per second: the lowest that was advertised in the last 15 minutes. */
uint64_t claim_rate(struct money *m);

/* Judge the payment of a request, offline. Binds its proofs to the job, so it belongs in
 * the transaction that stores or judges the job. */
void claim_judge(struct money *m, const struct dbjob *j, const struct nevent *ev,
		 struct claim_verdict *out);
/* A request that is refused for another reason: must its payment be claimed all the same,
 * to be given back? CLAIM_TAKE: *out is a bill with give_back. CLAIM_REFUSE: no. CLAIM_WAIT:
 * not known yet, it is judged again. */
enum claim_word claim_give_back(struct money *m, const struct dbjob *j,
				const struct nevent *ev, struct dbbill *out);

/* The job is CLAIMING, its bill is stored: go on with the claim (again). */
void claim_begin(struct money *m, struct dbjob *j);
/* loom-keyd has signed the inputs, or refuses. */
void claim_signed(struct money *m, uint64_t job, const struct ipckey_p2pk_signed *s,
		  const struct lerr *err);
void claim_keyd_up(struct money *m);
/* The answer to this job was found on a relay: another life of the ledger has settled it.
 * What comes in for it now is not owed to anybody; it stays for the operator to judge. */
void claim_answered(struct money *m, const struct dbjob *j);
/* A round of questions to a mint has ended. */
void claim_refreshed(struct money *m, struct mint *mint);
/* Once a second. */
void claim_tick(struct money *m);

#endif
