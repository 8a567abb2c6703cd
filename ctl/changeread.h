/* SPDX-License-Identifier: MIT */
/* What a worker's result (5101), or its later word about change (30101), means for the
 * payment. Pure; the event was verified, but whoever signed it is a stranger. */
#ifndef LOOM_CTL_CHANGEREAD_H
#define LOOM_CTL_CHANGEREAD_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdint.h>

enum changeread_word {
	CHANGEREAD_TOKEN, /* change is there, to be redeemed */
	CHANGEREAD_OWED,  /* it comes later, in an event of its own */
	CHANGEREAD_ALL,   /* success, and nothing comes back */
	CHANGEREAD_BACK,  /* no success and no change: the payment may be ours still */
};

struct changeread {
	enum changeread_word word;
	struct str token; /* borrowed from the event */
	uint64_t amount;  /* of it, as the worker says; 0: it does not */
	uint64_t owed;
};

void changeread_event(struct changeread *out, const struct nevent *ev);

/*
 * Is the token what can be change of that payment: readable, sat, of the mint that was
 * paid with (in the one spelling), not more than was paid, and as much as the worker
 * says? LERR_INPUT with what is wrong.
 */
MUST_USE enum lerr_code changeread_check(const struct changeread *c, const char *mint,
					 uint64_t paid, struct lerr *err);

#endif
