/* SPDX-License-Identifier: MIT */
/*
 * NUT-05, NUT-08 and NUT-23 at the test mint: invoices paid over a Lightning that is made
 * up. A melt is UNPAID, then PENDING while its inputs are held, then PAID or UNPAID.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/panic.h"
#include "lib/proto/bolt11.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "tests/peers/mintbook.h"
#include "tests/peers/mintinv.h"
#include "tests/peers/mintroutes.h"

#include <jansson.h>

enum state {
	MELT_UNPAID = 0,
	MELT_PENDING = 1,
	MELT_PAID = 2,
};

/* What comes of a PENDING one by itself, before the next request. */
enum ending {
	END_NONE = 0,
	END_PAID = 1,
	END_FAILED = 2,
};

struct melt {
	char id[64];
	uint64_t amount;
	char request[CAP_INVOICE_BYTES + 1];
	struct id32 hash;
	uint64_t reserve;
	uint64_t expiry;
	bool own; /* an invoice of this very mint */
	enum state state;
	enum ending ending;
	uint64_t sum_in; /* of a PENDING or PAID one: its inputs, their fee */
	uint64_t fee;
	char preimage[65];
};

static void read_row(struct melt *out, struct dbq *q)
{
	str_copy(out->id, sizeof(out->id), db_col_text(q, 0));
	out->amount = db_col_u64(q, 1);
	str_copy(out->request, sizeof(out->request), db_col_text(q, 2));
	db_col_blob(q, 3, out->hash.b, sizeof(out->hash.b));
	out->reserve = db_col_u64(q, 4);
	out->expiry = db_col_u64(q, 5);
	out->own = db_col_u64(q, 6) != 0;
	out->state = (enum state)db_col_u64(q, 7);
	out->ending = (enum ending)db_col_u64(q, 8);
	out->sum_in = db_col_u64(q, 9);
	out->fee = db_col_u64(q, 10);
	str_copy(out->preimage, sizeof(out->preimage), db_col_text(q, 11));
}

/* *change gets the list of a PAID one. */
static bool load(struct melt *out, struct mintcore *m, struct str id, struct buf *change,
		 struct mintno *no)
{
	struct dbq *q =
		db_query(m->db, "SELECT id, amount, request, hash, reserve, expiry, "
				"own, state, ending, sum_in, fee, preimage, change "
				"FROM melt_quotes WHERE id = ?1");
	bool found;

	db_bind_text(q, 1, id);
	found = db_row(q);
	if (found) {
		read_row(out, q);
		if (change)
			buf_add_str(change, db_col_text(q, 12));
	}
	db_done(q);
	return found || mintcore_no(no, NO_INSIDE, "quote is not known");
}

static void save(struct mintcore *m, const struct melt *v, uint64_t ln_fee,
		 struct str change)
{
	struct dbq *q = db_query(m->db, "UPDATE melt_quotes SET state = ?2, ending = ?3, "
					"sum_in = ?4, fee = ?5, ln_fee = ?6, "
					"preimage = ?7, change = ?8 WHERE id = ?1");

	db_bind_text(q, 1, str_of(v->id));
	db_bind_u64(q, 2, v->state);
	db_bind_u64(q, 3, v->ending);
	db_bind_u64(q, 4, v->sum_in);
	db_bind_u64(q, 5, v->fee);
	db_bind_u64(q, 6, ln_fee);
	db_bind_text(q, 7, str_of(v->preimage));
	db_bind_text(q, 8, change);
	INVARIANT(db_run(q) == 1);
}

static void write_quote(struct buf *answer, const struct melt *v, struct str change)
{
	static const char *const states[] = {[MELT_UNPAID] = "UNPAID",
					     [MELT_PENDING] = "PENDING",
					     [MELT_PAID] = "PAID"};

	buf_addf(answer,
		 "{\"quote\":\"%s\",\"request\":\"%s\",\"amount\":%llu,\"unit\":\"sat\","
		 "\"fee_reserve\":%llu,\"state\":\"%s\",\"expiry\":%llu,",
		 v->id, v->request, (unsigned long long)v->amount,
		 (unsigned long long)v->reserve, states[v->state],
		 (unsigned long long)v->expiry);
	if (v->preimage[0])
		buf_addf(answer, "\"payment_preimage\":\"%s\"", v->preimage);
	else
		buf_add_c(answer, "\"payment_preimage\":null");
	if (v->state == MELT_PAID && change.n > 0) {
		buf_add_c(answer, ",\"change\":");
		buf_add_str(answer, change);
	}
	buf_add_char(answer, '}');
}

/* ---- how it ends */

/* SHA-256 of the preimage is the invoice's hash if the invoice was made here. */
static void tell_preimage(struct melt *v)
{
	struct bolt11 inv;
	struct id32 preimage;

	INVARIANT(bolt11_parse(&inv, str_of(v->request), NULL) == LERR_OK);
	preimage = mintinv_preimage(str_of(inv.description));
	str_copy(v->preimage, sizeof(v->preimage), str_of(id32_hex(&preimage).c));
}

