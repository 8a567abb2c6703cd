/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/walletdoc.h"

#include "engine/doc.h"
#include "engine/engine.h"
#include "engine/money/change.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "lib/base/caps.h"
#include "lib/proto/amount.h"
#include "lib/base/panic.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

/* ---- pieces */

static const char *url_of(struct money *m, uint64_t number)
{
	const struct mint *mint = mints_get(m->mints, number);

	return mint ? mint->url : "";
}

static void add_job(struct buf *out, struct money *m, uint64_t seq)
{
	struct dbjob j;

	doc_key(out, "job");
	if (seq && dbjob_get_seq(m->e->db, &j, seq))
		buf_addf(out, "\"%s\"", id32_hex(&j.id).c);
	else
		buf_add_c(out, "null");
}

static void add_sum(struct buf *out, const char *key, struct dbproof_sum s)
{
	doc_open(out, key, '{');
	doc_u64(out, "amount", s.amount);
	doc_u64(out, "n", s.n);
	doc_close(out, '}');
}

/* ---- the wallet */

/* What we hold is certain only while its mint answers. */
static const char *certainty(const struct mint *mint)
{
	switch (mints_health(mint)) {
	case MINTS_UP:
		return "known";
	case MINTS_DEGRADED:
		return "stale";
	case MINTS_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static void add_balance(struct buf *out, struct money *m, const struct mint *mint)
{
	struct db *d = m->e->db;

	doc_open(out, "balance", '{');
	doc_u64(out, "earned", dbbook_held(d, mint->number, DBBOOK_EARNED));
	doc_u64(out, "jobs", dbbook_held(d, mint->number, DBBOOK_JOBS));
	doc_u64(out, "ready", dbproof_free_earned(d, mint->number).amount);
	doc_c(out, "state", certainty(mint));
	doc_time(out, "as_of", mint->ok_at_s * 1000);
	doc_close(out, '}');
}

static void add_keysets(struct buf *out, struct money *m, const struct mint *mint)
{
	doc_open(out, "keysets", '[');
	for (size_t i = 0; i < mint->n; i++) {
		const struct keyset *k = &mint->keysets[i];

		doc_open(out, NULL, '{');
		doc_c(out, "id", k->id.c);
		doc_bool(out, "active", k->active);
		doc_u64(out, "ppk", k->ppk);
		doc_time(out, "final_expiry", k->final_expiry * 1000);
		add_sum(out, "coins", dbproof_of_keyset(m->e->db, &k->id));
		doc_close(out, '}');
	}
	doc_close(out, ']');
}

static const char *word_of(enum mints_word word)
{
	switch (word) {
	case MINTS_NOT_ASKED:
		return "not_asked";
	case MINTS_ADMITTED:
		return "admitted";
	case MINTS_REFUSED:
		return "refused";
	}
	return "?";
}

static void add_mint(struct buf *out, struct money *m, const struct mint *mint)
{
	struct dbproof_sum tokens;

	doc_open(out, NULL, '{');
	doc_c(out, "url", mint->url);
	doc_c(out, "name", mint->info.name);
	doc_bool(out, "accepted", mint->accepted);
	doc_c(out, "word", word_of(mint->word));
	doc_c(out, "why", mint->why);
	doc_c(out, "health", mints_health_name(mints_health(mint)));
	add_balance(out, m, mint);
	add_sum(out, "coins", dbproof_unspent(m->e->db, mint->number));
	add_keysets(out, m, mint);
	dbbill_tokens_out(m->e->db, mint->number, &tokens.n, &tokens.amount);
	add_sum(out, "tokens_out", tokens);
	doc_u64(out, "open", lane_count(m->lane, mint->number, 0));
	doc_close(out, '}');
}

/* All mints together; in and out, because what comes from outside has no balance. */
static void add_accounts(struct buf *out, struct money *m)
{
	doc_open(out, "accounts", '{');
	for (size_t a = 1; a < DBBOOK_ACCOUNTS; a++) {
		uint64_t sum[2] = {0};

		for (size_t i = 0; i < mints_count(m->mints); i++) {
			uint64_t in;
			uint64_t away;

			dbbook_sums(m->e->db, mints_at(m->mints, i)->number,
				    (enum dbbook_account)a, &in, &away);
			if (!amount_add(&sum[0], in) || !amount_add(&sum[1], away))
				panic("more in the books than there is");
		}
		doc_open(out, dbbook_account_name((enum dbbook_account)a), '{');
		doc_u64(out, "in", sum[0]);
		doc_u64(out, "out", sum[1]);
		doc_close(out, '}');
	}
	doc_close(out, '}');
}

static void add_owed(struct buf *out, struct money *m)
{
	struct dbproof_sum owed = {0};
	struct dbbill b = {0};

	while (dbbill_next_owed(m->e->db, &b, b.job)) {
		struct change_told told;

		change_tell(m, &told, b.job);
		owed.n++;
		if (!amount_add(&owed.amount, told.owed))
			panic("more is owed than there is");
		buf_wipe(&told.token);
	}
	add_sum(out, "owed", owed);
}

static uint64_t count_attention(struct money *m)
{
	struct dbpay p = {0};
	uint64_t n = 0;

	while (dbpay_next_open(m->e->db, &p, p.op))
		n += p.state == PAY_ATTENTION;
	return n;
}

void walletdoc_wallet(struct buf *out, struct money *m)
{
	doc_open(out, NULL, '{');
	doc_c(out, "unit", "sat");
	doc_open(out, "mints", '[');
	for (size_t i = 0; i < mints_count(m->mints); i++)
		add_mint(out, m, mints_at(m->mints, i));
	doc_close(out, ']');
	add_accounts(out, m);
	add_owed(out, m);
	doc_u64(out, "open", lane_count(m->lane, 0, 0));
	doc_u64(out, "attention", count_attention(m));
	doc_close(out, '}');
}

/* ---- pages */

struct page {
	struct buf *out;
	struct money *m;
	uint64_t left;
	uint64_t last;
	bool more;
};

static bool takes_row(struct page *p, uint64_t number)
{
	if (p->left == 0) {
		p->more = true;
		return false;
	}
	p->left--;
	p->last = number;
	return true;
}

static void open_page(struct page *p, struct buf *out, struct money *m, uint64_t limit)
{
	*p = (struct page){.out = out, .m = m, .left = limit};
	doc_open(out, NULL, '{');
	doc_open(out, "items", '[');
}

static void close_page(struct page *p)
{
	doc_close(p->out, ']');
	doc_key(p->out, "next_cursor");
	if (p->more)
		buf_add_u64(p->out, p->last);
	else
		buf_add_c(p->out, "null");
	doc_close(p->out, '}');
}

static void add_transfer(void *ctx, const struct dbbook_row *row)
{
	struct page *p = ctx;

	if (!takes_row(p, row->seq))
		return;
	doc_open(p->out, NULL, '{');
	doc_u64(p->out, "seq", row->seq);
	doc_time(p->out, "at", row->at);
	doc_c(p->out, "mint", url_of(p->m, row->move.mint));
	doc_c(p->out, "from", dbbook_account_name(row->move.src));
	doc_c(p->out, "to", dbbook_account_name(row->move.dst));
	doc_u64(p->out, "amount", row->move.amount);
	doc_u64(p->out, "op", row->move.op);
	add_job(p->out, p->m, row->move.job);
	doc_close(p->out, '}');
}

void walletdoc_history(struct buf *out, struct money *m, uint64_t limit, uint64_t cursor)
{
	struct page p;

	open_page(&p, out, m, limit);
	dbbook_page(m->e->db, cursor, limit + 1, add_transfer, &p);
	close_page(&p);
}

static void add_melt(struct buf *out, struct money *m, const struct dbpay *p)
{
	auto_melt struct dbpay_melt melt = {0};

	if (p->kind != DBPAY_MELT || !dbpay_get_melt(m->e->db, &melt, p->op))
		return;
	doc_c(out, "target", melt.target);
	doc_u64(out, "paid", melt.amount);
	doc_u64(out, "fee_reserve", melt.fee_reserve);
	doc_u64(out, "routing_fee", melt.paid_fee);
	doc_c(out, "preimage", melt.preimage);
}

static void add_pay_members(struct buf *out, struct money *m, const struct dbpay *p)
{
	doc_u64(out, "op", p->op);
	doc_c(out, "kind", dbpay_kind_name(p->kind));
	doc_c(out, "state", payfsm_state_name(p->state));
	doc_c(out, "mint", url_of(m, p->mint));
	add_job(out, m, p->job);
	doc_u64(out, "amount", p->total_in);
	doc_u64(out, "fee", p->fee);
	doc_u64(out, "attempts", p->attempts);
	doc_time(out, "made_at", p->made_at);
	doc_time(out, "moved_at", p->moved_at);
	doc_c(out, "text", p->text);
	add_melt(out, m, p);
}

static void add_pay(void *ctx, const struct dbpay *pay)
{
	struct page *p = ctx;

	if (!takes_row(p, pay->op))
		return;
	doc_open(p->out, NULL, '{');
	add_pay_members(p->out, p->m, pay);
	doc_close(p->out, '}');
}

void walletdoc_pays(struct buf *out, struct money *m, bool open, uint64_t limit,
		    uint64_t cursor)
{
	struct page p;

	open_page(&p, out, m, limit);
	dbpay_page(m->e->db, open, cursor, limit + 1, add_pay, &p);
	close_page(&p);
}

static void add_log_row(void *ctx, const struct dbpay_log *row)
{
	struct buf *out = ctx;

	doc_open(out, NULL, '{');
	doc_u64(out, "at_ms", row->at);
	doc_c(out, "from", payfsm_state_name(row->old));
	doc_c(out, "to", payfsm_state_name(row->next));
	doc_text(out, "event", row->event);
	doc_text(out, "text", row->text);
	doc_close(out, '}');
}

enum lerr_code walletdoc_pay(struct buf *out, struct money *m, uint64_t op,
			     struct lerr *err)
{
	struct dbpay p;

	if (!dbpay_get(m->e->db, &p, op))
		return lerr_set(err, LERR_GONE, 0, "there is no operation %" PRIu64, op);
	doc_open(out, NULL, '{');
	add_pay_members(out, m, &p);
	doc_open(out, "log", '[');
	dbpay_each_log(m->e->db, op, add_log_row, out);
	doc_close(out, ']');
	doc_close(out, '}');
	return LERR_OK;
}

/* ---- tokens */

static const char *token_kind(enum dbbill_token_kind kind)
{
	switch (kind) {
	case DBBILL_TOKEN_CHANGE:
		return "change";
	case DBBILL_TOKEN_EXPORT:
		return "export";
	}
	return "?";
}

static void add_token_members(struct buf *out, struct money *m,
			      const struct dbbill_token *t)
{
	doc_u64(out, "token", t->token);
	doc_c(out, "kind", token_kind(t->kind));
	doc_c(out, "state", dbbill_token_state_name(t->state));
	doc_c(out, "mint", url_of(m, t->mint));
	add_job(out, m, t->job);
	doc_u64(out, "op", t->op);
	doc_u64(out, "amount", t->amount);
	doc_u64(out, "net", t->net);
	doc_time(out, "made_at", t->made_at);
	doc_time(out, "checked_at", t->checked_at);
}

static void add_token(void *ctx, const struct dbbill_token *t)
{
	struct page *p = ctx;

	if (!takes_row(p, t->token))
		return;
	doc_open(p->out, NULL, '{');
	add_token_members(p->out, p->m, t);
	doc_close(p->out, '}');
}

void walletdoc_tokens(struct buf *out, struct money *m, uint64_t limit, uint64_t cursor)
{
	struct page p;

	open_page(&p, out, m, limit);
	dbbill_page_tokens(m->e->db, cursor, limit + 1, add_token, &p);
	close_page(&p);
}

static void add_whole_token(struct buf *out, struct money *m,
			    const struct dbbill_token *t)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);

	add_token_members(out, m, t);
	(void)dbbill_get_token_text(m->e->db, t->token, &text);
	doc_text(out, "text", buf_str(&text));
}

enum lerr_code walletdoc_token(struct buf *out, struct money *m, uint64_t token,
			       struct lerr *err)
{
	struct dbbill_token t;

	if (!dbbill_get_token(m->e->db, &t, token))
		return lerr_set(err, LERR_GONE, 0, "there is no token %" PRIu64, token);
	doc_open(out, NULL, '{');
	add_whole_token(out, m, &t);
	doc_close(out, '}');
	return LERR_OK;
}

void walletdoc_end(struct buf *out, struct money *m, uint64_t op, uint64_t token)
{
	struct dbbill_token t;
	struct dbpay p;

	doc_open(out, NULL, '{');
	if (op && dbpay_get(m->e->db, &p, op)) {
		add_pay_members(out, m, &p);
	} else {
		doc_u64(out, "op", 0);
		doc_c(out, "state", payfsm_state_name(PAY_SETTLED));
	}
	if (token ? dbbill_get_token(m->e->db, &t, token)
		  : dbbill_token_of_op(m->e->db, &t, op)) {
		doc_open(out, "token", '{');
		add_whole_token(out, m, &t);
		doc_close(out, '}');
	}
	doc_close(out, '}');
}
