/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/melt.h"

#include "engine/engine.h"
#include "engine/money/meltrecon.h"
#include "engine/money/mintcall.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/restore.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/bolt11.h"
#include "lib/proto/mintread.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <string.h>

enum {
	EXPIRY_MARGIN_S = 30,
	FEE_LEAST = 2,
};

/* A withdrawal whose quote is being asked for. Nothing is held yet: a restart forgets
 * it, and the operator is told so by the line that breaks. */
struct plan {
	uint64_t number;
	uint64_t mint;
	uint64_t max_fee;
	uint64_t amount;
	char *invoice;
	struct id32 hash;
	char target[160];
	melt_done *done;
	void *ctx;
};

struct melts {
	struct plan *v;
	size_t n;
	uint64_t last_number;
};

uint64_t melt_fee_cap(struct money *m, uint64_t amount)
{
	uint64_t cap = amount;

	if (!amount_mul(&cap, conf_uint(m->e->conf, CONF_WITHDRAW_FEE_PERCENT)))
		return FEE_LEAST;
	cap /= 100;
	return cap > FEE_LEAST ? cap : FEE_LEAST;
}

/* ---- which mint */

static struct mint *richest(struct money *m)
{
	struct mint *best = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < mints_count(m->mints); i++) {
		struct mint *mint = mints_at(m->mints, i);
		uint64_t has = dbproof_free_earned(m->e->db, mint->number).amount;

		if (has > most) {
			best = mint;
			most = has;
		}
	}
	return best;
}

static enum lerr_code find_mint(struct money *m, struct mint **out, uint64_t number,
				uint64_t amount, struct lerr *err)
{
	struct mint *mint = number ? mints_get(m->mints, number) : richest(m);

	if (!mint)
		return lerr_set(err, LERR_GONE, 0,
				number ? "no such mint" : "nothing has been earned yet");
	if (restore_holds(m, mint->number))
		return lerr_set(err, LERR_STATE, 0, "a restore is going on there");
	if (mint->word != MINTS_ADMITTED)
		return lerr_set(err, LERR_TEMP, 0, "%s does not answer, or is refused",
				mint->url);
	if (!mint->info.melt_bolt11)
		return lerr_set(err, LERR_STATE, 0, "%s pays no invoices (NUT-05)",
				mint->url);
	if (amount < mint->info.melt_min ||
	    (mint->info.melt_max && amount > mint->info.melt_max))
		return lerr_set(err, LERR_LIMIT, 0,
				"%s pays %" PRIu64 " to %" PRIu64 " sat", mint->url,
				mint->info.melt_min, mint->info.melt_max);
	*out = mint;
	return LERR_OK;
}

/* ---- the quote is there: journal */

static void add_blanks(struct money *m, struct outset *out, uint64_t most)
{
	size_t n = keyset_blanks(most);
	uint64_t counter = dbmint_take_counters(m->e->db, &out->id, n);

	for (size_t i = 0; i < n; i++)
		outset_add_derived(out, 0, &m->seed, &counter, false);
}

static void put_request(struct money *m, struct dbpay *p, const char *quote,
			const struct dbproof *v, size_t n, const struct outset *blanks)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *inputs = mem_array(n, sizeof(*inputs));

	for (size_t i = 0; i < n; i++)
		inputs[i].proof = &v[i].proof;
	mintmsg_melt(&request, str_of(quote), inputs, n, blanks);
	payop_set_request(m, p, buf_str(&request));
}

