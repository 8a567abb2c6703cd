/* SPDX-License-Identifier: MIT */
/*
 * V4 (cashuB): a map of mint, unit, memo and proofs by keyset. Every map is read by a
 * table of the keys that we know; the order of keys is the writer's.
 */
#include "config.h"

#include "lib/proto/cashuread.h"

#include "lib/base/hex.h"
#include "lib/proto/cbor.h"

#include <string.h>

enum {
	KEYS_MOST =
		32, /* in one map: the format has six, and one not known to us is rare */
	ID_BYTES = 33,
};

struct reader {
	struct cashuread *r;
	struct cbor c;
	struct keyset_id id; /* of the keyset that is being read */
	struct cashuproof *proof;
	bool has_e;
	bool has_s;
};

struct field {
	const char *key;
	enum lerr_code (*fn)(struct reader *v, const struct cbor_item *item);
};

static enum lerr_code bad(struct reader *v, const char *text)
{
	return cashuread_fault(v->r, CASHUTOK_BAD, text);
}

static enum lerr_code not_cbor(struct reader *v)
{
	return bad(v, "it is cut off, nested too deep or no CBOR");
}

/* ---- maps */

static enum lerr_code read_value(struct reader *v, const struct field *fields, size_t n,
				 struct str key)
{
	struct cbor_item item;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq_c(key, fields[i].key))
			continue;
		if (!cbor_next(&v->c, &item))
			return not_cbor(v);
		return item.type == CBOR_NULL ? LERR_OK : fields[i].fn(v, &item);
	}
	return cbor_skip(&v->c) ? LERR_OK : not_cbor(v);
}

