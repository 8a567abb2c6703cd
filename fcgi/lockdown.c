/* SPDX-License-Identifier: MIT */
/*
 * seccomp for loom-fcgi, called once by main.c when the threads run. The list is what
 * accepting, answering, asking the engine, logging and ending need; the ledger, keys and
 * the network are out of reach of whoever takes this process over.
 */
#include "config.h"

#include "fcgi/lockdown.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef LOOM_SANITIZED

/* clang-format off */
static const int allowed[] = {
	/* connections and messages */
	SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(read),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(setsockopt), SCMP_SYS(close),
	/* messages that are too long for a datagram */
	SCMP_SYS(memfd_create), SCMP_SYS(fcntl), SCMP_SYS(lseek), SCMP_SYS(pread64),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	/* memory, threads, time */
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	/* the end, and panic() */
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(unlink),
};
/* clang-format on */

/* Refused instead of killed: libc may try to open or ask, and libfcgi to accept on the
 * listening socket that it was not given, after a connection without a request. */
static const int refused[] = {SCMP_SYS(accept),    SCMP_SYS(open),
			      SCMP_SYS(openat),    SCMP_SYS(getrlimit),
			      SCMP_SYS(prlimit64), SCMP_SYS(sysinfo)};

static int add_rules(scmp_filter_ctx ctx)
{
	static const struct scmp_arg_cmp unix_only = {
		.arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_UNIX, .datum_b = 0};
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; !rc && i < ARRAY_LEN(allowed); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; !rc && i < ARRAY_LEN(refused); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	if (!rc)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					    &unix_only);
	return rc;
}

static enum lerr_code filter(struct lerr *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? add_rules(ctx) : -ENOMEM;

	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc)
		return lerr_set(err, LERR_TEMP, -rc, "seccomp");
	return LERR_OK;
}

#else

static enum lerr_code filter(struct lerr *err)
{
	(void)err;
	return LERR_OK;
}

#endif

enum lerr_code lockdown_enter(struct lerr *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return lerr_set(err, LERR_TEMP, errno, "PR_SET_NO_NEW_PRIVS");
	return filter(err);
}
