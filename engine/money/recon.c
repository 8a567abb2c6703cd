/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/recon.h"

#include "engine/engine.h"
#include "engine/money/kinds.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	GIVE_UP_MS = 600000,   /* no certainty for so long, inputs unspent */
	SPENT_PAUSE_MS = 1000, /* it may have committed between two questions */
	ALARM_EVERY_MS = 600000,
};

/* ---- reading */

enum recon_restored recon_read_restored(struct money *m, const struct dbpay *p,
					const struct mintcall_answer *a,
					struct mintmsg_signature **sigs, size_t *n)
{
	auto_outset struct outset outputs = {.n = 0};
	struct mintread_restored r = {0};
	struct lerr err = {0};
	size_t found;

	*sigs = NULL;
	*n = 0;
	if (a->word != MINTCALL_OK || mintread_restored(&r, a->body, &err))
		return RECON_NO_WORD;
	outset_init(&outputs, &p->keyset);
	dbpay_outputs(m->e->db, p->op, &outputs);
	*sigs = mem_array(outputs.n ? outputs.n : 1, sizeof(**sigs));
	*n = outputs.n;
	found = outset_order(*sigs, &outputs, r.blinded, r.signatures, r.n);
	mintread_free_restored(&r);
	if (found == outputs.n)
		return RECON_ALL;
	return found ? RECON_SOME : RECON_NONE;
}

enum recon_inputs recon_read_inputs(struct money *m, const struct dbpay *p,
				    const struct mintcall_answer *a)
{
	auto_free struct ecpoint *ys = NULL;
	size_t n = dbpay_inputs(m->e->db, p->op, &ys);
	auto_free enum mintread_state *states = mem_array(n, sizeof(*states));
	struct lerr err = {0};
	size_t count[3] = {0};

	if (a->word != MINTCALL_OK || mintread_states(states, ys, n, a->body, &err))
		return RECON_UNKNOWN;
	for (size_t i = 0; i < n; i++)
		count[states[i]]++;
	if (count[MINTREAD_PENDING])
		return RECON_PENDING;
	if (count[MINTREAD_SPENT] == n)
		return RECON_SPENT;
	return count[MINTREAD_UNSPENT] == n ? RECON_UNSPENT : RECON_MIXED;
}

/* ---- decided */

static void credit(struct money *m, struct lane_op *o, struct dbpay *p,
		   const struct mintmsg_signature *sigs, size_t n, struct str body)
{
	struct lerr err = {0};

	if (payop_credit(m, p, sigs, n, &err) == LERR_OK) {
		lane_drop(m->lane, p->op);
		return;
	}
	/* never retried with other outputs: the mint may have taken the inputs */
	if (p->state != PAY_ATTENTION)
		dbpay_set_answer(m->e->db, p->op, body);
	str_copy(p->text, sizeof(p->text), str_of(err.msg));
	dbpay_set_sent(m->e->db, p);
	if (!o->is_late)
		payop_move(m, p, PEV_ODD, str_of(err.msg));
	lane_retry(m->lane, o, LANE_RESTORE);
}

/* The keyset of the outputs is put away, or unknown: no copy of the request can pass any
 * more, not even one that is still on its way. */
static bool is_final_for_all(uint64_t code)
{
	return code >= 12001 && code <= 12003;
}

/* Inputs unspent and nothing of ours signed. */
static void unspent(struct money *m, struct lane_op *o, struct dbpay *p)
{
	uint64_t since = p->sent_at ? p->sent_at : p->made_at;
	bool too_long = clock_wall_ms() > since + crash_hurry(GIVE_UP_MS);

	if (p->state == PAY_ATTENTION) {
		lane_next(m->lane, o, LANE_RESTORE, crash_hurry(ALARM_EVERY_MS));
	} else if (o->said_no &&
		   (is_final_for_all(o->code) ||
		    (mintread_is_final(o->code) && (p->attempts == 1 || too_long)))) {
		/* no other attempt can be in flight (any more), or it cannot pass */
		payop_refuse(m, p, KINDS_SAID_NO, o->code);
		lane_drop(m->lane, p->op);
	} else if (too_long && kinds_table[p->kind]->patience == KINDS_GIVES_UP) {
		payop_refuse(m, p, o->said_no ? KINDS_SAID_NO : KINDS_UNAVAILABLE,
			     o->code);
		lane_drop(m->lane, p->op);
	} else {
		/* the same bytes: of two identical requests one wins */
		lane_retry(m->lane, o, LANE_SEND);
	}
}

