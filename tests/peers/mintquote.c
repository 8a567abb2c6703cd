/* SPDX-License-Identifier: MIT */
/* NUT-04, NUT-20 and NUT-23 at the test mint: quotes whose invoices are paid by nobody. */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/schnorr.h"
#include "tests/peers/mintbook.h"
#include "tests/peers/mintinv.h"
#include "tests/peers/mintroutes.h"

#include <jansson.h>

struct quote {
	char id[128];
	uint64_t amount;
	char request[1024];
	char pubkey[67]; /* or "" */
	enum mintquote_state state;
	uint64_t asked;
	uint64_t expiry;
};

struct mintquote_id mintquote_new_id(void)
{
	struct mintquote_id id;
	uint8_t b[16];

	rng_fill(b, sizeof(b));
	hex_encode(id.c, b, sizeof(b));
	return id;
}

bool mintquote_check_unit(const struct json_t *request, struct mintno *no)
{
	struct str unit;

	if (!jsonx_get_str(request, "unit", &unit))
		return mintcore_misshaped(no, "unit: want a string");
	if (!str_eq_c(unit, "sat"))
		return mintcore_no(no, NO_UNIT, "unit is not supported");
	return true;
}

static void write_quote(struct buf *answer, const struct quote *q)
{
	static const char *const states[] = {[MINTQUOTE_NONE] = "",
					     [MINTQUOTE_UNPAID] = "UNPAID",
					     [MINTQUOTE_PAID] = "PAID",
					     [MINTQUOTE_ISSUED] = "ISSUED"};

	buf_addf(answer,
		 "{\"quote\":\"%s\",\"request\":\"%s\",\"amount\":%llu,\"unit\":\"sat\","
		 "\"state\":\"%s\",\"expiry\":%llu",
		 q->id, q->request, (unsigned long long)q->amount, states[q->state],
		 (unsigned long long)q->expiry);
	if (q->pubkey[0])
		buf_addf(answer, ",\"pubkey\":\"%s\"", q->pubkey);
	buf_add_char(answer, '}');
}

/* The one with this id. */
static bool load(struct quote *out, struct mintcore *m, struct str id, struct mintno *no)
{
	struct dbq *q =
		db_query(m->db, "SELECT id, amount, request, pubkey, state, asked, "
				"expiry FROM mint_quotes WHERE id = ?1");
	bool found;

	db_bind_text(q, 1, id);
	found = db_row(q);
	if (found) {
		str_copy(out->id, sizeof(out->id), db_col_text(q, 0));
		out->amount = db_col_u64(q, 1);
		str_copy(out->request, sizeof(out->request), db_col_text(q, 2));
		str_copy(out->pubkey, sizeof(out->pubkey), db_col_text(q, 3));
		out->state = (enum mintquote_state)db_col_u64(q, 4);
		out->asked = db_col_u64(q, 5);
		out->expiry = db_col_u64(q, 6);
	}
	db_done(q);
	return found || mintcore_no(no, NO_INSIDE, "quote is not known");
}

static void save_state(struct mintcore *m, const struct quote *quote)
{
	struct dbq *q = db_query(m->db, "UPDATE mint_quotes SET state = ?2, asked = ?3 "
					"WHERE id = ?1");

	db_bind_text(q, 1, str_of(quote->id));
	db_bind_u64(q, 2, quote->state);
	db_bind_u64(q, 3, quote->asked);
	INVARIANT(db_run(q) == 1);
}

bool mintquote_pay(struct mintcore *m, struct str quote_or_request)
{
	struct dbq *q = db_query(m->db, "UPDATE mint_quotes SET state = 2 WHERE "
					"(id = ?1 OR request = ?1) AND state = 1");

	db_bind_text(q, 1, quote_or_request);
	return db_run(q) == 1;
}

enum mintquote_state mintquote_state_of(struct mintcore *m, struct str request)
{
	struct dbq *q =
		db_query(m->db, "SELECT state FROM mint_quotes WHERE request = ?1");
	enum mintquote_state state = MINTQUOTE_NONE;

	db_bind_text(q, 1, request);
	if (db_row(q))
		state = (enum mintquote_state)db_col_u64(q, 0);
	db_done(q);
	return state;
}

/* ---- the endpoints */

static bool read_pubkey(struct quote *quote, const json_t *request, struct mintno *no)
{
	const json_t *v = json_object_get(request, "pubkey");
	struct ecpoint key;
	struct str text;

	if (!v || json_is_null(v))
		return true;
	if (!jsonx_get_str(request, "pubkey", &text) || !ecpoint_parse(&key, text))
		return mintcore_misshaped(no, "pubkey is not a point");
	str_copy(quote->pubkey, sizeof(quote->pubkey), str_of(ecpoint_hex(&key).c));
	return true;
}

