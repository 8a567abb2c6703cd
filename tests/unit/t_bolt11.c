/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bolt11.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/proto/bech32.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

enum {
	VALUES = 8192,
	P = 1,
	X = 6,
	D = 13,
	H = 23,
	UNKNOWN = 9,
};

#define MADE_AT 1790000000

/* ---- a small writer of invoices: values of five bits, one in each byte */

static void add_number(struct buf *v, uint64_t n, size_t len)
{
	while (len--)
		buf_add_char(v, (char)(len < 12 ? n >> 5 * len & 31 : 0));
}

static void add_head(struct buf *v, unsigned int type, size_t len)
{
	add_number(v, type, 1);
	add_number(v, len, 2);
}

static void add_bytes(struct buf *v, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint32_t acc = 0;
	unsigned int bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = (acc << 8 | p[i]) & 0xfffu;
		for (bits += 8; bits >= 5; bits -= 5)
			buf_add_char(v, (char)(acc >> (bits - 5) & 31));
	}
	if (bits)
		buf_add_char(v, (char)(acc << (5 - bits) & 31));
}

static void add_field(struct buf *v, unsigned int type, const void *bytes, size_t n)
{
	add_head(v, type, (n * 8 + 4) / 5);
	add_bytes(v, bytes, n);
}

static void add_hash(struct buf *v, unsigned int type, const char *hex)
{
	struct id32 id = unit_id(hex);

	add_field(v, type, id.b, sizeof(id.b));
}

static void start(struct buf *v)
{
	buf_init(v, VALUES);
	add_number(v, MADE_AT, 7);
}

/* Signature and checksum. Our bech32 writes whole bytes: a field that nobody knows makes
 * eight values the measure. */
static struct buf finish(struct buf *v, const char *hrp)
{
	struct buf text = BUF_INIT(VALUES);
	auto_buf struct buf bytes = BUF_INIT(VALUES);
	size_t fill = (8 - (v->n + 3 + 104) % 8) % 8;
	uint64_t acc = 0;

	add_head(v, UNKNOWN, fill);
	add_number(v, 0, fill);
	for (size_t i = 0; i < 104; i++)
		buf_add_char(v, (char)(i & 31));
	for (size_t i = 0; i < v->n; i++) {
		acc = acc << 5 | (uint8_t)v->p[i];
		if (i % 8 == 7)
			for (unsigned int k = 5; k--;)
				buf_add_char(&bytes, (char)(uint8_t)(acc >> 8 * k));
	}
	bech32_encode(&text, hrp, bytes.p, bytes.n);
	buf_free(v);
	return text;
}

static struct bolt11 parse(struct buf *v, const char *hrp)
{
	auto_buf struct buf text = finish(v, hrp);
	struct bolt11 got;
	struct lerr err = {0};

	if (bolt11_parse(&got, buf_str(&text), &err))
		fail_msg("%s", err.msg);
	return got;
}

static void refused(struct buf *v, const char *hrp, const char *why)
{
	auto_buf struct buf text = finish(v, hrp);
	struct bolt11 got = {.amount_msat = 77};
	struct lerr err = {0};

	assert_int_equal(bolt11_parse(&got, buf_str(&text), &err), LERR_INPUT);
	assert_has(err.msg, why);
	assert_int_equal(got.amount_msat, 77);
}

/* ---- what is in one */

static void everything_in_an_invoice_is_read(void **state)
{
	struct id32 hash = unit_id(FACT_KEY1);
	struct buf v;
	struct bolt11 got;

	(void)state;
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	add_field(&v, D, "1 cup \xc3\xa9\n", 9);
	add_head(&v, X, 2);
	add_number(&v, 60, 2);
	got = parse(&v, "lnbc2500u");
	assert_string_equal(got.network, "bc");
	assert_true(got.has_amount);
	assert_int_equal(got.amount_msat, 250000000);
	assert_int_equal(got.made_at, MADE_AT);
	assert_int_equal(got.expires_at, MADE_AT + 60);
	assert_true(id32_eq(&got.payment_hash, &hash));
	assert_false(got.has_description_hash);
	assert_string_equal(got.description, "1 cup ???");
}

