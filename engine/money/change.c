/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/change.h"

#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/money/give.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/restore.h"
#include "engine/report.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	AGAIN_EVERY_MS = 5000,
	AGAIN_MOST_MS = 3600000,
	SETTLING_AT_ONCE = 256,
};

/* ---- what is due */

uint64_t change_charge(const struct dbjob *j, uint64_t rate)
{
	const struct outcome_row *row = &outcome_table[jobs_outcome(j)];
	uint64_t s = row->bill == OUTCOME_WHAT_RAN ? jobs_duration_s(j) : 0;

	if (!amount_mul(&rate, s))
		panic("job %s cost more than there is", id32_short(&j->id).c);
	return rate;
}

static uint64_t due_of(const struct dbjob *j, const struct dbbill *b)
{
	if (b->give_back)
		return b->net;
	return amount_left(b->net, change_charge(j, b->rate));
}

/* ---- the books of one job are closed */

static void move_of_job(struct money *m, const struct dbbill *b, enum dbbook_account to,
			uint64_t amount)
{
	struct dbbook_move move = {.mint = b->mint,
				   .src = DBBOOK_JOBS,
				   .dst = to,
				   .amount = amount,
				   .job = b->job};

	dbbook_move(m->e->db, &move, clock_wall_ms());
}

static void check_sum(const struct dbbill *b)
{
	uint64_t sum = b->fee_in;

	if (!amount_add(&sum, b->earned) || !amount_add(&sum, b->change) ||
	    !amount_add(&sum, b->fee_out) || sum != b->face)
		panic("the books of job %" PRIu64 " do not add up: %" PRIu64
		      " paid, %" PRIu64 " accounted for",
		      b->job, b->face, sum);
}

static void close_bill(struct money *m, struct dbbill *b)
{
	bool was_owed = b->state == DBBILL_OWED;
	struct dbjob j;

	if (b->state == DBBILL_SETTLED)
		panic("the bill of job %" PRIu64 " is closed already", b->job);

	b->earned = b->net;
	if (!amount_sub(&b->earned, b->change) || !amount_sub(&b->earned, b->fee_out))
		panic("more goes back for job %" PRIu64 " than came in", b->job);
	b->state = DBBILL_SETTLED;
	check_sum(b);
	dbbill_set(m->e->db, b);
	move_of_job(m, b, DBBOOK_EARNED, b->earned);
	move_of_job(m, b, DBBOOK_CHANGE, b->change);
	move_of_job(m, b, DBBOOK_FEES, b->fee_out);
	dbproof_earn(m->e->db, b->job);
	log_event(LOG_INFO, "pay.settled",
		  "job=%" PRIu64 " paid=%" PRIu64 " earned=%" PRIu64 " change=%" PRIu64
		  " fees=%" PRIu64,
		  b->job, b->face, b->earned, b->change, b->fee_in + b->fee_out);
	if (!dbjob_get_seq(m->e->db, &j, b->job))
		panic("a bill without a job");
	if (j.state == JOB_SETTLING)
		jobs_move(m->e, &j, JEV_SETTLED, STR_LIT(""));
	else if (was_owed)
		report_change(m->e->report, &j);
}

/* ---- making change */

/* Which key the change is locked to; NULL: to none. A lock at a mint that does not know
 * locks would be none. */
static const struct ecpoint *lock_of(const struct dbbill *b, const struct mint *mint)
{
	return b->has_lock_key && mint->info.nut11 ? &b->lock_key : NULL;
}

static bool is_worth_it(struct money *m, uint64_t net)
{
	uint64_t least = conf_uint(m->e->conf, CONF_CHANGE_MIN);

	return net > 0 && net >= least;
}

/* The job's coins as they are. */
static bool give_coins(struct money *m, struct dbbill *b, const struct mint *mint,
		       struct dbproof_list *coins, uint64_t due)
{
	const struct keyset *k = mints_output_keyset(mint);
	size_t n = purse_exact(coins, due);

	for (size_t i = 0; i < n; i++)
		if (!keyset_id_eq(&coins->v[i].proof.id, &k->id))
			return false;
	if (n == 0)
		return false;
	if (!is_worth_it(m, purse_net(due, k, n)))
		return false;
	b->token = give_coins_as_token(m, mint, DBBILL_TOKEN_CHANGE, b->job, coins->v, n);
	b->change = due;
	close_bill(m, b);
	return true;
}

/* How many coins are needed, the fee that they cost, and what is left of due then. */
struct plan {
	size_t n;
	uint64_t sum;
	uint64_t fee;
	uint64_t change;
};

