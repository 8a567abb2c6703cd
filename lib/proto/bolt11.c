/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bolt11.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/proto/amount.h"
#include "lib/proto/bech32.h"

#include <string.h>

/* Lengths in values of five bits. */
enum {
	TIME_LEN = 7,
	SIGNATURE_LEN = 104,
	HASH_LEN = 52,
	HEAD_LEN = 3, /* of a field: its type, and its length in two values */

	FIELD_PAYMENT_HASH = 1,      /* p */
	FIELD_EXPIRY = 6,            /* x */
	FIELD_DESCRIPTION = 13,      /* d */
	FIELD_DESCRIPTION_HASH = 23, /* h */

	EXPIRY_DEFAULT_S = 3600,
};

struct reader {
	struct bolt11 *out;
	const uint8_t *at;
	const uint8_t *end; /* where the signature begins */
	uint64_t expiry_s;
	uint32_t seen; /* one bit a type */
	struct lerr *err;
};

static enum lerr_code bad(struct lerr *err, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "invoice: %s", what);
}

/* ---- the part in front: ln, network, amount */

static bool take_network(struct bolt11 *out, struct str *rest)
{
	/* one that begins like another stands before it */
	static const char *const networks[] = {"bcrt", "bc", "tbs", "tb"};

	for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
		size_t n = strlen(networks[i]);

		if (!str_starts(*rest, networks[i]))
			continue;
		str_copy(out->network, sizeof(out->network), str_of(networks[i]));
		*rest = (struct str){rest->p + n, rest->n - n};
		return true;
	}
	return false;
}

/* What one stands for, in tenths of millisatoshi; 0: no multiplier. */
static uint64_t multiplier(char c)
{
	switch (c) {
	case 'm':
		return 1000000000;
	case 'u':
		return 1000000;
	case 'n':
		return 1000;
	case 'p':
		return 1;
	default:
		return 0;
	}
}

/* A number of bitcoins: digits, and perhaps a multiplier. */
static bool read_amount(uint64_t *msat, struct str s)
{
	uint64_t times = multiplier(s.p[s.n - 1]);
	uint64_t v;

	if (times)
		s.n--;
	if (!str_to_u64(s, AMOUNT_MAX, &v) || s.p[0] == '0')
		return false;
	if (times == 1) {
		if (v % 10 != 0)
			return false;
		*msat = v / 10;
		return true;
	}
	if (!amount_mul(&v, times ? times / 10 : 100000000000))
		return false;
	*msat = v;
	return true;
}

static enum lerr_code read_prefix(struct bolt11 *out, struct str hrp, struct lerr *err)
{
	if (!str_starts(hrp, "ln"))
		return bad(err, "it does not begin with ln");
	hrp = (struct str){hrp.p + 2, hrp.n - 2};
	if (!take_network(out, &hrp))
		return bad(err, "a network that we do not know");
	out->has_amount = hrp.n > 0;
	if (out->has_amount && !read_amount(&out->amount_msat, hrp))
		return bad(err, "its amount is no whole number of millisatoshi");
	return LERR_OK;
}

/* ---- fields */

/* False when it does not fit. */
static bool take_number(const uint8_t *at, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (*out > AMOUNT_MAX >> 5)
			return false;
		*out = *out << 5 | at[i];
	}
	return true;
}

/* Whole bytes; the bits left over are padding. */
static void add_bytes(struct buf *out, const uint8_t *at, size_t n)
{
	uint32_t acc = 0;
	unsigned int bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = (acc << 5 | at[i]) & 0xfffu;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			buf_add_char(out, (char)(uint8_t)(acc >> bits));
		}
	}
}

static void read_hash(struct id32 *out, const uint8_t *at)
{
	auto_buf struct buf bytes = BUF_INIT(HASH_LEN);

	add_bytes(&bytes, at, HASH_LEN);
	memcpy(out->b, bytes.p, sizeof(out->b));
}

static void read_description(struct bolt11 *out, const uint8_t *at, size_t n)
{
	auto_buf struct buf text = BUF_INIT(n);

	add_bytes(&text, at, n);
	str_printable(out->description, sizeof(out->description), buf_str(&text));
}