static void what_may_be_missing_has_its_default(void **state)
{
	struct id32 hash = unit_id(FACT_KEY2);
	struct buf v;
	struct bolt11 got;

	(void)state;
	start(&v);
	add_hash(&v, H, FACT_KEY2);
	add_field(&v, 3, "routing", 7);
	add_hash(&v, P, FACT_KEY1);
	got = parse(&v, "lnbcrt");
	assert_string_equal(got.network, "bcrt");
	assert_false(got.has_amount);
	assert_int_equal(got.amount_msat, 0);
	assert_int_equal(got.expires_at, MADE_AT + 3600);
	assert_true(got.has_description_hash);
	assert_true(id32_eq(&got.description_hash, &hash));
	assert_string_equal(got.description, "");
}

static void amounts_are_exact(void **state)
{
	static const struct {
		const char *hrp;
		uint64_t msat;
	} good[] = {
		{"lnbc1", 100000000000},
		{"lntb1m", 100000000},
		{"lntbs20m", 2000000000},
		{"lnbcrt1u", 100000},
		{"lnbc1n", 100},
		{"lnbc10p", 1},
		{"lnbc9678785340p", 967878534},
		{"lnbc92233720", 9223372000000000000},
	};
	static const char *const bad[] = {
		"lnbc0",
		"lnbc01u",
		"lnbc1p",
		"lnbc25p",
		"lnbcm",
		"lnbc1k",
		"lnbc1mu",
		"lnbc-1u",
		"lnbc1.5u",
		"lnbc92233721",
		"lnbc99999999999999999999p",
	};
	struct buf v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct bolt11 got;

		start(&v);
		add_hash(&v, P, FACT_KEY1);
		got = parse(&v, good[i].hrp);
		assert_true(got.has_amount);
		assert_int_equal(got.amount_msat, good[i].msat);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		start(&v);
		add_hash(&v, P, FACT_KEY1);
		refused(&v, bad[i], "whole number");
	}
}

static void networks_are_told_apart(void **state)
{
	static const char *const bad[] = {"bc1u", "ln", "lnsb1u", "lnb", "npub", "lnltc"};
	struct buf v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		start(&v);
		add_hash(&v, P, FACT_KEY1);
		refused(&v, bad[i], i == 0 || i == 4 ? "begin with ln" : "network");
	}
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	assert_string_equal(parse(&v, "lntbs").network, "tbs");
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	assert_string_equal(parse(&v, "lntb").network, "tb");
}

/* ---- what is wrong with one */

static void a_hash_of_another_length_is_passed_over(void **state)
{
	struct buf v;
	struct bolt11 got;

	(void)state;
	start(&v);
	add_field(&v, P, FACT_KEY1, 31);
	add_field(&v, H, FACT_KEY1, 64);
	add_hash(&v, P, FACT_KEY1);
	got = parse(&v, "lnbc1u");
	assert_false(got.has_description_hash);
	start(&v);
	add_field(&v, P, FACT_KEY1, 31);
	refused(&v, "lnbc1u", "no payment hash");
}

static void what_is_said_twice_is_refused(void **state)
{
	static const unsigned int types[] = {P, X, D, H};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct buf v;

		start(&v);
		if (types[i] == X) {
			add_head(&v, X, 0);
			add_head(&v, X, 0);
		} else {
			add_hash(&v, types[i], FACT_KEY1);
			add_hash(&v, types[i], FACT_KEY1);
		}
		refused(&v, "lnbc1u", "twice");
	}
}

static void an_expiry_ends_at_what_a_time_can_be(void **state)
{
	struct buf v;

	(void)state;
	for (unsigned int last = 7; last <= 8; last++) {
		start(&v);
		add_hash(&v, P, FACT_KEY1);
		add_head(&v, X, 13);
		add_number(&v, last, 1); /* 7 and sixty bits: 2^63 - 1 with the rest */
		add_number(&v, UINT64_MAX, 12);
		refused(&v, "lnbc1u", "expiry is too large");
	}
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	add_head(&v, X, 20);
	add_number(&v, 0, 18);
	add_number(&v, 1000, 2);
	assert_int_equal(parse(&v, "lnbc1u").expires_at, MADE_AT + 1000);
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	add_head(&v, X, 0);
	assert_int_equal(parse(&v, "lnbc1u").expires_at, MADE_AT);
}

static void a_field_that_is_cut_off_is_refused(void **state)
{
	struct buf v;

	(void)state;
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	add_head(&v, D, 1000);
	refused(&v, "lnbc1u", "cut off");
}

