/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/out.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/unit.h"

#include <string.h>

static void control_characters_become_escapes(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", /* two, three, four bytes */
		 "plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"a\x1b[31mb", "a\\u001b[31mb"},
		{"a\nb\tc\rd", "a\\nb\\tc\\u000dd"},
		{"\x7f", "\\u007f"},
		{"\xc2\x9b"
		 "31m",
		 "\\u009b31m"},                                 /* CSI in one character */
		{"\xe2\x80\xae", "\\u202e"},                    /* right to left */
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"}, /* isolates */
		{"\xe2\x80\xa8\xe2\x80\x8f", "\\u2028\\u200f"}, /* line, mark */
		{"\xd8\x9c", "\\u061c"},                        /* Arabic letter mark */
		{"\xff\xc3(", "\\xff\\xc3("},                   /* not UTF-8 */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},            /* a surrogate */
		{"\xe2\x82", "\\xe2\\x82"},                     /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf b = BUF_INIT(256);

		out_escape(&b, str_of(cases[i].text));
		assert_buf(b, cases[i].want);
	}
}

static void nul_is_escaped_too(void **state)
{
	auto_buf struct buf b = BUF_INIT(64);

	(void)state;
	out_escape(&b, (struct str){"a\0b", 3});
	assert_buf(b, "a\\u0000b");
}

static void lines_of_an_output_stay_lines(void **state)
{
	auto_buf struct buf b = BUF_INIT(64);

	(void)state;
	out_escape_lines(&b, STR_LIT("a\n\tb\x1b\r\n"));
	assert_buf(b, "a\n\tb\\u001b\\u000d\n");
}

static void escaped_json_means_the_same(void **state)
{
	static const char text[] = "x\x7f\xc2\x9b\xe2\x80\xae\xc3\xa9\n\"\\";
	auto_buf struct buf json = BUF_INIT(256);
	auto_buf struct buf safe = BUF_INIT(256);
	auto_json struct json_t *obj = NULL;
	struct str back;

	(void)state;
	buf_add_c(&json, "{\"k\":");
	jsonx_add_string(&json, str_of(text));
	buf_add_char(&json, '}');
	out_escape_json(&safe, buf_str(&json));
	for (size_t i = 0; i < safe.n; i++)
		assert_true(safe.p[i] != 0x7f && safe.p[i] != '\x1b' &&
			    safe.p[i] != '\xae');
	assert_int_equal(jsonx_load(&obj, buf_str(&safe), 256, JSONX_UINTS, NULL),
			 LERR_OK);
	assert_true(jsonx_get_str(obj, "k", &back));
	assert_str(back, text);
}

static void long_words_of_strangers_are_cut(void **state)
{
	char text[2 * OUT_SAID];
	struct outsaid said;

	(void)state;
	memset(text, 'a', sizeof(text));
	said = out_said((struct str){text, sizeof(text)});
	assert_int_equal(strlen(said.c), OUT_SAID + 3);
	assert_string_equal(said.c + OUT_SAID, "...");
	/* every byte can become an escape of six */
	memset(text, 0x7f, sizeof(text));
	said = out_said((struct str){text, sizeof(text)});
	assert_int_equal(strlen(said.c), 6 * OUT_SAID + 3);
	/* not in the middle of a character */
	memset(text, 'a', sizeof(text));
	text[OUT_SAID - 1] = '\xc3';
	text[OUT_SAID] = '\xa9';
	said = out_said((struct str){text, sizeof(text)});
	assert_int_equal(strlen(said.c), OUT_SAID - 1 + 3);
	assert_string_equal(out_said((struct str){NULL, 0}).c, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_become_escapes),
		cmocka_unit_test(nul_is_escaped_too),
		cmocka_unit_test(lines_of_an_output_stay_lines),
		cmocka_unit_test(escaped_json_means_the_same),
		cmocka_unit_test(long_words_of_strangers_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
