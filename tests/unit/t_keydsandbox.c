/* SPDX-License-Identifier: MIT */
/* What the sandbox of loom-keyd lets through and what it kills for: each attempt in a
 * child of its own. */
#include "config.h"

#include "keyd/sandbox.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, NO_SANDBOX = 99 };

/* How a child ended that tried this inside. */
static int try(int (*attempt)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(null, STDERR_FILENO);
		/* the first line of a log reads the time zone */
		log_event(LOG_INFO, "warm", "%s", "");
		if (sandbox_enter(NULL))
			_exit(NO_SANDBOX);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_fine(int (*attempt)(void))
{
	int status = try(attempt);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

static void assert_killed(int (*attempt)(void))
{
	int status = try(attempt);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("status %x, want SIGSYS", (unsigned int)status);
}

/* ---- what serving takes */

static int use_memory(void)
{
	char *blocks[64];

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		blocks[i] = mem_zalloc(1000 * (i + 1) * (i + 1));
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		mem_free(blocks[i]);
	return FINE;
}

static int use_log_clock_and_chance(void)
{
	uint8_t bytes[32];

	rng_fill(bytes, sizeof(bytes));
	log_event(LOG_WARN, "x", "at=%llu", (unsigned long long)clock_wall_s());
	return FINE;
}

static int use_memfds(void)
{
	auto_buf struct buf out = BUF_INIT(100);
	int fd = -1;

	if (fdio_memfd(&fd, "x", STR_LIT("body"), NULL) ||
	    fdio_read_handed(fd, &out, NULL))
		return 1;
	fdio_close(&fd);
	return out.n == 4 ? FINE : 2;
}

static int write_to_a_long_log(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	if (lseek(fd, 64 * 1024 * 1024, SEEK_SET) < 0)
		return 1;
	return write(fd, "x", 1) == 1 ? FINE : 2;
}

static int end_by_abort(void)
{
	abort();
}

/* ---- what it does not */

static int open_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 1 : 2;
}

static int make_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? 1 : 2;
}

static int call_connect(void)
{
	return (int)syscall(SYS_connect, 0, NULL, 0) < 0 ? 1 : 2;
}

static int call_bind(void)
{
	return (int)syscall(SYS_bind, 0, NULL, 0) < 0 ? 1 : 2;
}

static int run_program(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	return execv("/bin/true", argv) < 0 ? 1 : 2;
}

static int make_process(void)
{
	return fork() < 0 ? 1 : 2;
}

static int make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 1 : 2;
}

static int turn_into_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) < 0 ? 1 : 2;
}

static int read_other_process(void)
{
	return (int)syscall(SYS_ptrace, 0, 0, 0, 0) < 0 ? 1 : 2;
}

static int change_limits(void)
{
	return (int)syscall(SYS_setrlimit, 0, NULL) < 0 ? 1 : 2;
}

static int change_user(void)
{
	return (int)syscall(SYS_setuid, 0) < 0 ? 1 : 2;
}

static int remove_file(void)
{
	return unlink("/nonexistent") < 0 ? 1 : 2;
}

static int own_a_socket(void)
{
	/* F_SETOWN would have signals sent to others */
	return fcntl(0, F_SETOWN, 1) < 0 ? 1 : 2;
}

static void serving_goes_on_inside(void **state)
{
	(void)state;
	assert_fine(use_memory);
	assert_fine(use_log_clock_and_chance);
	assert_fine(use_memfds);
}

static void the_log_may_be_a_long_file(void **state)
{
	(void)state;
	assert_fine(write_to_a_long_log);
}

static void abort_is_an_abort_not_a_violation(void **state)
{
	int status = try(end_by_abort);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void network_files_and_programs_kill(void **state)
{
	(void)state;
	assert_killed(make_socket);
	assert_killed(call_connect);
	assert_killed(call_bind);
	assert_killed(run_program);
	assert_killed(remove_file);
	assert_killed(change_limits);
	assert_killed(change_user);
	assert_killed(own_a_socket);
#ifndef LOOM_SANITIZED
	/* sanitizers need these for themselves */
	assert_killed(open_file);
	assert_killed(make_process);
	assert_killed(make_code);
	assert_killed(turn_into_code);
	assert_killed(read_other_process);
#else
	(void)open_file;
	(void)make_process;
	(void)make_code;
	(void)turn_into_code;
	(void)read_other_process;
#endif
}

static int count_after_close(void)
{
	int a = fcntl(STDIN_FILENO, F_DUPFD, 20);
	int b = fcntl(STDIN_FILENO, F_DUPFD, 30);
	int c = fcntl(STDIN_FILENO, F_DUPFD, 40);

	sandbox_close_others((int[]){a, c}, 2);
	if (fcntl(a, F_GETFD) < 0 || fcntl(c, F_GETFD) < 0 || fcntl(b, F_GETFD) >= 0)
		return 1;
	for (int fd = 3; fd < 100; fd++)
		if (fd != a && fd != c && fcntl(fd, F_GETFD) >= 0)
			return 2;
	return fcntl(STDERR_FILENO, F_GETFD) >= 0 ? FINE : 3;
}

static void all_descriptors_but_the_given_ones_are_closed(void **state)
{
	pid_t pid = fork();
	int status = 0;

	(void)state;
	if (pid == 0)
		_exit(count_after_close());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serving_goes_on_inside),
		cmocka_unit_test(the_log_may_be_a_long_file),
		cmocka_unit_test(abort_is_an_abort_not_a_violation),
		cmocka_unit_test(network_files_and_programs_kill),
		cmocka_unit_test(all_descriptors_but_the_given_ones_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
