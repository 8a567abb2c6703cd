/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/b64.h"

#include "tests/unit/unit.h"

/* RFC 4648, section 10, and a pair that needs the last two digits. */
static const struct {
	const char *plain;
	const char *std;
	const char *url;
} pairs[] = {
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xfb\xff\xfe", "+//+", "-__-"},
};

static void the_pairs_of_the_rfc_hold_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct str plain = str_of(pairs[i].plain);
		auto_buf struct buf std = BUF_INIT(100);
		auto_buf struct buf url = BUF_INIT(100);
		auto_buf struct buf back = BUF_INIT(100);

		b64_encode(&std, plain.p, plain.n, B64_STD);
		assert_buf(std, pairs[i].std);
		b64_encode(&url, plain.p, plain.n, B64_URL);
		assert_buf(url, pairs[i].url);
		assert_true(b64_decode(&back, str_of(pairs[i].std), B64_STD));
		assert_true(b64_decode(&back, str_of(pairs[i].url), B64_ANY));
		assert_true(b64_decode(&back, str_of(pairs[i].std), B64_ANY));
		assert_true(b64_decode(&back, str_of(pairs[i].url), B64_URL));
		assert_int_equal(back.n, 4 * plain.n);
	}
}

static void what_is_not_base64_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum b64_kind kind;
	} bad[] = {
		{"Zg", B64_STD},          {"Zg=", B64_STD},      {"Zg===", B64_STD},
		{"Z", B64_ANY},           {"Zh==", B64_STD},     {"Zm9=", B64_STD},
		{"Zm8=\n", B64_STD},      {" Zm8=", B64_STD},    {"Zm 8=", B64_STD},
		{"-__-", B64_STD},        {"Zg==Zg==", B64_STD}, {"====", B64_STD},
		{"=", B64_ANY},           {"Zg=", B64_ANY},      {"Zm9v=", B64_ANY},
		{"Z\xc3\xa9==", B64_ANY}, {"Zh", B64_ANY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf out = BUF_INIT(100);

		if (b64_decode(&out, str_of(bad[i].text), bad[i].kind))
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(out.n, 0);
	}
}

static void a_nul_is_no_digit(void **state)
{
	auto_buf struct buf out = BUF_INIT(100);

	(void)state;
	assert_false(b64_decode(&out, (struct str){"Zm9\0", 4}, B64_ANY));
}

static void the_cap_of_the_reader_holds(void **state)
{
	auto_buf struct buf out = BUF_INIT(2);

	(void)state;
	assert_false(b64_decode(&out, STR_LIT("Zm9v"), B64_STD));
	buf_reset(&out);
	assert_true(b64_decode(&out, STR_LIT("Zm8="), B64_STD));
	assert_buf(out, "fo");
}

static void every_length_comes_back(void **state)
{
	uint8_t in[200];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 37);
	for (size_t n = 0; n < sizeof(in); n++) {
		auto_buf struct buf text = BUF_INIT(400);
		auto_buf struct buf back = BUF_INIT(400);

		b64_encode(&text, in, n, n % 2 ? B64_STD : B64_URL);
		assert_true(b64_decode(&back, buf_str(&text), B64_ANY));
		assert_int_equal(back.n, n);
		if (n)
			assert_memory_equal(back.p, in, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pairs_of_the_rfc_hold_both_ways),
		cmocka_unit_test(what_is_not_base64_is_refused),
		cmocka_unit_test(a_nul_is_no_digit),
		cmocka_unit_test(the_cap_of_the_reader_holds),
		cmocka_unit_test(every_length_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
