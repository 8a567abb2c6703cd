/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a mint about an operation, and what its answer means: the way from a
 * lost answer back to certainty. Only three things end an operation: verified signatures,
 * proof that somebody else spent the inputs, and inputs that are unspent while the
 * request cannot be in flight.
 */
#ifndef LOOM_ENGINE_MONEY_RECON_H
#define LOOM_ENGINE_MONEY_RECON_H

#include "engine/money/lane.h"
#include "engine/money/mintcall.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/mintread.h"

struct money;

/* Nothing has reached the mint for so long: the customer waits. */
enum { RECON_UNHEARD_MS = 30000 };

/* Ask the step of this operation. False: it could not be asked. */
bool recon_begin(struct money *m, struct lane_op *o);

/* Nothing of the attempt that was under way can have reached the mint. An earlier one may
 * have: next is asked then. */
void recon_unheard(struct money *m, struct lane_op *o, struct dbpay *p,
		   enum lane_step next);

/* What the mint has signed of an operation's outputs, in their order. */
enum recon_restored {
	RECON_NONE,
	RECON_SOME,
	RECON_ALL,
	RECON_NO_WORD, /* not an answer */
};
/* *sigs (one for each output; those not signed are zero) is mem_free()d by the caller;
 * NULL unless SOME or ALL. */
enum recon_restored recon_read_restored(struct money *m, const struct dbpay *p,
					const struct mintcall_answer *a,
					struct mintmsg_signature **sigs, size_t *n);

enum recon_inputs {
	RECON_UNSPENT, /* all of them */
	RECON_PENDING, /* one at least */
	RECON_SPENT,   /* all of them */
	RECON_MIXED,   /* spent and unspent: our request can never pass */
	RECON_UNKNOWN, /* not an answer */
};
enum recon_inputs recon_read_inputs(struct money *m, const struct dbpay *p,
				    const struct mintcall_answer *a);

#endif
