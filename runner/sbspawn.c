/* SPDX-License-Identifier: MIT */
/*
 * From loom-shim to bubblewrap: pipes, fork, and what the child does before exec. Here
 * root ends. The order matters: groups before anything runs in them, descriptors before
 * the user id (some are root's), the user id before bubblewrap, which as uid 0 would
 * leave root's files to the job.
 *
 * Never start bubblewrap as uid 0, and never from a second thread: --die-with-parent
 * follows the thread.
 */
#include "config.h"

#include "runner/sbspawn.h"

#include "lib/base/fdio.h"
#include "lib/base/proc.h"
#include "runner/cgroup.h"
#include "runner/initmsg.h"
#include "runner/sbargv.h"
#include "runner/sbmount.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BWRAP "/usr/bin/bwrap"

enum {
	/* descriptors of bubblewrap, behind the standard three and INITMSG_FD */
	FD_ARGS = INITMSG_FD + 1,
	FD_FILTER,
	FD_FREE,
	FILTER_MAX = 64 * 1024,
};

/* Ends of pipes that the job gets, and what bubblewrap reads. */
struct child_fds {
	int in;
	int out;
	int err;
	int init;
	int args;
	int filter;
};

static NORETURN void child_fails(const char *what, const struct lerr *err)
{
	/* stderr is the pipe that the shim reads for such messages */
	(void)dprintf(STDERR_FILENO, "%s: %s\n", what, err->msg);
	_exit(127);
}

/* Put the descriptors where they belong and close all others. */
static void arrange_fds(const struct child_fds *f)
{
	const int from[] = {f->in, f->out, f->err, f->init, f->args, f->filter};
	int high[ARRAY_LEN(from)];

	/* out of the way first, so that no target is a source that is still needed */
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 64);
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		if (dup2(high[i], (int)i) < 0)
			_exit(127);
	proc_close_from(FD_FREE);
}

/* loom-init gives the job itself 1000. Raising needs no right, but only with
 * CAP_SYS_RESOURCE the job cannot take it back. */
static void make_expendable(void)
{
	auto_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* never a log from here: stderr is the sandbox's already */
	if (fd < 0 || write(fd, "900", 3) != 3)
		return;
}

static NORETURN void become_bwrap(const struct plan *p, const struct child_fds *f,
				  char *const *argv)
{
	char *const envp[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	struct lerr err = {0};
	sigset_t none;

	(void)umask(077);
	(void)dup2(f->err, STDERR_FILENO);
	if (cgroup_join(p, &err))
		child_fails("cgroup", &err);
	make_expendable();
	arrange_fds(f);
	if (p->root && proc_drop_to((uid_t)p->uid, (gid_t)p->uid, &err))
		child_fails("user", &err);
	if (sbmount_make_folders(p, &err))
		child_fails("folder", &err);
	(void)umask(022);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || chdir("/") != 0)
		_exit(127);
	(void)execve(BWRAP, argv, envp);
	lerr_set(&err, LERR_TEMP, errno, "exec: %s", strerror(errno));
	child_fails(BWRAP, &err);
}

static enum lerr_code build_argv(struct sbargv *out, const struct plan *p,
				 struct lerr *err)
{
	const struct str command[] = {STR_LIT(SBARGV_INIT)};
	char etc[CAP_RUN_PATH + 8];
	char init[CAP_RUN_PATH + 8];
	char files[CAP_RUN_PATH + 8];
	struct sbargv_in in = {.etc = etc,
			       .init = init,
			       .files = files,
			       .outbound = p->outbound != 0,
			       .filter_fd = FD_FILTER,
			       .args_fd = FD_ARGS,
			       .command = command,
			       .ncommand = ARRAY_LEN(command)};

	(void)snprintf(etc, sizeof(etc), "%s/etc", p->sandbox);
	(void)snprintf(init, sizeof(init), "%s/init", p->sandbox);
	(void)snprintf(files, sizeof(files), "%s/mnt", p->sandbox);
	return sbargv_build(out, &in, err);
}

static enum lerr_code fork_bwrap(pid_t *out, const struct plan *p,
				 const struct child_fds *f, const struct sbargv *a,
				 struct lerr *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return lerr_set(err, LERR_TEMP, errno, "fork");
	if (pid == 0)
		become_bwrap(p, f, a->argv);
	*out = pid;
	return LERR_OK;
}

/* ---- both ends of everything */

struct ends {
	int in[2];
	int out[2];
	int err[2];
	int init[2];
	int args;
	int filter;
};

static void close_ends(struct ends *e)
{
	int *const all[] = {e->in, e->out, e->err, e->init};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		fdio_close(&all[i][0]);
		fdio_close(&all[i][1]);
	}
	fdio_close(&e->args);
	fdio_close(&e->filter);
}

static enum lerr_code open_ends(struct ends *e, const struct sbargv *a, struct lerr *err)
{
	int on = 1;

	if (pipe2(e->in, O_CLOEXEC) != 0 || pipe2(e->out, O_CLOEXEC) != 0 ||
	    pipe2(e->err, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e->init) != 0)
		return lerr_set(err, LERR_TEMP, errno, "pipes");
	/* the kernel tells us which process speaks, by its pid in our namespace */
	if (setsockopt(e->init[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
		return lerr_set(err, LERR_TEMP, errno, "SO_PASSCRED");
	return fdio_memfd(&e->args, "bwrap", buf_str(&a->options), err);
}

/* bubblewrap reads from the file offset, which all copies of a descriptor share. */
static enum lerr_code copy_filter(int *out_fd, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(FILTER_MAX);
	enum lerr_code rc = fdio_read_handed(PLAN_FD_FILTER, &text, err);

	return rc ? rc : fdio_memfd(out_fd, "filter", buf_str(&text), err);
}

static enum lerr_code unblock_ours(const struct ends *e, struct lerr *err)
{
	const int ours[] = {e->in[1], e->out[0], e->err[0], e->init[0]};
	enum lerr_code rc = LERR_OK;

	for (size_t i = 0; !rc && i < ARRAY_LEN(ours); i++)
		rc = fdio_nonblock(ours[i], err);
	return rc;
}

static enum lerr_code start_with(struct sbspawn *s, struct ends *e, const struct plan *p,
				 struct lerr *err)
{
	auto_sbargv struct sbargv a = {.argv = NULL};
	enum lerr_code rc = build_argv(&a, p, err);

	if (!rc)
		rc = open_ends(e, &a, err);
	if (!rc)
		rc = copy_filter(&e->filter, err);
	if (!rc)
		rc = unblock_ours(e, err);
	if (!rc) {
		struct child_fds f = {e->in[0],   e->out[1], e->err[1],
				      e->init[1], e->args,   e->filter};

		rc = fork_bwrap(&s->bwrap, p, &f, &a, err);
	}
	return rc;
}

enum lerr_code sbspawn_start(struct sbspawn *out, const struct plan *p, struct lerr *err)
{
	struct ends e = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, -1, -1};
	struct sbspawn s = {.bwrap = 0};
	enum lerr_code rc = start_with(&s, &e, p, err);

	if (!rc) {
		s.init = fdio_steal(&e.init[0]);
		s.in = fdio_steal(&e.in[1]);
		s.out = fdio_steal(&e.out[0]);
		s.err = fdio_steal(&e.err[0]);
		*out = s;
	}
	close_ends(&e);
	return rc;
}
