/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/claim.h"

#include "engine/access.h"
#include "engine/budget.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/keylink.h"
#include "engine/money/change.h"
#include "engine/money/claimant.h"
#include "engine/money/claimreq.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/paycheck.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/recon.h"
#include "engine/money/restore.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	ASK_AGAIN_MS = 30000,
	RATE_HONOURED_MS = 15 * 60000,
	UNSENT_MS = 600000, /* a claim that cannot even be sent */
	UNSENT_EVERY_MS = 5000,
	SETS_OF_OUTPUTS = 3, /* for one job, when keysets change under us */
	WAITING_MAX = 4096,
};

/* Jobs that wait: until a time, or for an answer of a mint. */
struct waiter {
	uint64_t job;
	uint64_t mint; /* or 0: until due_ms */
	uint64_t due_ms;
};

struct claims {
	struct money *m;
	void (*judge)(struct engine *e, uint64_t job);
	struct waiter *v;
	size_t n;
	uint64_t unsent_ms;
};

static void go(struct money *m, struct dbjob *j);

/* ---- waiting */

static bool wait_for(struct claims *c, uint64_t job, uint64_t mint, uint64_t due_ms)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].job == job)
			return true;
	if (c->n == WAITING_MAX)
		return false;
	c->v = mem_resize(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct waiter){job, mint, due_ms};
	return true;
}

/* Take the first that waits for this mint (0: whose time has come); 0: none. */
static uint64_t take_waiter(struct claims *c, uint64_t mint, uint64_t now)
{
	uint64_t job = 0;
	size_t i = 0;

	while (i < c->n && (c->v[i].mint != mint || (!mint && c->v[i].due_ms > now)))
		i++;
	if (i == c->n)
		return 0;
	job = c->v[i].job;
	memmove(&c->v[i], &c->v[i + 1], (--c->n - i) * sizeof(*c->v));
	return job;
}

/* ---- judging */

bool claim_is_on(struct money *m)
{
	return mints_first(m->mints) != NULL;
}

static void refuse(struct claim_verdict *out, enum outcome outcome, const char *text)
{
	out->word = CLAIM_REFUSE;
	out->outcome = outcome;
	str_copy(out->text, sizeof(out->text), str_of(text));
}

/* A keyset that we have not heard of: ask its mint once, then judge again. */
static void ask_mint(struct money *m, const struct dbjob *j, struct mint *mint,
		     const char *text, struct claim_verdict *out)
{
	bool fresh = mint->asked_ms &&
		     clock_mono_ms() - mint->asked_ms < crash_hurry(ASK_AGAIN_MS);

	if (mint->asking || !fresh) {
		mints_ask(m->mints, mint);
		if (mint->asking && wait_for(m->claims, j->seq, mint->number, 0)) {
			out->word = CLAIM_WAIT;
			return;
		}
	}
	if (mints_health(mint) == MINTS_UP)
		refuse(out, OUTCOME_PAYMENT_INVALID, text);
	else
		refuse(out, OUTCOME_MINT_UNAVAILABLE,
		       "the mint does not answer; the token was left untouched");
}

static bool bind_to(struct money *m, const struct dbjob *j, const struct cashutok *t,
		    const struct paycheck *check, struct claim_verdict *out)
{
	const char *why = claimant_bind(m, j, t, check);

	if (why)
		refuse(out, OUTCOME_TOKEN_SPENT, why);
	return why == NULL;
}

static bool lock_key(struct money *m, const struct dbjob *j, const struct nevent *ev,
		     const struct paycheck *check, struct ecpoint *key)
{
	struct str hex;

	if (nevent_tag(ev, "cashu_pubkey", &hex) && ecpoint_parse(key, hex))
		return true;
	if (check->has_refund) {
		*key = check->refund;
		return true;
	}
	*key = ecpoint_from_x(&j->customer);
	return str_eq_c(str_of(conf_text(m->e->conf, CONF_CHANGE_LOCK)), "always") &&
	       ecpoint_is_valid(key);
}

static void make_bill(struct money *m, const struct dbjob *j, const struct nevent *ev,
		      const struct cashutok *t, const struct mint *mint,
		      const struct paycheck *check, struct dbbill *bill)
{
	struct ecpoint key;

	*bill = (struct dbbill){.job = j->seq,
				.state = DBBILL_OPEN,
				.mint = mint->number,
				.rate = claim_rate(m),
				.face = t->sum,
				.locked = check->names_only_us};
	bill->has_lock_key = lock_key(m, j, ev, check, &key);
	if (bill->has_lock_key)
		bill->lock_key = key;
}

