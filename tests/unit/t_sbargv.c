/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/sbargv.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct sbargv_in input(const struct str *command, size_t n)
{
	return (struct sbargv_in){.etc = "/r/etc",
				  .init = "/r/init",
				  .files = "/r/mnt",
				  .filter_fd = 5,
				  .args_fd = 4,
				  .command = command,
				  .ncommand = n};
}

/* Place of a run of words in the options, -1 when it is not there. */
static long find(const struct sbargv *a, const char *first, const char *second,
		 const char *third)
{
	const char *want[] = {first, second, third};
	struct str rest = buf_str(&a->options);
	struct str word;
	size_t matched = 0;
	long at = 0;

	for (; str_next(&rest, '\0', &word); at++) {
		if (want[matched] && str_eq_c(word, want[matched]))
			matched++;
		else
			matched = str_eq_c(word, first) ? 1 : 0;
		if (matched == 3 || !want[matched])
			return at;
	}
	return -1;
}

static void every_wall_stands(void **state)
{
	static const char *const alone[] = {
		"--unshare-user", "--unshare-pid",    "--unshare-ipc",
		"--unshare-uts",  "--disable-userns", "--die-with-parent",
		"--new-session",  "--as-pid-1",       "--clearenv",
	};
	const struct str command[] = {STR_LIT(SBARGV_INIT)};
	struct sbargv_in in = input(command, 1);
	auto_sbargv struct sbargv a;

	(void)state;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(alone); i++)
		if (find(&a, alone[i], NULL, NULL) < 0)
			fail_msg("no %s", alone[i]);
	assert_true(find(&a, "--uid", "1000", NULL) >= 0);
	assert_true(find(&a, "--ro-bind", "/usr", "/usr") >= 0);
	assert_true(find(&a, "--ro-bind", "/r/etc", "/etc") >= 0);
	assert_true(find(&a, "--ro-bind", "/r/init", SBARGV_INIT) >= 0);
	assert_true(find(&a, "--bind", "/r/mnt/job", "/job") >= 0);
	assert_true(find(&a, "--bind", "/r/mnt/shm", "/dev/shm") >= 0);
	assert_true(find(&a, "--symlink", "/job", "/tmp") >= 0);
	assert_true(find(&a, "--seccomp", "5", NULL) >= 0);
}

static void nothing_is_writable_but_the_jobs_own_folder(void **state)
{
	const struct str command[] = {STR_LIT("x")};
	struct sbargv_in in = input(command, 1);
	auto_sbargv struct sbargv a;
	struct str rest;
	struct str word;
	size_t binds = 0;

	(void)state;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_OK);
	rest = buf_str(&a.options);
	while (str_next(&rest, '\0', &word)) {
		assert_false(str_eq_c(word, "--dev-bind"));
		assert_false(str_eq_c(word, "--tmpfs"));
		assert_false(str_eq_c(word, "--share-net"));
		binds += str_eq_c(word, "--bind");
	}
	assert_int_equal(binds, 2);
	/* after everything that makes a mount point */
	assert_true(find(&a, "--remount-ro", "/", NULL) >
		    find(&a, "--symlink", "/job", "/tmp"));
	assert_true(find(&a, "--remount-ro", "/dev", NULL) >
		    find(&a, "--bind", "/r/mnt/shm", "/dev/shm"));
}

static void certificates_come_with_the_network(void **state)
{
	const struct str command[] = {STR_LIT("x")};
	struct sbargv_in in = input(command, 1);
	struct sbargv a;

	(void)state;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_OK);
	assert_int_equal(find(&a, "--ro-bind-try", "/etc/ssl/certs", NULL), -1);
	sbargv_wipe(&a);
	in.outbound = true;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_OK);
	assert_true(find(&a, "--ro-bind-try", "/etc/ssl/certs", NULL) >= 0);
	sbargv_wipe(&a);
}

static void words_stand_behind_two_dashes(void **state)
{
	const struct str command[] = {STR_LIT("--"), STR_LIT("--bind"), STR_LIT("/"),
				      STR_LIT("")};
	struct sbargv_in in = input(command, 4);
	auto_sbargv struct sbargv a;

	(void)state;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_OK);
	assert_int_equal(a.argc, 8);
	assert_string_equal(a.argv[0], "bwrap");
	assert_string_equal(a.argv[1], "--args");
	assert_string_equal(a.argv[2], "4");
	assert_string_equal(a.argv[3], "--");
	assert_string_equal(a.argv[4], "--");
	assert_string_equal(a.argv[5], "--bind");
	assert_string_equal(a.argv[7], "");
	assert_null(a.argv[8]);
}

static void what_cannot_be_passed_is_refused(void **state)
{
	static const char bytes[] = "a\0b";
	const struct str nul[] = {{bytes, 3}};
	const struct str good[] = {STR_LIT("x")};
	struct sbargv_in in = input(nul, 1);
	struct sbargv a;

	(void)state;
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_INPUT);
	in = input(good, 0);
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_INPUT);
	in = input(good, SBARGV_WORDS_MAX + 1);
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_LIMIT);
	in = input(good, 1);
	in.etc = "relative";
	assert_int_equal(sbargv_build(&a, &in, NULL), LERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wall_stands),
		cmocka_unit_test(nothing_is_writable_but_the_jobs_own_folder),
		cmocka_unit_test(certificates_come_with_the_network),
		cmocka_unit_test(words_stand_behind_two_dashes),
		cmocka_unit_test(what_cannot_be_passed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
