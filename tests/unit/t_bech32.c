/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bech32.h"

#include "lib/base/caps.h"
#include "tests/unit/unit.h"

#include <string.h>

/* BIP-173's valid strings whose data is whole bytes, with the data in hex. */
static void known_strings_hold_both_ways(void **state)
{
	auto_buf struct buf data = BUF_INIT(100);
	auto_buf struct buf text = BUF_INIT(200);
	struct bech32_hrp hrp;

	(void)state;
	assert_int_equal(bech32_decode(&hrp, &data, STR_LIT("A12UEL5L"), NULL), LERR_OK);
	assert_string_equal(hrp.c, "a");
	assert_int_equal(data.n, 0);
	assert_int_equal(bech32_decode(&hrp, &data, STR_LIT("?1ezyfcl"), NULL), LERR_OK);
	assert_string_equal(hrp.c, "?");
	bech32_encode(&text, "a", NULL, 0);
	assert_buf(text, "a12uel5l");
	/* all 32 characters: 20 bytes */
	assert_int_equal(
		bech32_decode(&hrp, &data,
			      STR_LIT("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
			      NULL),
		LERR_OK);
	assert_string_equal(hrp.c, "abcdef");
	assert_memory_equal(data.p,
			    "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf\x84\x65\x3a\x56"
			    "\xd7\xc6\x75\xbe\x77\xdf",
			    20);
	buf_reset(&text);
	bech32_encode(&text, "abcdef", data.p, data.n);
	assert_buf(text, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"A12uEL5L", "case"},
		{"a12uel5m", "checksum"},
		{"a1lqfn3a", "bech32m"},
		{"pzry9x0s0muk", "prefix"},
		{"1pzry9x0s0muk", "prefix"},
		{"x1b4n0q5v", "'b'"},
		{"li1dgmt3", "short"},
		{"de1lg7wt\xff", "0xff"},
		{"\x20"
		 "1nwldj5",
		 "0x20"},
		{"a1\x7f"
		 "2uel5l",
		 "0x7f"},
		{"", "prefix"},
		{"a1", "short"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf data = BUF_INIT(100);
		struct bech32_hrp hrp = {"before"};
		struct lerr err = {0};

		assert_int_equal(bech32_decode(&hrp, &data, str_of(bad[i].text), &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].why);
		assert_string_equal(hrp.c, "before");
		assert_int_equal(data.n, 0);
	}
}

static void a_nul_is_no_character(void **state)
{
	auto_buf struct buf data = BUF_INIT(100);
	struct bech32_hrp hrp;

	(void)state;
	assert_int_equal(bech32_decode(&hrp, &data, (struct str){"a1\0uel5l", 8}, NULL),
			 LERR_INPUT);
}

static void bits_left_over_must_be_few_and_zero(void **state)
{
	/* 5 bits alone, a byte whose 2 spare bits are not zero, a byte and 7 bits */
	static const char *const bad[] = {"a1q3g6mn3", "a1qpamnt9j", "a1qqqd87cpp"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf data = BUF_INIT(100);
		struct bech32_hrp hrp;
		struct lerr err = {0};

		assert_int_equal(bech32_decode(&hrp, &data, str_of(bad[i]), &err),
				 LERR_INPUT);
		assert_has(err.msg, "padding");
	}
}

static void values_need_not_be_whole_bytes(void **state)
{
	auto_buf struct buf values = BUF_INIT(8);
	auto_buf struct buf small = BUF_INIT(6);
	auto_buf struct buf data = BUF_INIT(100);
	struct bech32_hrp hrp = {"before"};
	struct lerr err = {0};

	(void)state;
	/* seven values are four bytes and three bits, not all zero */
	assert_int_equal(bech32_decode(&hrp, &data, STR_LIT("a1qpzry9x6dneta"), &err),
			 LERR_INPUT);
	assert_has(err.msg, "padding");
	assert_int_equal(
		bech32_decode_values(&hrp, &small, STR_LIT("a1qpzry9x6dneta"), &err),
		LERR_LIMIT);
	assert_string_equal(hrp.c, "before");
	assert_int_equal(
		bech32_decode_values(&hrp, &values, STR_LIT("a1qpzry9x6dneta"), &err),
		LERR_OK);
	assert_string_equal(hrp.c, "a");
	assert_int_equal(values.n, 7);
	assert_memory_equal(values.p, "\0\1\2\3\4\5\6", 7);
	assert_int_equal(
		bech32_decode_values(&hrp, &values, STR_LIT("a1qpzry9x6dnetq"), &err),
		LERR_INPUT);
	assert_has(err.msg, "checksum");
}

static void every_single_mistyped_character_is_noticed(void **state)
{
	static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	char text[] = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";

	(void)state;
	for (size_t i = 7; i < sizeof(text) - 1; i++) {
		char right = text[i];

		for (size_t k = 0; k < 32; k++) {
			auto_buf struct buf data = BUF_INIT(100);
			struct bech32_hrp hrp;

			text[i] = digits[k];
			assert_int_equal(bech32_decode(&hrp, &data, str_of(text), NULL),
					 digits[k] == right ? LERR_OK : LERR_INPUT);
		}
		text[i] = right;
	}
}

static void lengths_end_at_the_caps(void **state)
{
	static const uint8_t bytes[4000];
	auto_buf struct buf text = BUF_INIT(10000);
	auto_buf struct buf data = BUF_INIT(4000);
	auto_buf struct buf small = BUF_INIT(3110);
	struct bech32_hrp hrp;
	char long_hrp[90];

	(void)state;
	/* 1 + 1 + 4992 + 6 characters */
	bech32_encode(&text, "x", bytes, 3120);
	assert_int_equal(text.n, CAP_BECH32_CHARS);
	assert_int_equal(bech32_decode(&hrp, &data, buf_str(&text), NULL), LERR_OK);
	assert_int_equal(data.n, 3120);
	assert_int_equal(bech32_decode(&hrp, &small, buf_str(&text), NULL), LERR_LIMIT);
	buf_reset(&text);
	bech32_encode(&text, "xy", bytes, 3120);
	assert_int_equal(bech32_decode(&hrp, &data, buf_str(&text), NULL), LERR_LIMIT);
	/* a prefix of 83 characters, then of 84 */
	memset(long_hrp, 'x', sizeof(long_hrp));
	long_hrp[83] = '\0';
	buf_reset(&text);
	bech32_encode(&text, long_hrp, bytes, 1);
	assert_int_equal(bech32_decode(&hrp, &data, buf_str(&text), NULL), LERR_OK);
	assert_string_equal(hrp.c, long_hrp);
	long_hrp[83] = 'x';
	long_hrp[84] = '\0';
	buf_reset(&text);
	bech32_encode(&text, long_hrp, bytes, 1);
	assert_int_equal(bech32_decode(&hrp, &data, buf_str(&text), NULL), LERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_strings_hold_both_ways),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_nul_is_no_character),
		cmocka_unit_test(bits_left_over_must_be_few_and_zero),
		cmocka_unit_test(values_need_not_be_whole_bytes),
		cmocka_unit_test(every_single_mistyped_character_is_noticed),
		cmocka_unit_test(lengths_end_at_the_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
