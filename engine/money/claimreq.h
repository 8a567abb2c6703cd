/* SPDX-License-Identifier: MIT */
/* The token of a job's request, and the bytes that claim it. */
#ifndef LOOM_ENGINE_MONEY_CLAIMREQ_H
#define LOOM_ENGINE_MONEY_CLAIMREQ_H

#include "engine/money/paycheck.h"
#include "lib/ipc/ipckey.h"
#include "lib/proto/nevent.h"
#include "lib/proto/outset.h"
#include "lib/store/dbpay.h"

#include <stdbool.h>
#include <stdint.h>

struct mint;
struct money;

/* The stored request of a job, owned by the caller; NULL: it is gone. */
struct nevent *claimreq_event(struct money *m, uint64_t job);
/* The token of its payment tag; NULL: *check says why not. */
struct cashutok *claimreq_read(struct money *m, const struct nevent *ev, uint64_t most,
			       struct paycheck *check);
/* All that can be said of it offline; again: what cannot have changed since is not looked
 * at. */
void claimreq_check(struct money *m, struct cashutok *t, const struct mint *mint,
		    bool again, bool lenient, struct paycheck *check);

/* The request of a claim whose proofs need no signature. */
void claimreq_set_plain(struct money *m, struct dbpay *p, const struct cashutok *t,
			const struct outset *outputs);
/* Ask loom-keyd to sign the inputs of the open claim of a job. False: not now. */
bool claimreq_ask_keyd(struct money *m, uint64_t job);
/* What it has signed goes into the request. False: that does not fit. */
bool claimreq_set_signed(struct money *m, struct dbpay *p,
			 const struct ipckey_p2pk_signed *s);

#endif