uint64_t claim_rate(struct money *m)
{
	uint64_t now = conf_uint(m->e->conf, CONF_PRICE_PER_SECOND);
	uint64_t said = dbbill_lowest_rate(m->e->db, clock_wall_ms_ago(RATE_HONOURED_MS));

	return said && said < now ? said : now;
}

static void judge_price(struct money *m, struct claim_verdict *out)
{
	uint64_t paid_s = out->bill.face / out->bill.rate;
	uint64_t least = conf_uint(m->e->conf, CONF_MIN_JOB_DURATION);
	uint64_t most = conf_uint(m->e->conf, CONF_MAX_JOB_DURATION);

	if (paid_s < least || paid_s == 0) {
		out->word = CLAIM_REFUSE;
		out->outcome = OUTCOME_PAYMENT_TOO_SMALL;
		(void)snprintf(out->text, sizeof(out->text),
			       "insufficient: %" PRIu64 " sat buy %" PRIu64
			       " s, at least %" PRIu64 " s (%" PRIu64 " sat) are sold",
			       out->bill.face, paid_s, least ? least : 1,
			       (least ? least : 1) * out->bill.rate);
		return;
	}
	out->word = CLAIM_TAKE;
	out->limit_s = paid_s < most ? paid_s : most;
}

static bool judge_mint(struct money *m, const struct dbjob *j, struct mint *mint,
		       bool lenient, struct claim_verdict *out)
{
	if (mint->word == MINTS_REFUSED) {
		refuse(out, OUTCOME_MINT_NOT_ACCEPTED, mint->why);
		return false;
	}
	if (restore_holds(m, mint->number)) {
		refuse(out, OUTCOME_MINT_UNAVAILABLE,
		       "this worker's wallet is being restored; the token was left "
		       "untouched");
		return false;
	}
	if (!lenient && mints_is_full(m->mints, mint)) {
		refuse(out, OUTCOME_MINT_NOT_ACCEPTED,
		       "this worker holds as much of this mint as it wants to; the token "
		       "was left untouched");
		return false;
	}
	if (!mints_output_keyset(mint)) {
		ask_mint(m, j, mint, "the mint has no keyset that can be used", out);
		return false;
	}
	return true;
}

/* The token read and checked against its mint; NULL: *out says why not. One whose claim
 * is decided upon was checked before. */
static struct cashutok *judge_token(struct money *m, const struct dbjob *j,
				    const struct nevent *ev, bool lenient,
				    struct paycheck *check, struct mint **mint,
				    struct claim_verdict *out)
{
	uint64_t most = lenient ? CAP_PAY_INPUTS : conf_uint(m->e->conf, CONF_MAX_PROOFS);
	struct cashutok *t = claimreq_read(m, ev, most, check);

	*mint = t ? mints_find(m->mints, str_of(t->mint)) : NULL;
	if (t && !*mint)
		paycheck_refuse(check, OUTCOME_MINT_NOT_ACCEPTED,
				"mint_not_accepted: accepted: %.100s",
				claim_is_on(m) ? mints_first(m->mints)->spelled : "none");
	if (*mint && judge_mint(m, j, *mint, lenient, out))
		claimreq_check(m, t, *mint, j->state == JOB_CLAIMING, lenient, check);
	else if (*mint)
		goto no;
	if (check->word == PAYCHECK_GOOD)
		return t;
	if (check->word == PAYCHECK_ASK)
		ask_mint(m, j, *mint, check->text, out);
	else
		refuse(out, check->outcome, check->text);
no:
	cashutok_free(t);
	return NULL;
}

void claim_judge(struct money *m, const struct dbjob *j, const struct nevent *ev,
		 struct claim_verdict *out)
{
	struct paycheck check = {0};
	auto_cashutok struct cashutok *t = NULL;
	struct mint *mint;

	memset(out, 0, sizeof(*out));
	t = judge_token(m, j, ev, false, &check, &mint, out);
	if (!t || !bind_to(m, j, t, &check, out))
		return;
	make_bill(m, j, ev, t, mint, &check, &out->bill);
	judge_price(m, out);
	out->stuck = check.locked && !check.has_way_back;
}

