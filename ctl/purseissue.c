/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/purseissue.h"

#include "ctl/pursecoin.h"
#include "ctl/pursedb.h"
#include "ctl/purserun.h"
#include "lib/base/backoff.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/db.h"

#include <inttypes.h>
#include <stdio.h>

enum { WAIT_BASE_MS = 500, WAIT_MAX_MS = 10000 };

#define PATH "/v1/mint/quote/bolt11"
#define UNIT STR_LIT("sat")

/* ---- the invoice */

static enum lerr_code read_quote(struct mintread_quote *out,
				 const struct mintlink_answer *a, uint64_t amount,
				 struct lerr *err)
{
	enum lerr_code rc = mintread_quote(out, buf_str(&a->body), UNIT, err);

	if (rc)
		return lerr_wrap(err, LERR_DENIED, "the mint");
	if (out->amount == amount && out->request)
		return LERR_OK;
	mintread_free_quote(out);
	return lerr_set(err, LERR_DENIED, 0,
			"the mint's invoice is not for what was asked");
}

static void keep(struct purse *p, struct pursequote *q, const struct mintread_quote *told)
{
	str_copy(q->id, sizeof(q->id), str_of(told->id));
	q->request = str_dup(str_of(told->request));
	q->expiry_s = told->expiry < CAP_CREATED_AT ? told->expiry : 0;
	q->state = PURSEQUOTE_OPEN;
	q->made_at_s = clock_wall_s();
	db_begin(p->d);
	pursequote_insert(p->d, q);
	db_commit(p->d);
}

enum lerr_code purseissue_quote(struct purse *p, const struct pursemint *m,
				struct pursequote *out, uint64_t amount, struct lerr *err)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_buf struct buf body = BUF_INIT(1024);
	struct pursequote q = {
		.mint = m->number, .amount = amount, .has_key = m->info.nut20};
	struct mintread_quote told = {.request = NULL};
	enum lerr_code rc;

	if (!m->info.mint_bolt11)
		return lerr_set(err, LERR_DENIED, 0,
				"%.100s makes no coins for invoices (NUT-04)", m->url);
	/* an invoice that is locked is of no use to whoever sees its id (NUT-20) */
	if (q.has_key) {
		db_begin(p->d);
		pursedb_make_key(p->d, &q.key, clock_wall_s());
		db_commit(p->d);
	}
	mintmsg_mint_quote(&body, amount, UNIT,
			   str_of(q.has_key ? ecpoint_hex(&q.key).c : ""));
	rc = mintlink_get(p->link, &a, m->url, PATH, buf_str(&body), err);
	if (!rc)
		rc = read_quote(&told, &a, amount, err);
	if (rc)
		return rc;
	keep(p, &q, &told);
	mintread_free_quote(&told);
	*out = q;
	return LERR_OK;
}

/* ---- its payment */

static enum lerr_code ask_state(struct purse *p, const struct pursemint *m,
				const struct pursequote *q,
				enum mintread_quote_state *state, struct lerr *err)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	struct mintread_quote told = {.request = NULL};
	char path[192];
	enum lerr_code rc;

	(void)snprintf(path, sizeof(path), PATH "/%s", q->id);
	rc = mintlink_get(p->link, &a, m->url, path, STR_LIT(""), err);
	if (!rc && mintread_quote(&told, buf_str(&a.body), UNIT, err))
		rc = lerr_wrap(err, LERR_TEMP, "the mint");
	if (!rc) {
		*state = told.state;
		mintread_free_quote(&told);
	}
	return rc;
}

static void put_away(struct purse *p, struct pursequote *q)
{
	q->state = PURSEQUOTE_DEAD;
	db_begin(p->d);
	pursequote_set(p->d, q);
	db_commit(p->d);
}

enum lerr_code purseissue_wait(struct purse *p, const struct pursemint *m,
			       struct pursequote *q, uint64_t ms, struct lerr *err)
{
	uint64_t end_ms = clock_mono_ms() + ms;
	enum mintread_quote_state state = MINTREAD_QUOTE_UNPAID;
	struct backoff wait;

	backoff_init(&wait, WAIT_BASE_MS, WAIT_MAX_MS);
	for (;;) {
		enum lerr_code rc = ask_state(p, m, q, &state, err);
		uint64_t now = clock_mono_ms();

		if (!rc && state == MINTREAD_QUOTE_PAID)
			return LERR_OK;
		/* its operation would be known: somebody else was faster */
		if (!rc && state == MINTREAD_QUOTE_ISSUED) {
			put_away(p, q);
			return lerr_set(err, LERR_GONE, 0,
					"its coins were made already, and not for us");
		}
		if (!rc && q->expiry_s && clock_wall_s() > q->expiry_s) {
			put_away(p, q);
			return lerr_set(err, LERR_GONE, 0, "it was not paid in time");
		}
		if (rc == LERR_DENIED || (rc && now >= end_ms))
			return rc;
		if (now >= end_ms)
			return lerr_set(err, LERR_STATE, 0, "it is not paid yet");
		mintlink_pause(backoff_next(&wait) + 100);
	}
}

/* ---- the coins */

static void sign(struct purse *p, char hex[129], const struct pursequote *q,
		 const struct outset *outputs)
{
	struct id32 msg = mintmsg_quote_message(str_of(q->id), outputs);
	struct nsign_key auto_key key = {{0}};
	uint8_t sig[64];

	if (!pursedb_get_key(p->d, &key, &q->key))
		panic("the key of an invoice is gone");
	nsign_sign(sig, &key, &msg);
	hex_encode(hex, sig, sizeof(sig));
}

enum lerr_code purseissue_mint(struct purse *p, const struct pursemint *m,
			       struct pursequote *q, struct lerr *err)
{
	const struct keyset *k = pursemint_output_keyset(m);
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_outset struct outset outputs;
	struct purserun_plan plan = {.outputs = &outputs, .quote = q};
	char signature[129] = "";
	struct dbpay op = {.kind = DBPAY_MINT,
			   .mint = m->number,
			   .total_in = q->amount,
			   .path = "/v1/mint/bolt11"};
	enum lerr_code rc;

	outset_init(&outputs, &k->id);
	rc = pursecoin_add_own(p, &outputs, q->amount, k, err);
	if (rc)
		return rc;
	outset_sort(&outputs);
	if (q->has_key)
		sign(p, signature, q, &outputs);
	mintmsg_mint(&request, str_of(q->id), &outputs, str_of(signature));
	plan.request = buf_str(&request);
	rc = purserun_begin(p, &op, &plan, err);
	return rc ? rc : purserun_finish(p, op.op, err);
}
