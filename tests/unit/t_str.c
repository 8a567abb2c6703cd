/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/str.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

static void texts_compare_by_bytes_and_length(void **state)
{
	(void)state;
	assert_true(str_eq(STR_LIT("ab"), STR_LIT("ab")));
	assert_false(str_eq(STR_LIT("ab"), STR_LIT("abc")));
	assert_false(str_eq((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
	assert_true(str_eq((struct str){NULL, 0}, STR_LIT("")));
	assert_true(str_eq_c(str_of(NULL), ""));
	assert_false(str_eq_c((struct str){"a\0", 2}, "a"));
	assert_true(str_starts(STR_LIT("abc"), "ab"));
	assert_false(str_starts(STR_LIT("a"), "ab"));
	assert_true(str_ends(STR_LIT("abc"), "bc"));
	assert_true(str_ends(STR_LIT("abc"), ""));
	assert_false(str_ends(STR_LIT("c"), "bc"));
	assert_true(str_has_nul((struct str){"a\0b", 3}));
	assert_false(str_has_nul(STR_LIT("ab")));
	assert_false(str_has_nul((struct str){NULL, 0}));
}

static void trimming_takes_blanks_from_both_ends(void **state)
{
	(void)state;
	assert_str(str_trim(STR_LIT(" \t a b \r\n")), "a b");
	assert_str(str_trim(STR_LIT(" \t\r\n")), "");
	assert_str(str_trim(STR_LIT("")), "");
}

static void a_copy_is_a_c_string(void **state)
{
	char *copy = str_dup((struct str){"abcdef", 3});

	(void)state;
	assert_string_equal(copy, "abc");
	mem_free(copy);
}

static void foreign_text_becomes_printable_and_is_cut(void **state)
{
	char out[8];

	(void)state;
	str_printable(out, sizeof(out), STR_LIT("a\n\x7f~ \xc3"));
	assert_string_equal(out, "a??~ ?");
	str_printable(out, sizeof(out), STR_LIT("\0\0\0\0\0\0\0\0\0"));
	assert_string_equal(out, "???????");
	str_printable(out, sizeof(out), STR_LIT(""));
	assert_string_equal(out, "");
}

static void numbers_are_digits_alone(void **state)
{
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "1.0",
					  "0x1",
					  "1e3",
					  "11",
					  "18446744073709551616",
					  "99999999999999999999999",
					  "1\xc2\xb2"};
	uint64_t v = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (str_to_u64(str_of(bad[i]), 10, &v))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(v, 99);
	assert_true(str_to_u64(STR_LIT("10"), 10, &v));
	assert_int_equal(v, 10);
	assert_true(str_to_u64(STR_LIT("00"), 10, &v));
	assert_int_equal(v, 0);
	assert_true(str_to_u64(STR_LIT("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(str_to_u64(STR_LIT("18446744073709551616"), UINT64_MAX, &v));
}

static void words_are_cut_at_the_separator(void **state)
{
	static const struct {
		const char *text;
		const char *words[4];
	} cases[] = {
		{"a,,b", {"a", "", "b", NULL}}, {"a,", {"a", NULL}},    {"", {NULL}},
		{",a", {"", "a", NULL}},        {"abc", {"abc", NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str rest = str_of(cases[i].text);
		struct str word;

		for (size_t k = 0; cases[i].words[k]; k++) {
			assert_true(str_next(&rest, ',', &word));
			assert_str(word, cases[i].words[k]);
		}
		assert_false(str_next(&rest, ',', &word));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_compare_by_bytes_and_length),
		cmocka_unit_test(trimming_takes_blanks_from_both_ends),
		cmocka_unit_test(a_copy_is_a_c_string),
		cmocka_unit_test(foreign_text_becomes_printable_and_is_cut),
		cmocka_unit_test(numbers_are_digits_alone),
		cmocka_unit_test(words_are_cut_at_the_separator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