static void insert(struct mintcore *m, const struct quote *quote)
{
	struct dbq *q = db_query(m->db, "INSERT INTO mint_quotes (id, amount, request, "
					"pubkey, state, asked, expiry) VALUES "
					"(?1, ?2, ?3, ?4, ?5, 0, ?6)");

	db_bind_text(q, 1, str_of(quote->id));
	db_bind_u64(q, 2, quote->amount);
	db_bind_text(q, 3, str_of(quote->request));
	db_bind_text(q, 4, str_of(quote->pubkey));
	db_bind_u64(q, 5, quote->state);
	db_bind_u64(q, 6, quote->expiry);
	(void)db_run(q);
}

bool mintquote_make(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		    struct mintno *no)
{
	auto_buf struct buf invoice = BUF_INIT(1000);
	struct quote q = {.state = MINTQUOTE_UNPAID};
	struct mintquote_id id = mintquote_new_id();
	uint64_t now = clock_wall_s();

	if (!jsonx_get_u64(call->json, "amount", &q.amount))
		return mintcore_misshaped(no, "amount: want a number");
	if (!mintquote_check_unit(call->json, no) || !read_pubkey(&q, call->json, no))
		return false;
	if (q.amount == 0 || q.amount > m->o.most)
		return mintcore_no(no, NO_AMOUNT, "amount must be 1 .. %llu",
				   (unsigned long long)m->o.most);
	mintinv_write(&invoice, q.amount, now, m->o.ttl_s, "test mint");
	str_copy(q.id, sizeof(q.id), str_of(id.c));
	str_copy(q.request, sizeof(q.request), buf_str(&invoice));
	q.expiry = now + m->o.ttl_s;
	insert(m, &q);
	write_quote(answer, &q);
	return true;
}

/* An invoice that nobody waits for is paid when it was asked about often enough. */
static void maybe_pay(struct mintcore *m, struct quote *q)
{
	if (q->state == MINTQUOTE_UNPAID && m->o.pay_after != MINTCORE_NEVER &&
	    q->asked >= (uint64_t)m->o.pay_after)
		q->state = MINTQUOTE_PAID;
}

bool mintquote_look(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		    struct mintno *no)
{
	struct quote q = {.amount = 0};

	if (!load(&q, m, call->tail, no))
		return false;
	if (q.state == MINTQUOTE_UNPAID) {
		q.asked++;
		maybe_pay(m, &q);
		save_state(m, &q);
	}
	write_quote(answer, &q);
	return true;
}

/* NUT-20: SHA-256 of the quote's id and every B_ as text, signed by its key. */
static bool check_signature(const struct quote *q, const struct mintreq *r,
			    const json_t *request, struct mintno *no)
{
	struct hash_state *h;
	struct ecpoint key;
	struct id32 msg, x;
	uint8_t sig[64];
	struct str text;

	if (!q->pubkey[0])
		return true;
	if (!jsonx_get_str(request, "signature", &text) ||
	    !hex_decode(sig, sizeof(sig), text))
		return mintcore_no(no, NO_SIGNATURE, "the quote wants a signature");
	h = hash_new();
	hash_add(h, q->id, str_of(q->id).n);
	for (size_t i = 0; i < r->nout; i++) {
		struct ecpointhex hex = ecpoint_hex(&r->out[i].blinded);

		hash_add(h, hex.c, sizeof(hex.c) - 1);
	}
	msg = hash_done(h);
	INVARIANT(ecpoint_parse(&key, str_of(q->pubkey)));
	x = ecpoint_x(&key);
	if (!schnorr_verify(&x, sig, msg.b, sizeof(msg.b)))
		return mintcore_no(no, NO_SIGNATURE, "signature of the quote is wrong");
	return true;
}

static bool check_state(const struct quote *q, struct mintno *no)
{
	if (q->state == MINTQUOTE_ISSUED)
		return mintcore_no(no, NO_ISSUED, "tokens already issued for quote");
	if (q->state == MINTQUOTE_UNPAID && clock_wall_s() > q->expiry)
		return mintcore_no(no, NO_QUOTE_EXPIRED, "quote expired");
	if (q->state == MINTQUOTE_UNPAID)
		return mintcore_no(no, NO_UNPAID, "quote not paid");
	return true;
}

bool mintquote_mint(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		    struct mintno *no)
{
	auto_mintreq struct mintreq r = {.nin = 0};
	struct quote q = {.amount = 0};
	struct str id;

	if (!jsonx_get_str(call->json, "quote", &id))
		return mintcore_misshaped(no, "quote: want a string");
	if (!load(&q, m, id, no))
		return false;
	maybe_pay(m, &q);
	if (!check_state(&q, no) ||
	    !mintreq_read_outputs(&r, m, call->json, MINTREQ_FULL, no) ||
	    !mintbook_outputs_are_new(m, &r, no) ||
	    !check_signature(&q, &r, call->json, no))
		return false;
	if (r.sum_out != q.amount)
		return mintcore_no(
			no, NO_BALANCE, "outputs (%llu) are not the quote's %llu",
			(unsigned long long)r.sum_out, (unsigned long long)q.amount);
	q.state = MINTQUOTE_ISSUED;
	save_state(m, &q);
	mintbook_sign_all(m, &r, answer);
	return true;
}
