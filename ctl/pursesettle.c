/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursesettle.h"

#include "ctl/pursedb.h"
#include "ctl/pursejob.h"
#include "ctl/pursemint.h"
#include "ctl/pursequote.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/p2pk.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

void pursesettle_move(struct purse *p, struct dbpay *op, enum pay_event event,
		      struct str text)
{
	struct pay_step step = payfsm_step(op->state, event);

	if (step.next == PAY_NONE ||
	    !dbpay_move(p->d, op, step.next, clock_wall_ms(), event, text))
		panic("operation %" PRIu64 ": no %s in state %s", op->op,
		      payfsm_event_name(event), payfsm_state_name(op->state));
	if (step.effect == PFX_CREDIT) {
		dbproof_settle(p->d, op->op, DBPROOF_SPENT);
	} else if (step.effect == PFX_WRITE_OFF) {
		dbproof_settle(p->d, op->op, DBPROOF_LOST);
	} else if (step.effect == PFX_RELEASE) {
		dbpay_release(p->d, op->op);
		dbproof_settle(p->d, op->op, DBPROOF_FREE);
	}
}

/* ---- tokens */

/* A locked token carries its DLEQ, so that its owner can check it offline; a plain one is
 * redeemed to be checked, and short. */
static bool wants_dleq(const struct cashuproof *proof)
{
	struct p2pk lock;

	return p2pk_parse(&lock, str_of(proof->secret), NULL) == P2PK_LOCK;
}

static uint64_t net_of(struct purse *p, uint64_t amount, const struct keyset_id *id,
		       size_t n)
{
	struct keyset k;

	if (!dbmint_get_keyset(p->d, &k, NULL, id))
		return 0;
	return amount_left(amount, keyset_fee_of(&k, n));
}

void pursesettle_token(struct purse *p, struct dbbill_token *t,
		       const struct cashuproof *proofs, size_t n)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);

	t->kind = DBBILL_TOKEN_EXPORT;
	t->state = DBBILL_TOKEN_OUT;
	t->made_at = clock_wall_ms();
	t->amount = 0;
	for (size_t i = 0; i < n; i++)
		if (!amount_add(&t->amount, proofs[i].amount))
			panic("a token of more than there is");
	t->net = net_of(p, t->amount, &proofs[0].id, n);
	dbbill_add_token(p->d, t);
	pursemint_url(p, &url, t->mint);
	cashutok_write(&text, buf_str(&url), STR_LIT("sat"), proofs, n,
		       wants_dleq(&proofs[0]));
	dbbill_set_token_text(p->d, t->token, buf_str(&text));
}

/* Of the outputs that are for somebody else; 0: there are none. */
static uint64_t token_of(struct purse *p, const struct dbpay *op,
			 const struct outset *outputs, const struct cashuproof *proofs,
			 uint64_t *amount)
{
	struct dbbill_token t = {.mint = op->mint, .job = op->job, .op = op->op};
	struct cashuproof *theirs = mem_array(outputs->n, sizeof(*theirs));
	size_t n = 0;

	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->v[i].for_customer)
			theirs[n++] = proofs[i]; /* borrowed */
	if (n)
		pursesettle_token(p, &t, theirs, n);
	mem_free(theirs);
	*amount = t.amount;
	return t.token;
}

/* ---- history */

static void add_history(struct purse *p, const struct dbpay *op, struct pursedb_row row)
{
	row.at_s = clock_wall_s();
	row.mint = op->mint;
	row.job = op->job;
	pursedb_add(p->d, &row);
}

static void close_quote(struct purse *p, const struct dbpay *op,
			enum pursequote_state state)
{
	auto_quote struct pursequote q = {.request = NULL};

	if (!pursequote_of_op(p->d, &q, op->op))
		return;
	q.state = state;
	/* a refused one is minted by another operation */
	if (state == PURSEQUOTE_OPEN)
		q.op = 0;
	pursequote_set(p->d, &q);
}

/* The token that came back, or did not. */
static uint64_t close_token(struct purse *p, const struct dbpay *op,
			    enum dbbill_token_state state)
{
	struct dbbill_token t;
	uint64_t token = pursedb_token_of_op(p->d, op->op);

	if (!dbbill_get_token(p->d, &t, token))
		panic("operation %" PRIu64 " has no token", op->op);
	t.state = state;
	t.checked_at = clock_wall_ms();
	dbbill_set_token_state(p->d, &t);
	return token;
}

