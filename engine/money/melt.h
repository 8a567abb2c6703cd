/* SPDX-License-Identifier: MIT */
/*
 * Paying a Lightning invoice with earned coins (NUT-05, NUT-08). One invoice is one
 * operation, across all mints. Its coins are released only when the mint says that the
 * quote is unpaid and the coins unspent; time alone releases nothing.
 */
#ifndef LOOM_ENGINE_MONEY_MELT_H
#define LOOM_ENGINE_MONEY_MELT_H

#include "engine/money/kinds.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdint.h>

struct melts;
struct money;

extern const struct kinds_row melt_kind;

struct melt_ask {
	struct str invoice;
	uint64_t mint;      /* 0: the one with the most earned coins */
	uint64_t max_fee;   /* sat that Lightning may take */
	const char *target; /* for the history: a Lightning address, or "invoice" */
};

/* op: what was journalled, its end shows in the ledger; or 0 and why not. Called once,
 * never from inside melt_pay(). */
typedef void melt_done(struct money *m, void *ctx, uint64_t op, const struct lerr *err);

struct melts *melt_new(struct money *m);
void melt_free(struct melts *s);
/* Ask for a quote, then journal and pay. LERR_INPUT, LERR_STATE, LERR_LIMIT at once when
 * it cannot be; then done is not called. */
MUST_USE enum lerr_code melt_pay(struct money *m, const struct melt_ask *ask,
				 melt_done *done, void *ctx, struct lerr *err);
/* WITHDRAW_FEE_PERCENT of an amount, at least 2 sat. */
uint64_t melt_fee_cap(struct money *m, uint64_t amount);

#endif
