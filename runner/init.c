/* SPDX-License-Identifier: MIT */
/*
 * loom-init: the first process inside a job's sandbox, between bubblewrap and the job.
 * Static and small, because it is started for every sandbox. It waits for the one job,
 * starts it, reaps, and tells loom-shim what really happened: whether exec worked, the
 * wait status as the kernel gave it, and when.
 *
 * It runs with the job's own user id, in the job's namespaces and under its filter, so
 * it guards nothing: whatever it says is believed about this job alone. What keeps the
 * job from pretending to be it: it cannot be traced, its memory and descriptors cannot
 * be opened, and as process 1 it ignores every signal from inside.
 */
#include "config.h"

#include "runner/initmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STRINGS_MAX = 1024,
	BYTES_MAX = 4 * 1024 * 1024,
	/* our own failures, seen by loom-shim as the end of the socket */
	STATUS_BROKEN = 125,
};

static pid_t main_pid;
static int score_fd = -1; /* our /proc/self/oom_score_adj */

static uint64_t boot_ns(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void tell(const struct initmsg_news *news)
{
	ssize_t n;

	do {
		n = send(INITMSG_FD, news, sizeof(*news), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
}

static void tell_kind(enum initmsg_news_kind kind)
{
	struct initmsg_news news = {.kind = kind, .boot_ns = boot_ns()};

	tell(&news);
}

/* ---- the job's words */

struct words {
	char *bytes;
	size_t n;
	char *argv[STRINGS_MAX + 1];
	char *envp[STRINGS_MAX + 1];
};

/* Cut n strings off the front of *at; false when there are fewer. */
static bool cut(char **list, uint32_t n, char **at, const char *end)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t left = (size_t)(end - *at);
		char *nul = memchr(*at, '\0', left);

		if (left == 0 || !nul)
			return false;
		list[i] = *at;
		*at = nul + 1;
	}
	list[n] = NULL;
	return true;
}

static bool map_words(struct words *w, const struct initmsg_order *o, int fd)
{
	char *at;
	void *p;

	if (o->nargs == 0 || o->nargs > STRINGS_MAX || o->nenv > STRINGS_MAX ||
	    o->bytes == 0 || o->bytes > BYTES_MAX)
		return false;
	w->n = (size_t)o->bytes;
	p = mmap(NULL, w->n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	w->bytes = p;
	at = w->bytes;
	return cut(w->argv, o->nargs, &at, w->bytes + w->n) &&
	       cut(w->envp, o->nenv, &at, w->bytes + w->n);
}

/* ---- starting it */

/* When memory runs out in the sandbox, the job is to go first, not its init: else the
 * end of the job would be told less exactly. Harmless when it does not work. */
static void set_score(const char *text)
{
	ssize_t n = score_fd < 0 ? 0 : write(score_fd, text, strlen(text));

	(void)n;
}

static int try_exec(const char *path, const struct words *w)
{
	posix_spawnattr_t attr;
	sigset_t none;
	sigset_t all;
	int error = posix_spawnattr_init(&attr);

	if (error)
		return error;
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSID);
	error = posix_spawn(&main_pid, path, NULL, &attr, w->argv, w->envp);
	(void)posix_spawnattr_destroy(&attr);
	return error;
}

static const char *path_variable(const struct words *w)
{
	for (size_t i = 0; w->envp[i]; i++)
		if (strncmp(w->envp[i], "PATH=", 5) == 0)
			return w->envp[i] + 5;
	return "";
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* n bytes of folder (none: the present one), a slash and name; false if too long. */
static bool join(char *path, const char *folder, size_t n, const char *name)
{
	size_t len = strlen(name);

	if (n == 0) {
		folder = ".";
		n = 1;
	}
	if (n + 1 + len >= PATH_MAX)
		return false;
	memcpy(path, folder, n);
	path[n] = '/';
	memcpy(path + n + 1, name, len + 1);
	return true;
}

/* Look for a name without slash in the folders of PATH, as execvp(3) does: one that may
 * not be executed is remembered, and the search goes on. */
static int search(const struct words *w, bool *exists)
{
	const char *folder = path_variable(w);
	int error = ENOENT;

	while (*folder) {
		char path[PATH_MAX];
		size_t n = strcspn(folder, ":");
		bool fits = join(path, folder, n, w->argv[0]);

		folder += n + (folder[n] == ':');
		if (!fits || !is_there(path))
			continue;
		*exists = true;
		error = try_exec(path, w);
		if (error != EACCES && error != ENOENT && error != ENOTDIR)
			return error;
	}
	return error;
}

static int start(const struct words *w, bool *exists)
{
	if (w->argv[0][0] == '\0')
		return ENOENT;
	if (!strchr(w->argv[0], '/'))
		return search(w, exists);
	*exists = is_there(w->argv[0]);
	return try_exec(w->argv[0], w);
}

static void set_limits(const struct initmsg_order *o)
{
	for (uint32_t i = 0; i < o->nlimits && i < INITMSG_LIMITS; i++) {
		struct rlimit r = {.rlim_cur = o->limits[i].soft,
				   .rlim_max = o->limits[i].hard};
		struct rlimit now;

		/* never ask for more than there is: we may not raise */
		if (getrlimit((__rlimit_resource_t)o->limits[i].resource, &now) != 0)
			continue;
		if (r.rlim_max > now.rlim_max)
			r.rlim_max = now.rlim_max;
		if (r.rlim_cur > r.rlim_max)
			r.rlim_cur = r.rlim_max;
		if (setrlimit((__rlimit_resource_t)o->limits[i].resource, &r) != 0)
			_exit(STATUS_BROKEN);
	}
}

static void run(const struct initmsg_order *o, int fd)
{
	static struct words w;
	struct initmsg_news news = {.kind = INITMSG_STARTED};
	bool exists = false;
	int error;

	if (main_pid || fd < 0 || !map_words(&w, o, fd))
		_exit(STATUS_BROKEN);
	(void)close(fd);
	set_limits(o);
	set_score("1000");
	error = start(&w, &exists);
	set_score("900");
	news.boot_ns = boot_ns();
	if (error) {
		news.kind = INITMSG_REFUSED;
		news.value = error;
		news.exists = exists;
	}
	tell(&news);
	if (error)
		_exit(0);
	/* its words and its pipes are the job's alone now */
	(void)munmap(w.bytes, w.n);
	for (int i = 0; i < INITMSG_FD; i++)
		(void)close(i);
}

/* ---- the end of it */

static void tell_empty(void)
{
	struct initmsg_news news = {.kind = INITMSG_EMPTY, .boot_ns = boot_ns()};
	struct rusage ru;

	if (getrusage(RUSAGE_CHILDREN, &ru) == 0) {
		news.cpu_us = (uint64_t)ru.ru_utime.tv_sec * 1000000u +
			      (uint64_t)ru.ru_utime.tv_usec +
			      (uint64_t)ru.ru_stime.tv_sec * 1000000u +
			      (uint64_t)ru.ru_stime.tv_usec;
		news.rss_bytes = (uint64_t)ru.ru_maxrss * 1024u;
	}
	tell(&news);
}

/* Reap whatever died. The main process's end is the end of the job: the rest is killed,
 * and when nothing is left, init goes too. */
static void reap(void)
{
	static bool over;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct initmsg_news news = {.kind = INITMSG_EXITED, .value = status};

		if (pid != main_pid || over)
			continue;
		news.boot_ns = boot_ns();
		tell(&news);
		over = true;
		(void)kill(-1, SIGKILL);
	}
	if (over && pid < 0 && errno == ECHILD) {
		tell_empty();
		_exit(0);
	}
}

/* ---- orders */

static int receive(struct initmsg_order *o, int *fd)
{
	union {
		struct cmsghdr head; /* for alignment */
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = o, .iov_len = sizeof(*o)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = sizeof(control.room)};
	const struct cmsghdr *head;
	ssize_t n;

	do {
		n = recvmsg(INITMSG_FD, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	*fd = -1;
	if (n != (ssize_t)sizeof(*o))
		return -1;
	head = CMSG_FIRSTHDR(&msg);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return 0;
}

static void obey(void)
{
	struct initmsg_order o;
	int fd;

	if (receive(&o, &fd) != 0) {
		/* loom-shim is gone: so is the job */
		(void)kill(-1, SIGKILL);
		_exit(STATUS_BROKEN);
	}
	if (o.kind == INITMSG_RUN)
		run(&o, fd);
	if (o.kind == INITMSG_TERM) {
		(void)kill(-1, SIGTERM);
		(void)kill(-1, SIGCONT); /* a stopped process cannot heed it */
	}
	if (o.kind == INITMSG_KILL) {
		(void)kill(-1, SIGKILL);
		if (!main_pid)
			_exit(0);
	}
}

int main(void)
{
	struct pollfd p[2] = {{.fd = INITMSG_FD, .events = POLLIN},
			      {.fd = -1, .events = POLLIN}};
	sigset_t set;

	if (close_range(INITMSG_FD + 1, UINT_MAX, 0) != 0 ||
	    fcntl(INITMSG_FD, F_SETFD, FD_CLOEXEC) != 0)
		return STATUS_BROKEN;
	/* the last moment: then all of our /proc/self is root's */
	score_fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return STATUS_BROKEN;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
		return STATUS_BROKEN;
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p[1].fd < 0)
		return STATUS_BROKEN;
	tell_kind(INITMSG_READY);
	for (;;) {
		struct signalfd_siginfo info;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return STATUS_BROKEN;
		if (p[1].revents && read(p[1].fd, &info, sizeof(info)) > 0)
			reap();
		if (p[0].revents)
			obey();
	}
}