enum claim_word claim_give_back(struct money *m, const struct dbjob *j,
				const struct nevent *ev, struct dbbill *out)
{
	struct claim_verdict v;
	struct paycheck check = {0};
	auto_cashutok struct cashutok *t = NULL;
	struct mint *mint;

	if (!claim_is_on(m) || nevent_count_tags(ev, "payment") == 0)
		return CLAIM_REFUSE;
	memset(&v, 0, sizeof(v));
	t = judge_token(m, j, ev, true, &check, &mint, &v);
	if (!t)
		return v.word;
	if (!check.locked || check.has_way_back || !bind_to(m, j, t, &check, &v))
		return CLAIM_REFUSE;
	make_bill(m, j, ev, t, mint, &check, out);
	out->give_back = true;
	return CLAIM_TAKE;
}

/* ---- claiming */

/* How the payment of somebody ended who is on no list. */
static void tell_budget(struct money *m, const struct dbjob *j,
			void (*tell)(struct budget *b, const struct id32 *key,
				     uint64_t mono_ms))
{
	if (!access_check(m->e->access, &j->customer).known)
		tell(m->e->budget, &j->customer, clock_mono_ms());
}

/* The claim comes to nothing; what was decided about the job before stays. */
static void unpaid(struct money *m, struct dbjob *j, enum outcome outcome,
		   const char *text)
{
	struct dbbill bill;

	if (dbbill_get(m->e->db, &bill, j->seq)) {
		bill.state = DBBILL_UNPAID;
		dbbill_set(m->e->db, &bill);
	}
	if (j->state != JOB_CLAIMING)
		return;
	tell_budget(m, j, budget_refused);
	jobs_set_outcome(m->e, j, outcome, str_of(text));
	jobs_move(m->e, j, JEV_UNPAID, str_of(text));
}

static bool is_lost_to_rival(struct money *m, struct dbjob *j)
{
	const char *why = claimant_lost(m, j);

	if (why)
		unpaid(m, j, OUTCOME_TOKEN_SPENT, why);
	return why != NULL;
}

static void ask_keyd(void *ctx, uint64_t job)
{
	struct money *m = ctx;

	/* when loom-keyd is away, its return asks again */
	claimreq_ask_keyd(m, job);
}

/* Journal it; a plain token goes out at once, a locked one when loom-keyd has signed. */
static enum lerr_code reserve(struct money *m, const struct dbjob *j,
			      const struct cashutok *t, const struct paycheck *check,
			      struct mint *mint, struct lerr *err)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_outset struct outset outputs = {.n = 0};
	auto_free struct ecpoint *ys = mem_array(t->n, sizeof(*ys));
	struct dbpay p = {.kind = DBPAY_CLAIM,
			  .mint = mint->number,
			  .job = j->seq,
			  .total_in = t->sum,
			  .fee = check->fee,
			  .path = "/v1/swap"};
	enum lerr_code rc;

	outset_init(&outputs, &k->id);
	for (size_t i = 0; i < t->n; i++)
		if (!bdhke_hash_to_curve(&ys[i], str_of(t->proofs[i].secret)))
			panic("a checked secret has no Y");
	if (!purse_add_own(m, &outputs, t->sum - check->fee, k, true))
		return lerr_set(err, LERR_INPUT, 0,
				"the mint has no keys for such an amount");
	outset_sort(&outputs);
	rc = payop_reserve(m, &p, ys, t->n, &outputs, err);
	if (rc)
		return rc;
	if (check->locked)
		turn_after(m->e->turn, ask_keyd, m, j->seq);
	else
		claimreq_set_plain(m, &p, t, &outputs);
	return LERR_OK;
}

static void go(struct money *m, struct dbjob *j)
{
	struct paycheck check = {0};
	struct claim_verdict v = {0};
	auto_nevent struct nevent *ev = claimreq_event(m, j->seq);
	auto_cashutok struct cashutok *t = NULL;
	struct lerr err = {0};
	struct mint *mint = NULL;
	struct dbbill bill;
	enum lerr_code rc;

	if (!ev || !dbbill_get(m->e->db, &bill, j->seq)) {
		unpaid(m, j, OUTCOME_FAULT_STORAGE, "the request cannot be read");
		return;
	}
	t = judge_token(m, j, ev, bill.give_back, &check, &mint, &v);
	if (v.word == CLAIM_WAIT)
		return; /* claim_refreshed() comes back */
	if (!t) {
		unpaid(m, j, v.outcome, v.text);
		return;
	}
	if (check.names_only_us && is_lost_to_rival(m, j))
		return;
	rc = reserve(m, j, t, &check, mint, &err);
	if (rc == LERR_STATE)
		unpaid(m, j, OUTCOME_TOKEN_SPENT,
		       "token_already_used: another job has it");
	else if (rc)
		unpaid(m, j, OUTCOME_PAYMENT_INVALID, err.msg);
}