static int largest_first(const void *a, const void *b)
{
	uint64_t x = ((const struct dbproof *)a)->proof.amount;
	uint64_t y = ((const struct dbproof *)b)->proof.amount;

	return (x < y) - (x > y);
}

/* The fewest: each costs a fee. Whoever tried to pay exactly has changed their order. */
static bool make_plan(struct plan *out, const struct mint *mint,
		      struct dbproof_list *coins, uint64_t due)
{
	struct lerr err = {0};

	*out = (struct plan){0};
	if (coins->n)
		qsort(coins->v, coins->n, sizeof(*coins->v), largest_first);
	while (out->n < coins->n && out->sum < due)
		out->sum += coins->v[out->n++].proof.amount;
	if (out->sum < due || purse_fee(&out->fee, mint, coins->v, out->n, &err))
		return false;
	/* the customer bears it, as for any other swap of his money */
	out->change = amount_left(due, out->fee);
	return true;
}

static bool swap_coins(struct money *m, struct dbbill *b, const struct mint *mint,
		       const struct dbproof_list *coins, const struct plan *plan)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p = {.kind = DBPAY_CHANGE,
			  .mint = b->mint,
			  .job = b->job,
			  .total_in = plan->sum,
			  .fee = plan->fee,
			  .path = "/v1/swap"};

	outset_init(&outputs, &k->id);
	if (!purse_add_theirs(&outputs, plan->change, k, lock_of(b, mint)) ||
	    !purse_add_own(m, &outputs, plan->sum - plan->fee - plan->change, k, false))
		return false;
	outset_sort(&outputs);
	give_swap(m, &p, coins->v, plan->n, &outputs);
	return true;
}

static bool can_be_paid(const struct keyset *k, uint64_t amount)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	return keyset_split(k, amount, parts, &n);
}

/* Settle what was claimed. Nothing happens when the mint has no keyset for outputs just
 * now: change_tick() comes back. */
static void settle_claimed(struct money *m, struct dbjob *j, struct dbbill *b)
{
	struct mint *mint = mints_get(m->mints, b->mint);
	const struct keyset *k = mints_output_keyset(mint);
	auto_proofs struct dbproof_list coins = {0};
	uint64_t due = due_of(j, b);
	struct plan plan;

	if (due == 0) {
		close_bill(m, b);
		return;
	}
	if (restore_holds(m, b->mint))
		return;
	/* without its /v1/info nobody knows whether a lock would hold there */
	if (!k || (b->has_lock_key && mint->word == MINTS_NOT_ASKED)) {
		mints_ask(m->mints, mint);
		return;
	}
	dbproof_free_ones(m->e->db, &coins, b->mint, b->job, KEYSET_PARTS_MAX);
	if (!lock_of(b, mint) && give_coins(m, b, mint, &coins, due))
		return;
	if (!make_plan(&plan, mint, &coins, due)) {
		mints_ask(m->mints, mint);
		return;
	}
	if (!can_be_paid(k, plan.change))
		mints_ask(m->mints, mint); /* owed, until it has keys for it */
	else if (!is_worth_it(m, purse_net_of(plan.change, k)))
		close_bill(m, b); /* dust: the fees would eat it */
	else if (!swap_coins(m, b, mint, &coins, &plan))
		mints_ask(m->mints, mint);
}

/* How long a refused swap is left alone: 5 s, then twice as long each time, to an hour. */
static uint64_t wait_after(struct money *m, uint64_t job)
{
	uint64_t n = dbpay_count_of_job(m->e->db, job, DBPAY_CHANGE);
	uint64_t wait = AGAIN_EVERY_MS;

	while (n-- > 1 && wait < AGAIN_MOST_MS)
		wait *= 2;
	return crash_hurry(wait < AGAIN_MOST_MS ? wait : AGAIN_MOST_MS);
}

/* Is an operation on its way, in a person's hands, or just refused? */
static bool is_under_way(struct money *m, uint64_t job)
{
	struct dbpay p;

	if (!dbpay_of_job(m->e->db, &p, job, DBPAY_CHANGE))
		return false;
	/* a mint that refuses is not asked every five seconds for ever */
	return p.state != PAY_REFUSED ||
	       clock_wall_ms() < p.moved_at + wait_after(m, job);
}

void change_settle(struct money *m, struct dbjob *j)
{
	struct dbbill b;

	if (!dbbill_get(m->e->db, &b, j->seq) || b.state == DBBILL_UNPAID ||
	    b.state == DBBILL_SETTLED || b.state == DBBILL_OWED) {
		jobs_move(m->e, j, JEV_SETTLED, STR_LIT(""));
		return;
	}
	if (b.state != DBBILL_CLAIMED)
		panic("job %s settles, and its payment was never claimed",
		      id32_short(&j->id).c);
	if (!is_under_way(m, j->seq))
		settle_claimed(m, j, &b);
}

