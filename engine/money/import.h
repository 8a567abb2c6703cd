/* SPDX-License-Identifier: MIT */
/* A token of the operator's becomes earned money: plain, and of an accepted mint. */
#ifndef LOOM_ENGINE_MONEY_IMPORT_H
#define LOOM_ENGINE_MONEY_IMPORT_H

#include "engine/money/kinds.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdint.h>

struct money;

extern const struct kinds_row import_kind;

/* In a turn. LERR_INPUT: not a token, or one that is refused (err says why); LERR_STATE:
 * its coins are in the ledger, or in another operation; LERR_TEMP: not now. */
MUST_USE enum lerr_code import_token(struct money *m, uint64_t *op, struct str text,
				     struct lerr *err);

#endif
