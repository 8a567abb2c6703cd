/* SPDX-License-Identifier: MIT */
/*
 * The seccomp filter of jobs, made once by loom-runner and handed to every shim. A list
 * of refusals, not of permissions: jobs are whole programs of unknown kinds. What is
 * refused is what has no use inside the sandbox and has been a way out of one, and what
 * no namespace contains (keyrings, vsock, io_uring, terminals). Calls are resolved by
 * name, so that the list holds on every architecture.
 */
#include "config.h"

#include "runner/sbfilter.h"

#include "lib/base/fdio.h"

#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a job may make sockets of. All other families have no namespace of their own, a
 * history, or nothing to talk to in here; new ones are refused before they are known. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* The kernel's own AF_MAX, 46 in Linux 6.1, may grow up to here. */
enum { FAMILIES_END = 64 };

/* EPERM, as if a right were missing. */
static const char *const forbidden[] = {
	/* other processes */
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"kcmp",
	"pidfd_getfd",
	"process_madvise",
	/* the kernel's own machinery */
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"lookup_dcookie",
	"vm86",
	"vm86old",
	"modify_ldt",
	"iopl",
	"ioperm",
	"syslog",
	"_sysctl",
	/* keyrings are not namespaced: a mailbox between jobs */
	"keyctl",
	"add_key",
	"request_key",
	/* files and namespaces */
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"chroot",
	"setns",
	"unshare",
	"open_tree",
	"move_mount",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"swapon",
	"swapoff",
	"quotactl",
	"quotactl_fd",
	"acct",
	"name_to_handle_at",
	"open_by_handle_at",
	"fanotify_init",
	"fanotify_mark",
	"nfsservctl",
	/* the machine */
	"reboot",
	"settimeofday",
	"clock_settime",
	"clock_adjtime",
	"clock_adjtime64",
	"clock_settime64",
	"adjtimex",
	"stime",
	"sethostname",
	"setdomainname",
	"vhangup",
	"mbind",
	"migrate_pages",
	"move_pages",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"memfd_secret",
};

/* ENOSYS, so that libraries fall back to something older. */
static const char *const unknown[] = {
	/* its flags are behind a pointer, where no filter can look */
	"clone3",
	/* opens files and sockets behind the filter's back */
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
};

/* open_tree_attr: libseccomp 2.5 has no name for it, and from 424 on the numbers are those
 * of every architecture. */
enum { NR_OPEN_TREE_ATTR = 467 };

static const uint64_t namespaces[] = {
	CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET,
};

static int forbid(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(forbidden); i++) {
		int nr = seccomp_syscall_resolve_name(forbidden[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
	}
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), NR_OPEN_TREE_ATTR, 0);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(unknown); i++) {
		int nr = seccomp_syscall_resolve_name(unknown[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	}
	return rc;
}

static bool is_allowed(int family)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (families[i] == family)
			return true;
	return false;
}

static int forbid_sockets(scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(socket), SCMP_SYS(socketpair)};
	int rc = 0;

	for (int i = 0; rc == 0 && i < 2 * FAMILIES_END; i++)
		if (!is_allowed(i / 2))
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT),
					      calls[i % 2], 1,
					      SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX,
						      (uint64_t)(i / 2)));
	return rc;
}

/* New namespaces by clone, typing into a terminal, limits of another process: a job that
 * could set those of loom-init would have the kernel kill it, and look like our fault. */
static int forbid_by_argument(scmp_filter_ctx ctx)
{
	static const uint64_t terminals[] = {TIOCSTI, TIOCLINUX};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(namespaces); i++)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(terminals); i++)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminals[i]));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
				      SCMP_A0(SCMP_CMP_NE, 0, 0));
	return rc;
}

/* personality(0xffffffff) asks, personality(0) is plain Linux: both may be. Every other
 * number has, read as a circle, a 1 with a 0 on its left. */
static int forbid_personalities(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < 32; i++) {
		uint64_t one = 1ULL << i;
		uint64_t left = 1ULL << (i + 1) % 32;

		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality),
				      1, SCMP_A0(SCMP_CMP_MASKED_EQ, one | left, one));
	}
	return rc;
}

static int fill(scmp_filter_ctx ctx)
{
	/* calls of another architecture, such as 32-bit ones, are unknown altogether */
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));

	if (rc == 0)
		rc = forbid(ctx);
	if (rc == 0)
		rc = forbid_sockets(ctx);
	if (rc == 0)
		rc = forbid_by_argument(ctx);
	return rc ? rc : forbid_personalities(ctx);
}

enum lerr_code sbfilter_make(int *out_fd, struct lerr *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	auto_fd int fd = -1;
	int rc;

	if (!ctx)
		return lerr_set(err, LERR_TEMP, 0, "seccomp_init");
	fd = memfd_create("filter", MFD_CLOEXEC);
	rc = fd < 0 ? -errno : fill(ctx);
	if (rc == 0)
		rc = seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	if (rc != 0)
		return lerr_set(err, LERR_TEMP, -rc, "seccomp filter");
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}
