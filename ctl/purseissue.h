/* SPDX-License-Identifier: MIT */
/* New coins from a mint: an invoice, its payment by somebody, the coins (NUT-04, NUT-23). */
#ifndef LOOM_CTL_PURSEISSUE_H
#define LOOM_CTL_PURSEISSUE_H

#include "ctl/purse.h"
#include "ctl/pursemint.h"
#include "ctl/pursequote.h"
#include "lib/base/attr.h"

#include <stdint.h>

/* Ask for an invoice; it is in the purse before it is shown to anybody. LERR_DENIED: the
 * mint does not make any, or not for that amount. */
MUST_USE enum lerr_code purseissue_quote(struct purse *p, const struct pursemint *m,
					 struct pursequote *out, uint64_t amount,
					 struct lerr *err);
/* Wait until it is paid, at most ms. LERR_STATE: it is not, yet. LERR_GONE: it has ended
 * unpaid, and is put away. */
MUST_USE enum lerr_code purseissue_wait(struct purse *p, const struct pursemint *m,
					struct pursequote *q, uint64_t ms,
					struct lerr *err);
/* Turn a paid one into coins. As purserun_finish(). */
MUST_USE enum lerr_code purseissue_mint(struct purse *p, const struct pursemint *m,
					struct pursequote *q, struct lerr *err);

#endif
