/* SPDX-License-Identifier: MIT */
/*
 * Signals to processes that may be gone already, for loom-runner and loom-shim. A
 * process that is not our own child is named by pid and start time and held by a pidfd
 * before anything is sent. Never signal a process group, and never a user id that could
 * be a person's.
 */
#include "config.h"

#include "runner/procs.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "runner/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum lerr_code procs_open(int *out_fd, pid_t pid, uint64_t start, struct lerr *err)
{
	auto_fd int fd = -1;
	uint64_t now = 0;
	enum lerr_code rc;

	if (pid <= 1)
		return lerr_set(err, LERR_GONE, 0, "pid %ld", (long)pid);
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return lerr_set(err, LERR_GONE, errno, "pidfd of %ld", (long)pid);
	/* after opening: from here on the pid cannot change hands unseen */
	rc = proc_start_ticks(&now, pid, err);
	if (rc)
		return rc;
	if (now != start)
		return lerr_set(err, LERR_GONE, 0, "pid %ld is another process",
				(long)pid);
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

bool procs_signal(int pidfd, int signal)
{
	return pidfd >= 0 && pidfd_send_signal(pidfd, signal, NULL, 0) == 0;
}

void procs_kill_user(uid_t uid)
{
	pid_t pid;

	INVARIANT(uid >= SPOOL_UID_FIRST && uid != getuid() && geteuid() == 0);
	pid = fork();
	if (pid == 0) {
		/* as that user: the kernel itself keeps the signal from anybody else */
		if (setresuid(uid, uid, uid) == 0 && getuid() == uid)
			(void)kill(-1, SIGKILL);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* Is /proc/<name> a process of uid that is not a zombie? */
static bool is_of_user(int proc, const char *name, uid_t uid)
{
	auto_buf struct buf text = BUF_INIT(4096);
	char path[32] = {0};
	struct stat st;
	uint64_t pid;
	const char *end;

	if (!str_to_u64(str_of(name), INT32_MAX, &pid) ||
	    fstatat(proc, name, &st, 0) != 0 || st.st_uid != uid)
		return false;
	memcpy(path, name, strlen(name));
	memcpy(path + strlen(name), "/stat", sizeof("/stat"));
	if (fdio_read_file(proc, path, &text, NULL) != LERR_OK)
		return false;
	end = text.p ? strrchr(text.p, ')') : NULL;
	return end && end[1] == ' ' && end[2] != 'Z' && end[2] != 'X';
}

bool procs_user_is_alive(uid_t uid)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir)) != NULL)
		found = is_of_user(dirfd(dir), e->d_name, uid);
	(void)closedir(dir);
	return found;
}
