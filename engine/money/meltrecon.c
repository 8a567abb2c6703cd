/* SPDX-License-Identifier: MIT */
/*
 * Called by recon.c with every answer about a melt. The mint's word for how it stands is
 * the quote; what came back is asked for by the names of our blanks (NUT-09), because
 * lists of change were seen in another order than the blanks.
 */
#include "config.h"

#include "engine/money/meltrecon.h"

#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/recon.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <string.h>

enum {
	IN_FLIGHT_MS =
		60000, /* a request whose answer was lost may still be on its way */
	ASK_AGAIN_MS = 1000,
	ALARM_EVERY_MS = 600000,
};

/* ---- it is paid, and its coins are spent */

static uint64_t sum_of(const struct mintmsg_signature *sigs, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (sigs[i].id.c[0] && !amount_add(&sum, sigs[i].amount))
			return UINT64_MAX;
	return sum;
}

/* Change of these signatures becomes coins; the keyset is the one that each names. */
static enum lerr_code unblind(struct money *m, const struct dbpay *p,
			      const struct mintmsg_signature *sigs, size_t n,
			      struct cashuproof *proofs, struct lerr *err)
{
	struct mint *mint = mints_get(m->mints, p->mint);
	auto_outset struct outset blanks = {.n = 0};

	outset_init(&blanks, &p->keyset);
	dbpay_outputs(m->e->db, p->op, &blanks);
	for (size_t i = 0; i < n && i < blanks.n; i++) {
		const struct keyset *k = mints_keyset(mint, &sigs[i].id);
		enum lerr_code rc;

		if (!sigs[i].id.c[0] || sigs[i].amount == 0)
			continue;
		if (!k)
			return lerr_set(err, LERR_STATE, 0, "keyset %s is not known",
					sigs[i].id.c);
		blanks.id = k->id;
		rc = outset_unblind(&proofs[i], &blanks, i, &sigs[i], k, false, err);
		if (rc)
			return rc;
	}
	return LERR_OK;
}

static void move_earned(struct money *m, const struct dbpay *p, enum dbbook_account to,
			uint64_t amount)
{
	struct dbbook_move move = {.mint = p->mint,
				   .src = DBBOOK_EARNED,
				   .dst = to,
				   .amount = amount,
				   .op = p->op};

	dbbook_move(m->e->db, &move, clock_wall_ms());
}

static void store(struct money *m, struct dbpay *p, struct dbpay_melt *melt,
		  const struct cashuproof *proofs, size_t n, uint64_t change)
{
	struct dbproof_origin from = {.mint = p->mint, .op = p->op};
	uint64_t routing = p->total_in;
	uint64_t now = clock_wall_ms();

	crash_point("melt", "answered");
	if (!amount_sub(&routing, p->fee) || !amount_sub(&routing, melt->amount) ||
	    !amount_sub(&routing, change))
		panic("melt %" PRIu64 " gave back more than it took", p->op);
	payop_move(m, p, PEV_SIGNED, STR_LIT(""));
	for (size_t i = 0; i < n; i++)
		if (proofs[i].secret)
			dbproof_insert(m->e->db, &proofs[i], &from, now);
	move_earned(m, p, DBBOOK_LIGHTNING, melt->amount);
	move_earned(m, p, DBBOOK_FEES, p->fee);
	move_earned(m, p, DBBOOK_ROUTING, routing);
	melt->paid_fee = routing;
	dbpay_set_melt_paid(m->e->db, melt);
}

/* More than the mint may give back? Then its word is not to be taken. */
static bool is_too_much(const struct dbpay *p, const struct dbpay_melt *melt,
			uint64_t change)
{
	uint64_t most = amount_left(p->total_in, p->fee);

	return change > amount_left(most, melt->amount);
}