/* ---- answers to each step */

void recon_unheard(struct money *m, struct lane_op *o, struct dbpay *p,
		   enum lane_step next)
{
	p->heard = o->was_heard;
	p->attempts--;
	dbpay_set_sent(m->e->db, p);
	if (p->heard) {
		lane_retry(m->lane, o, next);
	} else if (kinds_table[p->kind]->patience != KINDS_STAYS &&
		   clock_wall_ms() > p->made_at + crash_hurry(RECON_UNHEARD_MS)) {
		payop_refuse(m, p, KINDS_UNAVAILABLE, 0);
		lane_drop(m->lane, p->op);
	} else {
		payop_move(m, p, PEV_UNCLEAR, str_of(p->text));
		lane_retry(m->lane, o, LANE_SEND);
	}
}

static void on_send(struct money *m, struct lane_op *o, struct dbpay *p,
		    const struct mintcall_answer *a)
{
	auto_free struct mintmsg_signature *sigs = NULL;
	struct lerr err = {0};
	size_t n = 0;

	if (a->word == MINTCALL_OK &&
	    mintread_signatures(&sigs, &n, a->body, &err) == LERR_OK) {
		credit(m, o, p, sigs, n, a->body);
		return;
	}
	o->said_no = a->word == MINTCALL_REFUSED;
	o->code = a->refusal.code;
	if (a->word == MINTCALL_REFUSED)
		str_copy(p->text, sizeof(p->text), str_of(a->refusal.detail));
	else
		str_copy(p->text, sizeof(p->text),
			 str_of(a->word == MINTCALL_OK ? err.msg : a->why));
	log_event(LOG_INFO, "pay.unclear", "op=%" PRIu64 " status=%u code=%" PRIu64,
		  p->op, a->status, o->code);
	if (a->word == MINTCALL_UNHEARD) {
		recon_unheard(m, o, p, LANE_RESTORE);
		return;
	}
	/* 429: it was not looked at, so it is no attempt that could pass later */
	if (a->word == MINTCALL_BUSY)
		p->attempts--;
	dbpay_set_sent(m->e->db, p);
	payop_move(m, p, PEV_UNCLEAR, str_of(p->text));
	lane_next(m->lane, o, LANE_RESTORE, 0);
}

static void on_restore(struct money *m, struct lane_op *o, struct dbpay *p,
		       const struct mintcall_answer *a)
{
	auto_free struct mintmsg_signature *sigs = NULL;
	size_t n;

	switch (recon_read_restored(m, p, a, &sigs, &n)) {
	case RECON_ALL:
		credit(m, o, p, sigs, n, a->body);
		return;
	case RECON_SOME:
		/* mints sign all or nothing: this must not be taken for all */
		if (!o->is_late)
			payop_move(m, p, PEV_ODD,
				   STR_LIT("the mint gives back a part of the set"));
		lane_retry(m->lane, o, LANE_RESTORE);
		return;
	case RECON_NONE:
		if (o->is_late) {
			lane_drop(m->lane, p->op);
		} else if (o->spent_seen) {
			payop_write_off(m, p);
			if (p->state == PAY_ATTENTION)
				lane_next(m->lane, o, LANE_RESTORE,
					  crash_hurry(ALARM_EVERY_MS));
			else
				lane_drop(m->lane, p->op);
		} else {
			lane_next(m->lane, o, LANE_CHECK, 0);
		}
		return;
	case RECON_NO_WORD:
		lane_retry(m->lane, o, LANE_RESTORE);
		return;
	}
}

static void on_check(struct money *m, struct lane_op *o, struct dbpay *p,
		     const struct mintcall_answer *a)
{
	enum recon_inputs inputs = recon_read_inputs(m, p, a);

	o->mixed = inputs == RECON_MIXED;
	switch (inputs) {
	case RECON_UNSPENT:
		unspent(m, o, p);
		return;
	case RECON_PENDING:
		payop_move(m, p, PEV_PENDING, STR_LIT("the mint says: pending"));
		lane_retry(m->lane, o, LANE_RESTORE);
		return;
	case RECON_SPENT:
	case RECON_MIXED:
		o->spent_seen = true;
		lane_next(m->lane, o, LANE_RESTORE, crash_hurry(SPENT_PAUSE_MS));
		return;
	case RECON_UNKNOWN:
		lane_retry(m->lane, o, LANE_RESTORE);
		return;
	}
}

