/* SPDX-License-Identifier: MIT */
/*
 * The till as JSON documents, for admin.sock. Amounts in sat, times in seconds. Texts of
 * tokens are in walletdoc_token() and walletdoc_end() only: they are money.
 */
#ifndef LOOM_ENGINE_MONEY_WALLETDOC_H
#define LOOM_ENGINE_MONEY_WALLETDOC_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stdint.h>

struct money;

/* Per mint: who it is, balance (known, stale or unknown: when did it answer last), coins
 * by keyset; totals of the books, change that is owed, tokens that are out. */
void walletdoc_wallet(struct buf *out, struct money *m);
/* Pages: {"items":[...],"next_cursor":N or null}. */
void walletdoc_history(struct buf *out, struct money *m, uint64_t limit, uint64_t cursor);
void walletdoc_pays(struct buf *out, struct money *m, bool open, uint64_t limit,
		    uint64_t cursor);
void walletdoc_tokens(struct buf *out, struct money *m, uint64_t limit, uint64_t cursor);
/* LERR_GONE: there is none of that number. */
MUST_USE enum lerr_code walletdoc_pay(struct buf *out, struct money *m, uint64_t op,
				      struct lerr *err);
MUST_USE enum lerr_code walletdoc_token(struct buf *out, struct money *m, uint64_t token,
					struct lerr *err);
/* What became of an operation, with the token that it made; op 0: of nothing but the
 * token, which was made at once. */
void walletdoc_end(struct buf *out, struct money *m, uint64_t op, uint64_t token);

#endif
