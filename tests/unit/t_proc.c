/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/proc.h"

#include "lib/base/fdio.h"
#include "lib/base/str.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run fn in a child; its return is the exit status. */
static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_start_time_names_a_living_process(void **state)
{
	uint64_t mine = 0;
	uint64_t again = 0;
	uint64_t parent = 0;

	(void)state;
	assert_int_equal(proc_start_ticks(&mine, getpid(), NULL), LERR_OK);
	assert_int_equal(proc_start_ticks(&again, getpid(), NULL), LERR_OK);
	assert_int_equal(proc_start_ticks(&parent, getppid(), NULL), LERR_OK);
	assert_true(mine > 0 && mine == again && parent <= mine);
}

static void a_process_that_is_gone_says_gone(void **state)
{
	pid_t pid = fork();
	uint64_t ticks = 7;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(proc_start_ticks(&ticks, pid, NULL), LERR_GONE);
	assert_int_equal(ticks, 7);
}

static int odd_name(void)
{
	uint64_t before = 0;
	uint64_t after = 0;

	if (proc_start_ticks(&before, getpid(), NULL) ||
	    prctl(PR_SET_NAME, ") R 1 (x) ", 0, 0, 0) != 0 ||
	    proc_start_ticks(&after, getpid(), NULL))
		return 1;
	return before == after ? 0 : 2;
}

static void blanks_and_brackets_in_a_name_do_not_confuse_it(void **state)
{
	(void)state;
	assert_int_equal(in_child(odd_name), 0);
}

static void the_boot_id_is_a_uuid(void **state)
{
	struct proc_boot boot;

	(void)state;
	assert_int_equal(proc_boot_id(&boot, NULL), LERR_OK);
	assert_int_equal(strlen(boot.id), 36);
}

static int close_some(void)
{
	int a = fcntl(STDIN_FILENO, F_DUPFD, 100);
	int b = fcntl(STDIN_FILENO, F_DUPFD, 200);

	if (a != 100 || b != 200)
		return 1;
	proc_close_from(101);
	if (fcntl(a, F_GETFD) < 0 || fcntl(b, F_GETFD) >= 0)
		return 2;
	proc_close_from(3);
	return fcntl(a, F_GETFD) < 0 && fcntl(STDERR_FILENO, F_GETFD) >= 0 ? 0 : 3;
}

static void descriptors_from_a_number_on_are_closed(void **state)
{
	(void)state;
	assert_int_equal(in_child(close_some), 0);
}

static int drop_to_nobody(void)
{
	uid_t uid;
	gid_t gid;

	if (proc_find_user(&uid, &gid, "nobody", NULL) || uid == 0)
		return 1;
	if (proc_drop_to(uid, gid, NULL))
		return 2;
	if (getuid() != uid || geteuid() != uid || getgid() != gid ||
	    getgroups(0, NULL) != 0)
		return 3;
	return setuid(0) == 0 || setgid(0) == 0 ? 4 : 0;
}

static int rise_to_root(void)
{
	return proc_drop_to(0, 0, NULL) == LERR_TEMP ? 0 : 1;
}

static void root_is_given_up_for_good(void **state)
{
	(void)state;
	/* as another user there is nothing to give up, and nothing to be had */
	assert_int_equal(in_child(geteuid() == 0 ? drop_to_nobody : rise_to_root), 0);
}

static int hide(void)
{
	struct rlimit core;

	if (proc_hide_memory(NULL) || getrlimit(RLIMIT_CORE, &core) != 0)
		return 1;
	return core.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2;
}

static void hidden_memory_is_not_dumped(void **state)
{
	(void)state;
	assert_int_equal(in_child(hide), 0);
}

static void users_are_found_by_name_or_number(void **state)
{
	uid_t uid = 7;
	gid_t gid = 7;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(proc_find_user(&uid, &gid, "root", &err), LERR_OK);
	assert_int_equal(uid, 0);
	assert_int_equal(proc_find_user(&uid, &gid, "1234", &err), LERR_OK);
	assert_int_equal(uid, 1234);
	assert_int_equal(gid, 1234);
	assert_int_equal(proc_find_user(&uid, &gid, "no-such-user", &err), LERR_GONE);
	assert_has(err.msg, "no-such-user");
	assert_int_equal(proc_find_user(&uid, &gid, "4294967295", &err), LERR_GONE);
	assert_int_equal(proc_find_user(&uid, &gid, "-1", &err), LERR_GONE);
	assert_int_equal(uid, 1234);
}

static void a_closed_pipe_is_an_error_code(void **state)
{
	int ends[2];
	struct lerr err = {0};

	(void)state;
	proc_ignore_sigpipe();
	assert_int_equal(pipe(ends), 0);
	fdio_close(&ends[0]);
	assert_int_equal(fdio_write_all(ends[1], STR_LIT("x"), &err), LERR_TEMP);
	assert_int_equal(err.os_errno, EPIPE);
	fdio_close(&ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_time_names_a_living_process),
		cmocka_unit_test(a_process_that_is_gone_says_gone),
		cmocka_unit_test(blanks_and_brackets_in_a_name_do_not_confuse_it),
		cmocka_unit_test(the_boot_id_is_a_uuid),
		cmocka_unit_test(descriptors_from_a_number_on_are_closed),
		cmocka_unit_test(root_is_given_up_for_good),
		cmocka_unit_test(hidden_memory_is_not_dumped),
		cmocka_unit_test(users_are_found_by_name_or_number),
		cmocka_unit_test(a_closed_pipe_is_an_error_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
