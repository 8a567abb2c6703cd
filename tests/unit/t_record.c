/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/record.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

struct thing {
	uint64_t number;
	char text[16];
};

#define REC thing
static const struct record_field fields[] = {RECORD_U(number), RECORD_T(text)};

static enum lerr_code parse(struct thing *t, const char *text)
{
	return record_parse(t, fields, ARRAY_LEN(fields), str_of(text), NULL);
}

static void what_is_written_can_be_read(void **state)
{
	struct thing a = {.number = UINT64_MAX, .text = "a = b"};
	struct thing b = {.number = 0};
	auto_buf struct buf out = BUF_INIT(1000);

	(void)state;
	record_write(&out, fields, ARRAY_LEN(fields), &a);
	assert_buf(out, "loom 1\nnumber=18446744073709551615\ntext=a = b\n");
	assert_int_equal(record_parse(&b, fields, ARRAY_LEN(fields), buf_str(&out), NULL),
			 LERR_OK);
	assert_true(b.number == UINT64_MAX);
	assert_string_equal(b.text, "a = b");
}

static void unknown_names_are_skipped_and_missing_ones_stay(void **state)
{
	struct thing t = {.number = 7, .text = "old"};

	(void)state;
	assert_int_equal(parse(&t, "loom 1\nnewer=1\ntext=\n"), LERR_OK);
	assert_int_equal(t.number, 7);
	assert_string_equal(t.text, "");
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"loom 1",
		"loom 2\nnumber=1\n",
		"number=1\n",
		"loom 1\nnumber\n",
		"loom 1\n\n",
		"loom 1\nnumber=1",
		"loom 1\nnumber=\n",
		"loom 1\nnumber=-1\n",
		"loom 1\nnumber=18446744073709551616\n",
		"loom 1\nnumber=1\nnumber=1\n",
		"loom 1\nnumber=1\ntext=sixteen letters!\n",
		"loom 1\nnumber=1\ntext=\t\n",
		"loom 1\nnumber=1\ntext=\xff\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct thing t = {.number = 5, .text = "same"};

		assert_int_equal(parse(&t, wrong[i]), LERR_INPUT);
		assert_int_equal(t.number, 5);
		assert_string_equal(t.text, "same");
	}
}

static void a_nul_is_refused(void **state)
{
	struct thing t = {.number = 5};

	(void)state;
	assert_int_equal(record_parse(&t, fields, ARRAY_LEN(fields),
				      STR_LIT("loom 1\ntext=a\0b\n"), NULL),
			 LERR_INPUT);
}

static void text_of_strangers_becomes_one_clean_line(void **state)
{
	char out[12];

	(void)state;
	record_clean_text(out, sizeof(out), STR_LIT("a\nb\033\xff\xc3\xa9"));
	assert_string_equal(out, "a?b??\xc3\xa9");
	/* cut in front of a character that does not fit */
	record_clean_text(out, 6, STR_LIT("1234\xc3\xa9"));
	assert_string_equal(out, "1234");
	record_clean_text(out, sizeof(out), STR_LIT("12345678901234567890"));
	assert_string_equal(out, "12345678901");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(unknown_names_are_skipped_and_missing_ones_stay),
		cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(text_of_strangers_becomes_one_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
