/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/words.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct ipc_texts list(const char *const *words, size_t n)
{
	struct ipc_texts t = {NULL, 0};

	for (size_t i = 0; i < n; i++)
		ipc_texts_add(&t, str_of(words[i]));
	return t;
}

static enum lerr_code build(struct buf *out, struct words_count *c,
			    const char *const *argv, size_t nargs, const char *const *env,
			    size_t nenv)
{
	struct ipc_texts a = list(argv, nargs);
	struct ipc_texts e = list(env, nenv);
	enum lerr_code rc = words_build(out, c, &a, &e, NULL);

	ipc_texts_wipe(&a);
	ipc_texts_wipe(&e);
	return rc;
}

/* The words with NULs shown as bars. */
static void shown_is(const struct buf *out, const char *want)
{
	auto_free char *copy = mem_copy(out->p, out->n);

	for (size_t i = 0; i < out->n; i++)
		if (copy[i] == '\0')
			copy[i] = '|';
	assert_string_equal(copy, want);
}

#define BASE \
	"PATH=/usr/local/bin:/usr/bin:/bin|HOME=/job|TMPDIR=/job|LANG=C.UTF-8|USER=job|"

static void arguments_come_first_then_our_environment_then_the_jobs(void **state)
{
	static const char *const argv[] = {"sh", "", "-c"};
	static const char *const env[] = {"A=1", "EMPTY="};
	auto_buf struct buf out = BUF_INIT(10000);
	struct words_count c;

	(void)state;
	assert_int_equal(build(&out, &c, argv, 3, env, 2), LERR_OK);
	shown_is(&out, "sh||-c|" BASE "A=1|EMPTY=|");
	assert_int_equal(c.nargs, 3);
	assert_int_equal(c.nenv, 7);
}

static void of_two_with_one_name_the_later_wins(void **state)
{
	static const char *const argv[] = {"x"};
	static const char *const env[] = {"A=1", "HOME=/x=y", "A=2", "AB=3", "A=4"};
	auto_buf struct buf out = BUF_INIT(10000);
	struct words_count c;

	(void)state;
	assert_int_equal(build(&out, &c, argv, 1, env, 5), LERR_OK);
	shown_is(&out, "x|PATH=/usr/local/bin:/usr/bin:/bin|HOME=/x=y|TMPDIR=/job|"
		       "LANG=C.UTF-8|USER=job|A=4|AB=3|");
	assert_int_equal(c.nenv, 7);
}

static void nameless_variables_are_refused(void **state)
{
	static const char *const argv[] = {"x"};
	static const char *const wrong[] = {"", "=", "=x", "NAME"};
	struct words_count c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		auto_buf struct buf out = BUF_INIT(10000);

		assert_int_equal(build(&out, &c, argv, 1, &wrong[i], 1), LERR_INPUT);
	}
}

static void a_job_has_a_program(void **state)
{
	auto_buf struct buf out = BUF_INIT(10000);
	struct words_count c;

	(void)state;
	assert_int_equal(build(&out, &c, NULL, 0, NULL, 0), LERR_INPUT);
}

static void what_the_kernel_would_refuse_is_refused_here(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_JOB_ARGV_TOTAL);
	auto_free char *longest = mem_zalloc(CAP_JOB_ARG_BYTES + 2);
	const char *argv[20];
	struct words_count c;

	(void)state;
	memset(longest, 'x', CAP_JOB_ARG_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(argv); i++)
		argv[i] = longest;
	assert_int_equal(build(&out, &c, argv, 1, NULL, 0), LERR_OK);
	buf_reset(&out);
	assert_int_equal(build(&out, &c, argv, 11, NULL, 0), LERR_OK);
	buf_reset(&out);
	assert_int_equal(build(&out, &c, argv, 12, NULL, 0), LERR_LIMIT);
	buf_reset(&out);
	longest[CAP_JOB_ARG_BYTES] = 'x';
	assert_int_equal(build(&out, &c, argv, 1, NULL, 0), LERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_come_first_then_our_environment_then_the_jobs),
		cmocka_unit_test(of_two_with_one_name_the_later_wins),
		cmocka_unit_test(nameless_variables_are_refused),
		cmocka_unit_test(a_job_has_a_program),
		cmocka_unit_test(what_the_kernel_would_refuse_is_refused_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
