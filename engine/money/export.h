/* SPDX-License-Identifier: MIT */
/*
 * Earned money as a token for the operator, and back again while nobody has redeemed it.
 * Coins that pay the amount exactly are given as they are, at once; else a swap makes
 * them, and its fee comes on top. Never a job's money.
 */
#ifndef LOOM_ENGINE_MONEY_EXPORT_H
#define LOOM_ENGINE_MONEY_EXPORT_H

#include "engine/money/kinds.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdint.h>

struct money;

extern const struct kinds_row export_kind;
extern const struct kinds_row export_reclaim_kind;

/* mint: a URL, or empty for the first that can. *op is the operation that makes it, or 0
 * when *token is there already. In a turn. LERR_INPUT: no such mint, or no amount;
 * LERR_LIMIT: more than is there; LERR_TEMP: not now. */
MUST_USE enum lerr_code export_amount(struct money *m, uint64_t *op, uint64_t *token,
				      struct str mint, uint64_t amount, struct lerr *err);
/* Take what is left of a token back. In a turn. LERR_GONE: no such token; LERR_STATE: not
 * one of ours to take, or nothing is left; LERR_LIMIT: the fee would take all of it. */
MUST_USE enum lerr_code export_reclaim(struct money *m, uint64_t *op, uint64_t token,
				       struct lerr *err);

#endif
