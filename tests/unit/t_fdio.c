/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/fdio.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files in the folder of the test. */
static size_t count_files(void *const *state)
{
	DIR *dir = opendir(*state);
	size_t n = 0;

	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 2; /* . and .. */
}

static void a_file_is_written_whole_and_read_back(void **state)
{
	char *path = unit_path(state, "f");
	auto_buf struct buf out = BUF_INIT(100);
	struct stat st;
	struct lerr err = {0};

	assert_int_equal(
		fdio_write_file(AT_FDCWD, path, 0640, STR_LIT("old"), FDIO_DURABLE, &err),
		LERR_OK);
	assert_int_equal(fdio_write_file(AT_FDCWD, path, 0600, STR_LIT("new\n"),
					 FDIO_ATOMIC, &err),
			 LERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &out, &err), LERR_OK);
	assert_buf(out, "new\n");
	assert_int_equal(count_files(state), 1);
	mem_free(path);
}

static void paths_may_be_relative_to_a_folder(void **state)
{
	auto_fd int dir = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_buf struct buf out = BUF_INIT(100);

	assert_int_equal(
		fdio_write_file(dir, "f", 0600, STR_LIT("x"), FDIO_DURABLE, NULL),
		LERR_OK);
	assert_int_equal(fdio_read_file(dir, "f", &out, NULL), LERR_OK);
	assert_buf(out, "x");
}

static void a_full_disk_keeps_the_old_file_and_leaves_no_rest(void **state)
{
	char *path = unit_path(state, "f");
	auto_buf struct buf out = BUF_INIT(100);
	struct rlimit old;
	struct rlimit small;
	char *big = mem_zalloc(100000);
	struct lerr err = {0};

	unit_write(state, "f", "old", 0600);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){4096, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(fdio_write_file(AT_FDCWD, path, 0600, (struct str){big, 100000},
					 FDIO_ATOMIC, &err),
			 LERR_TEMP);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.os_errno, EFBIG);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &out, NULL), LERR_OK);
	assert_buf(out, "old");
	assert_int_equal(count_files(state), 1);
	mem_free(big);
	mem_free(path);
}

static void a_missing_folder_is_said(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(fdio_write_file(AT_FDCWD, "/nonexistent/f", 0600, STR_LIT("x"),
					 FDIO_ATOMIC, &err),
			 LERR_TEMP);
	assert_has(err.msg, "/nonexistent/f");
}

static void what_is_no_regular_file_is_not_read(void **state)
{
	char *link = unit_path(state, "link");
	char *fifo = unit_path(state, "fifo");
	auto_buf struct buf out = BUF_INIT(100);
	struct lerr err = {0};

	unit_write(state, "f", "x", 0600);
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(fdio_read_file(AT_FDCWD, link, &out, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, ELOOP);
	/* and reading a fifo does not wait for a writer */
	assert_int_equal(fdio_read_file(AT_FDCWD, fifo, &out, &err), LERR_INPUT);
	assert_int_equal(fdio_read_file(AT_FDCWD, *state, &out, &err), LERR_INPUT);
	assert_int_equal(fdio_read_file(AT_FDCWD, "/nonexistent", &out, &err), LERR_GONE);
	assert_int_equal(out.n, 0);
	mem_free(link);
	mem_free(fifo);
}

static void a_file_over_the_cap_is_refused(void **state)
{
	char *path = unit_path(state, "f");
	auto_buf struct buf out = BUF_INIT(3);
	struct lerr err = {0};

	unit_write(state, "f", "1234", 0600);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &out, &err), LERR_LIMIT);
	buf_reset(&out);
	unit_write(state, "f", "123", 0600);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &out, &err), LERR_OK);
	assert_buf(out, "123");
	mem_free(path);
}

static void a_folder_is_made_once_with_its_mode(void **state)
{
	char *path = unit_path(state, "d");
	struct stat st;
	struct lerr err = {0};
	mode_t mask = umask(0077);

	assert_int_equal(fdio_make_folder(path, 0755, &err), LERR_OK);
	(void)umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fdio_make_folder(path, 0755, &err), LERR_OK);
	assert_int_equal(rmdir(path), 0);
	unit_write(state, "d", "x", 0600);
	assert_int_equal(fdio_make_folder(path, 0755, &err), LERR_INPUT);
	assert_int_equal(fdio_make_folder("/nonexistent/d", 0755, &err), LERR_TEMP);
	mem_free(path);
}

static void a_memfd_can_no_longer_change(void **state)
{
	auto_fd int fd = -1;
	auto_buf struct buf out = BUF_INIT(100);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(fdio_memfd(&fd, "t", STR_LIT("fixed"), &err), LERR_OK);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_true(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	/* whatever offset the peer left behind */
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_int_equal(fdio_read_handed(fd, &out, &err), LERR_OK);
	assert_buf(out, "fixed");
}

static void a_pipe_is_not_taken_for_a_file(void **state)
{
	int ends[2];
	auto_buf struct buf out = BUF_INIT(100);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fdio_read_handed(ends[0], &out, NULL), LERR_INPUT);
	assert_int_equal(fdio_write_all(ends[1], STR_LIT("abc"), NULL), LERR_OK);
	fdio_close(&ends[1]);
	assert_int_equal(ends[1], -1);
	assert_int_equal(fdio_read_rest(ends[0], &out, NULL), LERR_OK);
	assert_buf(out, "abc");
	fdio_close(&ends[0]);
}

static void nonblocking_reads_say_so(void **state)
{
	int ends[2];
	auto_buf struct buf out = BUF_INIT(100);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fdio_nonblock(ends[0], &err), LERR_OK);
	assert_int_equal(fdio_read_rest(ends[0], &out, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, EAGAIN);
	assert_int_equal(fdio_nonblock(-1, &err), LERR_TEMP);
	fdio_close(&ends[0]);
	fdio_close(&ends[1]);
}

static void closing_keeps_errno_and_happens_once(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int moved = fdio_steal(&fd);

	(void)state;
	assert_int_equal(fd, -1);
	errno = E2BIG;
	fdio_close(&moved);
	fdio_close(&moved);
	assert_int_equal(errno, E2BIG);
}

#define WITH_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_file_is_written_whole_and_read_back),
		WITH_FOLDER(paths_may_be_relative_to_a_folder),
		WITH_FOLDER(a_full_disk_keeps_the_old_file_and_leaves_no_rest),
		cmocka_unit_test(a_missing_folder_is_said),
		WITH_FOLDER(what_is_no_regular_file_is_not_read),
		WITH_FOLDER(a_file_over_the_cap_is_refused),
		WITH_FOLDER(a_folder_is_made_once_with_its_mode),
		cmocka_unit_test(a_memfd_can_no_longer_change),
		cmocka_unit_test(a_pipe_is_not_taken_for_a_file),
		cmocka_unit_test(nonblocking_reads_say_so),
		cmocka_unit_test(closing_keeps_errno_and_happens_once),
	};

	/* a write over the limit is an error code then */
	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
