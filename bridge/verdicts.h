/* SPDX-License-Identifier: MIT */
/* The answer to POST /internal/events: one verdict an event, in the order of the batch. */
#ifndef LOOM_BRIDGE_VERDICTS_H
#define LOOM_BRIDGE_VERDICTS_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stddef.h>

enum verdict {
	VERDICT_STORED,    /* on the engine's disk */
	VERDICT_DUPLICATE, /* was there already */
	VERDICT_IGNORED,   /* none of the worker's business */
	VERDICT_REFUSED,   /* these bytes will never be taken */
	VERDICT_LATER,     /* not now: offer it again */
	VERDICT_COUNT
};

struct verdicts {
	struct {
		enum verdict verdict;
		char text[CAP_LOG_TEXT + 1]; /* for the log, cut */
	} of[CAP_BATCH_EVENTS];
	size_t n;
};

/* {"verdicts":[{"verdict":"stored","text":""},...]} for a batch of n events; "text" may
 * be missing. LERR_INPUT: anything else, another number of verdicts too. */
MUST_USE enum lerr_code verdicts_parse(struct verdicts *out, struct str json, size_t n,
				       struct lerr *err);
/* "stored" ... */
const char *verdicts_word(enum verdict v);

#endif
