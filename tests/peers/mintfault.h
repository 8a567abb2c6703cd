/* SPDX-License-Identifier: MIT */
/*
 * A mint that misbehaves on demand: faults by name, each for the next requests whose path
 * matches. It stands in front of mintcore.h; what cannot be said as an answer (a dropped
 * connection, a killed process) is left to the caller.
 *
 *	drop-before drop-after          the connection ends without an answer
 *	429 500-before expired-keyset   answered so, nothing is done
 *	500-after 502-html-after code0  done, and answered so
 *	wrong-order short wrong-amount wrong-id bad-dleq no-dleq   the signatures are so
 *	zero-change unordered-change    the same of a melt's change
 *	restore-empty restore-partial restore-reordered checkstate-pending
 *	bad-keys                        the keyset's id does not follow from them
 *	truncated-json slow slow-body cut-body   how the answer comes
 *	twice                           done, then done again: the second answer is given
 *	rotate                          a new keyset is made just before
 *	pending melt-fail melt-unknown  see enum mintcore_twist
 *	die-before-commit die-after-commit   the process ends at once
 *
 * "before": the request has no effect. "after": it has, and is answered thus. One that
 * bends an answer waits for the next answer that has what it bends.
 */
#ifndef LOOM_TESTS_PEERS_MINTFAULT_H
#define LOOM_TESTS_PEERS_MINTFAULT_H

#include "tests/peers/mintcore.h"

struct mintfault;

enum mintfault_how {
	MINTFAULT_SEND,
	MINTFAULT_DRIP, /* a few bytes, then the rest after delay_ms */
	MINTFAULT_CUT,  /* the whole length is announced, half of it is sent */
	MINTFAULT_DROP, /* end the connection, say nothing */
	MINTFAULT_DIE,  /* kill the process */
};

struct mintfault_answer {
	enum mintfault_how how;
	unsigned int status;
	bool html; /* text/html, else application/json */
	unsigned int delay_ms;
	struct buf body; /* the caller's, initialised with a cap */
};

/* m must live longer. */
struct mintfault *mintfault_new(struct mintcore *m);
void mintfault_free(struct mintfault *f);

struct mintfault_order {
	struct str name;
	struct str path; /* beginning of the path; empty: any below /v1/ */
	uint64_t skip;   /* so many that match go well first */
	uint64_t times;  /* then so many do not */
	unsigned int ms; /* slow, slow-body */
};
/* False: there is no fault of that name, or too many wait. */
bool mintfault_add(struct mintfault *f, const struct mintfault_order *o);
/* Forget all that wait. */
void mintfault_clear(struct mintfault *f);
/* How often faults will still strike. */
uint64_t mintfault_left(const struct mintfault *f);

void mintfault_handle(struct mintfault *f, struct str method, struct str path,
		      struct str body, struct mintfault_answer *out);

#endif
