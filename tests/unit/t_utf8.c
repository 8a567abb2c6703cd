/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/utf8.h"

#include "tests/unit/unit.h"

/* The edges of RFC 3629. */
static void every_first_and_last_character_of_a_length_is_valid(void **state)
{
	static const char *const good[] = {
		"",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
		"a\xc3\xa9z\xf0\x9f\x92\xa9!",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(utf8_valid(str_of(good[i])));
	assert_true(utf8_valid((struct str){"a\0b", 3}));
}

static void overlong_surrogate_high_and_cut_forms_are_not(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"\xfe",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x92",
		"\xc3(",
		"\xe2(\xa1",
		"\xe2\x82(",
		"a\xe2\x82",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (utf8_valid(str_of(bad[i])))
			fail_msg("case %zu is taken", i);
}

static void a_cut_ends_at_a_character(void **state)
{
	struct str s = STR_LIT("a\xc3\xa9\xf0\x9f\x92\xa9z");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 3, 7, 8, 8};

	(void)state;
	for (size_t max = 0; max < ARRAY_LEN(want); max++) {
		assert_int_equal(utf8_cut(s, max), want[max]);
		assert_true(utf8_valid((struct str){s.p, want[max]}));
	}
}

static void the_first_character_is_measured(void **state)
{
	(void)state;
	assert_int_equal(utf8_first((struct str){NULL, 0}), 0);
	assert_int_equal(utf8_first(STR_LIT("ab")), 1);
	assert_int_equal(utf8_first(STR_LIT("\xc3\xa9z")), 2);
	assert_int_equal(utf8_first(STR_LIT("\xf0\x9f\x92\xa9")), 4);
	assert_int_equal(utf8_first(STR_LIT("\xf0\x9f\x92")), 0);
	assert_int_equal(utf8_first(STR_LIT("\xa9")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_first_and_last_character_of_a_length_is_valid),
		cmocka_unit_test(overlong_surrogate_high_and_cut_forms_are_not),
		cmocka_unit_test(a_cut_ends_at_a_character),
		cmocka_unit_test(the_first_character_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
