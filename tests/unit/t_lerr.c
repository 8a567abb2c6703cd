/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/lerr.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static void setting_fills_code_errno_and_message(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(lerr_set(&err, LERR_TEMP, ENOENT, "open %s", "x"), LERR_TEMP);
	assert_int_equal(err.code, LERR_TEMP);
	assert_int_equal(err.os_errno, ENOENT);
	assert_string_equal(err.msg, "open x: No such file or directory");
	(void)lerr_set(&err, LERR_INPUT, 0, "plain");
	assert_string_equal(err.msg, "plain");
}

static void context_goes_in_front(void **state)
{
	struct lerr err;

	(void)state;
	(void)lerr_set(&err, LERR_GONE, 0, "no");
	assert_int_equal(lerr_wrap(&err, LERR_GONE, "inner %d", 1), LERR_GONE);
	(void)lerr_wrap(&err, LERR_GONE, "outer");
	assert_string_equal(err.msg, "outer: inner 1: no");
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(lerr_set(NULL, LERR_LIMIT, 0, "x"), LERR_LIMIT);
	assert_int_equal(lerr_wrap(NULL, LERR_LIMIT, "x"), LERR_LIMIT);
}

static void long_messages_are_cut(void **state)
{
	char big[1000];
	struct lerr err;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)lerr_set(&err, LERR_TEMP, EIO, "%s", big);
	assert_int_equal(strlen(err.msg), LERR_MSG_MAX - 1);
	(void)lerr_wrap(&err, LERR_TEMP, "%s", big);
	assert_int_equal(strlen(err.msg), LERR_MSG_MAX - 1);
}

static void every_code_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < LERR_CODE_COUNT; a++) {
		assert_string_not_equal(lerr_name((enum lerr_code)a), "?");
		for (int b = 0; b < a; b++)
			assert_string_not_equal(lerr_name((enum lerr_code)a),
						lerr_name((enum lerr_code)b));
	}
	assert_string_equal(lerr_name(LERR_CODE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_fills_code_errno_and_message),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(every_code_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
