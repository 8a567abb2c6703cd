/* SPDX-License-Identifier: MIT */
/*
 * Called by intake with events whose signature the engine has checked itself, and at
 * start for what was not judged before. Plaintexts of secrets are looked at by loom-keyd
 * only: here it matters whether they can be opened, they are asked for again at start.
 */
#include "config.h"

#include "engine/admit.h"

#include "engine/access.h"
#include "engine/budget.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/jobs.h"
#include "engine/keylink.h"
#include "engine/money/claim.h"
#include "engine/outbox.h"
#include "engine/queue.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/proto/jobspec.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbids.h"
#include "lib/store/dbjob.h"

enum {
	FUTURE_S = 900,        /* further ahead: somebody's clock is wrong */
	ANSWER_AGE_S = 259200, /* 72 h: later, nobody waits for an answer */
	REPEAT_EVERY_MS = 60000,
};

const char *admit_verdict_name(enum admit_verdict v)
{
	switch (v) {
	case ADMIT_STORED:
		return "stored";
	case ADMIT_DUPLICATE:
		return "duplicate";
	case ADMIT_IGNORED:
		return "ignored";
	case ADMIT_REFUSED:
		return "refused";
	case ADMIT_LATER:
		return "later";
	}
	return "?";
}

/* ---- requests that we know */

static void repeat_answer(void *ctx, uint64_t seq)
{
	struct engine *e = ctx;

	outbox_repeat(e->outbox, seq);
}

static enum admit_verdict known_job(struct engine *e, struct dbjob *j, struct str relay)
{
	uint64_t now = clock_wall_ms();

	if (j->state != JOB_DONE) {
		dbjob_add_relay(e->db, j->seq, relay);
		return ADMIT_DUPLICATE;
	}
	if (now - j->resent_at >= REPEAT_EVERY_MS) {
		j->resent_at = now;
		dbjob_set_resent(e->db, j);
		turn_after(e->turn, repeat_answer, e, j->seq);
	}
	return ADMIT_DUPLICATE;
}

/* ---- judging */

struct judgement {
	bool refuse;
	bool wait; /* its mint is being asked: judged again later */
	bool paid;
	enum outcome outcome;
	struct str text;
	struct claim_verdict claim; /* of paid */
};

static struct judgement no(enum outcome outcome, struct str text)
{
	return (struct judgement){.refuse = true, .outcome = outcome, .text = text};
}

/* How it would be paid, as far as the request tells. */
static struct judgement judge_tag(struct engine *e, const struct jobspec *spec,
				  const struct access_verdict *who)
{
	if (spec->has_payment && spec->payment.n == 0)
		return no(OUTCOME_PAYMENT_INVALID, STR_LIT("the payment tag is empty"));
	if (spec->has_payment && !claim_is_on(e->money))
		return no(OUTCOME_MINT_NOT_ACCEPTED,
			  STR_LIT("this worker takes no payments; the token was left "
				  "untouched"));
	if (!spec->has_payment && !who->free)
		return no(OUTCOME_PAYMENT_REQUIRED, STR_LIT(""));
	return (struct judgement){.paid = spec->has_payment};
}

static void judge_token(struct engine *e, const struct dbjob *j, const struct nevent *ev,
			struct judgement *verdict)
{
	claim_judge(e->money, j, ev, &verdict->claim);
	verdict->wait = verdict->claim.word == CLAIM_WAIT;
	verdict->refuse = verdict->claim.word == CLAIM_REFUSE;
	verdict->outcome = verdict->claim.outcome;
	verdict->text = str_of(verdict->claim.text);
}

static struct judgement judge_spec(struct engine *e, const struct jobspec *spec,
				   const struct access_verdict *who)
{
	if (spec->backend.n && !str_eq_c(spec->backend, conf_text(e->conf, CONF_BACKEND)))
		return no(OUTCOME_BACKEND_UNKNOWN, STR_LIT(""));
	if (!queue_has_room(e))
		return no(OUTCOME_BUSY, STR_LIT(""));
	return judge_tag(e, spec, who);
}