static enum lerr_code journal(struct money *m, struct dbpay *p, const struct plan *plan,
			      const struct mintread_quote *q, const struct dbproof *v,
			      size_t n, struct lerr *err)
{
	struct mint *mint = mints_get(m->mints, plan->mint);
	const struct keyset *k = mints_output_keyset(mint);
	auto_free struct ecpoint *ys = mem_array(n, sizeof(*ys));
	auto_outset struct outset blanks = {.n = 0};
	struct dbpay_melt melt = {.amount = plan->amount,
				  .invoice = plan->invoice,
				  .payment_hash = plan->hash,
				  .fee_reserve = q->fee_reserve};
	enum lerr_code rc;

	outset_init(&blanks, &k->id);
	add_blanks(m, &blanks, p->total_in - p->fee - plan->amount);
	for (size_t i = 0; i < n; i++)
		ys[i] = v[i].y;
	rc = payop_reserve(m, p, ys, n, &blanks, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!dbproof_hold(m->e->db, &v[i].y, p->op, false))
			panic("a coin was free and is not");
	melt.op = p->op;
	str_copy(melt.quote, sizeof(melt.quote), str_of(q->id));
	str_copy(melt.target, sizeof(melt.target), str_of(plan->target));
	dbpay_put_melt(m->e->db, &melt);
	put_request(m, p, q->id, v, n, &blanks);
	return LERR_OK;
}

static enum lerr_code reserve(struct money *m, uint64_t *op, const struct plan *plan,
			      const struct mintread_quote *q, struct lerr *err)
{
	struct mint *mint = mints_get(m->mints, plan->mint);
	auto_proofs struct dbproof_list coins = {0};
	struct dbpay p = {
		.kind = DBPAY_MELT, .mint = plan->mint, .path = "/v1/melt/bolt11"};
	uint64_t need = plan->amount;
	enum lerr_code rc;
	size_t n;

	if (dbpay_melt_of_hash(m->e->db, &plan->hash))
		return lerr_set(err, LERR_STATE, 0, "this invoice is being paid already");
	if (!mints_output_keyset(mint))
		return lerr_set(err, LERR_TEMP, 0, "the mint has no usable keyset");
	dbproof_free_ones(m->e->db, &coins, plan->mint, DBPROOF_EARNED, CAP_PAY_INPUTS);
	if (!amount_add(&need, q->fee_reserve) ||
	    !purse_cover(&coins, mint, need, &n, &p.fee))
		return lerr_set(err, LERR_LIMIT, 0,
				"%" PRIu64 " sat and %" PRIu64
				" sat for routing are more than is there",
				plan->amount, q->fee_reserve);
	p.total_in = purse_sum(coins.v, n);
	rc = journal(m, &p, plan, q, coins.v, n, err);
	*op = p.op;
	return rc;
}

/* ---- asking for the quote */

static struct plan *plan_of(struct melts *s, uint64_t number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].number == number)
			return &s->v[i];
	return NULL;
}

static enum lerr_code check_quote(const struct plan *plan, const struct mintread_quote *q,
				  struct lerr *err)
{
	uint64_t soon = clock_wall_s() + EXPIRY_MARGIN_S;

	if (q->state != MINTREAD_QUOTE_UNPAID)
		return lerr_set(err, LERR_STATE, 0, "the mint has paid this already");
	if (q->amount != plan->amount)
		return lerr_set(err, LERR_INPUT, 0,
				"the mint wants %" PRIu64
				" sat for an invoice of %" PRIu64,
				q->amount, plan->amount);
	if (q->fee_reserve > plan->max_fee)
		return lerr_set(err, LERR_LIMIT, 0,
				"routing may cost %" PRIu64 " sat, allowed are %" PRIu64,
				q->fee_reserve, plan->max_fee);
	if (q->expiry && q->expiry < soon)
		return lerr_set(err, LERR_STATE, 0, "the quote is about to expire");
	return LERR_OK;
}

static enum lerr_code take_quote(struct money *m, const struct plan *plan, uint64_t *op,
				 const struct mintcall_answer *a, struct lerr *err)
{
	struct mintread_quote q = {0};
	enum lerr_code rc;

	if (a->word == MINTCALL_REFUSED)
		return lerr_set(err, LERR_DENIED, 0, "the mint says: %s",
				a->refusal.detail);
	if (a->word != MINTCALL_OK)
		return lerr_set(err, LERR_TEMP, 0, "the mint does not answer: %s",
				a->why);
	rc = mintread_quote(&q, a->body, STR_LIT("sat"), err);
	if (rc)
		return rc;
	rc = check_quote(plan, &q, err);
	if (!rc) {
		turn_enter(m->e->turn);
		rc = reserve(m, op, plan, &q, err);
		turn_leave(m->e->turn, rc == LERR_OK);
	}
	mintread_free_quote(&q);
	return rc;
}

