/* SPDX-License-Identifier: MIT */
/*
 * The shell back end: a job is a process on this machine, inside bubblewrap. Runs in
 * loom-shim, on the trusted side; what it starts is a stranger's (sbspawn.c). What it
 * hears from loom-init is believed about this one job and nothing else. Nothing here
 * decides why a job ended.
 */
#include "config.h"

#include "runner/backend.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "runner/cgroup.h"
#include "runner/initmsg.h"
#include "runner/privs.h"
#include "runner/procs.h"
#include "runner/sblimit.h"
#include "runner/sbmount.h"
#include "runner/sbnet.h"
#include "runner/sbspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct backend_job {
	struct plan plan;
	struct sbnet net;
	int init;       /* socket to loom-init */
	pid_t bwrap;    /* our child */
	pid_t init_pid; /* as we see it; 0 before READY */
	int init_pidfd;
	struct cgroup_usage before;
	bool empty; /* loom-init said so, with its own account */
	uint64_t init_cpu_us;
	uint64_t init_rss_bytes;
};

/* ---- prepare */

static void shell_free(struct backend_job *j)
{
	fdio_close(&j->init);
	fdio_close(&j->init_pidfd);
	sbnet_free(&j->net);
	mem_free(j);
}

static enum lerr_code shell_prepare(struct backend_job **out, struct backend_pipes *pipes,
				    const struct plan *p, struct lerr *err)
{
	struct backend_job *j = mem_zalloc(sizeof(*j));
	struct sbspawn spawned;
	enum lerr_code rc;

	INVARIANT(!p->root || p->uid != 0);
	j->plan = *p;
	j->init = -1;
	j->init_pidfd = -1;
	j->net.slirp_stop = -1;
	j->net.slirp_words = -1;
	rc = cgroup_make(p, err);
	if (!rc)
		rc = sbmount_enter(p, err);
	if (!rc)
		rc = sbnet_enter(&j->net, p->netns ? PLAN_FD_NETNS : -1, p->outbound != 0,
				 err);
	if (!rc)
		rc = sbspawn_start(&spawned, p, err);
	if (!rc) {
		j->bwrap = spawned.bwrap;
		j->init = spawned.init;
		*pipes = (struct backend_pipes){spawned.in, spawned.out, spawned.err,
						spawned.init};
	}
	/* what is left to do is to signal processes, one of them under its own user id */
	if (!rc)
		rc = privs_keep(PRIVS_OF_WAITING_SHIM, err);
	if (rc) {
		if (j->bwrap > 0)
			(void)kill(j->bwrap, SIGKILL);
		shell_free(j);
		return rc;
	}
	*out = j;
	return LERR_OK;
}

/* ---- talking to loom-init */