/* Everything about the request but its secrets. */
static struct judgement judge(struct engine *e, struct dbjob *j, const struct nevent *ev,
			      struct jobspec **spec, struct lerr *err)
{
	struct access_verdict who = access_check(e->access, &j->customer);
	uint64_t now_s = clock_wall_s();
	enum outcome why;

	if (j->cancel_at || dbids_take_cancel(e->db, &j->id, &j->customer))
		return no(OUTCOME_CANCELLED, STR_LIT(""));
	if (!who.allowed)
		return no(OUTCOME_NOT_ALLOWED, STR_LIT(""));
	if (now_s > ev->created_at &&
	    now_s - ev->created_at > conf_uint(e->conf, CONF_MAX_JOB_AGE))
		return no(OUTCOME_TOO_OLD, STR_LIT(""));
	if (jobspec_parse(spec, &why, ev, err))
		return no(why, str_of(err->msg));
	return judge_spec(e, *spec, &who);
}

/* A payment that its sender cannot take back is claimed, to be given back. */
static void refuse(struct engine *e, struct dbjob *j, const struct nevent *ev,
		   enum outcome outcome, struct str text)
{
	enum claim_word word = CLAIM_REFUSE;
	struct dbbill bill;

	if (ev)
		word = claim_give_back(e->money, j, ev, &bill);
	if (word == CLAIM_WAIT)
		return;
	/* one without a payment was counted when it came */
	if (ev && nevent_count_tags(ev, "payment") && claim_is_on(e->money) &&
	    !access_check(e->access, &j->customer).known)
		budget_refused(e->budget, &j->customer, clock_mono_ms());
	jobs_set_outcome(e, j, outcome, text);
	if (word == CLAIM_TAKE && dbbill_insert(e->db, &bill))
		jobs_move(e, j, JEV_PAY, STR_LIT("refused, the payment goes back"));
	else
		jobs_move(e, j, JEV_REFUSE, text);
}

static void let_in_free(struct engine *e, struct dbjob *j)
{
	uint64_t most = conf_uint(e->conf, CONF_MAX_JOB_DURATION);
	uint64_t free_s = conf_uint(e->conf, CONF_FREELIST_TIMEOUT);

	j->limit_s = free_s < most ? free_s : most;
	dbjob_set_run(e->db, j);
	jobs_move(e, j, JEV_ACCEPT, STR_LIT("free"));
}

static void let_in_paid(struct engine *e, struct dbjob *j,
			const struct claim_verdict *claim)
{
	j->limit_s = claim->limit_s;
	dbjob_set_run(e->db, j);
	if (!dbbill_insert(e->db, &claim->bill))
		panic("job %s has a bill already", id32_short(&j->id).c);
	jobs_move(e, j, JEV_PAY, STR_LIT(""));
}

/* Everything else is in order: the payment is looked at last. */
static void let_in(struct engine *e, struct dbjob *j, const struct nevent *ev, bool paid)
{
	struct judgement verdict = {.paid = paid};

	if (!paid) {
		let_in_free(e, j);
		return;
	}
	judge_token(e, j, ev, &verdict);
	if (verdict.refuse)
		refuse(e, j, ev, verdict.outcome, verdict.text);
	else if (!verdict.wait)
		let_in_paid(e, j, &verdict.claim);
}

static void open_secrets(void *ctx, uint64_t seq)
{
	struct engine *e = ctx;
	auto_buf struct buf raw = BUF_INIT(CAP_EVENT_BYTES);

	/* when loom-keyd is away, its return judges all RECEIVED jobs again */
	if (dbjob_get_request(e->db, seq, &raw))
		(void)keylink_open(e->keys, seq, buf_str(&raw));
}

