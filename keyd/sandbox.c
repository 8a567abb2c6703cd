/* SPDX-License-Identifier: MIT */
/*
 * Called once by main.c, as the last thing before the first request. The list of system
 * calls is what receiving, signing, decrypting, answering and logging need, and no more:
 * no socket, no connect, no open, no exec, no fork, no executable memory. Never: widen it
 * for a library's convenience; warm the library up before (main.c does).
 */
#include "config.h"

#include "keyd/sandbox.h"

#include "lib/base/caps.h"
#include "lib/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The sockets, the clients, the descriptors of one frame, and some air. */
enum { DESCRIPTORS = 8 + 2 * CAP_KEYD_CLIENTS + 2 * CAP_IPC_FDS };

static bool is_kept(int fd, const int *keep, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return fd <= STDERR_FILENO;
}

void sandbox_close_others(const int *keep, size_t n)
{
	int highest = STDERR_FILENO;

	for (size_t i = 0; i < n; i++)
		if (keep[i] > highest)
			highest = keep[i];
	for (int fd = 0; fd < highest; fd++)
		if (!is_kept(fd, keep, n))
			(void)close(fd);
	proc_close_from(highest + 1);
}

/* ---- limits */

static enum lerr_code set_limits(struct lerr *err)
{
	struct rlimit none = {0, 0};
	struct rlimit few = {DESCRIPTORS, DESCRIPTORS};

	/* no limit of file sizes: the log may be a file, however long it is */
	if (setrlimit(RLIMIT_NPROC, &none) != 0 || setrlimit(RLIMIT_NOFILE, &few) != 0)
		return lerr_set(err, LERR_TEMP, errno, "setrlimit");
	return LERR_OK;
}

/* ---- system calls */

static const int allowed[] = {
	/* requests and answers */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(close),
	/* frames in memfds */
	SCMP_SYS(memfd_create),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(pread64),
	SCMP_SYS(lseek),
	/* memfds, the log */
	SCMP_SYS(write),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* time, randomness, locks of libraries */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(geteuid),
	/* the end: by a signal, exit or abort() */
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef LOOM_SANITIZED
	/* shadow memory and reports */
	SCMP_SYS(openat),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(prlimit64),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(clone),
	SCMP_SYS(wait4),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(prctl),
#endif
};

static int allow_listed(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(allowed); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	return rc;
}

/* Memory may be had, not to be run; descriptors may be looked at, sealed and copied. */
static int allow_with_arguments(scmp_filter_ctx filter)
{
	static const uint64_t commands[] = {F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC,
					    F_ADD_SEALS};
	int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(commands); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				      SCMP_A1(SCMP_CMP_EQ, commands[i], 0));
	return rc;
}

static enum lerr_code load_filter(struct lerr *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (!filter)
		return lerr_set(err, LERR_TEMP, 0, "seccomp_init");
	rc = allow_listed(filter);
	if (rc == 0)
		rc = allow_with_arguments(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc == 0 ? LERR_OK : lerr_set(err, LERR_TEMP, -rc, "seccomp");
}

enum lerr_code sandbox_enter(struct lerr *err)
{
	enum lerr_code rc = set_limits(err);

	if (rc)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return lerr_set(err, LERR_TEMP, errno, "PR_SET_NO_NEW_PRIVS");
	return load_filter(err);
}
