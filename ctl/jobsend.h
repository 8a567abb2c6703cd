/* SPDX-License-Identifier: MIT */
/* A job request from its parts to its end: signed, paid for, published, and on demand
 * watched until its result (submit). */
#ifndef LOOM_CTL_JOBSEND_H
#define LOOM_CTL_JOBSEND_H

#include "ctl/args.h"
#include "ctl/jobmake.h"
#include "lib/base/attr.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"

/* Sign it, in place of *ev, and look whether a worker would understand it. Returns 0, or
 * the exit status having said what is wrong. */
MUST_USE int jobsend_make(struct nevent **ev, const struct args *a, struct jobmake *make,
			  const struct nsign_key *key);

struct jobsend {
	const struct args *a; /* of submit */
	char *const *envp;
	const struct nsign_key *key;
	struct jobmake *make;
	struct nevent **event; /* made anew when it is paid for */
};
/* Returns the exit status. */
MUST_USE int jobsend_run(struct jobsend *j);

#endif