/* What came back for a job is told in the same commit as the coins. */
static void close_job(struct purse *p, const struct dbpay *op, uint64_t token)
{
	struct pursejob j;

	if (op->job ? !pursejob_get_seq(p->d, &j, op->job)
		    : !pursejob_of_token(p->d, &j, token))
		return;
	j.state = op->job ? PURSEJOB_CLOSED : PURSEJOB_BACK;
	/* there is no change of a payment that was not taken */
	if (op->job)
		pursedb_set_redeemed(p->d, j.token);
	j.change = op->total_in - op->fee;
	j.owed = 0;
	pursejob_set(p->d, &j);
}

static void record(struct purse *p, const struct dbpay *op, uint64_t token,
		   uint64_t given)
{
	struct pursedb_row row = {.fee = op->fee, .token = token};

	switch (op->kind) {
	case DBPAY_MINT:
		row.what = PURSEDB_MINTED;
		row.got = op->total_in;
		close_quote(p, op, PURSEQUOTE_MINTED);
		break;
	case DBPAY_IMPORT:
		row.what = op->job ? PURSEDB_CHANGE : PURSEDB_RECEIVED;
		row.got = op->total_in;
		if (op->job)
			close_job(p, op, 0);
		break;
	case DBPAY_RECLAIM:
		row.what = PURSEDB_BACK;
		row.got = op->total_in;
		row.token = close_token(p, op, DBBILL_TOKEN_RECLAIMED);
		close_job(p, op, row.token);
		break;
	case DBPAY_EXPORT:
		row.what = PURSEDB_SENT;
		row.gave = given;
		break;
	case DBPAY_TIDY:
		row.what = PURSEDB_SWAPPED;
		break;
	case DBPAY_CLAIM:
	case DBPAY_CHANGE:
	case DBPAY_MELT:
	case DBPAY_KINDS:
		panic("operation %" PRIu64 " is not one of a purse", op->op);
	}
	/* nothing that anybody would miss */
	if (row.what != PURSEDB_SWAPPED || row.fee)
		add_history(p, op, row);
}

/* ---- the three ends */

static void store(struct purse *p, struct dbpay *op, const struct outset *outputs,
		  const struct cashuproof *proofs)
{
	struct dbproof_origin from = {.mint = op->mint, .op = op->op};
	uint64_t given = 0;
	uint64_t token;

	db_begin(p->d);
	token = token_of(p, op, outputs, proofs, &given);
	for (size_t i = 0; i < outputs->n; i++) {
		from.token = outputs->v[i].for_customer ? token : 0;
		dbproof_insert(p->d, &proofs[i], &from, clock_wall_ms());
	}
	record(p, op, token, given);
	pursesettle_move(p, op, PEV_SIGNED, STR_LIT(""));
	crash_point("purse", "settling");
	db_commit(p->d);
	crash_point("purse", "settled");
}

enum lerr_code pursesettle_credit(struct purse *p, struct dbpay *op,
				  const struct mintmsg_signature *sigs, size_t n,
				  struct lerr *err)
{
	auto_outset struct outset outputs;
	struct keyset keys;
	struct cashuproof *proofs;
	enum lerr_code rc;

	if (!dbmint_get_keyset(p->d, &keys, NULL, &op->keyset))
		panic("keyset %s of the purse is gone", op->keyset.c);
	outset_init(&outputs, &op->keyset);
	dbpay_outputs(p->d, op->op, &outputs);
	proofs = mem_array(outputs.n, sizeof(*proofs));
	rc = outset_unblind_all(proofs, &outputs, sigs, n, &keys, false, err);
	if (!rc) {
		crash_point("purse", "answered");
		store(p, op, &outputs, proofs);
	}
	for (size_t i = 0; !rc && i < outputs.n; i++)
		cashutok_wipe_proof(&proofs[i]);
	mem_free(proofs);
	return rc;
}

void pursesettle_refuse(struct purse *p, struct dbpay *op, enum pay_event event)
{
	db_begin(p->d);
	if (op->kind == DBPAY_MINT)
		close_quote(p, op, PURSEQUOTE_OPEN);
	pursesettle_move(p, op, event, str_of(op->text));
	db_commit(p->d);
}

void pursesettle_spent(struct purse *p, struct dbpay *op)
{
	db_begin(p->d);
	if (op->kind == DBPAY_MINT)
		close_quote(p, op, PURSEQUOTE_DEAD);
	else if (op->kind == DBPAY_RECLAIM)
		(void)close_token(p, op, DBBILL_TOKEN_REDEEMED);
	else if (op->kind != DBPAY_IMPORT)
		add_history(
			p, op,
			(struct pursedb_row){.what = PURSEDB_LOST, .gave = op->total_in});
	pursesettle_move(p, op, PEV_SPENT, STR_LIT(""));
	db_commit(p->d);
}