static void too_few_values_are_refused(void **state)
{
	auto_buf struct buf text = BUF_INIT(VALUES);
	uint8_t bytes[70] = {0};
	struct bolt11 got;
	struct lerr err = {0};

	(void)state;
	/* 110 values with the padding: one is missing */
	bech32_encode(&text, "lnbc1u", bytes, 68);
	assert_int_equal(bolt11_parse(&got, buf_str(&text), &err), LERR_INPUT);
	assert_has(err.msg, "too short");
	/* 112: one is left for a field */
	buf_reset(&text);
	bech32_encode(&text, "lnbc1u", bytes, 70);
	assert_int_equal(bolt11_parse(&got, buf_str(&text), &err), LERR_INPUT);
	assert_has(err.msg, "cut off");
}

static void case_and_scheme_do_not_matter_but_mixing_does(void **state)
{
	auto_buf struct buf text = BUF_INIT(VALUES);
	auto_buf struct buf upper = BUF_INIT(VALUES);
	struct bolt11 got;
	struct lerr err = {0};
	struct buf v;

	(void)state;
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	text = finish(&v, "lnbc1u");
	buf_add_c(&upper, "Lightning:");
	for (size_t i = 0; i < text.n; i++)
		buf_add_char(&upper,
			     (char)(text.p[i] >= 'a' ? text.p[i] - 32 : text.p[i]));
	assert_int_equal(bolt11_parse(&got, buf_str(&upper), &err), LERR_OK);
	assert_int_equal(got.amount_msat, 100000);
	assert_string_equal(got.network, "bc");
	upper.p[upper.n - 1] = text.p[text.n - 1];
	if (upper.p[upper.n - 1] < 'a')
		upper.p[upper.n - 2] = text.p[text.n - 2];
	assert_int_equal(bolt11_parse(&got, buf_str(&upper), &err), LERR_INPUT);
	text.p[20] = text.p[20] == 'q' ? 'p' : 'q';
	assert_int_equal(bolt11_parse(&got, buf_str(&text), &err), LERR_INPUT);
	assert_has(err.msg, "checksum");
}

static void an_invoice_ends_at_the_cap(void **state)
{
	auto_buf struct buf text = BUF_INIT(2 * CAP_INVOICE_BYTES);
	struct bolt11 got;
	struct buf v;

	(void)state;
	assert_int_equal(bolt11_parse(&got, STR_LIT(""), NULL), LERR_INPUT);
	assert_int_equal(bolt11_parse(&got, STR_LIT("lightning:"), NULL), LERR_INPUT);
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	for (int i = 0; i < 4; i++) {
		add_head(&v, UNKNOWN, i < 3 ? 1000 : 800);
		add_number(&v, 0, i < 3 ? 1000 : 800);
	}
	(void)parse(&v, "lnbc1u");
	while (text.n <= CAP_INVOICE_BYTES)
		buf_add_char(&text, 'q');
	assert_int_equal(bolt11_parse(&got, buf_str(&text), NULL), LERR_LIMIT);
}

static void a_long_description_is_cut(void **state)
{
	struct bolt11 got;
	char text[300];
	struct buf v;

	(void)state;
	memset(text, 'x', sizeof(text));
	start(&v);
	add_hash(&v, P, FACT_KEY1);
	add_field(&v, D, text, sizeof(text));
	got = parse(&v, "lnbc1u");
	assert_int_equal(strlen(got.description), sizeof(got.description) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_an_invoice_is_read),
		cmocka_unit_test(what_may_be_missing_has_its_default),
		cmocka_unit_test(amounts_are_exact),
		cmocka_unit_test(networks_are_told_apart),
		cmocka_unit_test(a_hash_of_another_length_is_passed_over),
		cmocka_unit_test(what_is_said_twice_is_refused),
		cmocka_unit_test(an_expiry_ends_at_what_a_time_can_be),
		cmocka_unit_test(a_field_that_is_cut_off_is_refused),
		cmocka_unit_test(too_few_values_are_refused),
		cmocka_unit_test(case_and_scheme_do_not_matter_but_mixing_does),
		cmocka_unit_test(an_invoice_ends_at_the_cap),
		cmocka_unit_test(a_long_description_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
