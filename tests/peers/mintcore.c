/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintcore.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "tests/peers/mintbook.h"
#include "tests/peers/mintinv.h"
#include "tests/peers/mintroutes.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

struct mintcore_options mintcore_defaults(void)
{
	return (struct mintcore_options){.keyset = {.ppk = 100, .nkeys = KEYSET_KEYS},
					 .ln_fee = 1,
					 .ttl_s = 3600,
					 .most = 1000000000,
					 .name = "test mint"};
}

enum lerr_code mintcore_open(struct mintcore **out, const char *path,
			     const struct mintcore_options *o, struct lerr *err)
{
	struct mintcore *m = mem_zalloc(sizeof(*m));
	enum lerr_code rc = db_open(&m->db, path, mintbook_schema, mintbook_nschema, err);

	if (rc) {
		mem_free(m);
		return rc;
	}
	m->o = *o;
	db_begin(m->db);
	mintkeys_load(m);
	db_commit(m->db);
	*out = m;
	return LERR_OK;
}

void mintcore_close(struct mintcore *m)
{
	if (!m)
		return;
	mintkeys_free(&m->keys);
	db_close(m->db);
	mem_free(m);
}

/* ---- refusals */

bool mintcore_no(struct mintno *no, unsigned int code, const char *fmt, ...)
{
	va_list ap;

	no->status = 400;
	no->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(no->detail, sizeof(no->detail), fmt, ap);
	va_end(ap);
	return false;
}

bool mintcore_misshaped(struct mintno *no, const char *fmt, ...)
{
	va_list ap;

	no->status = 422;
	va_start(ap, fmt);
	(void)vsnprintf(no->detail, sizeof(no->detail), fmt, ap);
	va_end(ap);
	return false;
}