static void settle(struct money *m, struct lane_op *o, struct dbpay *p,
		   struct dbpay_melt *melt, const struct mintmsg_signature *sigs,
		   size_t n)
{
	struct cashuproof *proofs = mem_array(n ? n : 1, sizeof(*proofs));
	uint64_t change = sum_of(sigs, n);
	struct lerr err = {0};

	if (is_too_much(p, melt, change)) {
		payop_move(m, p, PEV_ODD, STR_LIT("more change than is possible"));
		lane_next(m->lane, o, LANE_QUOTE, crash_hurry(ALARM_EVERY_MS));
	} else if (unblind(m, p, sigs, n, proofs, &err)) {
		payop_move(m, p, PEV_ODD, str_of(err.msg));
		mints_ask(m->mints, mints_get(m->mints, p->mint));
		lane_retry(m->lane, o, LANE_QUOTE);
	} else {
		store(m, p, melt, proofs, n, change);
		lane_drop(m->lane, p->op);
		payop_settled(m, p);
	}
	for (size_t i = 0; i < n; i++)
		cashutok_wipe_proof(&proofs[i]);
	mem_free(proofs);
}

static void on_restore(struct money *m, struct lane_op *o, struct dbpay *p,
		       struct dbpay_melt *melt, const struct mintcall_answer *a)
{
	auto_free struct mintmsg_signature *sigs = NULL;
	size_t n = 0;

	if (!o->is_paid) {
		lane_retry(m->lane, o, LANE_QUOTE);
		return;
	}
	switch (recon_read_restored(m, p, a, &sigs, &n)) {
	case RECON_NO_WORD:
		lane_retry(m->lane, o, LANE_RESTORE);
		return;
	case RECON_NONE:
	case RECON_SOME:
	case RECON_ALL:
		if (sum_of(sigs, sigs ? n : 0) < o->told_change) {
			/* it said more than it gives: it may not be done yet */
			lane_retry(m->lane, o, LANE_QUOTE);
			return;
		}
		settle(m, o, p, melt, sigs, sigs ? n : 0);
		return;
	}
}

/* ---- how it stands */

static void stands(struct money *m, struct lane_op *o, struct dbpay *p,
		   struct dbpay_melt *melt, const struct mintread_quote *q)
{
	o->is_paid = q->state == MINTREAD_QUOTE_PAID;
	o->told_change = sum_of(q->change, q->nchange);
	switch (q->state) {
	case MINTREAD_QUOTE_PAID:
	case MINTREAD_QUOTE_ISSUED:
		str_copy(melt->preimage, sizeof(melt->preimage), str_of(q->preimage));
		melt->paid_fee = 0;
		dbpay_set_melt_paid(m->e->db, melt);
		lane_next(m->lane, o, LANE_CHECK, 0);
		return;
	case MINTREAD_QUOTE_PENDING:
		payop_move(m, p, PEV_PENDING, STR_LIT("the payment is on its way"));
		lane_retry(m->lane, o, LANE_QUOTE);
		return;
	case MINTREAD_QUOTE_UNPAID:
		/* with a preimage it is paid, whatever the word says */
		if (q->preimage[0])
			lane_retry(m->lane, o, LANE_QUOTE);
		else
			lane_next(m->lane, o, LANE_CHECK, 0);
		return;
	}
}

static void on_quote(struct money *m, struct lane_op *o, struct dbpay *p,
		     struct dbpay_melt *melt, const struct mintcall_answer *a)
{
	struct mintread_quote q = {0};
	struct lerr err = {0};

	if (a->word == MINTCALL_OK &&
	    mintread_quote(&q, a->body, STR_LIT("sat"), &err) == LERR_OK) {
		stands(m, o, p, melt, &q);
		mintread_free_quote(&q);
		return;
	}
	/* a quote that the mint does not know any more: everything is kept */
	if (a->word == MINTCALL_REFUSED && p->state != PAY_ATTENTION)
		payop_move(m, p, PEV_ODD, str_of(a->refusal.detail));
	lane_retry(m->lane, o, LANE_QUOTE);
}

