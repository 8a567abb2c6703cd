/* SPDX-License-Identifier: MIT */
/*
 * A tiny process that loom-runner forks at its start and then never hears of again. The
 * root folders of control groups belong to root but are not writable (mode 0555): what
 * was made there can be removed only with CAP_DAC_OVERRIDE, which runner and shims give
 * up. The janitor keeps it, and nothing else: no descriptor but one end of a pipe, from
 * which nothing is ever read but its end, and a lock. It outlives a runner that was
 * killed, until the last shim is gone too. Never give it anything to parse.
 */
#include "config.h"

#include "runner/janitor.h"

#include "lib/base/fdio.h"
#include "lib/base/proc.h"
#include "runner/cgdetect.h"
#include "runner/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK "groups.lock"

/* What the janitor is left with. */
enum { FD_PIPE = 0, FD_LOCK = 1, FD_COUNT = 2 };

static int open_lock(int spool)
{
	return openat(spool, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool take_lock(int fd)
{
	int rc;

	do {
		rc = flock(fd, LOCK_EX);
	} while (rc != 0 && errno == EINTR);
	return rc == 0;
}

static NORETURN void work(const struct plan_place *places, const char *pin, int pipe,
			  int spool)
{
	struct pollfd p = {.fd = FD_PIPE};
	/* its own opening of the file: the runner's is locked at this moment */
	int lock = open_lock(spool);

	/* a Ctrl-C in the terminal is for the runner; systemd ends the main process */
	(void)setsid();
	(void)signal(SIGTERM, SIG_IGN);
	(void)prctl(PR_SET_NAME, "loom-janitor", 0, 0, 0);
	pipe = fcntl(pipe, F_DUPFD, FD_COUNT);
	lock = fcntl(lock, F_DUPFD, FD_COUNT);
	if (dup2(pipe, FD_PIPE) < 0 || dup2(lock, FD_LOCK) < 0)
		_exit(1);
	proc_close_from(FD_COUNT);
	if (privs_keep(PRIVS_OF_JANITOR, NULL))
		_exit(1);
	/* nobody writes: the only event is that nobody can any more */
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
	if (take_lock(FD_LOCK))
		cgdetect_remove(places, pin);
	_exit(0);
}

static bool any_place(const struct plan_place places[PLAN_CGROUPS])
{
	for (size_t i = 0; i < PLAN_CGROUPS; i++)
		if (places[i].version)
			return true;
	return false;
}

static enum lerr_code fork_it(struct janitor *out,
			      const struct plan_place places[PLAN_CGROUPS], int spool,
			      struct lerr *err)
{
	char pin[32];
	int ends[2];
	pid_t pid;

	/* while a pin is there, no other janitor removes anything beside it */
	(void)snprintf(pin, sizeof(pin), CGDETECT_PIN "%d", getpid());
	cgdetect_pin(places, pin);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return lerr_set(err, LERR_TEMP, errno, "pipe");
	pid = fork();
	if (pid == 0)
		work(places, pin, ends[0], spool);
	fdio_close(&ends[0]);
	if (pid < 0) {
		fdio_close(&ends[1]);
		return lerr_set(err, LERR_TEMP, errno, "fork");
	}
	*out = (struct janitor){.alive = ends[1], .pid = pid};
	return LERR_OK;
}

enum lerr_code janitor_start(struct janitor *out, struct plan_place places[PLAN_CGROUPS],
			     const char *name, int spool, struct lerr *err)
{
	auto_fd int lock = open_lock(spool);

	if (lock < 0 || !take_lock(lock))
		return lerr_set(err, LERR_TEMP, errno, LOCK);
	cgdetect_find(places, name);
	if (!any_place(places))
		return LERR_OK;
	return fork_it(out, places, spool, err);
}

void janitor_release(struct janitor *j, bool alone)
{
	fdio_close(&j->alive);
	while (alone && j->pid > 0 && waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
