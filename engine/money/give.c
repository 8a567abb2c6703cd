/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/give.h"

#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "engine/money/purse.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/p2pk.h"

#include <inttypes.h>

/* A locked token carries its DLEQ, so that its owner can check it offline; a plain one is
 * redeemed to be checked, and short. */
static bool wants_dleq(const struct cashuproof *p)
{
	struct p2pk lock;

	return p2pk_parse(&lock, str_of(p->secret), NULL) == P2PK_LOCK;
}

static void write_token(struct money *m, const struct mint *mint, uint64_t token,
			const struct cashuproof *proofs, size_t n)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);

	cashutok_write(&text, str_of(mint->spelled), STR_LIT("sat"), proofs, n,
		       n && wants_dleq(&proofs[0]));
	dbbill_set_token_text(m->e->db, token, buf_str(&text));
}

static uint64_t add_token(struct money *m, const struct mint *mint,
			  struct dbbill_token *t, const struct cashuproof *proofs,
			  size_t n)
{
	const struct keyset *k = n ? mints_keyset(mint, &proofs[0].id) : NULL;

	t->state = DBBILL_TOKEN_OUT;
	t->mint = mint->number;
	t->made_at = clock_wall_ms();
	for (size_t i = 0; i < n; i++)
		if (!amount_add(&t->amount, proofs[i].amount))
			panic("a token of more than there is");
	t->net = k ? purse_net(t->amount, k, n) : 0;
	dbbill_add_token(m->e->db, t);
	write_token(m, mint, t->token, proofs, n);
	return t->token;
}

uint64_t give_coins_as_token(struct money *m, const struct mint *mint,
			     enum dbbill_token_kind kind, uint64_t job,
			     const struct dbproof *v, size_t n)
{
	struct dbbill_token t = {.kind = kind, .job = job};
	struct cashuproof *proofs = mem_array(n, sizeof(*proofs));

	for (size_t i = 0; i < n; i++)
		proofs[i] = v[i].proof; /* borrowed */
	(void)add_token(m, mint, &t, proofs, n);
	mem_free(proofs);
	for (size_t i = 0; i < n; i++)
		if (!dbproof_give(m->e->db, &v[i].y, t.token))
			panic("a coin was free and is not");
	return t.token;
}

void give_swap(struct money *m, struct dbpay *p, const struct dbproof *v, size_t n,
	       const struct outset *outputs)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct ecpoint *ys = mem_array(n, sizeof(*ys));
	struct lerr err = {0};

	for (size_t i = 0; i < n; i++)
		ys[i] = v[i].y;
	if (payop_reserve(m, p, ys, n, outputs, &err))
		panic("coins of ours are in two operations");
	for (size_t i = 0; i < n; i++)
		if (!dbproof_hold(m->e->db, &v[i].y, p->op, v[i].state == DBPROOF_GIVEN))
			panic("a coin was free and is not");
	purse_swap_request(&request, v, n, outputs);
	payop_set_request(m, p, buf_str(&request));
}

uint64_t give_swapped(struct money *m, const struct dbpay *p, enum dbbill_token_kind kind,
		      const struct outset *outputs, const struct cashuproof *proofs,
		      uint64_t *given)
{
	const struct mint *mint = mints_get(m->mints, p->mint);
	struct dbbill_token t = {.kind = kind, .job = p->job, .op = p->op};
	struct cashuproof *theirs = mem_array(outputs->n, sizeof(*theirs));
	struct dbproof_origin from = {.mint = p->mint, .job = p->job, .op = p->op};
	uint64_t now = clock_wall_ms();
	size_t n = 0;

	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->v[i].for_customer)
			theirs[n++] = proofs[i]; /* borrowed */
	if (n)
		(void)add_token(m, mint, &t, theirs, n);
	mem_free(theirs);
	for (size_t i = 0; i < outputs->n; i++) {
		from.token = outputs->v[i].for_customer ? t.token : 0;
		dbproof_insert(m->e->db, &proofs[i], &from, now);
	}
	*given = t.amount;
	return t.token;
}