static bool is_hash(uint8_t type)
{
	return type == FIELD_PAYMENT_HASH || type == FIELD_DESCRIPTION_HASH;
}

static bool is_wanted(uint8_t type)
{
	return is_hash(type) || type == FIELD_EXPIRY || type == FIELD_DESCRIPTION;
}

static enum lerr_code read_field(struct reader *r, uint8_t type, const uint8_t *at,
				 size_t n)
{
	/* a hash of another length is one of another time: passed over (BOLT-11) */
	if (!is_wanted(type) || (is_hash(type) && n != HASH_LEN))
		return LERR_OK;
	if (r->seen >> type & 1)
		return bad(r->err, "it says something twice");
	r->seen |= 1u << type;
	switch (type) {
	case FIELD_PAYMENT_HASH:
		read_hash(&r->out->payment_hash, at);
		break;
	case FIELD_DESCRIPTION_HASH:
		read_hash(&r->out->description_hash, at);
		break;
	case FIELD_EXPIRY:
		if (!take_number(at, n, &r->expiry_s))
			return bad(r->err, "its expiry is too large");
		break;
	case FIELD_DESCRIPTION:
	default:
		read_description(r->out, at, n);
		break;
	}
	return LERR_OK;
}

static enum lerr_code read_fields(struct reader *r)
{
	enum lerr_code rc = LERR_OK;

	while (!rc && r->at < r->end) {
		size_t left = (size_t)(r->end - r->at);
		const uint8_t *head = r->at;
		size_t n;

		if (left < HEAD_LEN)
			return bad(r->err, "a field is cut off");
		n = (size_t)head[1] << 5 | head[2];
		if (n > left - HEAD_LEN)
			return bad(r->err, "a field is cut off");
		r->at += HEAD_LEN + n;
		rc = read_field(r, head[0], head + HEAD_LEN, n);
	}
	return rc;
}

/* ---- the whole */

static enum lerr_code read_values(struct bolt11 *out, const struct buf *values,
				  struct lerr *err)
{
	struct reader r = {.out = out, .expiry_s = EXPIRY_DEFAULT_S, .err = err};
	enum lerr_code rc;

	if (values->n < TIME_LEN + SIGNATURE_LEN)
		return bad(err, "too short for a time and a signature");
	r.at = (const uint8_t *)values->p;
	r.end = r.at + values->n - SIGNATURE_LEN;
	if (!take_number(r.at, TIME_LEN, &out->made_at))
		return bad(err, "its time is too large");
	r.at += TIME_LEN;
	rc = read_fields(&r);
	if (rc)
		return rc;
	if (!(r.seen >> FIELD_PAYMENT_HASH & 1))
		return bad(err, "it has no payment hash");
	out->has_description_hash = r.seen >> FIELD_DESCRIPTION_HASH & 1;
	out->expires_at = out->made_at;
	return amount_add(&out->expires_at, r.expiry_s)
		       ? LERR_OK
		       : bad(err, "its expiry is too large");
}

static struct str skip_scheme(struct str text)
{
	static const char scheme[] = "lightning:";
	static const char other_case[] = "LIGHTNING:";
	size_t n = strlen(scheme);

	if (text.n < n)
		return text;
	for (size_t i = 0; i < n; i++)
		if (text.p[i] != scheme[i] && text.p[i] != other_case[i])
			return text;
	return (struct str){text.p + n, text.n - n};
}

enum lerr_code bolt11_parse(struct bolt11 *out, struct str text, struct lerr *err)
{
	auto_buf struct buf values = BUF_INIT(CAP_INVOICE_BYTES);
	struct bolt11 invoice = {.amount_msat = 0};
	struct bech32_hrp hrp;
	enum lerr_code rc;

	if (text.n > CAP_INVOICE_BYTES)
		return lerr_set(err, LERR_LIMIT, 0, "invoice: %zu characters, at most %d",
				text.n, CAP_INVOICE_BYTES);
	rc = bech32_decode_values(&hrp, &values, skip_scheme(text), err);
	if (rc)
		return lerr_wrap(err, rc, "invoice");
	rc = read_prefix(&invoice, str_of(hrp.c), err);
	if (!rc)
		rc = read_values(&invoice, &values, err);
	if (!rc)
		*out = invoice;
	return rc;
}
