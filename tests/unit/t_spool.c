/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/spool.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct spool open_spool(void **state)
{
	auto_free char *path = unit_path(state, "spool");
	struct spool s;

	assert_int_equal(spool_open(&s, path, NULL), LERR_OK);
	return s;
}

static int make_job(const struct spool *s, uint8_t n)
{
	struct id32 id = unit_small_id(n);
	int fd = -1;

	assert_int_equal(spool_make_job(s, &fd, &id, NULL), LERR_OK);
	return fd;
}

static const struct spool_holder holder = {.slot = "u62000",
					   .uid = 62000,
					   .shim_pid = 4711,
					   .shim_start = 99,
					   .boot_id = "b"};

static void the_id_stays(void **state)
{
	struct spool a = open_spool(state);
	char id[sizeof(a.id)];

	memcpy(id, a.id, sizeof(id));
	assert_int_equal(strlen(id), SPOOL_ID_CHARS);
	spool_close(&a);
	a = open_spool(state);
	assert_string_equal(a.id, id);
	spool_close(&a);
}

static void two_runners_cannot_share_it(void **state)
{
	auto_free char *path = unit_path(state, "spool");
	struct spool a = open_spool(state);
	struct spool b = {.folder = -1};

	assert_int_equal(spool_open(&b, path, NULL), LERR_STATE);
	spool_close(&a);
	assert_int_equal(spool_open(&b, path, NULL), LERR_OK);
	spool_close(&b);
}

static void a_folder_that_others_can_enter_is_refused(void **state)
{
	auto_free char *path = unit_path(state, "spool");
	struct spool s = open_spool(state);

	spool_close(&s);
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_equal(spool_open(&s, path, NULL), LERR_DENIED);
}

static void a_job_can_be_made_once(void **state)
{
	struct spool s = open_spool(state);
	struct id32 id = unit_small_id(1);
	auto_fd int first = make_job(&s, 1);
	auto_fd int again = -1;

	assert_true(first >= 0);
	assert_int_equal(spool_make_job(&s, &again, &id, NULL), LERR_STATE);
	assert_int_equal(spool_open_job(&s, &again, &id, NULL), LERR_OK);
	assert_int_equal(spool_remove_job(&s, &id, NULL), LERR_OK);
	assert_int_equal(spool_remove_job(&s, &id, NULL), LERR_OK);
	fdio_close(&again);
	assert_int_equal(spool_open_job(&s, &again, &id, NULL), LERR_GONE);
	spool_close(&s);
}

static void the_lock_is_held_as_long_as_any_copy_is_open(void **state)
{
	struct spool s = open_spool(state);
	auto_fd int folder = make_job(&s, 1);
	struct spool_holder back;
	int lock = -1;
	int copy;

	assert_false(spool_is_held(folder));
	assert_int_equal(spool_hold(folder, &lock, &holder, NULL), LERR_OK);
	copy = dup(lock);
	assert_true(spool_is_held(folder));
	fdio_close(&lock);
	assert_true(spool_is_held(folder));
	fdio_close(&copy);
	assert_false(spool_is_held(folder));
	assert_int_equal(spool_read_holder(folder, &back, NULL), LERR_OK);
	assert_string_equal(back.slot, "u62000");
	assert_int_equal(back.shim_pid, 4711);
	/* one holder for ever */
	assert_int_equal(spool_hold(folder, &lock, &holder, NULL), LERR_STATE);
	spool_close(&s);
}

static void the_first_verdict_counts(void **state)
{
	static const char *const words[] = {SPOOL_RUN, SPOOL_VOID};
	struct spool s = open_spool(state);

	for (uint8_t i = 0; i < 2; i++) {
		auto_fd int folder = make_job(&s, i);
		struct spool_verdict first = {.init_pid = 5};
		struct spool_verdict second = {.init_pid = 6};
		struct spool_verdict back;

		memcpy(first.verdict, words[i], strlen(words[i]));
		memcpy(second.verdict, words[1 - i], strlen(words[1 - i]));
		assert_int_equal(spool_read_verdict(folder, &back, NULL), LERR_GONE);
		assert_int_equal(spool_write_verdict(folder, &first, NULL), LERR_OK);
		assert_int_equal(spool_write_verdict(folder, &second, NULL), LERR_STATE);
		assert_int_equal(spool_write_verdict(folder, &first, NULL), LERR_STATE);
		assert_int_equal(spool_read_verdict(folder, &back, NULL), LERR_OK);
		assert_string_equal(back.verdict, words[i]);
		assert_int_equal(back.init_pid, 5);
		assert_int_equal(faccessat(folder, "run.new", F_OK, 0), -1);
		assert_int_equal(faccessat(folder, "void.new", F_OK, 0), -1);
	}
	spool_close(&s);
}

static void a_verdict_that_was_cut_off_decides_nothing(void **state)
{
	struct spool s = open_spool(state);
	auto_fd int folder = make_job(&s, 1);
	auto_fd int rest = openat(folder, "run.new", O_WRONLY | O_CREAT, 0600);
	struct spool_verdict v = {.verdict = SPOOL_VOID};
	struct spool_verdict back;

	assert_true(rest >= 0);
	assert_int_equal(spool_read_verdict(folder, &back, NULL), LERR_GONE);
	assert_int_equal(spool_write_verdict(folder, &v, NULL), LERR_OK);
	assert_int_equal(spool_read_verdict(folder, &back, NULL), LERR_OK);
	assert_string_equal(back.verdict, SPOOL_VOID);
	spool_close(&s);
}