void claim_begin(struct money *m, struct dbjob *j)
{
	struct dbbill bill;
	struct dbpay p;
	uint64_t ready = j->received_at + CLAIMANT_HOLD_MS;
	uint64_t now = clock_wall_ms();

	if (dbpay_of_job(m->e->db, &p, j->seq, DBPAY_CLAIM) && p.state != PAY_REFUSED)
		return; /* it is on its way, in the lane */
	if (!dbbill_get(m->e->db, &bill, j->seq))
		panic("job %s is being claimed without a bill", id32_short(&j->id).c);
	if (bill.locked && now < ready && ready - now <= CLAIMANT_HOLD_MS &&
	    wait_for(m->claims, j->seq, 0, clock_mono_ms() + (ready - now)))
		return;
	go(m, j);
}

/* ---- what becomes of it */

static void credited(struct money *m, const struct dbpay *p, const struct outset *outputs,
		     const struct cashuproof *proofs)
{
	struct db *d = m->e->db;
	struct dbproof_origin from = {.mint = p->mint, .job = p->job, .op = p->op};
	struct dbbook_move move = {.mint = p->mint,
				   .src = DBBOOK_CUSTOMERS,
				   .dst = DBBOOK_JOBS,
				   .amount = p->total_in - p->fee,
				   .op = p->op,
				   .job = p->job};
	uint64_t now = clock_wall_ms();
	struct dbbill bill;
	struct dbjob j;

	if (!dbbill_get(d, &bill, p->job) || !dbjob_get_seq(d, &j, p->job))
		panic("claim %" PRIu64 " has no job", p->op);
	for (size_t i = 0; i < outputs->n; i++)
		dbproof_insert(d, &proofs[i], &from, now);
	dbbook_move(d, &move, now);
	move.dst = DBBOOK_FEES;
	move.amount = p->fee;
	dbbook_move(d, &move, now);
	bill.fee_in = p->fee;
	bill.net = p->total_in - p->fee;
	if (bill.state == DBBILL_ELSEWHERE) {
		dbbill_set(d, &bill);
		return;
	}
	bill.state = DBBILL_CLAIMED;
	if (j.state != JOB_CLAIMING) {
		/* given up long ago: it goes back as change that was owed */
		bill.give_back = true;
		dbbill_set(d, &bill);
		change_owe(m, &j);
		return;
	}
	dbbill_set(d, &bill);
	tell_budget(m, &j, budget_claimed);
	if (j.cancel_at && !bill.give_back)
		jobs_set_outcome(m->e, &j, OUTCOME_CANCELLED, STR_LIT(""));
	jobs_move(m->e, &j, bill.give_back || j.cancel_at ? JEV_GIVE_BACK : JEV_CLAIMED,
		  STR_LIT(""));
}

static enum outcome outcome_of_code(uint64_t code)
{
	switch (code) {
	case 11001:
		return OUTCOME_TOKEN_SPENT;
	case 20008:
	case 11000:
		return OUTCOME_LOCKED_TOKEN;
	default:
		return OUTCOME_PAYMENT_INVALID;
	}
}

/* The mint has put our outputs' keyset away between two of our questions. */
static bool is_made_again(struct money *m, struct dbjob *j, uint64_t code)
{
	struct mint *mint;
	struct dbbill bill;

	if (code != 12002 || !dbbill_get(m->e->db, &bill, j->seq) ||
	    dbpay_count_of_job(m->e->db, j->seq, DBPAY_CLAIM) >= SETS_OF_OUTPUTS)
		return false;
	mint = mints_get(m->mints, bill.mint);
	mints_ask(m->mints, mint);
	return mint->asking && wait_for(m->claims, j->seq, mint->number, 0);
}

static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	struct dbjob j;

	if (!dbjob_get_seq(m->e->db, &j, p->job) || j.state != JOB_CLAIMING)
		return;
	if (why == KINDS_SAID_NO && is_made_again(m, &j, code))
		return;
	if (why == KINDS_SAID_NO)
		unpaid(m, &j, outcome_of_code(code), p->text);
	else if (why == KINDS_UNAVAILABLE)
		unpaid(m, &j, OUTCOME_MINT_UNAVAILABLE,
		       "the mint does not answer; the token was left untouched");
	else
		unpaid(m, &j, OUTCOME_LOCKED_TOKEN, p->text);
}

