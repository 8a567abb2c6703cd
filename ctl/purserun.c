/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/purserun.h"

#include "ctl/out.h"
#include "ctl/pursemint.h"
#include "ctl/pursesettle.h"
#include "lib/base/backoff.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/db.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	PATIENCE_MS = 30000, /* of the command that began it */
	AGAIN_MS = 5000,     /* of a later one */
	SURE_AFTER_MS =
		600000, /* no request of an earlier run can be under way any more */
	SPENT_PAUSE_MS = 1000, /* it may have been carried out between two questions */
	WAIT_BASE_MS = 250,
	WAIT_MAX_MS = 5000,
};

enum step {
	STEP_SEND,
	STEP_RESTORE,
	STEP_CHECK,
	STEP_WAIT, /* no certainty: a pause, then STEP_RESTORE */
	STEP_DONE,
	STEP_REFUSED,
	STEP_SPENT,
};

struct run {
	struct purse *p;
	struct dbpay op;
	char *url;
	unsigned int refusals; /* answered attempts of this run */
	uint64_t code;         /* of the last */
	bool any_lost;         /* an attempt of this run was not answered */
	bool spent_seen;
	uint64_t attempts_before; /* of earlier runs */
	char why[256];
};

/* ---- sending */

static void take_why(struct run *r, const struct mintlink_answer *a)
{
	str_copy(r->why, sizeof(r->why), str_of(a->why));
	str_copy(r->op.text, sizeof(r->op.text), str_of(a->why));
}

static enum step credit(struct run *r, const struct mintmsg_signature *sigs, size_t n,
			struct str body)
{
	struct lerr err = {0};

	if (pursesettle_credit(r->p, &r->op, sigs, n, &err) == LERR_OK)
		return STEP_DONE;
	/* never tried with other outputs: the mint may have taken the inputs */
	str_copy(r->why, sizeof(r->why), str_of(err.msg));
	db_begin(r->p->d);
	dbpay_set_answer(r->p->d, r->op.op, body);
	pursesettle_move(r->p, &r->op, PEV_ODD, str_of(err.msg));
	db_commit(r->p->d);
	return STEP_WAIT;
}

/* That it may have been sent is on disk before it is. */
static void begin_send(struct run *r)
{
	db_begin(r->p->d);
	r->op.heard = true;
	r->op.attempts++;
	if (!r->op.sent_at)
		r->op.sent_at = clock_wall_ms();
	dbpay_set_sent(r->p->d, &r->op);
	pursesettle_move(r->p, &r->op, PEV_SUBMIT, STR_LIT(""));
	db_commit(r->p->d);
	crash_point("purse", "submitted");
}

static enum step not_taken(struct run *r, const struct mintlink_answer *a)
{
	take_why(r, a);
	if (a->word == MINTLINK_UNHEARD && r->op.attempts == 1) {
		r->op.heard = false;
		return STEP_REFUSED;
	}
	if (a->word == MINTLINK_REFUSED) {
		r->refusals++;
		r->code = a->refusal.code;
	}
	r->any_lost = r->any_lost || a->word == MINTLINK_UNCLEAR;
	return a->word == MINTLINK_BUSY ? STEP_WAIT : STEP_RESTORE;
}

static enum step send(struct run *r)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_free struct mintmsg_signature *sigs = NULL;
	struct lerr err = {0};
	size_t n = 0;

	begin_send(r);
	if (!dbpay_get_request(r->p->d, r->op.op, &request))
		panic("operation %" PRIu64 " has no request", r->op.op);
	mintlink_ask(r->p->link, &a, r->url, r->op.path, buf_str(&request));
	crash_point("purse", "posted");
	if (a.word != MINTLINK_OK)
		return not_taken(r, &a);
	if (mintread_signatures(&sigs, &n, buf_str(&a.body), &err)) {
		str_copy(r->why, sizeof(r->why), str_of(err.msg));
		r->any_lost = true;
		return STEP_RESTORE;
	}
	return credit(r, sigs, n, buf_str(&a.body));
}

/* ---- asking what was signed (NUT-09) */

static enum step none_signed(struct run *r)
{
	return r->spent_seen ? STEP_SPENT : STEP_CHECK;
}

static enum step restored(struct run *r, const struct outset *outputs, struct str body)
{
	auto_free struct mintmsg_signature *sigs = mem_array(outputs->n, sizeof(*sigs));
	struct mintread_restored got = {0};
	struct lerr err = {0};
	size_t found;

	if (mintread_restored(&got, body, &err)) {
		str_copy(r->why, sizeof(r->why), str_of(err.msg));
		return STEP_WAIT;
	}
	found = outset_order(sigs, outputs, got.blinded, got.signatures, got.n);
	mintread_free_restored(&got);
	if (found == outputs->n)
		return credit(r, sigs, found, body);
	if (found == 0)
		return none_signed(r);
	/* mints sign all or nothing: this must not be taken for all */
	(void)snprintf(r->why, sizeof(r->why), "the mint gives back a part of the coins");
	return STEP_WAIT;
}