static void end_paid(struct mintcore *m, struct melt *v, struct buf *change)
{
	uint64_t ln_fee = v->own ? 0 : m->o.ln_fee;
	uint64_t kept = 0;
	uint64_t rest;

	if (ln_fee > v->reserve)
		ln_fee = v->reserve;
	rest = v->sum_in - v->amount - v->fee - ln_fee;
	mintbook_end(m, str_of(v->id), true);
	mintbook_use_blanks(m, str_of(v->id), rest, change, &kept);
	mintbook_earn(m, "fees", v->fee);
	mintbook_earn(m, "kept", kept);
	if (v->own)
		(void)mintquote_pay(m, str_of(v->request));
	tell_preimage(v);
	v->state = MELT_PAID;
	v->ending = END_NONE;
	save(m, v, ln_fee, buf_str(change));
}

static void end_failed(struct mintcore *m, struct melt *v)
{
	mintbook_end(m, str_of(v->id), false);
	mintbook_drop_blanks(m, str_of(v->id));
	v->state = MELT_UNPAID;
	v->ending = END_NONE;
	v->sum_in = 0;
	v->fee = 0;
	save(m, v, 0, STR_LIT(""));
}

static void finish(struct mintcore *m, struct melt *v, bool paid)
{
	auto_buf struct buf change = BUF_INIT(CAP_MINT_ANSWER);

	if (paid)
		end_paid(m, v, &change);
	else
		end_failed(m, v);
}

static bool next_due(struct melt *v, struct mintcore *m)
{
	struct dbq *q =
		db_query(m->db, "SELECT id, amount, request, hash, reserve, expiry, "
				"own, state, ending, sum_in, fee, preimage "
				"FROM melt_quotes WHERE ending <> 0 LIMIT 1");
	bool found = db_row(q);

	if (found)
		read_row(v, q);
	db_done(q);
	return found;
}

void mintmelt_run_due(struct mintcore *m)
{
	struct melt v;

	while (next_due(&v, m)) {
		db_begin(m->db);
		finish(m, &v, v.ending == END_PAID);
		db_commit(m->db);
	}
}

bool mintcore_settle(struct mintcore *m, struct str quote, bool paid)
{
	struct mintno no;
	struct melt v;

	if (!load(&v, m, quote, NULL, &no) || v.state != MELT_PENDING)
		return false;
	db_begin(m->db);
	finish(m, &v, paid);
	db_commit(m->db);
	return true;
}

/* ---- quotes */

/* NUT-23: the amount is the invoice's; an option may only repeat it. */
static bool amount_of(uint64_t *sat, const struct bolt11 *inv, const json_t *request,
		      struct mintno *no)
{
	const json_t *options = json_object_get(request, "options");
	const json_t *amountless = json_object_get(options, "amountless");
	uint64_t msat;

	if (!inv->has_amount || inv->amount_msat == 0)
		return mintcore_no(no, NO_AMOUNTLESS,
				   "amountless invoices are not supported");
	if (json_is_object(amountless) &&
	    (!jsonx_get_u64(amountless, "amount_msat", &msat) ||
	     msat != inv->amount_msat))
		return mintcore_no(no, NO_OTHER_AMOUNT,
				   "amount in request is not the invoice's");
	*sat = (inv->amount_msat + 999) / 1000;
	return true;
}

static void insert(struct mintcore *m, const struct melt *v)
{
	struct dbq *q = db_query(
		m->db, "INSERT INTO melt_quotes (id, amount, request, hash, "
		       "reserve, expiry, own, state, ending, sum_in, fee, ln_fee, "
		       "preimage, change) VALUES "
		       "(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 0, 0, '', '')");

	db_bind_text(q, 1, str_of(v->id));
	db_bind_u64(q, 2, v->amount);
	db_bind_text(q, 3, str_of(v->request));
	db_bind_id32(q, 4, &v->hash);
	db_bind_u64(q, 5, v->reserve);
	db_bind_u64(q, 6, v->expiry);
	db_bind_u64(q, 7, v->own);
	(void)db_run(q);
}

static bool read_request(struct melt *v, struct bolt11 *inv, struct mintcore *m,
			 const json_t *json, struct mintno *no)
{
	struct str request;
	struct lerr err = {0};

	if (!jsonx_get_str(json, "request", &request))
		return mintcore_misshaped(no, "request: want a string");
	if (!mintquote_check_unit(json, no))
		return false;
	if (request.n > CAP_INVOICE_BYTES || bolt11_parse(inv, request, &err))
		return mintcore_no(no, NO_INSIDE, "not an invoice: %.120s", err.msg);
	if (!amount_of(&v->amount, inv, json, no))
		return false;
	if (v->amount > m->o.most)
		return mintcore_no(no, NO_AMOUNT, "amount must be 1 .. %llu",
				   (unsigned long long)m->o.most);
	str_copy(v->request, sizeof(v->request), request);
	v->hash = inv->payment_hash;
	return true;
}

