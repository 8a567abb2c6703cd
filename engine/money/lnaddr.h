/* SPDX-License-Identifier: MIT */
/* An invoice from a Lightning address (LUD-16) or an LNURL-pay code (LUD-06). */
#ifndef LOOM_ENGINE_MONEY_LNADDR_H
#define LOOM_ENGINE_MONEY_LNADDR_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdint.h>

struct money;

/* invoice: over exactly what was asked for, borrowed; empty: err says why not. Called
 * once, from the loop. */
typedef void lnaddr_done(struct money *m, void *ctx, struct str invoice,
			 const struct lerr *err);

/* Ask for an invoice of amount sat. Names are resolved by the machine and only public
 * addresses dialled, unless the operator wrote a loopback address himself. LERR_INPUT or
 * LERR_LIMIT at once; then done is not called. */
MUST_USE enum lerr_code lnaddr_invoice(struct money *m, struct str address,
				       uint64_t amount, lnaddr_done *done, void *ctx,
				       struct lerr *err);

#endif
