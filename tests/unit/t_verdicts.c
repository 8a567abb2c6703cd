/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/verdicts.h"

#include <string.h>

static void verdicts_are_read_in_order(void **state)
{
	struct verdicts v;

	(void)state;
	assert_int_equal(
		verdicts_parse(
			&v,
			STR_LIT("{\"verdicts\":[{\"verdict\":\"stored\",\"text\":\"\"},"
				"{\"verdict\":\"duplicate\"},{\"verdict\":\"ignored\"},"
				"{\"verdict\":\"refused\",\"text\":\"too old\"},"
				"{\"verdict\":\"later\",\"text\":\"\",\"more\":1}],"
				"\"more\":{}}"),
			5, NULL),
		LERR_OK);
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		assert_int_equal(v.of[i].verdict, i);
	assert_string_equal(v.of[3].text, "too old");
	assert_string_equal(verdicts_word(VERDICT_LATER), "later");
}

static void anything_else_is_no_answer(void **state)
{
	static const char *const cases[] = {
		"",
		"{}",
		"[]",
		"{\"verdicts\":{}}",
		"{\"verdicts\":[]}",
		"{\"verdicts\":[{\"verdict\":\"stored\"},{\"verdict\":\"stored\"}]}",
		"{\"verdicts\":[\"stored\"]}",
		"{\"verdicts\":[{\"verdict\":\"STORED\"}]}",
		"{\"verdicts\":[{\"verdict\":1}]}",
		"{\"verdicts\":[{\"text\":\"\"}]}",
		"{\"verdicts\":[{\"verdict\":\"stored\"}]} x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdicts v = {.n = 77};

		assert_int_equal(verdicts_parse(&v, str_of(cases[i]), 1, NULL),
				 LERR_INPUT);
		assert_int_equal(v.n, 77);
	}
}

static void long_text_is_cut(void **state)
{
	struct verdicts v;
	char json[600] = "{\"verdicts\":[{\"verdict\":\"stored\",\"text\":\"";
	size_t n = strlen(json);

	(void)state;
	memset(json + n, 'x', 400);
	memcpy(json + n + 400, "\"}]}", 5);
	assert_int_equal(verdicts_parse(&v, str_of(json), 1, NULL), LERR_OK);
	assert_int_equal(strlen(v.of[0].text), CAP_LOG_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_read_in_order),
		cmocka_unit_test(anything_else_is_no_answer),
		cmocka_unit_test(long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