bool mintmelt_make(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	struct melt v = {.state = MELT_UNPAID};
	struct mintquote_id id = mintquote_new_id();
	uint64_t now = clock_wall_s();
	struct bolt11 inv;

	if (!read_request(&v, &inv, m, call->json, no))
		return false;
	if (now > inv.expires_at)
		return mintcore_no(no, NO_QUOTE_EXPIRED, "invoice expired");
	v.own = mintquote_state_of(m, str_of(v.request)) != MINTQUOTE_NONE;
	/* what stays in the house is settled without a fee */
	if (!v.own)
		v.reserve = v.amount / 100 < 2 ? 2 : v.amount / 100;
	v.expiry = now + m->o.ttl_s < inv.expires_at ? now + m->o.ttl_s : inv.expires_at;
	str_copy(v.id, sizeof(v.id), str_of(id.c));
	insert(m, &v);
	write_quote(answer, &v, (struct str){"", 0});
	return true;
}

bool mintmelt_look(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	auto_buf struct buf change = BUF_INIT(CAP_MINT_ANSWER);
	struct melt v;

	if (!load(&v, m, call->tail, &change, no))
		return false;
	write_quote(answer, &v, buf_str(&change));
	return true;
}

/* ---- melting */

/* The same invoice may have several quotes; it is paid once. */
static bool check_others(struct mintcore *m, const struct melt *v, struct mintno *no)
{
	struct dbq *q = db_query(m->db, "SELECT coalesce(max(state), 0) FROM melt_quotes "
					"WHERE hash = ?1");
	enum state worst;

	db_bind_id32(q, 1, &v->hash);
	INVARIANT(db_row(q));
	worst = (enum state)db_col_u64(q, 0);
	db_done(q);
	switch (worst) {
	case MELT_PENDING:
		return mintcore_no(no, NO_QUOTE_PENDING, "melt quote is pending");
	case MELT_PAID:
		return mintcore_no(no, NO_PAID, "invoice already paid");
	case MELT_UNPAID:
		break;
	}
	if (clock_wall_s() > v->expiry)
		return mintcore_no(no, NO_QUOTE_EXPIRED, "quote expired");
	if (v->own && mintquote_state_of(m, str_of(v->request)) != MINTQUOTE_UNPAID)
		return mintcore_no(no, NO_PAID, "invoice already paid");
	return true;
}

static bool check_balance(const struct melt *v, const struct mintreq *r,
			  struct mintno *no)
{
	uint64_t need = v->amount;

	if (!amount_add(&need, v->reserve) || !amount_add(&need, r->fee) ||
	    r->sum_in < need)
		return mintcore_no(no, NO_BALANCE,
				   "not enough inputs provided for melt. Provided: %llu, "
				   "needed: %llu",
				   (unsigned long long)r->sum_in,
				   (unsigned long long)need);
	return true;
}

/* Hold the inputs and blanks. */
static void hold(struct mintcore *m, struct melt *v, const struct mintreq *r)
{
	mintbook_take(m, r, MINTBOOK_PENDING, str_of(v->id));
	mintbook_keep_blanks(m, r, str_of(v->id));
	v->sum_in = r->sum_in;
	v->fee = r->fee;
	v->state = MELT_PENDING;
	v->ending = END_NONE;
}

/* Inputs are held; what does the payment do? */
static bool pay(struct mintcore *m, struct melt *v, bool later, struct buf *answer,
		struct mintno *no)
{
	auto_buf struct buf change = BUF_INIT(CAP_MINT_ANSWER);

	if (m->twist == MINTCORE_FAIL && !later)
		return mintcore_no(no, NO_LIGHTNING, "Lightning payment failed");
	if (m->twist == MINTCORE_UNKNOWN || m->twist == MINTCORE_PENDING || later) {
		if (later && m->twist != MINTCORE_UNKNOWN && m->twist != MINTCORE_PENDING)
			v->ending = m->twist == MINTCORE_FAIL ? END_FAILED : END_PAID;
		save(m, v, 0, STR_LIT(""));
		m->commit = true;
		if (m->twist == MINTCORE_UNKNOWN)
			return mintcore_no(no, NO_LIGHTNING, "Lightning payment failed");
	} else {
		end_paid(m, v, &change);
	}
	write_quote(answer, v, buf_str(&change));
	return true;
}

bool mintmelt_melt(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	auto_mintreq struct mintreq r = {.nin = 0};
	bool later = false;
	struct melt v;
	struct str id;

	if (!jsonx_get_str(call->json, "quote", &id))
		return mintcore_misshaped(no, "quote: want a string");
	(void)jsonx_get_bool(call->json, "prefer_async", &later);
	if (!load(&v, m, id, NULL, no) || !check_others(m, &v, no) ||
	    !mintreq_read_inputs(&r, m, call->json, no) ||
	    !mintbook_inputs_are_free(m, &r, no) ||
	    !mintreq_read_outputs(&r, m, call->json, MINTREQ_BLANK, no) ||
	    !mintreq_may_spend(&r, id, no) || !mintbook_outputs_are_new(m, &r, no) ||
	    !check_balance(&v, &r, no))
		return false;
	hold(m, &v, &r);
	return pay(m, &v, later, answer, no);
}