void change_owe(struct money *m, struct dbjob *j)
{
	struct dbbill b;

	if (!dbbill_get(m->e->db, &b, j->seq))
		return;
	b.state = DBBILL_OWED;
	dbbill_set(m->e->db, &b);
	if (!is_under_way(m, j->seq))
		settle_claimed(m, j, &b);
}

/* ---- what becomes of a swap */

static void credited(struct money *m, const struct dbpay *p, const struct outset *outputs,
		     const struct cashuproof *proofs)
{
	struct dbbill b;

	if (!dbbill_get(m->e->db, &b, p->job))
		panic("change %" PRIu64 " has no bill", p->op);
	b.token = give_swapped(m, p, DBBILL_TOKEN_CHANGE, outputs, proofs, &b.change);
	b.fee_out = p->fee;
	close_bill(m, &b);
}

/* Its coins are free again; a keyset may have been put away: the next tick makes it anew. */
static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	(void)why;
	(void)code;
	mints_ask(m->mints, mints_get(m->mints, p->mint));
}

const struct kinds_row change_kind = {0, KINDS_STAYS, credited, refused, NULL, NULL};

/* ---- time */

static bool is_too_late(struct money *m, const struct dbjob *j)
{
	uint64_t wait_s = conf_uint(m->e->conf, CONF_CHANGE_WAIT);

	return clock_wall_ms() > j->moved_at + wait_s * 1000;
}

static void look_at(struct money *m, struct dbjob *j)
{
	struct dbbill b;

	if (!dbbill_get(m->e->db, &b, j->seq) || b.state != DBBILL_CLAIMED)
		return;
	if (!is_under_way(m, j->seq))
		settle_claimed(m, j, &b);
	if (!dbjob_get_seq(m->e->db, j, j->seq) || j->state != JOB_SETTLING ||
	    !is_too_late(m, j))
		return;
	log_event(LOG_WARN, "pay.owed", "job=%s", id32_short(&j->id).c);
	b.state = DBBILL_OWED;
	dbbill_set(m->e->db, &b);
	jobs_move(m->e, j, JEV_SETTLED, STR_LIT("the change is owed"));
}

static void look_at_owed(struct money *m)
{
	struct dbbill b = {0};
	struct dbjob j;

	while (dbbill_next_owed(m->e->db, &b, b.job))
		if (!is_under_way(m, b.job) && dbjob_get_seq(m->e->db, &j, b.job))
			settle_claimed(m, &j, &b);
}

void change_tick(struct money *m)
{
	static uint64_t last_ms;
	uint64_t now = clock_mono_ms();
	struct dbjob j = {0};

	if (last_ms && now - last_ms < crash_hurry(AGAIN_EVERY_MS))
		return;
	last_ms = now;
	turn_enter(m->e->turn);
	for (size_t n = 0; n < SETTLING_AT_ONCE && m->e->counts[JOB_SETTLING] > 0; n++) {
		uint64_t above = j.seq;

		if (!dbjob_first(m->e->db, &j, JOB_SETTLING, above))
			break;
		above = j.seq;
		look_at(m, &j);
		j.seq = above;
	}
	look_at_owed(m);
	turn_leave(m->e->turn, true);
}

/* ---- for the 5101 */

void change_tell(struct money *m, struct change_told *out, uint64_t job)
{
	struct dbbill_token t;
	struct dbbill b;
	struct dbjob j;

	*out = (struct change_told){.mint = ""};
	buf_init(&out->token, CAP_TOKEN_BYTES);
	if (!dbbill_get(m->e->db, &b, job) || b.state == DBBILL_UNPAID ||
	    b.state == DBBILL_OPEN || b.state == DBBILL_ELSEWHERE ||
	    !dbjob_get_seq(m->e->db, &j, job))
		return;
	out->paid = true;
	out->face = b.face;
	out->earned = b.earned;
	out->fees = b.fee_in + b.fee_out;
	out->mint = mints_get(m->mints, b.mint)->spelled;
	if (b.state == DBBILL_OWED) {
		out->owed = due_of(&j, &b);
		out->earned = amount_left(b.net, out->owed);
	}
	if (b.token && dbbill_get_token(m->e->db, &t, b.token)) {
		out->change = b.change;
		out->net = t.net;
		(void)dbbill_get_token_text(m->e->db, b.token, &out->token);
	}
}