static void judge_event(struct engine *e, struct dbjob *j, const struct nevent *ev)
{
	auto_jobspec struct jobspec *spec = NULL;
	struct lerr err = {0};
	struct judgement verdict;

	if (epoch_holds(e->epoch, j))
		return;
	verdict = judge(e, j, ev, &spec, &err);
	if (verdict.refuse)
		refuse(e, j, ev, verdict.outcome, verdict.text);
	else if (spec->nsecrets)
		turn_after(e->turn, open_secrets, e, j->seq);
	else
		let_in(e, j, ev, verdict.paid);
}

void admit_judge(struct engine *e, struct dbjob *j)
{
	auto_buf struct buf raw = BUF_INIT(CAP_EVENT_BYTES);
	auto_nevent struct nevent *ev = NULL;
	struct lerr err = {0};

	if (!dbjob_get_request(e->db, j->seq, &raw) ||
	    nevent_parse(&ev, buf_str(&raw), &err))
		refuse(e, j, NULL, OUTCOME_FAULT_STORAGE, str_of(err.msg));
	else
		judge_event(e, j, ev);
}

void admit_opened(struct engine *e, struct dbjob *j, const struct ipckey_opened *o,
		  const struct lerr *err)
{
	auto_buf struct buf raw = BUF_INIT(CAP_EVENT_BYTES);
	auto_nevent struct nevent *ev = NULL;
	struct lerr bad = {0};

	turn_enter(e->turn);
	if (!dbjob_get_request(e->db, j->seq, &raw) ||
	    nevent_parse(&ev, buf_str(&raw), &bad))
		refuse(e, j, NULL, OUTCOME_FAULT_STORAGE, str_of(bad.msg));
	else if (j->cancel_at)
		refuse(e, j, ev, OUTCOME_CANCELLED, STR_LIT(""));
	else if (o)
		let_in(e, j, ev, nevent_count_tags(ev, "payment") != 0);
	else
		refuse(e, j, ev, OUTCOME_BAD_SECRET, str_of(err->msg));
	turn_leave(e->turn, true);
}

/* ---- new requests */

/* Refusals cost a signature, relay writes and rows: beyond the budget a key on no list gets
 * silence. */
static bool is_flood(struct engine *e, const struct nevent *ev)
{
	struct access_verdict who = access_check(e->access, &ev->pubkey);
	uint64_t now = clock_mono_ms();

	if (who.known)
		return false;
	/* one that may send jobs and pays is no flood by that alone */
	if (who.allowed && nevent_count_tags(ev, "payment") && claim_is_on(e->money))
		return !budget_take_payment(e->budget, &ev->pubkey, now);
	return !budget_take_refusal(e->budget, &ev->pubkey, who.known, now);
}

enum admit_verdict admit_request(struct engine *e, const struct nevent *ev,
				 struct str raw, struct str relay)
{
	uint64_t now = clock_wall_ms();
	struct dbjob j = {.id = ev->id,
			  .customer = ev->pubkey,
			  .state = JOB_RECEIVED,
			  .created_at_s = ev->created_at,
			  .received_at = now,
			  .moved_at = now};
	struct dbjob old;

	if (dbjob_get(e->db, &old, &ev->id))
		return known_job(e, &old, relay);
	if (dbids_is_ignored(e->db, &ev->id))
		return ADMIT_DUPLICATE;
	if (ev->created_at > now / 1000 + FUTURE_S ||
	    ev->created_at + ANSWER_AGE_S < now / 1000)
		return ADMIT_IGNORED;
	if (is_flood(e, ev)) {
		dbids_ignore(e->db, &ev->id, now);
		return ADMIT_IGNORED;
	}
	if (!dbjob_insert(e->db, &j))
		return ADMIT_DUPLICATE;
	dbjob_put_request(e->db, j.seq, raw);
	dbjob_add_relay(e->db, j.seq, relay);
	jobs_added(e, &j);
	judge_event(e, &j, ev);
	return ADMIT_STORED;
}
