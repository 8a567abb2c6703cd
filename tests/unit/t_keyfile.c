/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "keyd/keyfile.h"
#include "keyd/keyring.h"

#include "lib/base/mem.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path;

static int make(void **state)
{
	if (unit_folder_make(state))
		return -1;
	path = unit_path(state, "key");
	return 0;
}

static int drop(void **state)
{
	mem_free(path);
	return unit_folder_remove(state);
}

static void assert_refused(uid_t owner, enum lerr_code code, const char *why)
{
	struct nsign_key key = {{7}};
	struct lerr err = {0};

	assert_int_equal(keyfile_read(&key, path, owner, &err), code);
	assert_has(err.msg, path);
	assert_has(err.msg, why);
	assert_null(strstr(err.msg, "0725eb71"));
	assert_int_equal(key.b[0], 7);
	assert_int_equal(key.b[1], 0);
}

static void a_good_file_is_read(void **state)
{
	struct nsign_key key;
	struct id32 want = unit_id(FACT_KEY1);

	unit_write(state, "key", FACT_KEY1 "\n", 0400);
	assert_int_equal(keyfile_read(&key, path, geteuid(), NULL), LERR_OK);
	assert_memory_equal(key.b, want.b, sizeof(want.b));
}

static void every_other_mode_is_refused_with_what_to_do(void **state)
{
	static const mode_t bad[] = {0600, 0500, 0440, 0404, 0644, 0700, 04400, 01400};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unit_write(state, "key", FACT_KEY1, bad[i]);
		assert_refused(geteuid(), LERR_DENIED, "chmod 0400");
	}
}

static void a_link_a_folder_and_a_fifo_are_refused(void **state)
{
	char *real = unit_path(state, "real");

	unit_write(state, "real", FACT_KEY1, 0400);
	assert_int_equal(symlink(real, path), 0);
	assert_refused(geteuid(), LERR_DENIED, "symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0400), 0);
	assert_refused(geteuid(), LERR_DENIED, "not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0400), 0);
	assert_refused(geteuid(), LERR_DENIED, "not a regular file");
	mem_free(real);
}

static void a_stranger_s_file_is_refused(void **state)
{
	unit_write(state, "key", FACT_KEY1, 0400);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_refused(54321, LERR_DENIED, "belongs to uid 12345");
	assert_refused(0, LERR_DENIED, "chown it");
	/* root's is good for everybody, and so is the user's own */
	{
		struct nsign_key key;

		assert_int_equal(keyfile_read(&key, path, 12345, NULL), LERR_OK);
		assert_int_equal(chown(path, 0, 0), 0);
		assert_int_equal(keyfile_read(&key, path, 12345, NULL), LERR_OK);
	}
}

static void a_missing_file_says_how_to_make_one(void **state)
{
	(void)state;
	assert_refused(geteuid(), LERR_GONE, "loomctl keygen");
}

static void sizes_and_contents_are_checked(void **state)
{
	char big[600];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	unit_write(state, "key", "", 0400);
	assert_refused(geteuid(), LERR_INPUT, "empty");
	unit_write(state, "key", big, 0400);
	assert_refused(geteuid(), LERR_LIMIT, "599 bytes");
	unit_write(state, "key", FACT_KEY1 FACT_KEY1, 0400);
	assert_refused(geteuid(), LERR_INPUT, "64 lower-case hex");
	unit_write(state, "key", "# a comment\n" FACT_KEY1, 0400);
	assert_refused(geteuid(), LERR_INPUT, "64 lower-case hex");
	unit_write(state, "key", "npub1x", 0400);
	assert_refused(geteuid(), LERR_INPUT, "bech32");
	unit_write(state, "key",
		   "0000000000000000000000000000000000000000000000000000000000000000",
		   0400);
	assert_refused(geteuid(), LERR_INPUT, "group order");
}

static void a_ring_takes_only_keys(void **state)
{
	struct keyring *keys = NULL;
	struct nsign_key zero = {{0}};
	struct nsign_key key;
	struct id32 want = unit_id(FACT_PUB1);

	(void)state;
	assert_int_equal(nsign_parse(&key, STR_LIT(FACT_KEY1), NULL), LERR_OK);
	assert_int_equal(keyring_new(&keys, NULL), LERR_OK);
	assert_int_equal(keyring_set(&keys->worker, &zero, NULL), LERR_INPUT);
	assert_true(id32_is_zero(&keys->worker.pubkey));
	assert_int_equal(keyring_set(&keys->worker, &key, NULL), LERR_OK);
	assert_true(id32_eq(&keys->worker.pubkey, &want));
	keyring_free(keys);
	keyring_free(NULL);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_good_file_is_read),
		WITH_FOLDER(every_other_mode_is_refused_with_what_to_do),
		WITH_FOLDER(a_link_a_folder_and_a_fifo_are_refused),
		WITH_FOLDER(a_stranger_s_file_is_refused),
		WITH_FOLDER(a_missing_file_says_how_to_make_one),
		WITH_FOLDER(sizes_and_contents_are_checked),
		cmocka_unit_test(a_ring_takes_only_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