static void spent(struct money *m, const struct dbpay *p)
{
	struct dbjob j;

	if (dbjob_get_seq(m->e->db, &j, p->job))
		unpaid(m, &j, OUTCOME_TOKEN_SPENT,
		       "already_spent: the mint says that this token is spent");
}

const struct kinds_row claim_kind = {1, KINDS_GIVES_UP, credited, refused, spent, NULL};

/* ---- from outside */

void claim_signed(struct money *m, uint64_t job, const struct ipckey_p2pk_signed *s,
		  const struct lerr *err)
{
	struct dbpay p;

	if (!dbpay_of_job(m->e->db, &p, job, DBPAY_CLAIM) || p.state != PAY_RESERVED ||
	    p.has_request)
		return;
	turn_enter(m->e->turn);
	if (!s || !claimreq_set_signed(m, &p, s)) {
		str_copy(p.text, sizeof(p.text),
			 str_of(s ? "locked_token: it cannot be signed for" : err->msg));
		payop_refuse(m, &p, KINDS_DROPPED, 0);
		lane_drop(m->lane, p.op);
	}
	turn_leave(m->e->turn, true);
}

void claim_keyd_up(struct money *m)
{
	struct dbpay p = {0};

	while (dbpay_next_open(m->e->db, &p, p.op))
		if (p.kind == DBPAY_CLAIM && p.state == PAY_RESERVED && !p.has_request)
			claimreq_ask_keyd(m, p.job);
}

void claim_answered(struct money *m, const struct dbjob *j)
{
	struct dbbill bill;

	if (!dbbill_get(m->e->db, &bill, j->seq) || bill.state == DBBILL_SETTLED ||
	    bill.state == DBBILL_UNPAID)
		return;
	log_event(LOG_WARN, "pay.elsewhere", "job=%s", id32_short(&j->id).c);
	bill.state = DBBILL_ELSEWHERE;
	dbbill_set(m->e->db, &bill);
}

static void resume(struct money *m, uint64_t job)
{
	struct dbjob j;

	if (!dbjob_get_seq(m->e->db, &j, job))
		return;
	if (j.state == JOB_RECEIVED) {
		m->claims->judge(m->e, job);
		return;
	}
	if (j.state != JOB_CLAIMING)
		return;
	turn_enter(m->e->turn);
	go(m, &j);
	turn_leave(m->e->turn, true);
}

void claim_refreshed(struct money *m, struct mint *mint)
{
	uint64_t job;

	/* those that come back wait behind: each is looked at once */
	for (size_t n = m->claims->n; n > 0; n--) {
		job = take_waiter(m->claims, mint->number, 0);
		if (!job)
			return;
		resume(m, job);
	}
}

/* A claim that was never sent, or that nothing has heard: loom-keyd, the lane or the mint
 * has had its time. What is under way counts as heard. */
static bool is_unsent(const struct dbpay *p)
{
	if (p->kind != DBPAY_CLAIM)
		return false;
	if (p->state == PAY_RESERVED)
		return p->made_at <= clock_wall_ms_ago(crash_hurry(UNSENT_MS));
	return p->state == PAY_SUBMITTED && !p->heard &&
	       p->made_at <= clock_wall_ms_ago(crash_hurry(RECON_UNHEARD_MS));
}

static void drop_unsent(struct money *m)
{
	struct dbpay p = {0};

	turn_enter(m->e->turn);
	while (dbpay_next_open(m->e->db, &p, p.op)) {
		if (!is_unsent(&p))
			continue;
		payop_refuse(m, &p, KINDS_UNAVAILABLE, 0);
		lane_drop(m->lane, p.op);
	}
	turn_leave(m->e->turn, true);
}

void claim_tick(struct money *m)
{
	uint64_t now = clock_mono_ms();
	uint64_t job;

	while ((job = take_waiter(m->claims, 0, now)))
		resume(m, job);
	if (now - m->claims->unsent_ms < crash_hurry(UNSENT_EVERY_MS))
		return;
	m->claims->unsent_ms = now;
	drop_unsent(m);
}

struct claims *claim_new(struct money *m, void (*judge)(struct engine *e, uint64_t job))
{
	struct claims *c = mem_zalloc(sizeof(*c));

	c->m = m;
	c->judge = judge;
	return c;
}

void claim_free(struct claims *c)
{
	if (!c)
		return;
	mem_free(c->v);
	mem_free(c);
}
