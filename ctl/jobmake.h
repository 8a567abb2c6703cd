/* SPDX-License-Identifier: MIT */
/*
 * The events that a customer signs: a job request (5100) and its cancellation (5102).
 * Pure: what goes in is in memory already, secrets are encrypted here (NIP-44) and leave
 * only in that form.
 */
#ifndef LOOM_CTL_JOBMAKE_H
#define LOOM_CTL_JOBMAKE_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"

#include <stddef.h>
#include <stdint.h>

struct jobmake_var {
	struct str name;
	struct str value; /* of a secret: the plaintext */
};

struct jobmake_tag {
	const struct str *v; /* name first */
	size_t n;
};

struct jobmake {
	struct id32 worker;
	uint64_t created_at;
	const struct str *argv; /* none: the worker's shell runs the content */
	size_t nargv;
	struct str content; /* stdin of the job */
	const struct jobmake_var *env;
	size_t nenv;
	const struct jobmake_var *secrets;
	size_t nsecrets;
	struct str payment; /* empty: no tag */
	struct str
		change_key; /* cashu_pubkey: change is to be locked to it; empty: no tag */
	struct str backend; /* empty: no wish */
	const struct jobmake_tag *tags;
	size_t ntags;
	/* A random word, in a tag "salt": the same job twice within a second is the same
	 * event otherwise, and workers run an event once. Empty: no tag. */
	struct str salt;
};

/*
 * Make and sign the request. LERR_INPUT: not UTF-8, no public key. LERR_LIMIT: over
 * CAP_EVENT_BYTES or the caps of tags, an empty secret (NIP-44 has none). That a worker
 * can read it as a job is not checked here: jobspec_parse() does.
 */
MUST_USE enum lerr_code jobmake_request(struct nevent **out, const struct jobmake *m,
					const struct nsign_key *key, struct lerr *err);
MUST_USE enum lerr_code jobmake_cancel(struct nevent **out, const struct id32 *job,
				       const struct id32 *worker, uint64_t created_at,
				       const struct nsign_key *key, struct lerr *err);

#endif