static enum step restore(struct run *r)
{
	auto_secret_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_outset struct outset outputs;

	outset_init(&outputs, &r->op.keyset);
	dbpay_outputs(r->p->d, r->op.op, &outputs);
	mintmsg_restore(&body, &outputs);
	mintlink_ask(r->p->link, &a, r->url, "/v1/restore", buf_str(&body));
	if (a.word == MINTLINK_OK)
		return restored(r, &outputs, buf_str(&a.body));
	str_copy(r->why, sizeof(r->why), str_of(a.why));
	return STEP_WAIT;
}

/* ---- asking what became of the inputs (NUT-07), or of the invoice */

enum fate {
	FATE_UNSPENT,
	FATE_PENDING,
	FATE_SPENT, /* one of them at least: our request can never pass */
	FATE_UNKNOWN,
};

static enum fate fate_of_inputs(struct run *r)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_free struct ecpoint *ys = NULL;
	size_t n = dbpay_inputs(r->p->d, r->op.op, &ys);
	auto_free enum mintread_state *states = mem_array(n, sizeof(*states));
	struct lerr err = {0};
	enum fate fate = FATE_UNSPENT;

	mintmsg_checkstate(&body, ys, n);
	if (mintlink_get(r->p->link, &a, r->url, "/v1/checkstate", buf_str(&body),
			 &err) ||
	    mintread_states(states, ys, n, buf_str(&a.body), &err)) {
		str_copy(r->why, sizeof(r->why), str_of(err.msg));
		return FATE_UNKNOWN;
	}
	for (size_t i = 0; i < n; i++) {
		if (states[i] == MINTREAD_PENDING)
			return FATE_PENDING;
		if (states[i] == MINTREAD_SPENT)
			fate = FATE_SPENT;
	}
	return fate;
}

static enum fate fate_of_quote(struct run *r)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_quote struct pursequote quote = {.request = NULL};
	struct mintread_quote q = {.request = NULL};
	struct lerr err = {0};
	char path[192];
	enum fate fate;

	if (!pursequote_of_op(r->p->d, &quote, r->op.op))
		panic("operation %" PRIu64 " has no invoice", r->op.op);
	(void)snprintf(path, sizeof(path), "/v1/mint/quote/bolt11/%s", quote.id);
	if (mintlink_get(r->p->link, &a, r->url, path, STR_LIT(""), &err) ||
	    mintread_quote(&q, buf_str(&a.body), STR_LIT("sat"), &err)) {
		str_copy(r->why, sizeof(r->why), str_of(err.msg));
		return FATE_UNKNOWN;
	}
	fate = q.state == MINTREAD_QUOTE_ISSUED ? FATE_SPENT : FATE_UNSPENT;
	mintread_free_quote(&q);
	return fate;
}

/*
 * Inputs unspent, nothing of ours signed. It is over when every request that was sent has
 * been refused, for a reason that is final or twice; requests of an earlier run, whose
 * answers nobody has heard, count as over after a while. Else the same bytes again: of two
 * identical requests one wins.
 */
static enum step unspent(struct run *r)
{
	bool sure = !r->any_lost && (r->attempts_before == 0 ||
				     clock_wall_ms() > r->op.sent_at + SURE_AFTER_MS);

	if (r->op.state == PAY_ATTENTION)
		return STEP_WAIT;
	if (sure && r->refusals && (r->refusals > 1 || mintread_is_final(r->code)))
		return STEP_REFUSED;
	return STEP_SEND;
}

static enum step check(struct run *r)
{
	switch (r->op.kind == DBPAY_MINT ? fate_of_quote(r) : fate_of_inputs(r)) {
	case FATE_UNSPENT:
		return unspent(r);
	case FATE_SPENT:
		r->spent_seen = true;
		mintlink_pause(SPENT_PAUSE_MS);
		return STEP_RESTORE;
	case FATE_PENDING:
		(void)snprintf(r->why, sizeof(r->why), "the mint says: pending");
		return STEP_WAIT;
	case FATE_UNKNOWN:
		return STEP_WAIT;
	}
	return STEP_WAIT;
}

/* ---- the whole way */

static enum step take_step(struct run *r, enum step step)
{
	static enum step (*const steps[])(struct run *) = {
		[STEP_SEND] = send,
		[STEP_RESTORE] = restore,
		[STEP_CHECK] = check,
	};

	return steps[step](r);
}