static void on_send(struct money *m, struct lane_op *o, struct dbpay *p,
		    struct dbpay_melt *melt, const struct mintcall_answer *a)
{
	o->said_no = a->word == MINTCALL_REFUSED;
	o->code = a->refusal.code;
	str_copy(p->text, sizeof(p->text),
		 str_of(o->said_no ? a->refusal.detail : a->why));
	if (a->word == MINTCALL_UNHEARD) {
		recon_unheard(m, o, p, LANE_QUOTE);
		return;
	}
	dbpay_set_sent(m->e->db, p);
	if (a->word == MINTCALL_OK) {
		on_quote(m, o, p, melt, a);
		return;
	}
	payop_move(m, p, PEV_UNCLEAR, str_of(p->text));
	lane_next(m->lane, o, LANE_QUOTE, crash_hurry(ASK_AGAIN_MS));
}

/* Unpaid, and the coins unspent: is the request dead? */
static void unspent(struct money *m, struct lane_op *o, struct dbpay *p)
{
	bool is_over = clock_wall_ms() > p->moved_at + crash_hurry(IN_FLIGHT_MS);

	if (p->state == PAY_ATTENTION) {
		lane_next(m->lane, o, LANE_QUOTE, crash_hurry(ALARM_EVERY_MS));
	} else if (o->is_paid) {
		/* the payment comes first, the coins after */
		lane_retry(m->lane, o, LANE_QUOTE);
	} else if (o->said_no || is_over) {
		payop_refuse(m, p, o->said_no ? KINDS_SAID_NO : KINDS_UNAVAILABLE,
			     o->code);
		lane_drop(m->lane, p->op);
	} else {
		lane_retry(m->lane, o, LANE_QUOTE);
	}
}

/* Paid, and the coins are spent: what came back? */
static void after_spent(struct money *m, struct lane_op *o, struct dbpay *p,
			struct dbpay_melt *melt)
{
	auto_outset struct outset blanks;

	outset_init(&blanks, &p->keyset);
	dbpay_outputs(m->e->db, p->op, &blanks);
	if (blanks.n)
		lane_next(m->lane, o, LANE_RESTORE, 0);
	else
		settle(m, o, p, melt, NULL, 0);
}

static void on_check(struct money *m, struct lane_op *o, struct dbpay *p,
		     struct dbpay_melt *melt, const struct mintcall_answer *a)
{
	switch (recon_read_inputs(m, p, a)) {
	case RECON_SPENT:
		if (o->is_paid) {
			after_spent(m, o, p, melt);
			return;
		}
		payop_move(m, p, PEV_ODD, STR_LIT("spent, and the quote is not paid"));
		lane_next(m->lane, o, LANE_QUOTE, crash_hurry(ALARM_EVERY_MS));
		return;
	case RECON_UNSPENT:
		unspent(m, o, p);
		return;
	case RECON_MIXED:
		payop_move(m, p, PEV_ODD, STR_LIT("some of the coins are spent"));
		lane_next(m->lane, o, LANE_QUOTE, crash_hurry(ALARM_EVERY_MS));
		return;
	case RECON_PENDING:
	case RECON_UNKNOWN:
		lane_retry(m->lane, o, LANE_QUOTE);
		return;
	}
}

void meltrecon_answer(struct money *m, struct lane_op *o, struct dbpay *p,
		      const struct mintcall_answer *a)
{
	auto_melt struct dbpay_melt melt = {0};

	if (!dbpay_get_melt(m->e->db, &melt, p->op))
		panic("operation %" PRIu64 " has no invoice", p->op);
	switch (o->step) {
	case LANE_SEND:
		on_send(m, o, p, &melt, a);
		return;
	case LANE_QUOTE:
		on_quote(m, o, p, &melt, a);
		return;
	case LANE_CHECK:
		on_check(m, o, p, &melt, a);
		return;
	case LANE_RESTORE:
		on_restore(m, o, p, &melt, a);
		return;
	}
}