static void a_status_appears_whole(void **state)
{
	struct spool s = open_spool(state);
	auto_fd int folder = make_job(&s, 1);
	auto_fd int fd = -1;
	struct spool_status st = {.reason = "exit",
				  .text = "two\nlines",
				  .started = 1,
				  .exit_code = 3,
				  .cpu_source = "cgroup",
				  .stderr_bytes = 9};
	struct spool_status back;
	struct stat info;

	assert_int_equal(spool_reserve_status(folder, &fd, NULL), LERR_OK);
	assert_int_equal(fstat(fd, &info), 0);
	assert_int_equal(info.st_size, CAP_STATUS_BYTES);
	assert_int_equal(spool_read_status(folder, &back, NULL), LERR_GONE);
	assert_int_equal(spool_write_status(folder, fd, &st, NULL), LERR_OK);
	assert_int_equal(spool_read_status(folder, &back, NULL), LERR_OK);
	assert_string_equal(back.reason, "exit");
	assert_string_equal(back.text, "two?lines");
	assert_int_equal(back.exit_code, 3);
	assert_int_equal(back.stderr_bytes, 9);
	spool_close(&s);
}

static void a_status_out_of_range_is_refused(void **state)
{
	static const char *const wrong[] = {
		"loom 1\nreason=bored\n",
		"loom 1\nreason=exit\nexit_code=256\n",
		"loom 1\nreason=exit\nsignal=65\n",
		"loom 1\nreason=exit\nstarted=2\n",
		"loom 1\nreason=exit\nwall_ms=9007199254740992\n",
		"loom 1\nreason=exit\nstdout_bytes=9007199254740992\n",
		"loom 1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct spool_status st;

		assert_int_equal(spool_decode_status(&st, str_of(wrong[i]), NULL),
				 LERR_INPUT);
	}
}

static void a_holder_out_of_range_is_refused(void **state)
{
	static const char *const wrong[] = {
		"loom 1\nslot=\nshim_pid=1\n",
		"loom 1\nslot=../x\nshim_pid=1\n",
		"loom 1\nslot=s0\nshim_pid=0\n",
		"loom 1\nslot=s0\nshim_pid=2147483648\n",
		"loom 1\nslot=s0\nshim_pid=1\nuid=4294967295\n",
		"loom 1\nslot=s0\nshim_pid=1\nuid=999\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct spool_holder h;

		assert_int_equal(spool_decode_holder(&h, str_of(wrong[i]), NULL),
				 LERR_INPUT);
	}
}

static void links_are_not_followed(void **state)
{
	struct spool s = open_spool(state);
	auto_fd int folder = make_job(&s, 1);
	struct spool_status st;

	unit_write(state, "elsewhere", "loom 1\nreason=exit\n", 0600);
	assert_int_equal(symlinkat("../../elsewhere", folder, "status"), 0);
	assert_int_not_equal(spool_read_status(folder, &st, NULL), LERR_OK);
	spool_close(&s);
}

static void count_job(void *ctx, const struct id32 *job)
{
	(void)job;
	(*(size_t *)ctx)++;
}

static void only_jobs_are_walked(void **state)
{
	struct spool s = open_spool(state);
	auto_fd int one = make_job(&s, 1);
	auto_fd int two = make_job(&s, 2);
	size_t seen = 0;
	size_t n = 0;

	assert_true(one >= 0 && two >= 0);
	assert_int_equal(mkdirat(s.folder, "not-a-job", 0700), 0);
	assert_int_equal(spool_each_job(&s, count_job, &seen, &n, NULL), LERR_OK);
	assert_int_equal(seen, 2);
	assert_int_equal(n, 2);
	spool_close(&s);
}

static void a_slot_has_one_owner(void **state)
{
	struct spool s = open_spool(state);
	int a = -1;
	int b = -1;

	assert_int_equal(spool_lock_slot(&s, &a, "u1", NULL), LERR_OK);
	assert_int_equal(spool_lock_slot(&s, &b, "u1", NULL), LERR_STATE);
	assert_int_equal(spool_lock_slot(&s, &b, "u2", NULL), LERR_OK);
	fdio_close(&a);
	fdio_close(&b);
	assert_int_equal(spool_lock_slot(&s, &a, "u1", NULL), LERR_OK);
	fdio_close(&a);
	spool_close(&s);
}

#define IN_FOLDER(fn) \
	cmocka_unit_test_setup_teardown(fn, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_id_stays),
		IN_FOLDER(two_runners_cannot_share_it),
		IN_FOLDER(a_folder_that_others_can_enter_is_refused),
		IN_FOLDER(a_job_can_be_made_once),
		IN_FOLDER(the_lock_is_held_as_long_as_any_copy_is_open),
		IN_FOLDER(the_first_verdict_counts),
		IN_FOLDER(a_verdict_that_was_cut_off_decides_nothing),
		IN_FOLDER(a_status_appears_whole),
		cmocka_unit_test(a_status_out_of_range_is_refused),
		cmocka_unit_test(a_holder_out_of_range_is_refused),
		IN_FOLDER(links_are_not_followed),
		IN_FOLDER(only_jobs_are_walked),
		IN_FOLDER(a_slot_has_one_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