static bool is_among(struct str key, const struct str *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

static enum lerr_code read_map(struct reader *v, const struct cbor_item *map,
			       const struct field *fields, size_t n)
{
	struct str seen[KEYS_MOST];
	enum lerr_code rc = LERR_OK;

	if (map->type != CBOR_MAP)
		return bad(v, "something else stands where a map should be");
	if (map->count > KEYS_MOST)
		return bad(v, "a map of too many keys");
	for (size_t i = 0; !rc && i < map->count; i++) {
		struct cbor_item key;

		if (!cbor_next(&v->c, &key))
			return not_cbor(v);
		if (key.type != CBOR_TEXT)
			return bad(v, "a key that is no text");
		if (is_among(key.s, seen, i))
			return bad(v, "a key stands there twice");
		seen[i] = key.s;
		rc = read_value(v, fields, n, key.s);
	}
	return rc;
}

/* ---- one proof */

static enum lerr_code read_bytes(struct reader *v, const struct cbor_item *item,
				 uint8_t *out, size_t n)
{
	if (item->type != CBOR_BYTES || item->s.n != n)
		return bad(v, "a point or a number of a wrong length");
	memcpy(out, item->s.p, n);
	return LERR_OK;
}

static enum lerr_code read_point(struct reader *v, const struct cbor_item *item,
				 struct ecpoint *out)
{
	struct ecpoint p;
	enum lerr_code rc = read_bytes(v, item, p.b, sizeof(p.b));

	if (rc)
		return rc;
	if (!ecpoint_is_valid(&p))
		return bad(v, "its C or pe is no point of the curve");
	*out = p;
	return LERR_OK;
}

static enum lerr_code read_a(struct reader *v, const struct cbor_item *item)
{
	if (item->type != CBOR_UINT)
		return cashuread_fault(v->r, CASHUTOK_AMOUNT,
				       "its amount is not a whole number");
	return cashuread_amount(v->r, v->proof, item->u);
}

static enum lerr_code read_s(struct reader *v, const struct cbor_item *item)
{
	if (item->type != CBOR_TEXT)
		return bad(v, "its secret is no text");
	return cashuread_secret(v->r, v->proof, item->s);
}

static enum lerr_code read_c(struct reader *v, const struct cbor_item *item)
{
	return read_point(v, item, &v->proof->c);
}

static enum lerr_code read_pe(struct reader *v, const struct cbor_item *item)
{
	v->proof->has_ephemeral = true;
	return read_point(v, item, &v->proof->ephemeral);
}

static enum lerr_code read_dleq_e(struct reader *v, const struct cbor_item *item)
{
	v->has_e = true;
	return read_bytes(v, item, v->proof->dleq.e.b, sizeof(v->proof->dleq.e.b));
}

static enum lerr_code read_dleq_s(struct reader *v, const struct cbor_item *item)
{
	v->has_s = true;
	return read_bytes(v, item, v->proof->dleq.s.b, sizeof(v->proof->dleq.s.b));
}

static enum lerr_code read_dleq_r(struct reader *v, const struct cbor_item *item)
{
	v->proof->dleq.has_r = true;
	return read_bytes(v, item, v->proof->dleq.r.b, sizeof(v->proof->dleq.r.b));
}

static enum lerr_code read_d(struct reader *v, const struct cbor_item *item)
{
	static const struct field fields[] = {
		{"e", read_dleq_e}, {"s", read_dleq_s}, {"r", read_dleq_r}};
	struct dleq *d = &v->proof->dleq;
	enum lerr_code rc;

	v->has_e = false;
	v->has_s = false;
	rc = read_map(v, item, fields, ARRAY_LEN(fields));
	if (rc)
		return rc;
	/* nobody can check it without r */
	if (!d->has_r)
		*d = (struct dleq){.has_r = false};
	else if (!v->has_e || !v->has_s)
		return bad(v, "its DLEQ proof is not three numbers");
	v->proof->has_dleq = d->has_r;
	return LERR_OK;
}

/* w, the witness, is among the keys that are skipped: we make our own */
static enum lerr_code read_proof(struct reader *v)
{
	static const struct field fields[] = {{"a", read_a},
					      {"s", read_s},
					      {"c", read_c},
					      {"d", read_d},
					      {"pe", read_pe}};
	struct cashutok *t = v->r->t;
	struct cbor_item item;
	enum lerr_code rc;

	if (!cbor_next(&v->c, &item))
		return not_cbor(v);
	v->proof = &t->proofs[t->n++];
	rc = read_map(v, &item, fields, ARRAY_LEN(fields));
	return rc ? rc : cashuread_complete(v->r, v->proof);
}

/* ---- proofs by keyset */

static enum lerr_code read_p(struct reader *v, const struct cbor_item *item)
{
	enum lerr_code rc;

	if (item->type != CBOR_ARRAY)
		return bad(v, "its proofs are no list");
	rc = cashuread_room(v->r, item->count);
	for (size_t i = 0; !rc && i < item->count; i++) {
		rc = read_proof(v);
		if (rc)
			rc = lerr_wrap(v->r->err, rc, "proof %zu", v->r->t->n);
	}
	return rc;
}

static enum lerr_code read_i(struct reader *v, const struct cbor_item *item)
{
	char hex[2 * ID_BYTES + 1];

	if (item->type != CBOR_BYTES || item->s.n > ID_BYTES)
		return bad(v, "a keyset id of a wrong length");
	hex_encode(hex, (const uint8_t *)item->s.p, item->s.n);
	return cashuread_id(v->r, &v->id, str_of(hex));
}

/* Its id may stand behind its proofs. */
static enum lerr_code read_keyset(struct reader *v)
{
	static const struct field fields[] = {{"i", read_i}, {"p", read_p}};
	struct cashutok *t = v->r->t;
	size_t first = t->n;
	struct cbor_item item;
	enum lerr_code rc;

	if (!cbor_next(&v->c, &item))
		return not_cbor(v);
	v->id.c[0] = '\0';
	rc = read_map(v, &item, fields, ARRAY_LEN(fields));
	if (rc)
		return rc;
	if (!v->id.c[0])
		return bad(v, "proofs without a keyset id");
	for (size_t i = first; i < t->n; i++)
		t->proofs[i].id = v->id;
	return LERR_OK;
}

static enum lerr_code read_t(struct reader *v, const struct cbor_item *item)
{
	enum lerr_code rc = LERR_OK;

	if (item->type != CBOR_ARRAY)
		return bad(v, "its keysets are no list");
	for (size_t i = 0; !rc && i < item->count; i++)
		rc = read_keyset(v);
	return rc;
}

/* ---- the token */

static enum lerr_code read_m(struct reader *v, const struct cbor_item *item)
{
	return item->type == CBOR_TEXT ? cashuread_text(v->r, &v->r->t->mint, item->s)
				       : bad(v, "its mint is no text");
}

static enum lerr_code read_u(struct reader *v, const struct cbor_item *item)
{
	return item->type == CBOR_TEXT ? cashuread_text(v->r, &v->r->t->unit, item->s)
				       : bad(v, "its unit is no text");
}

static enum lerr_code read_memo(struct reader *v, const struct cbor_item *item)
{
	return item->type == CBOR_TEXT ? cashuread_memo(v->r, item->s)
				       : bad(v, "its memo is no text");
}

enum lerr_code cashutok4_read(struct cashuread *r, struct str cbor)
{
	static const struct field fields[] = {
		{"m", read_m}, {"u", read_u}, {"d", read_memo}, {"t", read_t}};
	struct reader v = {.r = r};
	struct cbor_item item;
	enum lerr_code rc;

	cbor_open(&v.c, cbor);
	if (!cbor_next(&v.c, &item))
		return not_cbor(&v);
	rc = read_map(&v, &item, fields, ARRAY_LEN(fields));
	if (rc)
		return rc;
	if (!cbor_at_end(&v.c))
		return bad(&v, "there are bytes behind its end");
	if (!r->t->mint)
		return bad(&v, "it names no mint");
	return r->t->unit ? LERR_OK : bad(&v, "it names no unit");
}