static void on_quote(struct money *m, uint64_t number, const struct mintcall_answer *a)
{
	struct plan *found = plan_of(m->melts, number);
	struct plan plan;
	struct lerr err = {0};
	uint64_t op = 0;

	if (!found)
		return;
	plan = *found;
	*found = m->melts->v[--m->melts->n];
	mints_heard(mints_get(m->mints, plan.mint),
		    a->word == MINTCALL_OK || a->word == MINTCALL_REFUSED);
	if (take_quote(m, &plan, &op, a, &err))
		plan.done(m, plan.ctx, 0, &err);
	else
		plan.done(m, plan.ctx, op, NULL);
	mem_free(plan.invoice);
}

static enum lerr_code check_invoice(struct money *m, const struct bolt11 *b,
				    struct lerr *err)
{
	if (!b->has_amount || b->amount_msat == 0)
		return lerr_set(err, LERR_INPUT, 0, "an invoice without an amount");
	if (b->amount_msat % 1000)
		return lerr_set(err, LERR_INPUT, 0, "an invoice over a part of a sat");
	if (b->expires_at < clock_wall_s() + EXPIRY_MARGIN_S)
		return lerr_set(err, LERR_STATE, 0, "the invoice has expired");
	if (dbpay_melt_of_hash(m->e->db, &b->payment_hash))
		return lerr_set(err, LERR_STATE, 0,
				"this invoice was paid, or is being paid (operation "
				"%" PRIu64 ")",
				dbpay_melt_of_hash(m->e->db, &b->payment_hash));
	return LERR_OK;
}

enum lerr_code melt_pay(struct money *m, const struct melt_ask *ask, melt_done *done,
			void *ctx, struct lerr *err)
{
	auto_buf struct buf body = BUF_INIT(2 * CAP_INVOICE_BYTES);
	struct melts *s = m->melts;
	struct bolt11 b;
	struct mint *mint = NULL;
	enum lerr_code rc = bolt11_parse(&b, ask->invoice, err);

	if (!rc)
		rc = check_invoice(m, &b, err);
	if (!rc)
		rc = find_mint(m, &mint, ask->mint, b.amount_msat / 1000, err);
	if (rc)
		return rc;
	s->v = mem_resize(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n] = (struct plan){.number = ++s->last_number,
				   .mint = mint->number,
				   .max_fee = ask->max_fee,
				   .amount = b.amount_msat / 1000,
				   .invoice = str_dup(ask->invoice),
				   .hash = b.payment_hash,
				   .done = done,
				   .ctx = ctx};
	str_copy(s->v[s->n].target, sizeof(s->v[s->n].target), str_of(ask->target));
	s->n++;
	mintmsg_melt_quote(&body, ask->invoice, STR_LIT("sat"));
	if (mintcall_start(m, mint->url, "/v1/melt/quote/bolt11", buf_str(&body),
			   on_quote, s->last_number))
		return LERR_OK;
	mem_free(s->v[--s->n].invoice);
	return lerr_set(err, LERR_TEMP, 0, "too many requests are under way");
}

/* ---- its ends; meltrecon.c settles it */

static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	(void)m;
	(void)why;
	log_event(LOG_WARN, "pay.not_withdrawn", "op=%" PRIu64 " code=%" PRIu64 " why=%s",
		  p->op, code, log_text(str_of(p->text)).c);
}

const struct kinds_row melt_kind = {2,    KINDS_IF_UNHEARD, NULL, refused,
				    NULL, meltrecon_answer};

struct melts *melt_new(struct money *m)
{
	(void)m;
	return mem_zalloc(sizeof(struct melts));
}

void melt_free(struct melts *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		mem_free(s->v[i].invoice);
	mem_free(s->v);
	mem_free(s);
}
