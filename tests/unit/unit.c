/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "config.h"

#include "tests/unit/unit.h"

#include "lib/base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void unit_str_is(struct str got, const char *want, const char *file, int line)
{
	if (str_eq_c(got, want))
		return;
	print_error("got  \"%.*s\"\nwant \"%s\"\n", (int)got.n, got.p, want);
	_fail(file, line);
}

void unit_has_text(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("\"%s\" is not in \"%s\"\n", part, text);
	_fail(file, line);
}

struct id32 unit_id(const char *hex)
{
	struct id32 id;

	assert_true(id32_parse(&id, str_of(hex)));
	return id;
}

struct id32 unit_small_id(uint8_t last)
{
	struct id32 id = {{0}};

	id.b[31] = last;
	return id;
}

/* ---- folder */

int unit_folder_make(void **state)
{
	char *path = mem_strdup("/tmp/loom-unit-XXXXXX");

	if (!mkdtemp(path))
		return -1;
	*state = path;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

int unit_folder_remove(void **state)
{
	int rc = nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);

	mem_free(*state);
	return rc;
}

char *unit_path(void *const *state, const char *name)
{
	struct buf b = BUF_INIT(4096);

	buf_addf(&b, "%s/%s", (const char *)*state, name);
	return buf_take(&b);
}

void unit_write(void *const *state, const char *name, const char *content,
		unsigned int mode)
{
	char *path = unit_path(state, name);
	int fd;

	/* one that is there may be read-only */
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	mem_free(path);
}

/* ---- stderr */

static int real_stderr = -1;
static int memory = -1;

void unit_stderr_start(void)
{
	(void)fflush(stderr);
	real_stderr = dup(STDERR_FILENO);
	memory = memfd_create("stderr", MFD_CLOEXEC);
	if (real_stderr < 0 || memory < 0 || dup2(memory, STDERR_FILENO) < 0)
		fail_msg("cannot take stderr");
}

char *unit_stderr_stop(void)
{
	off_t n = lseek(memory, 0, SEEK_END);
	char *text = mem_zalloc((size_t)n + 1);

	assert_int_equal(pread(memory, text, (size_t)n, 0), n);
	(void)dup2(real_stderr, STDERR_FILENO);
	(void)close(real_stderr);
	(void)close(memory);
	return text;
}

/* ---- panics */

bool unit_panics(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(null, STDERR_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

size_t unit_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}
