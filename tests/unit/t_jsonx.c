/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jsonx.h"

#include "lib/base/caps.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

static enum lerr_code load(json_t **out, struct str text, enum jsonx_numbers numbers,
			   struct lerr *err)
{
	return jsonx_load(out, text, 100000, numbers, err);
}

/* Text that both parsers must take, with the same tree. */
static void the_tree_is_what_jansson_reads(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		" [ ] ",
		"\t\n\r {\"a\" : 1 , \"b\":[true,false,null]}\n",
		"0",
		"7",
		"9223372036854775807",
		"\"\"",
		"\"x\"",
		"true",
		"null",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"\\u0041\\u00e9\\u20AC\"]",
		"[\"\\ud83d\\ude00\",\"\\uD83D\\uDE00\"]",
		"[\"a\\u0000b\"]",
		"[\"\x7f\xc3\xa9\xf0\x9f\x92\xa9\"]",
		"{\"\":1}",
		"{\"\\u0061\":1,\"A\":2}",
		"[[[[[[[[1]]]]]]]]",
		"[1,2,[3,{\"a\":[]},{}],\"x\"]",
		"[\"\\\\\",\"\\\\\\\\\"]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		auto_json json_t *got = NULL;
		auto_json json_t *want =
			json_loads(good[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		struct lerr err = {0};

		if (load(&got, str_of(good[i]), JSONX_UINTS, &err))
			fail_msg("%s: %s", good[i], err.msg);
		assert_non_null(want);
		assert_true(json_equal(got, want));
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"[",
		"]",
		"{",
		"}",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"[1}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:1}",
		"{\"a\":1]",
		"{\"a\" 1}",
		"{\"a\"::1}",
		"{,}",
		"[1]x",
		"[1] [2]",
		"x",
		"tru",
		"True",
		"nul",
		"NaN",
		"Infinity",
		"'a'",
		"\"a",
		"\"a\\",
		"\"\\x41\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\uD83D\"",
		"\"\\uD83Dx\"",
		"\"\\uD83D\\n\"",
		"\"\\uD83D\\uD83D\"",
		"\"\\uDE00\"",
		"\"\\uDE00\\uD83D\"",
		"\"\x01\"",
		"\"\n\"",
		"\"\x1f\"",
		"\"\x80\"",
		"\"\xc0\xaf\"",
		"\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xc3\"",
		"\"\xc3\\u0041\"",
		"[\"a\" \"b\"]",
		"/**/1",
		"1//",
		"\xef\xbb\xbf[]",
		"01",
		"00",
		"-",
		"+1",
		".5",
		"1.",
		"9223372036854775808",
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"a\\u0000b\":1}",
		"[\v1]",
		"[\f1]",
		"[\302\2401]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *got = NULL;
		struct lerr err = {0};

		if (load(&got, str_of(bad[i]), JSONX_ANY_NUMBERS, &err) != LERR_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_null(got);
		assert_true(err.msg[0] != '\0');
	}
}

static void a_nul_outside_a_string_is_refused(void **state)
{
	json_t *got = NULL;

	(void)state;
	assert_int_equal(load(&got, (struct str){"[1]\0", 4}, JSONX_UINTS, NULL),
			 LERR_INPUT);
	assert_int_equal(load(&got, (struct str){"[\0]", 3}, JSONX_UINTS, NULL),
			 LERR_INPUT);
	assert_int_equal(load(&got, (struct str){"\"\0\"", 3}, JSONX_UINTS, NULL),
			 LERR_INPUT);
	assert_int_equal(load(&got, (struct str){"\"\\\0\"", 4}, JSONX_UINTS, NULL),
			 LERR_INPUT);
	assert_int_equal(load(&got, (struct str){NULL, 0}, JSONX_UINTS, NULL),
			 LERR_INPUT);
}

static void numbers_other_than_plain_ones_depend_on_the_mode(void **state)
{
	static const char *const odd[] = {
		"-1", "-0", "1.0", "1e3", "1E+2", "0.5", "-9223372036854775808", "0e0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		auto_json json_t *got = NULL;
		auto_json json_t *want = json_loads(odd[i], JSON_DECODE_ANY, NULL);
		struct lerr err = {0};

		assert_int_equal(load(&got, str_of(odd[i]), JSONX_UINTS, &err),
				 LERR_INPUT);
		assert_has(err.msg, "plain non-negative integer");
		assert_int_equal(load(&got, str_of(odd[i]), JSONX_ANY_NUMBERS, &err),
				 LERR_OK);
		assert_true(json_equal(got, want));
	}
}

static void depth_and_length_have_limits(void **state)
{
	auto_json json_t *got = NULL;
	json_t *none = NULL;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(CAP_JSON_DEPTH, 8);
	assert_int_equal(load(&got, STR_LIT("[{\"a\":[[[[[[]]]]]]}]"), JSONX_UINTS, &err),
			 LERR_OK);
	assert_int_equal(
		load(&none, STR_LIT("[{\"a\":[[[[[[{}]]]]]]}]"), JSONX_UINTS, &err),
		LERR_LIMIT);
	assert_int_equal(load(&none, STR_LIT("[[[[[[[[["), JSONX_UINTS, &err),
			 LERR_LIMIT);
	assert_int_equal(jsonx_load(&none, STR_LIT("[1]"), 2, JSONX_UINTS, &err),
			 LERR_LIMIT);
	assert_null(none);
}

static void the_message_says_where(void **state)
{
	json_t *got = NULL;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(load(&got, STR_LIT("[1,2,x]"), JSONX_UINTS, &err), LERR_INPUT);
	assert_has(err.msg, "at byte 5");
}

static void members_are_given_only_in_their_type(void **state)
{
	auto_json json_t *obj = NULL;
	struct str s;
	uint64_t n;
	bool b;
	struct id32 id;

	(void)state;
	assert_int_equal(
		load(&obj,
		     STR_LIT("{\"s\":\"a\\u0000\",\"n\":5,\"m\":-5,\"b\":true,\"i\":\""
			     "00000000000000000000000000000000000000000000000000000000"
			     "0000000f\"}"),
		     JSONX_ANY_NUMBERS, NULL),
		LERR_OK);
	assert_true(jsonx_get_str(obj, "s", &s));
	assert_int_equal(s.n, 2);
	assert_true(jsonx_get_u64(obj, "n", &n));
	assert_int_equal(n, 5);
	assert_true(jsonx_get_bool(obj, "b", &b));
	assert_true(b);
	assert_true(jsonx_get_id32(obj, "i", &id));
	assert_int_equal(id.b[31], 15);
	assert_false(jsonx_get_u64(obj, "m", &n));
	assert_false(jsonx_get_u64(obj, "s", &n));
	assert_false(jsonx_get_str(obj, "n", &s));
	assert_false(jsonx_get_bool(obj, "n", &b));
	assert_false(jsonx_get_id32(obj, "s", &id));
	assert_false(jsonx_get_str(obj, "zzz", &s));
	assert_false(jsonx_get_str(NULL, "s", &s));
}

static void strings_are_written_in_the_one_spelling_of_nip01(void **state)
{
	static const char raw[] =
		"\n\"\\\r\t\b\f\x01\x1f\x7f/<\xe2\x80\xa8\xf0\x9f\x92\xa9";
	auto_buf struct buf out = BUF_INIT(1000);

	(void)state;
	jsonx_add_key(&out, "k");
	jsonx_add_string(&out, STR_LIT(raw));
	jsonx_add_string(&out, (struct str){"\0", 1});
	jsonx_add_string(&out, STR_LIT(""));
	assert_buf(out, "\"k\":\"\\n\\\"\\\\\\r\\t\\b\\f\\u0001\\u001f\x7f/<\xe2\x80\xa8"
			"\xf0\x9f\x92\xa9\"\"\\u0000\"\"\"");
}

static void every_character_comes_back(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < 0x80; c++) {
		char text[3] = {'a', (char)c, 'b'};
		auto_buf struct buf out = BUF_INIT(100);
		auto_json json_t *got = NULL;

		jsonx_add_string(&out, (struct str){text, 3});
		assert_int_equal(load(&got, buf_str(&out), JSONX_UINTS, NULL), LERR_OK);
		assert_int_equal(json_string_length(got), 3);
		assert_memory_equal(json_string_value(got), text, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_what_jansson_reads),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_nul_outside_a_string_is_refused),
		cmocka_unit_test(numbers_other_than_plain_ones_depend_on_the_mode),
		cmocka_unit_test(depth_and_length_have_limits),
		cmocka_unit_test(the_message_says_where),
		cmocka_unit_test(members_are_given_only_in_their_type),
		cmocka_unit_test(strings_are_written_in_the_one_spelling_of_nip01),
		cmocka_unit_test(every_character_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
