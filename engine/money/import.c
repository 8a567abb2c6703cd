/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/import.h"

#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/paycheck.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "engine/money/restore.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/proto/amount.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"

/* ---- what it is */

static enum lerr_code check_mint(struct money *m, const struct mint *mint,
				 struct lerr *err)
{
	if (mint->word == MINTS_REFUSED)
		return lerr_set(err, LERR_INPUT, 0, "that mint is refused: %.120s",
				mint->why);
	if (restore_holds(m, mint->number))
		return lerr_set(err, LERR_STATE, 0, "a restore is going on there");
	if (!mints_output_keyset(mint))
		return lerr_set(err, LERR_TEMP, 0,
				"that mint has no keyset that can be used now");
	return LERR_OK;
}

static enum lerr_code check_token(struct money *m, struct cashutok *t, struct mint *mint,
				  uint64_t *fee, struct lerr *err)
{
	struct paycheck_rules rules = {.max_sum = AMOUNT_MAX,
				       .need_dleq =
					       conf_bool(m->e->conf, CONF_REQUIRE_DLEQ),
				       .worker = m->e->worker,
				       .now_s = clock_wall_s()};
	struct paycheck check = {0};

	paycheck_token(&check, t, mint, &rules);
	if (check.word == PAYCHECK_ASK) {
		mints_ask(m->mints, mint);
		return lerr_set(err, LERR_TEMP, 0, "%.120s; it is being asked, try again",
				check.text);
	}
	if (check.word == PAYCHECK_BAD)
		return lerr_set(err, LERR_INPUT, 0, "%.150s", check.text);
	if (check.locked)
		return lerr_set(err, LERR_INPUT, 0,
				"locked_token: only a job's payment may be locked");
	*fee = check.fee;
	return LERR_OK;
}

static enum lerr_code check_coins(struct money *m, const struct cashutok *t,
				  struct ecpoint *ys, struct lerr *err)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!bdhke_hash_to_curve(&ys[i], str_of(t->proofs[i].secret)))
			return lerr_set(err, LERR_INPUT, 0, "a secret has no Y");
		if (dbproof_is_known(m->e->db, &ys[i]))
			return lerr_set(err, LERR_STATE, 0,
					"it came out of this till: take it back with "
					"reclaim");
		if (dbpay_holder(m->e->db, &ys[i]))
			return lerr_set(err, LERR_STATE, 0,
					"it was put in already, or pays for a job");
	}
	return LERR_OK;
}

/* ---- the swap */

static void put_request(struct money *m, struct dbpay *p, const struct cashutok *t,
			const struct outset *outputs)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *inputs = mem_array(t->n, sizeof(*inputs));

	for (size_t i = 0; i < t->n; i++)
		inputs[i].proof = &t->proofs[i];
	mintmsg_swap(&request, inputs, t->n, outputs);
	payop_set_request(m, p, buf_str(&request));
}

static enum lerr_code reserve(struct money *m, uint64_t *op, const struct cashutok *t,
			      const struct mint *mint, uint64_t fee, struct lerr *err)
{
	const struct keyset *k = mints_output_keyset(mint);
	auto_free struct ecpoint *ys = mem_array(t->n, sizeof(*ys));
	auto_outset struct outset outputs = {.n = 0};
	struct dbpay p = {.kind = DBPAY_IMPORT,
			  .mint = mint->number,
			  .total_in = t->sum,
			  .fee = fee,
			  .path = "/v1/swap"};
	enum lerr_code rc;

	outset_init(&outputs, &k->id);
	rc = check_coins(m, t, ys, err);
	if (rc)
		return rc;
	if (!purse_add_own(m, &outputs, t->sum - fee, k, false))
		return lerr_set(err, LERR_LIMIT, 0, "the mint has no keys for that");
	rc = payop_reserve(m, &p, ys, t->n, &outputs, err);
	if (rc)
		return rc;
	put_request(m, &p, t, &outputs);
	*op = p.op;
	return LERR_OK;
}

enum lerr_code import_token(struct money *m, uint64_t *op, struct str text,
			    struct lerr *err)
{
	auto_cashutok struct cashutok *t = NULL;
	enum cashutok_fault why = CASHUTOK_BAD;
	struct mint *mint;
	uint64_t fee = 0;
	enum lerr_code rc = cashutok_parse(&t, str_trim(text), CAP_PAY_INPUTS, &why, err);

	if (rc)
		return rc;
	mint = mints_find(m->mints, str_of(t->mint));
	if (!mint)
		return lerr_set(err, LERR_INPUT, 0,
				"its mint is not one of CASHU_MINT_URL");
	rc = check_mint(m, mint, err);
	if (!rc)
		rc = check_token(m, t, mint, &fee, err);
	return rc ? rc : reserve(m, op, t, mint, fee, err);
}

/* ---- its ends */

static void credited(struct money *m, const struct dbpay *p, const struct outset *outputs,
		     const struct cashuproof *proofs)
{
	struct dbproof_origin from = {.mint = p->mint, .op = p->op};
	struct dbbook_move move = {.mint = p->mint,
				   .src = DBBOOK_OUTSIDE,
				   .dst = DBBOOK_EARNED,
				   .amount = p->total_in - p->fee,
				   .op = p->op};
	uint64_t now = clock_wall_ms();

	for (size_t i = 0; i < outputs->n; i++)
		dbproof_insert(m->e->db, &proofs[i], &from, now);
	dbbook_move(m->e->db, &move, now);
	move.dst = DBBOOK_FEES;
	move.amount = p->fee;
	dbbook_move(m->e->db, &move, now);
}

/* The token is what it was: the operator's, or spent. */
static void refused(struct money *m, const struct dbpay *p, enum kinds_why why,
		    uint64_t code)
{
	(void)why;
	(void)code;
	mints_ask(m->mints, mints_get(m->mints, p->mint));
}

static void spent(struct money *m, const struct dbpay *p)
{
	(void)m;
	(void)p;
}

const struct kinds_row import_kind = {2, KINDS_GIVES_UP, credited, refused, spent, NULL};