/* The code that such a mint gives. */
static unsigned int code_of(enum mintcore_like like, unsigned int code)
{
	static const struct {
		unsigned int code;
		unsigned int as[3]; /* enum mintcore_like */
	} rows[] = {
		{NO_WITNESS, {20008, 11000, 20008}},
		{NO_OUTPUT_KEYSET, {12001, 11000, 12001}},
		{NO_BALANCE, {11005, 11000, 11005}},
		{NO_SIGNED, {11003, 11003, 11008}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return rows[i].as[like];
	return code;
}

/* Only those with 400 have a code; a schema checker's detail is a list. */
static unsigned int refuse(const struct mintcore *m, struct buf *answer,
			   const struct mintno *no)
{
	buf_add_char(answer, '{');
	jsonx_add_key(answer, "detail");
	if (no->status == 422)
		buf_add_c(answer, "[{\"msg\":");
	jsonx_add_string(answer, str_of(no->detail));
	if (no->status == 422)
		buf_add_c(answer, "}]");
	if (no->status == 400)
		buf_addf(answer, ",\"code\":%u", code_of(m->o.like, no->code));
	buf_add_char(answer, '}');
	return no->status;
}

/* ---- requests */

static const struct route {
	const char *method;
	const char *path; /* with a slash at its end: something follows */
	mintroute *fn;
} routes[] = {
	{"GET", "/v1/info", mintlook_info},
	{"GET", "/v1/keys", mintlook_keys},
	{"GET", "/v1/keys/", mintlook_keys_of},
	{"GET", "/v1/keysets", mintlook_keysets},
	{"POST", "/v1/checkstate", mintlook_checkstate},
	{"POST", "/v1/restore", mintlook_restore},
	{"POST", "/v1/swap", mintswap_swap},
	{"POST", "/v1/mint/quote/bolt11", mintquote_make},
	{"GET", "/v1/mint/quote/bolt11/", mintquote_look},
	{"POST", "/v1/mint/bolt11", mintquote_mint},
	{"POST", "/v1/melt/quote/bolt11", mintmelt_make},
	{"GET", "/v1/melt/quote/bolt11/", mintmelt_look},
	{"POST", "/v1/melt/bolt11", mintmelt_melt},
};

static const struct route *find_route(struct str method, struct str path,
				      struct str *tail, struct mintno *no)
{
	*no = (struct mintno){.status = 404, .detail = "Not Found"};
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		struct str name = str_of(routes[i].path);

		*tail = (struct str){path.p + path.n, 0};
		if (str_ends(name, "/") ? !str_starts(path, name.p) || path.n == name.n
					: !str_eq(path, name))
			continue;
		*tail = (struct str){path.p + name.n, path.n - name.n};
		if (str_eq_c(method, routes[i].method))
			return &routes[i];
		*no = (struct mintno){.status = 405, .detail = "Method Not Allowed"};
	}
	return NULL;
}

static bool load_body(json_t **json, const struct route *r, struct str body,
		      struct mintno *no)
{
	struct lerr err = {0};

	if (str_eq_c(str_of(r->method), "GET"))
		return true;
	if (jsonx_load(json, body, CAP_MINT_REQUEST, JSONX_ANY_NUMBERS, &err))
		return mintcore_misshaped(no, "%s", err.msg);
	if (!json_is_object(*json))
		return mintcore_misshaped(no, "want an object");
	return true;
}

/* Commits what is to stay, whatever the answer. */
static void end(struct mintcore *m, bool done)
{
	if (m->twist != MINTCORE_ROLLBACK && (done || m->commit))
		db_commit(m->db);
	else
		db_rollback(m->db);
	m->twist = MINTCORE_STRAIGHT;
	m->commit = false;
}

unsigned int mintcore_handle(struct mintcore *m, struct str method, struct str path,
			     struct str body, struct buf *answer)
{
	auto_json json_t *json = NULL;
	struct mintcall call = {.body = body};
	struct mintno no = {0};
	const struct route *r = find_route(method, path, &call.tail, &no);
	bool done;

	mintmelt_run_due(m);
	if (!r || !load_body(&json, r, body, &no)) {
		m->twist = MINTCORE_STRAIGHT;
		return refuse(m, answer, &no);
	}
	call.json = json;
	db_begin(m->db);
	done = r->fn(m, &call, answer, &no);
	end(m, done);
	if (done)
		return 200;
	buf_reset(answer);
	return refuse(m, answer, &no);
}

/* ---- what a test may turn */

void mintcore_turn(struct mintcore *m, enum mintcore_twist twist)
{
	m->twist = twist;
}

void mintcore_set_like(struct mintcore *m, enum mintcore_like like)
{
	m->o.like = like;
}

void mintcore_set_ln_fee(struct mintcore *m, uint64_t sat)
{
	m->o.ln_fee = sat;
}

void mintcore_set_pay_after(struct mintcore *m, int queries)
{
	m->o.pay_after = queries;
}

void mintcore_rotate(struct mintcore *m, const struct mintcore_keyset *k,
		     struct keyset_id *id)
{
	const struct keyset *last = &m->keys.v[m->keys.n - 1]->pub;
	struct mintcore_keyset same = {.version = keyset_id_kind(str_of(last->id.c)) ==
						  KEYSET_V2,
				       .ppk = last->ppk,
				       .final_expiry = last->final_expiry,
				       .nkeys = (unsigned int)last->n};

	db_begin(m->db);
	*id = mintkeys_add(m, k ? k : &same)->pub.id;
	db_commit(m->db);
}

bool mintcore_expire(struct mintcore *m, struct str id, uint64_t final_expiry)
{
	return mintkeys_expire(m, id, final_expiry);
}

bool mintcore_pay(struct mintcore *m, struct str quote)
{
	return mintquote_pay(m, quote);
}

void mintcore_foreign_invoice(struct mintcore *m, struct buf *out, uint64_t sat,
			      uint64_t expiry_s)
{
	(void)m;
	mintinv_write(out, sat, clock_wall_s(), expiry_s, "somebody else");
}

/* ---- books */

static uint64_t one_number(struct mintcore *m, const char *sql)
{
	struct dbq *q = db_query(m->db, sql);
	uint64_t v;

	INVARIANT(db_row(q));
	v = db_col_u64(q, 0);
	db_done(q);
	return v;
}

struct mintcore_sums mintcore_sums(struct mintcore *m)
{
	return (struct mintcore_sums){
		.issued = one_number(m, "SELECT coalesce(sum(amount), 0) FROM promises"),
		.redeemed = one_number(m, "SELECT coalesce(sum(amount), 0) FROM proofs "
					  "WHERE state = 2"),
		.pending = one_number(m, "SELECT coalesce(sum(amount), 0) FROM proofs "
					 "WHERE state = 1"),
		.fees = one_number(m, "SELECT coalesce(sum(amount), 0) FROM earned "
				      "WHERE what = 'fees'"),
		.minted =
			one_number(m, "SELECT coalesce(sum(amount), 0) FROM mint_quotes "
				      "WHERE state = 3"),
		.melted =
			one_number(m, "SELECT coalesce(sum(amount), 0) FROM melt_quotes "
				      "WHERE state = 2"),
		.ln_fees = one_number(m, "SELECT coalesce(sum(ln_fee), 0) "
					 "FROM melt_quotes WHERE state = 2"),
		.kept = one_number(m, "SELECT coalesce(sum(amount), 0) FROM earned "
				      "WHERE what = 'kept'"),
	};
}

static void write_keyset_sums(struct mintcore *m, struct buf *out)
{
	struct dbq *q = db_query(
		m->db,
		"SELECT k.id, "
		"(SELECT coalesce(sum(amount), 0) FROM promises WHERE keyset = k.id),"
		"(SELECT coalesce(sum(amount), 0) FROM proofs WHERE keyset = k.id "
		"AND state = 2) FROM keysets k ORDER BY k.number");
	bool first = true;

	buf_add_c(out, "\"keysets\":[");
	while (db_row(q)) {
		uint64_t issued = db_col_u64(q, 1);
		uint64_t redeemed = db_col_u64(q, 2);

		if (!first)
			buf_add_char(out, ',');
		first = false;
		buf_add_c(out, "{\"id\":");
		jsonx_add_string(out, db_col_text(q, 0));
		buf_addf(out, ",\"issued\":%llu,\"redeemed\":%llu,\"outstanding\":%llu}",
			 (unsigned long long)issued, (unsigned long long)redeemed,
			 (unsigned long long)(issued - redeemed));
	}
	buf_add_char(out, ']');
}

void mintcore_write_sums(struct mintcore *m, struct buf *out)
{
	struct mintcore_sums s = mintcore_sums(m);

	buf_addf(out,
		 "{\"issued\":%llu,\"redeemed\":%llu,\"outstanding\":%llu,"
		 "\"pending\":%llu,\"fees\":%llu,\"minted\":%llu,\"melted\":%llu,"
		 "\"ln_fees\":%llu,\"kept\":%llu,",
		 (unsigned long long)s.issued, (unsigned long long)s.redeemed,
		 (unsigned long long)(s.issued - s.redeemed),
		 (unsigned long long)s.pending, (unsigned long long)s.fees,
		 (unsigned long long)s.minted, (unsigned long long)s.melted,
		 (unsigned long long)s.ln_fees, (unsigned long long)s.kept);
	write_keyset_sums(m, out);
	buf_add_char(out, '}');
}
