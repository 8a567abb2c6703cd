/* SPDX-License-Identifier: MIT */
/*
 * Which job is meant: the id on the command line, and from the request that the relays
 * have (its hash is the id, so it cannot be another one) who is its customer and which
 * worker it was for. Shared by all verbs about a job that was sent before.
 */
#ifndef LOOM_CTL_JOBREF_H
#define LOOM_CTL_JOBREF_H

#include "ctl/args.h"
#include "ctl/jobcheck.h"
#include "ctl/session.h"
#include "lib/base/attr.h"

/* --worker NPUB|HEX, --key FILE */
extern const struct args_option jobref_options[];

/*
 * Open a session and find the job. Returns 0, or the exit status having said what is
 * wrong. The request itself is not needed when --worker is given; then nobody knows the
 * customer. *s is to be closed in either case.
 */
MUST_USE int jobref_open(struct session **s, struct jobcheck_job *out,
			 const struct args *a, char *const *envp);

#endif