static void take_answer(struct money *m, struct lane_op *o,
			const struct mintcall_answer *a)
{
	struct dbpay p;

	if (!dbpay_get(m->e->db, &p, o->op))
		panic("operation %" PRIu64 " is gone", o->op);
	if (kinds_table[p.kind]->answer)
		kinds_table[p.kind]->answer(m, o, &p, a);
	else if (o->step == LANE_SEND)
		on_send(m, o, &p, a);
	else if (o->step == LANE_RESTORE)
		on_restore(m, o, &p, a);
	else
		on_check(m, o, &p, a);
}

static void on_answer(struct money *m, uint64_t op, const struct mintcall_answer *a)
{
	struct lane_op *o = lane_find(m->lane, op);
	bool well = a->word == MINTCALL_OK || a->word == MINTCALL_REFUSED;

	lane_answered(m->lane, op);
	if (!o)
		return;
	mints_heard(mints_get(m->mints, o->mint), well);
	if (well)
		lane_go_on(m->lane, o->mint);
	else
		lane_pause(m->lane, o->mint);
	turn_enter(m->e->turn);
	take_answer(m, o, a);
	turn_leave(m->e->turn, true);
}

/* ---- asking */

static bool ask(struct money *m, const struct lane_op *o, const char *path,
		struct str body)
{
	return mintcall_start(m, mints_get(m->mints, o->mint)->url, path, body, on_answer,
			      o->op);
}

static void post(void *ctx, uint64_t op)
{
	struct money *m = ctx;
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	struct lane_op *o = lane_find(m->lane, op);
	struct dbpay p;

	if (!o || !dbpay_get(m->e->db, &p, op) ||
	    !dbpay_get_request(m->e->db, op, &request))
		panic("operation %" PRIu64 " cannot be sent", op);
	crash_point(dbpay_kind_name(p.kind), "submitted");
	if (!ask(m, o, p.path, buf_str(&request))) {
		lane_answered(m->lane, op);
		lane_retry(m->lane, o, p.heard ? LANE_RESTORE : LANE_SEND);
	}
	crash_point(dbpay_kind_name(p.kind), "posted");
}

/* That it may have been sent is on disk before it is. */
static bool begin_send(struct money *m, struct lane_op *o)
{
	struct dbpay p;

	turn_enter(m->e->turn);
	if (!dbpay_get(m->e->db, &p, o->op))
		panic("operation %" PRIu64 " is gone", o->op);
	o->was_heard = p.heard;
	o->said_no = false;
	p.heard = true;
	p.attempts++;
	if (!p.sent_at)
		p.sent_at = clock_wall_ms();
	dbpay_set_sent(m->e->db, &p);
	payop_move(m, &p, PEV_SUBMIT, STR_LIT(""));
	turn_after(m->e->turn, post, m, o->op);
	turn_leave(m->e->turn, true);
	return true;
}

static bool begin_restore(struct money *m, struct lane_op *o)
{
	auto_secret_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p;

	if (!dbpay_get(m->e->db, &p, o->op))
		return false;
	outset_init(&outputs, &p.keyset);
	dbpay_outputs(m->e->db, p.op, &outputs);
	mintmsg_restore(&body, &outputs);
	return ask(m, o, "/v1/restore", buf_str(&body));
}

static bool begin_check(struct money *m, struct lane_op *o)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct ecpoint *ys = NULL;
	size_t n = dbpay_inputs(m->e->db, o->op, &ys);

	mintmsg_checkstate(&body, ys, n);
	return ask(m, o, "/v1/checkstate", buf_str(&body));
}

static bool begin_quote(struct money *m, struct lane_op *o)
{
	auto_melt struct dbpay_melt melt = {0};
	char path[192];

	if (!dbpay_get_melt(m->e->db, &melt, o->op))
		return false;
	(void)snprintf(path, sizeof(path), "/v1/melt/quote/bolt11/%s", melt.quote);
	return ask(m, o, path, STR_LIT(""));
}

bool recon_begin(struct money *m, struct lane_op *o)
{
	switch (o->step) {
	case LANE_SEND:
		return begin_send(m, o);
	case LANE_RESTORE:
		return begin_restore(m, o);
	case LANE_CHECK:
		return begin_check(m, o);
	case LANE_QUOTE:
		return begin_quote(m, o);
	}
	return false;
}
