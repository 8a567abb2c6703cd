/* SPDX-License-Identifier: MIT */
/* What follows from the end of an operation of the purse: coins, token, history. Each is
 * a transaction of its own. */
#ifndef LOOM_CTL_PURSESETTLE_H
#define LOOM_CTL_PURSESETTLE_H

#include "ctl/purse.h"
#include "lib/proto/outset.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbpay.h"

/* Move it: the journal and the coins that it holds. Inside a transaction. */
void pursesettle_move(struct purse *p, struct dbpay *op, enum pay_event event,
		      struct str text);

/* Signatures for all of its outputs, in their order. LERR_INPUT: they are not what was
 * asked for; then nothing has changed. */
MUST_USE enum lerr_code pursesettle_credit(struct purse *p, struct dbpay *op,
					   const struct mintmsg_signature *sigs, size_t n,
					   struct lerr *err);
/* Nothing happened; event is PEV_DROP or PEV_UNSPENT. */
void pursesettle_refuse(struct purse *p, struct dbpay *op, enum pay_event event);
/* Somebody else has spent its inputs. */
void pursesettle_spent(struct purse *p, struct dbpay *op);

/* Write coins as a token of the purse: fills t->token, amount and net. coins are FREE or
 * not stored yet. Inside a transaction. */
void pursesettle_token(struct purse *p, struct dbbill_token *t,
		       const struct cashuproof *proofs, size_t n);

#endif
