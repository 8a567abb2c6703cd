/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/cli.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *user;
static enum lerr_code verdict;

static enum lerr_code more_checks(const struct conf *c, struct lerr *err)
{
	(void)c;
	return verdict ? lerr_set(err, verdict, 0, "not today") : LERR_OK;
}

static const struct cli_option options[] = {
	{"user", "NAME", "drop to it", &user},
};
static const struct cli cli = {"unit", "is a test", options, 1, more_checks};

/* What a start said, on both streams, and how it ended. */
struct outcome {
	int status;
	char *text;
	struct conf *conf;
};

static struct outcome start(char **argv, char **envp)
{
	struct outcome o = {0};
	int argc = 0;
	int real_stdout;

	while (argv[argc])
		argc++;
	user = NULL;
	(void)fflush(stdout);
	unit_stderr_start();
	real_stdout = dup(STDOUT_FILENO);
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	o.status = cli_start(&o.conf, &cli, argc, argv, envp);
	(void)fflush(stdout);
	(void)dup2(real_stdout, STDOUT_FILENO);
	(void)close(real_stdout);
	o.text = unit_stderr_stop();
	return o;
}

static void end(struct outcome *o)
{
	mem_free(o->text);
	conf_free(o->conf);
}

#define ARGS(...) ((char *[]){(char[]){"loom-unit"}, __VA_ARGS__, NULL})
#define ARG(s) ((char[]){s})

static void a_good_start_goes_on(void **state)
{
	char *path = unit_path(state, "c");
	struct outcome o;

	unit_write(state, "c", "QUEUE_MAX=5\n", 0600);
	o = start(ARGS(ARG("--config"), path, ARG("--user=me")), NULL);
	assert_int_equal(o.status, -1);
	assert_int_equal(conf_uint(o.conf, CONF_QUEUE_MAX), 5);
	assert_string_equal(user, "me");
	assert_string_equal(o.text, "");
	end(&o);
	o = start(ARGS(ARG("--user"), ARG("you"), ARG("--config"), path), NULL);
	assert_int_equal(o.status, -1);
	assert_string_equal(user, "you");
	end(&o);
	mem_free(path);
}

static void wrong_command_lines_say_what_is_wrong(void **state)
{
	char **bad[] = {
		ARGS(ARG("--user"), ARG("me")),
		ARGS(ARG("--config")),
		ARGS(ARG("config")),
		ARGS(ARG("--nope")),
		ARGS(ARG("--nope=1")),
		ARGS(ARG("-c")),
		ARGS(ARG("")),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct outcome o = start(bad[i], NULL);

		assert_int_equal(o.status, 2);
		assert_has(o.text, "loom-unit: ");
		assert_has(o.text, "--help");
		end(&o);
	}
}

static void help_and_version_need_no_configuration(void **state)
{
	struct outcome o = start(ARGS(ARG("--help")), NULL);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_has(o.text, "loom-unit: is a test");
	assert_has(o.text, "--user NAME");
	end(&o);
	o = start(ARGS(ARG("--version")), NULL);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "loom-unit " PACKAGE_VERSION "\n");
	end(&o);
}

static void a_refused_configuration_ends_with_78_and_the_reason(void **state)
{
	char *path = unit_path(state, "c");
	struct outcome o;

	unit_write(state, "c", "QUEUE_MAX=x\n", 0600);
	o = start(ARGS(ARG("--config"), path), NULL);
	assert_int_equal(o.status, 78);
	assert_has(o.text, "c:1: QUEUE_MAX");
	end(&o);
	unit_write(state, "c", "", 0600);
	verdict = LERR_INPUT;
	o = start(ARGS(ARG("--config"), path), NULL);
	verdict = LERR_OK;
	assert_int_equal(o.status, 78);
	assert_has(o.text, "not today");
	end(&o);
	mem_free(path);
}

static void checking_the_configuration_ends_there(void **state)
{
	char *path = unit_path(state, "c");
	char *env[] = {ARG("NOSTR_PRIVATE_KEY=5ec7e7"), NULL};
	struct outcome o;

	unit_write(state, "c", "", 0600);
	o = start(ARGS(ARG("--check-config"), ARG("--config"), path), NULL);
	assert_int_equal(o.status, 0);
	assert_has(o.text, "is good");
	assert_null(o.conf);
	end(&o);
	/* a key in the environment is refused, and not repeated */
	o = start(ARGS(ARG("--check-config"), ARG("--config"), path), env);
	assert_int_equal(o.status, 78);
	assert_has(o.text, "NOSTR_PRIVATE_KEY");
	assert_true(!str_has_nul(str_of(o.text)));
	end(&o);
	mem_free(path);
}

#define WITH_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_good_start_goes_on),
		cmocka_unit_test(wrong_command_lines_say_what_is_wrong),
		cmocka_unit_test(help_and_version_need_no_configuration),
		WITH_FOLDER(a_refused_configuration_ends_with_78_and_the_reason),
		WITH_FOLDER(checking_the_configuration_ends_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