static enum lerr_code order(struct backend_job *j, const struct initmsg_order *o, int fd,
			    struct lerr *err)
{
	union {
		struct cmsghdr head; /* for alignment */
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct initmsg_order copy = *o;
	struct iovec iov = {.iov_base = &copy, .iov_len = sizeof(copy)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	do {
		n = sendmsg(j->init, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(copy))
		return lerr_set(err, LERR_GONE, errno, "loom-init does not listen");
	return LERR_OK;
}

static enum lerr_code shell_launch(struct backend_job *j, const struct plan_job *job,
				   int words, struct lerr *err)
{
	struct initmsg_order o = {.kind = INITMSG_RUN,
				  .nargs = (uint32_t)job->nargs,
				  .nenv = (uint32_t)job->nenv,
				  .bytes = job->bytes};

	sblimit_fill(&o, &j->plan);
	cgroup_reset_peak(&j->plan);
	cgroup_read(&j->before, &j->plan);
	return order(j, &o, words, err);
}

struct heard {
	struct initmsg_news news;
	pid_t pid;
};

/* One datagram: 1 when there was one, 0 when there is none now, -1 at the end. */
static int hear(const struct backend_job *j, struct heard *out)
{
	union {
		struct cmsghdr head; /* for alignment */
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {.iov_base = &out->news, .iov_len = sizeof(out->news)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = sizeof(control.room)};
	const struct cmsghdr *head;
	struct ucred cred = {0, 0, 0};
	ssize_t n;

	do {
		n = recvmsg(j->init, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n != (ssize_t)sizeof(out->news))
		return -1;
	head = CMSG_FIRSTHDR(&msg);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS)
		memcpy(&cred, CMSG_DATA(head), sizeof(cred));
	out->pid = cred.pid;
	return 1;
}

/* The sandbox is built: remember its first process for the end. */
static bool meet_init(struct backend_job *j, pid_t pid)
{
	if (j->init_pid || pid <= 1)
		return false;
	j->init_pid = pid;
	/* it waits for us, so the pid is still its own */
	j->init_pidfd = pidfd_open(pid, 0);
	return j->init_pidfd >= 0;
}

static enum backend_what understand(struct backend_job *j, const struct heard *h)
{
	switch ((enum initmsg_news_kind)h->news.kind) {
	case INITMSG_READY:
		return meet_init(j, h->pid) ? BACKEND_READY : BACKEND_BROKEN;
	case INITMSG_STARTED:
		return BACKEND_STARTED;
	case INITMSG_REFUSED:
		return BACKEND_REFUSED;
	case INITMSG_EXITED:
		return BACKEND_EXITED;
	case INITMSG_EMPTY:
		j->empty = true;
		j->init_cpu_us = h->news.cpu_us;
		j->init_rss_bytes = h->news.rss_bytes;
		return BACKEND_EMPTY;
	}
	return BACKEND_BROKEN;
}

static bool shell_news(struct backend_job *j, struct backend_news *out)
{
	struct heard h;
	int got = j->init < 0 ? 0 : hear(j, &h);

	if (got == 0)
		return false;
	memset(out, 0, sizeof(*out));
	out->what = BACKEND_BROKEN;
	if (got > 0) {
		out->what = understand(j, &h);
		out->boot_ns = h.news.boot_ns;
		out->program_exists = h.news.exists != 0;
		if (out->what == BACKEND_REFUSED)
			out->exec_errno = h.news.value;
		else
			out->wait_status = h.news.value;
	}
	if (out->what == BACKEND_BROKEN)
		fdio_close(&j->init);
	return true;
}

static void shell_describe(const struct backend_job *j, struct spool_verdict *out)
{
	uint64_t start = 0;

	if (proc_start_ticks(&start, j->init_pid, NULL) == LERR_OK) {
		out->init_pid = (uint64_t)j->init_pid;
		out->init_start = start;
	}
}

/* ---- the end */

static void shell_term(struct backend_job *j)
{
	struct initmsg_order o = {.kind = INITMSG_TERM};

	if (order(j, &o, -1, NULL))
		log_event(LOG_DEBUG, "sandbox.term", "init=gone");
}

/* Whatever was orphaned by the end of bubblewrap is our child now (subreaper). */
static void kill_children(void)
{
	auto_buf struct buf text = BUF_INIT(64 * 1024);
	struct str rest;
	struct str word;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (fdio_read_file(AT_FDCWD, path, &text, NULL))
		return;
	rest = buf_str(&text);
	while (str_next(&rest, ' ', &word)) {
		uint64_t pid;

		/* not reaped yet, so the pid is nobody else's */
		if (str_to_u64(word, INT32_MAX, &pid) && pid > 1)
			(void)kill((pid_t)pid, SIGKILL);
	}
}

static void shell_kill(struct backend_job *j, enum backend_round round)
{
	struct initmsg_order o = {.kind = INITMSG_KILL};

	switch (round) {
	case BACKEND_KILL_INSIDE:
		if (!order(j, &o, -1, NULL))
			return;
		break;
	case BACKEND_KILL_HARD:
		break;
	case BACKEND_KILL_LAST:
		if (j->plan.root)
			procs_kill_user((uid_t)j->plan.uid);
		break;
	}
	(void)procs_signal(j->init_pidfd, SIGKILL);
	kill_children();
	cgroup_kill(j->plan.places, j->plan.slot);
}

static bool shell_gone(struct backend_job *j)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
		if (pid == j->bwrap) {
			j->bwrap = 0;
			/* only now: it serves the job's connections to the end */
			fdio_close(&j->net.slirp_stop);
		}
	/* the namespace's first process can be reaped only when the kernel has emptied
	 * the namespace: no child left proves it, groups or not */
	if (pid == 0 || errno != ECHILD)
		return false;
	return !cgroup_is_populated(j->plan.places, j->plan.slot);
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void shell_usage(struct backend_job *j, struct backend_usage *out)
{
	struct cgroup_usage now;

	cgroup_read(&now, &j->plan);
	*out = (struct backend_usage){.cpu_source = "none"};
	if (j->plan.places[PLAN_USAGE].version) {
		out->cpu_us = since(now.cpu_us, j->before.cpu_us);
		out->cpu_source = "cgroup";
	} else if (j->empty) {
		/* of processes that were waited for: a lower bound */
		out->cpu_us = j->init_cpu_us;
		out->cpu_source = "sampled";
	}
	out->oom_kills = since(now.oom_kills, j->before.oom_kills);
	out->mem_peak_bytes = j->plan.places[PLAN_MEMORY].version ? now.mem_peak_bytes
								  : j->init_rss_bytes;
}

static int shell_spare_netns(struct backend_job *j)
{
	/* a namespace that a user namespace owns cannot be entered from another */
	if (!j->plan.root || !sbnet_is_unused(&j->net))
		return -1;
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* ---- without a shim */

/* Kill init; true when it is not there any more. */
static bool reap_init(const struct spool_verdict *v)
{
	auto_fd int fd = -1;

	if (v->init_pid == 0)
		return true;
	if (procs_open(&fd, (pid_t)v->init_pid, v->init_start, NULL))
		return true;
	(void)procs_signal(fd, SIGKILL);
	return false;
}

static bool shell_reap(const struct plan *p, const struct backend_remains *r)
{
	bool gone;

	/* after a reboot pids mean nothing, and nothing can be left */
	if (!r->same_boot)
		return true;
	gone = reap_init(&r->verdict);
	cgroup_kill(p->places, r->holder.slot);
	if (p->root && r->holder.uid) {
		procs_kill_user((uid_t)r->holder.uid);
		gone = gone && !procs_user_is_alive((uid_t)r->holder.uid);
	}
	return gone && !cgroup_is_populated(p->places, r->holder.slot);
}

const struct backend shellbe_backend = {
	.name = "shell",
	.isolation = "bubblewrap, seccomp, a user id for each slot",
	.isolation_rootless = "bubblewrap, seccomp, the runner's own user id",
	.prepare = shell_prepare,
	.launch = shell_launch,
	.news = shell_news,
	.describe = shell_describe,
	.term = shell_term,
	.kill = shell_kill,
	.gone = shell_gone,
	.usage = shell_usage,
	.spare_netns = shell_spare_netns,
	.free = shell_free,
	.reap = shell_reap,
};
