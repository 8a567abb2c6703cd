/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/keyfile.h"

#include "lib/base/mem.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
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

static unsigned int mode_of(const char *file)
{
	struct stat st;

	assert_int_equal(lstat(file, &st), 0);
	return st.st_mode & 07777;
}

/* ---- reading */

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

/* ---- writing */

static void a_new_file_is_read_only_and_read_back(void **state)
{
	struct nsign_key made;
	struct nsign_key got;
	struct lerr err = {0};
	mode_t old = umask(0);

	(void)state;
	nsign_generate(&made);
	assert_int_equal(keyfile_create(path, &made, &err), LERR_OK);
	(void)umask(old);
	assert_int_equal(mode_of(path), 0400);
	assert_int_equal(keyfile_read(&got, path, geteuid(), &err), LERR_OK);
	assert_memory_equal(&made, &got, sizeof(got));
}

static void a_file_that_is_there_is_left_alone(void **state)
{
	struct nsign_key key;
	struct lerr err = {0};
	struct stat st;

	nsign_generate(&key);
	unit_write(state, "key", "precious", 0644);
	assert_int_equal(keyfile_create(path, &key, &err), LERR_STATE);
	assert_has(err.msg, "exists");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
}

static void nothing_is_made_through_a_dangling_link(void **state)
{
	auto_free char *target = unit_path(state, "elsewhere");
	struct nsign_key key;

	nsign_generate(&key);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(keyfile_create(path, &key, NULL), LERR_STATE);
	assert_int_equal(access(target, F_OK), -1);
}

static void replacing_leaves_one_file_whatever_a_crash_left(void **state)
{
	auto_free char *temp = unit_path(state, "key.new");
	struct nsign_key first;
	struct nsign_key second;
	struct nsign_key got;
	int dir = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	nsign_generate(&first);
	nsign_generate(&second);
	assert_int_equal(keyfile_replace(dir, "key", &first, (uid_t)-1, (gid_t)-1, NULL),
			 LERR_OK);
	unit_write(state, "key.new", "half a ke", 0400);
	assert_int_equal(keyfile_replace(dir, "key", &second, (uid_t)-1, (gid_t)-1, NULL),
			 LERR_OK);
	assert_int_equal(access(temp, F_OK), -1);
	assert_int_equal(mode_of(path), 0400);
	assert_int_equal(keyfile_read(&got, path, geteuid(), NULL), LERR_OK);
	assert_memory_equal(&second, &got, sizeof(got));
	unit_write(state, "key.new", "half a ke", 0400);
	assert_int_equal(keyfile_remove(dir, "key", NULL), LERR_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(temp, F_OK), -1);
	assert_int_equal(keyfile_remove(dir, "key", NULL), LERR_OK);
	(void)close(dir);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_file_is_read),
		TEST(every_other_mode_is_refused_with_what_to_do),
		TEST(a_link_a_folder_and_a_fifo_are_refused),
		TEST(a_stranger_s_file_is_refused),
		TEST(a_missing_file_says_how_to_make_one),
		TEST(sizes_and_contents_are_checked),
		TEST(a_new_file_is_read_only_and_read_back),
		TEST(a_file_that_is_there_is_left_alone),
		TEST(nothing_is_made_through_a_dangling_link),
		TEST(replacing_leaves_one_file_whatever_a_crash_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