static enum purserun_end end_of(struct run *r, enum step step)
{
	if (step == STEP_DONE)
		return PURSERUN_DONE;
	if (step == STEP_REFUSED) {
		pursesettle_refuse(r->p, &r->op, PEV_UNSPENT);
		return PURSERUN_REFUSED;
	}
	if (step == STEP_SPENT) {
		pursesettle_spent(r->p, &r->op);
		return PURSERUN_SPENT;
	}
	return PURSERUN_OPEN;
}

static enum purserun_end run_to_end(struct run *r, enum step step, uint64_t ms)
{
	uint64_t end_ms = clock_mono_ms() + ms;
	struct backoff wait;

	backoff_init(&wait, WAIT_BASE_MS, WAIT_MAX_MS);
	while (step < STEP_DONE) {
		/* the same bytes again are a question too: not in haste */
		bool again = step == STEP_WAIT || (step == STEP_SEND && r->op.attempts);

		if (again && clock_mono_ms() >= end_ms)
			break;
		if (again)
			mintlink_pause(backoff_next(&wait));
		step = take_step(r, step == STEP_WAIT ? STEP_RESTORE : step);
	}
	return end_of(r, step);
}

enum purserun_end purserun_go(struct purse *p, uint64_t op, uint64_t ms, struct lerr *why)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct run r = {.p = p};
	enum purserun_end end;

	if (!dbpay_get(p->d, &r.op, op))
		panic("operation %" PRIu64 " is gone", op);
	pursemint_url(p, &url, r.op.mint);
	r.url = url.p;
	r.attempts_before = r.op.attempts;
	end = run_to_end(&r, r.op.state == PAY_RESERVED ? STEP_SEND : STEP_RESTORE, ms);
	if (end == PURSERUN_SPENT)
		(void)lerr_set(why, LERR_GONE, 0, "spent already, by somebody else");
	else if (end != PURSERUN_DONE)
		(void)lerr_set(why, end == PURSERUN_OPEN ? LERR_STATE : LERR_DENIED, 0,
			       "%.80s: %s", r.url, r.why);
	return end;
}

enum lerr_code purserun_finish(struct purse *p, uint64_t op, struct lerr *err)
{
	struct lerr why = {0};

	switch (purserun_go(p, op, PATIENCE_MS, &why)) {
	case PURSERUN_DONE:
		return LERR_OK;
	case PURSERUN_REFUSED:
	case PURSERUN_SPENT:
		return lerr_set(err, why.code, 0, "%s", why.msg);
	case PURSERUN_OPEN:
		break;
	}
	return lerr_set(err, LERR_STATE, 0,
			"not finished, and nothing is lost: the next run goes on (%s)",
			why.msg);
}

/* ---- beginning, and going on */

static void hold(struct purse *p, const struct dbpay *op,
		 const struct purserun_plan *plan)
{
	for (size_t i = 0; plan->coins && i < plan->n; i++)
		if (!dbproof_hold(p->d, &plan->coins[i].y, op->op,
				  plan->coins[i].state == DBPROOF_GIVEN))
			panic("a coin was free and is not");
	if (plan->quote) {
		plan->quote->op = op->op;
		pursequote_set(p->d, plan->quote);
	}
}

enum lerr_code purserun_begin(struct purse *p, struct dbpay *op,
			      const struct purserun_plan *plan, struct lerr *err)
{
	op->made_at = clock_wall_ms();
	op->keyset = plan->outputs->id;
	db_begin(p->d);
	if (!dbpay_insert(p->d, op, plan->ys, plan->n, plan->outputs)) {
		db_rollback(p->d);
		return lerr_set(err, LERR_STATE, 0, "a coin is being used already");
	}
	dbpay_set_request(p->d, op, plan->request);
	hold(p, op, plan);
	crash_point("purse", "reserving");
	db_commit(p->d);
	crash_point("purse", "reserved");
	return LERR_OK;
}

static void go_on(struct purse *p, struct dbpay *op)
{
	struct lerr why = {0};

	if (op->state == PAY_RESERVED) {
		/* it was never sent */
		pursesettle_refuse(p, op, PEV_DROP);
		return;
	}
	switch (purserun_go(p, op->op, AGAIN_MS, &why)) {
	case PURSERUN_DONE:
		out_remark("finished what an earlier run had left open: %" PRIu64 " sat",
			   op->total_in);
		return;
	case PURSERUN_REFUSED:
		out_remark("what an earlier run had left open did not happen: %s",
			   why.msg);
		return;
	case PURSERUN_SPENT:
		out_remark("what an earlier run had left open: %s", why.msg);
		return;
	case PURSERUN_OPEN:
		out_remark("%" PRIu64 " sat are still on their way: %s", op->total_in,
			   why.msg);
		return;
	}
}

void purserun_all(struct purse *p)
{
	struct dbpay op = {.op = 0};

	while (dbpay_next_open(p->d, &op, op.op))
		go_on(p, &op);
}
