/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/args.h"

#include "tests/unit/unit.h"

#include <string.h>

static const struct args_option own[] = {
	{.name = "flag", .kind = ARGS_FLAG},
	{.name = "key", .kind = ARGS_TEXT, .value = "FILE"},
	{.name = "wait", .kind = ARGS_UINT, .value = "SECONDS", .max = 100},
	{.name = "tag", .kind = ARGS_WORDS, .value = "NAME ..."},
	{.name = NULL},
};
static const struct args_option common[] = {
	{.name = "relay", .kind = ARGS_LIST, .value = "URL"},
	{.name = "output", .kind = ARGS_TEXT, .value = "FILE", .letter = 'o'},
	{.name = NULL},
};
static const struct args_tables tables = {{own, common}};

/* The words, up to NULL. */
static enum lerr_code parse(struct args **a, char *const *words, struct lerr *err)
{
	int n = 0;

	while (words[n])
		n++;
	return args_parse(a, &tables, n, words, err);
}

#define WORDS(...) ((char *const[]){__VA_ARGS__, NULL})

static char flag[] = "--flag";
static char key[] = "--key";
static char key_inline[] = "--key=a=b";
static char wait_7[] = "--wait=7";
static char relay[] = "--relay";
static char tag[] = "--tag";
static char letter[] = "-o";
static char dashes[] = "--";
static char dash[] = "-";
static char x[] = "x";
static char y[] = "y";
static char empty[] = "";

static void options_and_words_are_told_apart(void **state)
{
	struct args *a = NULL;

	(void)state;
	assert_int_equal(
		parse(&a, WORDS(x, flag, relay, x, key_inline, relay, y, wait_7, dash),
		      NULL),
		LERR_OK);
	assert_true(args_has(a, "flag"));
	assert_string_equal(args_text(a, "key"), "a=b");
	assert_int_equal(args_uint(a, "wait", 1), 7);
	assert_int_equal(args_count(a, "relay"), 2);
	assert_string_equal(args_nth(a, "relay", 0), "x");
	assert_string_equal(args_nth(a, "relay", 1), "y");
	assert_int_equal(args_nrest(a), 2);
	assert_string_equal(args_rest(a, 0), "x");
	assert_string_equal(args_rest(a, 1), "-");
	assert_int_equal(args_dashed(a), 2);
	args_free(a);
}

static void what_is_not_given_has_its_default(void **state)
{
	struct args *a = NULL;

	(void)state;
	assert_int_equal(args_parse(&a, &tables, 0, NULL, NULL), LERR_OK);
	assert_false(args_has(a, "flag"));
	assert_null(args_text(a, "key"));
	assert_int_equal(args_uint(a, "wait", 9), 9);
	assert_int_equal(args_count(a, "relay"), 0);
	assert_int_equal(args_nrest(a), 0);
	args_free(a);
}

static void two_dashes_end_the_options(void **state)
{
	struct args *a = NULL;

	(void)state;
	assert_int_equal(parse(&a, WORDS(flag, dashes, flag, dashes, empty, x), NULL),
			 LERR_OK);
	assert_int_equal(args_nrest(a), 4);
	assert_int_equal(args_dashed(a), 0);
	assert_string_equal(args_rest(a, 0), "--flag");
	assert_string_equal(args_rest(a, 1), "--");
	assert_string_equal(args_rest(a, 2), "");
	args_free(a);
}

static void a_letter_stands_for_its_option(void **state)
{
	struct args *a = NULL;

	(void)state;
	assert_int_equal(parse(&a, WORDS(letter, x), NULL), LERR_OK);
	assert_string_equal(args_text(a, "output"), "x");
	args_free(a);
}

static void words_go_up_to_the_next_option(void **state)
{
	char *const *words = NULL;
	struct args *a = NULL;

	(void)state;
	assert_int_equal(parse(&a, WORDS(tag, x, y, empty, tag, y, dashes, x), NULL),
			 LERR_OK);
	assert_int_equal(args_count(a, "tag"), 2);
	assert_int_equal(args_words(a, "tag", 0, &words), 3);
	assert_string_equal(words[1], "y");
	assert_int_equal(args_words(a, "tag", 1, &words), 1);
	assert_int_equal(args_nrest(a), 1);
	args_free(a);
}

static void mistakes_are_named(void **state)
{
	static char unknown[] = "--unknown=hunter2";
	static char flag_value[] = "--flag=hunter2";
	static char wait_word[] = "--wait=hunter2";
	static char wait_large[] = "--wait=101";
	static char letters[] = "-ox";
	static char no_letter[] = "-q";
	static const struct {
		char *const words[4];
		const char *part;
	} cases[] = {
		{{unknown}, "--unknown"},     {{flag_value}, "--flag takes no value"},
		{{wait_word}, "up to 100"},   {{wait_large}, "up to 100"},
		{{letters, x}, "-ox"},        {{no_letter}, "-q"},
		{{key}, "--key wants FILE"},  {{flag, flag}, "twice"},
		{{tag}, "--tag wants"},       {{tag, flag}, "--tag wants"},
		{{letter}, "--output wants"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct args *a = NULL;
		struct lerr err = {0};

		assert_int_equal(parse(&a, cases[i].words, &err), LERR_INPUT);
		assert_null(a);
		assert_has(err.msg, cases[i].part);
		assert_null(strstr(err.msg, "hunter2"));
	}
}

static void ask_for_nonsense(void *arg)
{
	(void)args_has(arg, "nonsense");
}

static void asking_for_an_option_of_no_table_panics(void **state)
{
	struct args *a = NULL;

	(void)state;
	assert_int_equal(parse(&a, WORDS(x), NULL), LERR_OK);
	assert_true(unit_panics(ask_for_nonsense, a));
	args_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_are_told_apart),
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_letter_stands_for_its_option),
		cmocka_unit_test(words_go_up_to_the_next_option),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(asking_for_an_option_of_no_table_panics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
