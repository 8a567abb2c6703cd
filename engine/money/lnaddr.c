/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/lnaddr.h"

#include "engine/money/money.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/net/httpc.h"
#include "lib/proto/amount.h"
#include "lib/proto/lnurl.h"

enum { TIMEOUT_MS = 20000, MSAT = 1000 };

/* One question in two steps; freed when it is answered. */
struct question {
	struct money *m;
	struct lnurl_url url;
	struct lnurl_pay pay;
	uint64_t msat;
	lnaddr_done *done;
	void *ctx;
};

static enum lerr_code ask(struct question *q, const struct lnurl_url *url, httpc_done *fn,
			  struct lerr *err)
{
	struct httpc_request req = {.method = "GET",
				    .url = url->text,
				    .timeout_ms = TIMEOUT_MS,
				    .max_answer = CAP_LNURL_ANSWER,
				    .public_only = !url->is_local};
	uint64_t id;

	return httpc_start(q->m->http, &id, &req, fn, q, err);
}

static void finish(struct question *q, struct str invoice, const struct lerr *err)
{
	q->done(q->m, q->ctx, invoice, err);
	mem_free(q);
}

static enum lerr_code check_answer(const struct httpc_answer *a, struct lerr *err)
{
	if (a->fault != HTTPC_OK)
		return lerr_set(err, LERR_TEMP, 0, "no answer: %s", a->why);
	if (a->status != 200)
		return lerr_set(err, LERR_TEMP, 0, "it answers with status %u",
				a->status);
	return LERR_OK;
}

static void on_invoice(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct question *q = ctx;
	auto_buf struct buf text = BUF_INIT(CAP_INVOICE_BYTES);
	struct bolt11 invoice;
	struct lerr err = {0};
	enum lerr_code rc = check_answer(a, &err);

	(void)id;
	if (!rc)
		rc = lnurl_read_invoice(&text, &invoice, &q->pay, q->msat, a->body, &err);
	if (rc)
		finish(q, STR_LIT(""), &err);
	else
		finish(q, buf_str(&text), NULL);
}

static void on_pay(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct question *q = ctx;
	struct lnurl_url callback;
	struct lerr err = {0};
	enum lerr_code rc = check_answer(a, &err);

	(void)id;
	if (!rc)
		rc = lnurl_read_pay(&q->pay, &q->url, a->body, &err);
	if (!rc)
		rc = lnurl_callback(&callback, &q->pay, q->msat, &err);
	if (!rc)
		rc = ask(q, &callback, on_invoice, &err);
	if (rc)
		finish(q, STR_LIT(""), &err);
}

enum lerr_code lnaddr_invoice(struct money *m, struct str address, uint64_t amount,
			      lnaddr_done *done, void *ctx, struct lerr *err)
{
	struct question *q;
	struct lnurl_url url;
	enum lerr_code rc = lnurl_address(&url, address, err);

	if (rc)
		return rc;
	if (!amount_mul(&amount, MSAT) || amount == 0)
		return lerr_set(err, LERR_LIMIT, 0, "not an amount that can be paid");
	q = mem_zalloc(sizeof(*q));
	*q = (struct question){
		.m = m, .url = url, .msat = amount, .done = done, .ctx = ctx};
	rc = ask(q, &url, on_pay, err);
	if (rc)
		mem_free(q);
	return rc;
}
