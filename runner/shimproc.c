/* SPDX-License-Identifier: MIT */
/*
 * loom-runner starts loom-shim: descriptors at the numbers of plan.h, an empty
 * environment, nothing on the command line. posix_spawn, because it does not copy the
 * runner's memory, in which secrets of other jobs may have been.
 */
#include "config.h"

#include "runner/shimproc.h"

#include "lib/base/fdio.h"
#include "lib/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { FIRST = PLAN_FD_CONTROL, COUNT = PLAN_FD_NETNS - FIRST + 1, HIGH = 64 };

/* Copies out of the way of the target numbers, so that none is overwritten too early. */
static enum lerr_code copy_high(int *high, const int *from, struct lerr *err)
{
	for (size_t i = 0; i < COUNT; i++) {
		high[i] = -1;
		if (from[i] < 0)
			continue;
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH);
		if (high[i] < 0)
			return lerr_set(err, LERR_TEMP, errno, "descriptor");
	}
	return LERR_OK;
}

static int add_actions(posix_spawn_file_actions_t *actions, const int *high)
{
	int error = 0;

	for (int i = 0; i < COUNT && !error; i++)
		if (high[i] >= 0)
			error = posix_spawn_file_actions_adddup2(actions, high[i],
								 FIRST + i);
	return error;
}

static int spawn(pid_t *pid, const char *path, const int *high)
{
	char *const argv[] = {(char[]){"loom-shim"}, NULL};
	char *const envp[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attr);
	if (!error) {
		(void)sigemptyset(&none);
		(void)posix_spawnattr_setsigmask(&attr, &none);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
		error = add_actions(&actions, high);
		if (!error)
			error = posix_spawn(pid, path, &actions, &attr, argv, envp);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Our own child, not reaped yet: the pid cannot be another's. */
static enum lerr_code know(struct shimproc *p, struct lerr *err)
{
	enum lerr_code rc = proc_start_ticks(&p->start, p->pid, err);

	if (rc)
		return rc;
	p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0)
		return lerr_set(err, LERR_TEMP, errno, "pidfd");
	return LERR_OK;
}

static enum lerr_code start_with(struct shimproc *p, const char *path, const int *from,
				 struct lerr *err)
{
	int high[COUNT];
	enum lerr_code rc = copy_high(high, from, err);

	if (!rc) {
		int error = spawn(&p->pid, path, high);

		if (error)
			rc = lerr_set(err, LERR_TEMP, error, "start %.100s", path);
	}
	for (size_t i = 0; i < COUNT; i++)
		fdio_close(&high[i]);
	if (!rc)
		rc = know(p, err);
	if (rc && p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
	}
	return rc;
}

enum lerr_code shimproc_start(struct shimproc *out, const char *path,
			      const struct plan *plan, const struct shimproc_fds *fds,
			      struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	struct shimproc p = {.pid = 0, .pidfd = -1, .control = -1};
	int from[COUNT] = {
		[PLAN_FD_PLAN - FIRST] = -1,
		[PLAN_FD_FILTER - FIRST] = fds->filter,
		[PLAN_FD_SLOT - FIRST] = fds->lock,
		[PLAN_FD_ALIVE - FIRST] = fds->alive,
		[PLAN_FD_NETNS - FIRST] = fds->netns,
	};
	int pair[2];
	enum lerr_code rc;

	plan_write(&text, plan);
	rc = fdio_memfd(&from[PLAN_FD_PLAN - FIRST], "plan", buf_str(&text), err);
	if (rc)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)) {
		rc = lerr_set(err, LERR_TEMP, errno, "socketpair");
	} else {
		p.control = pair[0];
		from[PLAN_FD_CONTROL - FIRST] = pair[1];
		rc = start_with(&p, path, from, err);
		fdio_close(&pair[1]);
	}
	fdio_close(&from[PLAN_FD_PLAN - FIRST]);
	if (rc)
		fdio_close(&p.control);
	else
		*out = p;
	return rc;
}
