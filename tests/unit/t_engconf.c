/* SPDX-License-Identifier: MIT */
/* Configurations that the real loom-engine takes and refuses. */
#include "config.h"

#include "lib/base/attr.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BAD_CONF = 78 };

/* loom-engine --check-config with this file: how it ended, and its words. */
static int check(void **state, const char *text, char **out_words)
{
	auto_buf struct buf program = BUF_INIT(4096);
	auto_buf struct buf words = BUF_INIT(100000);
	auto_free char *path = unit_path(state, "loom.conf");
	const char *build = getenv("LOOM_BUILDDIR");
	char *environment[] = {NULL};
	int ends[2];
	int status = -1;
	ssize_t n = 1;
	pid_t pid;

	unit_write(state, "loom.conf", text, 0644);
	buf_addf(&program, "%s/engine/loom-engine", build ? build : ".");
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *argv[] = {program.p, (char[]){"--check-config"},
				(char[]){"--config"}, path, NULL};

		(void)dup2(ends[1], STDERR_FILENO);
		(void)execve(program.p, argv, environment);
		_exit(127);
	}
	(void)close(ends[1]);
	buf_add(&words, "", 0);
	while (n > 0) {
		char *space = buf_space(&words, 4096);

		n = read(ends[0], space, 4096);
		if (n > 0)
			buf_grew(&words, (size_t)n);
	}
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	*out_words = buf_take(&words);
	return WEXITSTATUS(status);
}

static void a_configuration_of_money_is_taken(void **state)
{
	static const char *const good[] = {
		"",
		"CASHU_MINT_URL=https://mint.example/Bitcoin\n",
		"CASHU_MINT_URL=https://a.example, https://b.example/,"
		"http://127.0.0.1:3338\n",
		"CASHU_MINT_URL=https://a.example/x,https://a.example/X\n",
		"SWEEP_ADDRESS=alice@pay.example\nSWEEP_ABOVE=1000\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char *words = NULL;

		if (check(state, good[i], &words) != 0)
			fail_msg("%s: %s", good[i], words);
		mem_free(words);
	}
}

static void a_mint_that_cannot_be_one_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"CASHU_MINT_URL=mint.example\n", "loom.conf:1: CASHU_MINT_URL"},
		{"CASHU_MINT_URL=ftp://mint.example\n", "loom.conf:1: CASHU_MINT_URL"},
		{"CASHU_MINT_URL=http://mint.example\n", "loom.conf:1: CASHU_MINT_URL"},
		{"CASHU_MINT_URL=https://u:p@mint.example\n",
		 "loom.conf:1: CASHU_MINT_URL"},
		{"CASHU_MINT_URL=https://mint.example?x=1\n",
		 "loom.conf:1: CASHU_MINT_URL"},
		{"CASHU_MINT_URL=https://a.example,nonsense\n",
		 "loom.conf:1: CASHU_MINT_URL"},
		/* one mint, spelled in two ways */
		{"CASHU_MINT_URL=https://a.example,https://A.Example:443/\n", "twice"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *words = NULL;

		if (check(state, bad[i].text, &words) != BAD_CONF ||
		    !strstr(words, bad[i].why))
			fail_msg("%s: %s", bad[i].text, words);
		mem_free(words);
	}
}

static void earnings_go_to_an_address_that_can_be_one(void **state)
{
	static const char *const bad[] = {
		"alice",           "Alice@pay.example",    "alice@pay.example/x",
		"alice@abc.onion", "https://pay.example/", "lnurl1nonsense",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf text = BUF_INIT(1000);
		char *words = NULL;

		buf_addf(&text, "SWEEP_ADDRESS=%s\n", bad[i]);
		if (check(state, text.p, &words) != BAD_CONF ||
		    !strstr(words, "loom.conf:1: SWEEP_ADDRESS"))
			fail_msg("%s: %s", bad[i], words);
		mem_free(words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, unit_folder_make, unit_folder_remove)
		T(a_configuration_of_money_is_taken),
		T(a_mint_that_cannot_be_one_is_refused),
		T(earnings_go_to_an_address_that_can_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
