/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/apipay.h"

#include "engine/doc.h"
#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbpay.h"

void apipay_price(struct buf *out, const struct engine *e)
{
	struct mints *mints = e->money->mints;

	if (!mints_first(mints)) {
		doc_key(out, "price");
		buf_add_c(out, "null");
		return;
	}
	doc_open(out, "price", '{');
	doc_u64(out, "rate", conf_uint(e->conf, CONF_PRICE_PER_SECOND));
	doc_c(out, "unit", "sat");
	doc_open(out, "mints", '[');
	for (size_t i = 0; i < mints_count(mints); i++) {
		const struct mint *mint = mints_at(mints, i);

		/* of others we may hold coins: that is nobody's business */
		if (!mint->accepted)
			continue;
		doc_open(out, NULL, '{');
		doc_c(out, "url", mint->spelled);
		doc_bool(out, "accepted", mint->word == MINTS_ADMITTED);
		doc_c(out, "health", mints_health_name(mints_health(mint)));
		doc_close(out, '}');
	}
	doc_close(out, ']');
	doc_close(out, '}');
}

void apipay_payment(struct buf *out, const struct engine *e, uint64_t job)
{
	struct dbbill b;

	if (!dbbill_get(e->db, &b, job)) {
		doc_key(out, "payment");
		buf_add_c(out, "null");
		return;
	}
	doc_open(out, "payment", '{');
	doc_c(out, "state", dbbill_state_name(b.state));
	doc_c(out, "unit", "sat");
	doc_u64(out, "rate", b.rate);
	doc_u64(out, "paid", b.face);
	doc_u64(out, "charged", b.earned);
	doc_u64(out, "change", b.change);
	doc_u64(out, "fees", b.fee_in + b.fee_out);
	doc_close(out, '}');
}

/* ---- timeline */

struct apipay_row {
	uint64_t at;
	uint64_t op;
	enum dbpay_kind kind;
	enum pay_state old;
	enum pay_state next;
	char *event;
	char *text;
};

static void keep_row(void *ctx, const struct dbpay *p, const struct dbpay_log *log)
{
	struct apipay_rows *r = ctx;

	r->v = mem_resize(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct apipay_row){.at = log->at,
					   .op = p->op,
					   .kind = p->kind,
					   .old = log->old,
					   .next = log->next,
					   .event = str_dup(log->event),
					   .text = str_dup(log->text)};
}

void apipay_load_rows(struct apipay_rows *r, const struct engine *e, uint64_t job)
{
	dbpay_each_log_of_job(e->db, job, CAP_ADMIN_PAGE, keep_row, r);
}

void apipay_add_rows(struct buf *out, struct apipay_rows *r, uint64_t before)
{
	for (; r->next < r->n && r->v[r->next].at < before; r->next++) {
		const struct apipay_row *row = &r->v[r->next];

		doc_open(out, NULL, '{');
		doc_u64(out, "at_ms", row->at);
		doc_c(out, "from", payfsm_state_name(row->old));
		doc_c(out, "to", payfsm_state_name(row->next));
		doc_c(out, "event", row->event);
		doc_c(out, "text", row->text);
		doc_c(out, "pay", dbpay_kind_name(row->kind));
		doc_u64(out, "op", row->op);
		doc_close(out, '}');
	}
}

void apipay_wipe_rows(struct apipay_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		mem_free(r->v[i].event);
		mem_free(r->v[i].text);
	}
	mem_free(r->v);
	*r = (struct apipay_rows){NULL, 0, 0};
}
