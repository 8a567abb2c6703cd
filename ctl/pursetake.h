/* SPDX-License-Identifier: MIT */
/* A token becomes coins of the purse: looked at, unlocked with the keys that we have, and
 * swapped, so that nobody else can spend it any more. */
#ifndef LOOM_CTL_PURSETAKE_H
#define LOOM_CTL_PURSETAKE_H

#include "ctl/purse.h"
#include "lib/base/attr.h"
#include "lib/base/str.h"
#include "lib/proto/nsign.h"

#include <stdbool.h>
#include <stdint.h>

struct pursetake_rules {
	/* Take it of this mint only (number; 0: of any that the purse has used). No other
	 * mint is asked anything: the address would be a stranger's. */
	uint64_t mint;
	const struct nsign_key *key; /* of the user's, to unlock with; or NULL */
	uint64_t job;                /* it is change of (seq); 0: of none */
};

struct pursetake_sum {
	uint64_t mint;
	uint64_t face;
	uint64_t fee;  /* face - fee is what the purse has more now */
	bool was_ours; /* a token of the purse that came back */
};

/*
 * LERR_INPUT: no token, or not one for us (unit, mint, lock). LERR_STATE: the purse has
 * it already, or the mint's word is not final yet. LERR_GONE: somebody else has spent it.
 * LERR_DENIED: the mint refuses. LERR_TEMP: the mint does not answer, nothing was done.
 */
MUST_USE enum lerr_code pursetake_token(struct purse *p, struct pursetake_sum *out,
					struct str text,
					const struct pursetake_rules *rules,
					struct lerr *err);

/* Ask the mint about a token of the purse that is out; *spent: all of it is. */
MUST_USE enum lerr_code pursetake_look(struct purse *p, bool *spent, uint64_t token,
				       struct lerr *err);
/* Take it back. */
MUST_USE enum lerr_code pursetake_back(struct purse *p, struct pursetake_sum *out,
				       uint64_t token, struct lerr *err);

#endif
