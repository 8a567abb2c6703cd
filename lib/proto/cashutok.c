/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/cashutok.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/cashuread.h"
#include "lib/proto/cbor.h"
#include "lib/proto/jsonx.h"

#include <stdlib.h>
#include <string.h>

void cashutok_wipe_proof(struct cashuproof *p)
{
	if (p->secret)
		mem_wipe(p->secret, strlen(p->secret));
	mem_free(p->secret);
	mem_wipe(p, sizeof(*p));
}

void cashutok_free(struct cashutok *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		cashutok_wipe_proof(&t->proofs[i]);
	mem_free(t->proofs);
	mem_free(t->mint);
	mem_free(t->unit);
	mem_free(t->memo);
	mem_free(t);
}

void cashutok_free_ptr(struct cashutok **t)
{
	cashutok_free(*t);
}

/* ---- reading */

static enum lerr_code add_up(struct cashuread *r)
{
	struct cashutok *t = r->t;

	for (size_t i = 0; i < t->n; i++)
		if (!amount_add(&t->sum, t->proofs[i].amount))
			return cashuread_fault(r, CASHUTOK_AMOUNT,
					       "the sum of its amounts is too large");
	return LERR_OK;
}

static int by_secret(const void *a, const void *b)
{
	const struct cashuproof *const *x = a;
	const struct cashuproof *const *y = b;

	return strcmp((*x)->secret, (*y)->secret);
}

static enum lerr_code check_secrets(struct cashuread *r)
{
	const struct cashutok *t = r->t;
	const struct cashuproof **auto_free sorted = mem_array(t->n, sizeof(*sorted));

	for (size_t i = 0; i < t->n; i++)
		sorted[i] = &t->proofs[i];
	qsort(sorted, t->n, sizeof(*sorted), by_secret);
	for (size_t i = 1; i < t->n; i++)
		if (strcmp(sorted[i - 1]->secret, sorted[i]->secret) == 0)
			return cashuread_fault(r, CASHUTOK_TWICE,
					       "it holds the same secret twice");
	return LERR_OK;
}

static enum lerr_code check_whole(struct cashuread *r)
{
	enum lerr_code rc;

	if (r->t->n == 0)
		return cashuread_fault(r, CASHUTOK_BAD, "it holds no proofs");
	rc = add_up(r);
	return rc ? rc : check_secrets(r);
}

static bool take_prefix(struct str *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!str_starts(*text, prefix))
		return false;
	*text = (struct str){text->p + n, text->n - n};
	return true;
}

static enum lerr_code read_text(struct cashuread *r, struct str text)
{
	auto_secret_buf struct buf raw = BUF_INIT(CAP_TOKEN_BYTES);
	enum lerr_code (*read)(struct cashuread * r, struct str raw);
	enum lerr_code rc;

	/* the longer one first */
	if (!take_prefix(&text, "web+cashu://") && !take_prefix(&text, "cashu://"))
		(void)take_prefix(&text, "cashu:");
	if (take_prefix(&text, "cashuA"))
		read = cashutok3_read;
	else if (take_prefix(&text, "cashuB"))
		read = cashutok4_read;
	else
		return cashuread_fault(r, CASHUTOK_BAD,
				       "it begins with neither cashuA nor cashuB");
	if (!b64_decode(&raw, text, B64_ANY))
		return cashuread_fault(r, CASHUTOK_BAD, "it is not base64");
	rc = read(r, buf_str(&raw));
	return rc ? rc : check_whole(r);
}

enum lerr_code cashutok_parse(struct cashutok **out, struct str text, size_t most,
			      enum cashutok_fault *why, struct lerr *err)
{
	auto_cashutok struct cashutok *t = mem_zalloc(sizeof(*t));
	struct cashuread r = {.t = t, .most = most, .why = CASHUTOK_BAD, .err = err};
	enum lerr_code rc;

	INVARIANT(most <= CAP_TOKEN_PROOFS);
	if (text.n > CAP_TOKEN_BYTES)
		rc = lerr_set(err, LERR_LIMIT, 0, "%zu bytes, at most %d", text.n,
			      CAP_TOKEN_BYTES);
	else
		rc = read_text(&r, text);
	if (rc) {
		*why = r.why;
		return lerr_wrap(err, rc, "token");
	}
	*out = MEM_STEAL(t);
	return LERR_OK;
}

/* ---- writing V3 */

static void add_member(struct buf *out, const char *key, struct str value)
{
	jsonx_add_key(out, key);
	jsonx_add_string(out, value);
}

static void add_scalar(struct buf *out, const char *key, const struct ecscalar *v)
{
	char hex[2 * sizeof(v->b) + 1];

	hex_encode(hex, v->b, sizeof(v->b));
	add_member(out, key, str_of(hex));
	mem_wipe(hex, sizeof(hex));
}

static bool is_checkable(const struct cashuproof *p, bool with_dleq)
{
	return with_dleq && p->has_dleq && p->dleq.has_r;
}

static void add_proof_v3(struct buf *out, const struct cashuproof *p, bool with_dleq)
{
	buf_add_c(out, "{\"amount\":");
	buf_add_u64(out, p->amount);
	buf_add_char(out, ',');
	add_member(out, "id", str_of(p->id.c));
	buf_add_char(out, ',');
	add_member(out, "secret", str_of(p->secret));
	buf_add_char(out, ',');
	add_member(out, "C", str_of(ecpoint_hex(&p->c).c));
	if (is_checkable(p, with_dleq)) {
		buf_add_c(out, ",\"dleq\":{");
		add_scalar(out, "e", &p->dleq.e);
		buf_add_char(out, ',');
		add_scalar(out, "s", &p->dleq.s);
		buf_add_char(out, ',');
		add_scalar(out, "r", &p->dleq.r);
		buf_add_char(out, '}');
	}
	if (p->has_ephemeral) {
		buf_add_char(out, ',');
		add_member(out, "p2pk_e", str_of(ecpoint_hex(&p->ephemeral).c));
	}
	buf_add_char(out, '}');
}

