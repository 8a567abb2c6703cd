/* SPDX-License-Identifier: MIT */
/*
 * What a job request (kind 5100) asks for. Pure reading: who may ask, and for how long,
 * is admission's question (engine/admit.c). Secrets stay encrypted here.
 */
#ifndef LOOM_LIB_PROTO_JOBSPEC_H
#define LOOM_LIB_PROTO_JOBSPEC_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/proto/outcome.h"

#include <stdbool.h>
#include <stddef.h>

struct jobspec_var {
	struct str name;  /* [A-Za-z_][A-Za-z0-9_]* */
	struct str value; /* of a secret: the NIP-44 payload */
};

/* Text borrows from the event, which must outlive it. */
struct jobspec {
	/* cmd and the elements 1..n of every args tag, in order; NULL and 0 for a job
	 * without cmd, whose content is the input of the worker's shell */
	const struct str *argv;
	size_t nargv;
	const struct jobspec_var *env;
	size_t nenv;
	const struct jobspec_var *secrets;
	size_t nsecrets;
	struct str stdin_text; /* the content */
	bool has_payment;      /* a payment tag, also an empty one */
	struct str payment;
	struct str backend; /* empty: no wish */
};

/* Is it a job request addressed to worker (its first p tag)? */
bool jobspec_is_for(const struct nevent *ev, const struct id32 *worker);

/*
 * Read it. LERR_INPUT (*why: OUTCOME_MALFORMED) or LERR_LIMIT (*why: OUTCOME_TOO_LARGE)
 * with a message that may be told to the customer. Unknown tags are ignored.
 */
MUST_USE enum lerr_code jobspec_parse(struct jobspec **out, enum outcome *why,
				      const struct nevent *ev, struct lerr *err);
void jobspec_free(struct jobspec *spec);
#define auto_jobspec __attribute__((cleanup(jobspec_free_ptr)))
void jobspec_free_ptr(struct jobspec **spec);

#endif
