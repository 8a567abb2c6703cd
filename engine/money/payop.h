/* SPDX-License-Identifier: MIT */
/*
 * The one function that moves an operation at a mint, by the table of
 * lib/proto/payfsm.h, and the common part of what follows. What a kind of operation
 * means beyond that stands in kinds_table (kinds.h).
 */
#ifndef LOOM_ENGINE_MONEY_PAYOP_H
#define LOOM_ENGINE_MONEY_PAYOP_H

#include "engine/money/kinds.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/outset.h"
#include "lib/store/dbpay.h"

#include <stdbool.h>
#include <stdint.h>

struct money;

/*
 * Journal a new operation and put it into the lane of its mint; it goes out as soon as
 * it has its request. LERR_STATE: one of the inputs is in another one. Own coins must be
 * held by the caller (dbproof_hold) in the same transaction.
 */
MUST_USE enum lerr_code payop_reserve(struct money *m, struct dbpay *p,
				      const struct ecpoint *ys, size_t nys,
				      const struct outset *outputs, struct lerr *err);
void payop_set_request(struct money *m, struct dbpay *p, struct str request);

/* Move it; with the common effect: coins spent, free again or lost. The cell must exist. */
void payop_move(struct money *m, struct dbpay *p, enum pay_event event, struct str text);

/* Signatures for all outputs, in their order: verify, store, settle. LERR_INPUT: they are
 * not what was asked for; nothing has changed then. */
MUST_USE enum lerr_code payop_credit(struct money *m, struct dbpay *p,
				     const struct mintmsg_signature *sigs, size_t n,
				     struct lerr *err);
/* Nothing was taken. */
void payop_refuse(struct money *m, struct dbpay *p, enum kinds_why why, uint64_t code);
/* Tell whoever waits for it (m->ended), after the commit. The three above do. */
void payop_ended(struct money *m, const struct dbpay *p);
/* The same, last in the transaction that has settled it. */
void payop_settled(struct money *m, const struct dbpay *p);
/* The inputs were spent by somebody else. */
void payop_write_off(struct money *m, struct dbpay *p);
/* For kinds_row.spent: they were earned coins, and are written off. */
void payop_lost(struct money *m, const struct dbpay *p);

#endif