/* A buffer that went over takes the one that it was for with it. */
static void add_base64(struct buf *out, const char *prefix, const struct buf *raw)
{
	if (buf_over(raw)) {
		(void)buf_space(out, out->cap + 1);
		return;
	}
	buf_add_c(out, prefix);
	b64_encode(out, raw->p, raw->n, B64_URL);
}

void cashutok_write_v3(struct buf *out, struct str mint, struct str unit, struct str memo,
		       const struct cashuproof *proofs, size_t n, bool with_dleq)
{
	auto_secret_buf struct buf raw = BUF_INIT(out->cap);

	buf_add_c(&raw, "{\"token\":[{");
	add_member(&raw, "mint", mint);
	buf_add_c(&raw, ",\"proofs\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(&raw, ',');
		add_proof_v3(&raw, &proofs[i], with_dleq);
	}
	buf_add_c(&raw, "]}],");
	add_member(&raw, "unit", unit);
	if (memo.n) {
		buf_add_char(&raw, ',');
		add_member(&raw, "memo", memo);
	}
	buf_add_char(&raw, '}');
	add_base64(out, "cashuA", &raw);
}

/* ---- writing V4 */

static void add_key(struct buf *out, const char *key)
{
	cbor_add_text(out, str_of(key));
}

static void add_proof_v4(struct buf *out, const struct cashuproof *p, bool with_dleq)
{
	bool has_dleq = is_checkable(p, with_dleq);

	cbor_add_map(out, 3u + has_dleq + p->has_ephemeral);
	add_key(out, "a");
	cbor_add_uint(out, p->amount);
	add_key(out, "s");
	cbor_add_text(out, str_of(p->secret));
	add_key(out, "c");
	cbor_add_bytes(out, p->c.b, sizeof(p->c.b));
	if (has_dleq) {
		add_key(out, "d");
		cbor_add_map(out, 3);
		add_key(out, "e");
		cbor_add_bytes(out, p->dleq.e.b, sizeof(p->dleq.e.b));
		add_key(out, "s");
		cbor_add_bytes(out, p->dleq.s.b, sizeof(p->dleq.s.b));
		add_key(out, "r");
		cbor_add_bytes(out, p->dleq.r.b, sizeof(p->dleq.r.b));
	}
	if (p->has_ephemeral) {
		add_key(out, "pe");
		cbor_add_bytes(out, p->ephemeral.b, sizeof(p->ephemeral.b));
	}
}

/* The first proof of its keyset writes those behind it too. */
static bool is_first(const struct cashuproof *proofs, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (keyset_id_eq(&proofs[k].id, &proofs[i].id))
			return false;
	return true;
}

static void add_keyset(struct buf *out, const struct cashuproof *proofs, size_t n,
		       bool with_dleq, bool short_ids)
{
	const struct keyset_id *id = &proofs[0].id;
	uint8_t bytes[33];
	size_t len = strlen(id->c) / 2;
	size_t count = 0;
	bool is_hex = len <= sizeof(bytes) && hex_decode(bytes, len, str_of(id->c));

	INVARIANT(is_hex);
	for (size_t i = 0; i < n; i++)
		count += keyset_id_eq(&proofs[i].id, id);
	cbor_add_map(out, 2);
	add_key(out, "i");
	cbor_add_bytes(out, bytes, short_ids && len > 8 ? 8 : len);
	add_key(out, "p");
	cbor_add_array(out, count);
	for (size_t i = 0; i < n; i++)
		if (keyset_id_eq(&proofs[i].id, id))
			add_proof_v4(out, &proofs[i], with_dleq);
}

void cashutok_write_v4(struct buf *out, struct str mint, struct str unit, struct str memo,
		       const struct cashuproof *proofs, size_t n, bool with_dleq,
		       bool short_ids)
{
	auto_secret_buf struct buf raw = BUF_INIT(out->cap);
	size_t keysets = 0;

	for (size_t i = 0; i < n; i++)
		keysets += is_first(proofs, i);
	cbor_add_map(&raw, memo.n ? 4 : 3);
	add_key(&raw, "m");
	cbor_add_text(&raw, mint);
	add_key(&raw, "u");
	cbor_add_text(&raw, unit);
	if (memo.n) {
		add_key(&raw, "d");
		cbor_add_text(&raw, memo);
	}
	add_key(&raw, "t");
	cbor_add_array(&raw, keysets);
	for (size_t i = 0; i < n; i++)
		if (is_first(proofs, i))
			add_keyset(&raw, proofs + i, n - i, with_dleq, short_ids);
	add_base64(out, "cashuB", &raw);
}

void cashutok_write(struct buf *out, struct str mint, struct str unit,
		    const struct cashuproof *proofs, size_t n, bool with_dleq)
{
	struct str none = {NULL, 0};

	for (size_t i = 0; i < n; i++) {
		if (keyset_id_kind(str_of(proofs[i].id.c)) != KEYSET_V2)
			continue;
		cashutok_write_v3(out, mint, unit, none, proofs, n, with_dleq);
		return;
	}
	cashutok_write_v4(out, mint, unit, none, proofs, n, with_dleq, false);
}
