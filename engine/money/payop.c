/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/payop.h"

#include "engine/engine.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/payfsm.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

static void pass_reserved(void *ctx, uint64_t kind)
{
	(void)ctx;
	crash_point(dbpay_kind_name((enum dbpay_kind)kind), "reserved");
}

static void pass_settled(void *ctx, uint64_t kind)
{
	(void)ctx;
	crash_point(dbpay_kind_name((enum dbpay_kind)kind), "settled");
}

enum lerr_code payop_reserve(struct money *m, struct dbpay *p, const struct ecpoint *ys,
			     size_t nys, const struct outset *outputs, struct lerr *err)
{
	p->made_at = clock_wall_ms();
	p->keyset = outputs->id;
	if (!dbpay_insert(m->e->db, p, ys, nys, outputs))
		return lerr_set(err, LERR_STATE, 0, "a proof is already being used");
	log_event(LOG_INFO, "pay.reserved",
		  "op=%" PRIu64 " kind=%s amount=%" PRIu64 " fee=%" PRIu64, p->op,
		  dbpay_kind_name(p->kind), p->total_in, p->fee);
	lane_add(m->lane, p, LANE_SEND);
	crash_point(dbpay_kind_name(p->kind), "reserving");
	turn_after(m->e->turn, pass_reserved, m, p->kind);
	return LERR_OK;
}

void payop_set_request(struct money *m, struct dbpay *p, struct str request)
{
	struct lane_op *o = lane_find(m->lane, p->op);

	dbpay_set_request(m->e->db, p, request);
	if (o)
		lane_next(m->lane, o, LANE_SEND, 0);
}

void payop_move(struct money *m, struct dbpay *p, enum pay_event event, struct str text)
{
	enum pay_state from = p->state;
	struct pay_step step = payfsm_step(from, event);

	if (step.next == PAY_NONE)
		panic("operation %" PRIu64 ": no %s in state %s", p->op,
		      payfsm_event_name(event), payfsm_state_name(from));
	if (!dbpay_move(m->e->db, p, step.next, clock_wall_ms(), event, text))
		panic("operation %" PRIu64 " is not in state %s", p->op,
		      payfsm_state_name(from));
	if (step.next != from)
		log_event(step.next == PAY_ATTENTION ? LOG_WARN : LOG_INFO, "pay.moved",
			  "op=%" PRIu64 " kind=%s is=%s by=%s why=%s", p->op,
			  dbpay_kind_name(p->kind), payfsm_state_name(step.next),
			  payfsm_event_name(event), log_text(text).c);
	if (step.next == PAY_ATTENTION && from != PAY_ATTENTION)
		payop_ended(m, p);
	if (step.effect == PFX_CREDIT) {
		dbproof_settle(m->e->db, p->op, DBPROOF_SPENT);
	} else if (step.effect == PFX_WRITE_OFF) {
		dbproof_settle(m->e->db, p->op, DBPROOF_LOST);
	} else if (step.effect == PFX_RELEASE) {
		dbpay_release(m->e->db, p->op);
		dbproof_settle(m->e->db, p->op, DBPROOF_FREE);
	}
}

/* ---- the three ends */

static void tell(void *ctx, uint64_t op)
{
	struct money *m = ctx;

	if (m->ended)
		m->ended(m->e, op);
}

void payop_ended(struct money *m, const struct dbpay *p)
{
	turn_after(m->e->turn, tell, m, p->op);
}

void payop_settled(struct money *m, const struct dbpay *p)
{
	crash_point(dbpay_kind_name(p->kind), "settling");
	turn_after(m->e->turn, pass_settled, m, p->kind);
	payop_ended(m, p);
}

/* One that was given up and turns out to have been signed: its inputs are its own again,
 * unless another operation has tried them since (and will find them spent). One that took
 * them for spent has kept them. */
static void take_back_inputs(struct money *m, const struct dbpay *p)
{
	auto_free struct ecpoint *ys = NULL;
	size_t n;

	if (p->state != PAY_REFUSED && p->state != PAY_DOUBLE_SPENT)
		return;
	log_event(LOG_WARN, "pay.late", "op=%" PRIu64 " kind=%s", p->op,
		  dbpay_kind_name(p->kind));
	if (p->state == PAY_DOUBLE_SPENT)
		return;
	(void)dbpay_hold_again(m->e->db, p->op);
	n = dbpay_inputs(m->e->db, p->op, &ys);
	for (size_t i = 0; i < n; i++)
		if (!dbproof_hold(m->e->db, &ys[i], p->op, false))
			(void)dbproof_hold(m->e->db, &ys[i], p->op, true);
}

enum lerr_code payop_credit(struct money *m, struct dbpay *p,
			    const struct mintmsg_signature *sigs, size_t n,
			    struct lerr *err)
{
	struct mint *mint = mints_get(m->mints, p->mint);
	const struct keyset *keys = mints_keyset(mint, &p->keyset);
	bool need_dleq = conf_bool(m->e->conf, CONF_REQUIRE_DLEQ);
	auto_outset struct outset outputs = {.n = 0};
	struct cashuproof *proofs;
	enum lerr_code rc;

	if (!keys)
		return lerr_set(err, LERR_STATE, 0, "keyset %s is gone", p->keyset.c);
	outset_init(&outputs, &p->keyset);
	dbpay_outputs(m->e->db, p->op, &outputs);
	proofs = mem_array(outputs.n, sizeof(*proofs));
	rc = outset_unblind_all(proofs, &outputs, sigs, n, keys, need_dleq, err);
	if (!rc) {
		crash_point(dbpay_kind_name(p->kind), "answered");
		take_back_inputs(m, p);
		payop_move(m, p, PEV_SIGNED, STR_LIT(""));
		kinds_table[p->kind]->credited(m, p, &outputs, proofs);
		payop_settled(m, p);
	}
	for (size_t i = 0; !rc && i < outputs.n; i++)
		cashutok_wipe_proof(&proofs[i]);
	mem_free(proofs);
	return rc;
}

void payop_refuse(struct money *m, struct dbpay *p, enum kinds_why why, uint64_t code)
{
	payop_move(m, p, p->state == PAY_RESERVED ? PEV_DROP : PEV_UNSPENT,
		   str_of(p->text));
	kinds_table[p->kind]->refused(m, p, why, code);
	payop_ended(m, p);
}

void payop_write_off(struct money *m, struct dbpay *p)
{
	payop_ended(m, p);
	if (!kinds_table[p->kind]->spent) {
		payop_move(m, p, PEV_ODD,
			   STR_LIT("the mint says that these coins are spent, and "
				   "not by us"));
		return;
	}
	payop_move(m, p, PEV_SPENT, STR_LIT(""));
	kinds_table[p->kind]->spent(m, p);
}

void payop_lost(struct money *m, const struct dbpay *p)
{
	struct dbbook_move move = {.mint = p->mint,
				   .src = DBBOOK_EARNED,
				   .dst = DBBOOK_LOST,
				   .amount = p->total_in,
				   .op = p->op};

	log_event(LOG_WARN, "pay.lost", "op=%" PRIu64 " kind=%s amount=%" PRIu64, p->op,
		  dbpay_kind_name(p->kind), p->total_in);
	dbbook_move(m->e->db, &move, clock_wall_ms());
}
