/* SPDX-License-Identifier: MIT */
/*
 * Network namespaces of sandboxes, for loom-shim. The way out is slirp4netns, a process
 * in the machine's own network that makes the job's connections; what it must not reach
 * (this machine, private networks, cloud metadata) ends at an unreachable route on the
 * job's side, where the job has no right to change routes. There is no IPv6 at all: a
 * range that is not there cannot be forgotten. Nothing here reads what a job sends.
 */
#include "config.h"

#include "runner/sbnet.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "runner/record.h"
#include "runner/sbroute.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLIRP "/usr/bin/slirp4netns"

enum {
	COUNTERS_MAX = 64 * 1024,
	READY_MS = 5000,
	/* descriptors of slirp4netns */
	FD_READY = 3,
	FD_STOP = 4,
	FD_NETNS = 5,
};

/* Everything that counts in a namespace. */
static const char *const counters[] = {
	"/proc/self/net/dev",
	"/proc/self/net/snmp",
	"/proc/self/net/netstat",
	"/proc/self/net/snmp6",
};

static bool read_counters(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
		auto_fd int fd = open(counters[i], O_RDONLY | O_CLOEXEC);

		/* no IPv6, no file */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fdio_read_rest(fd, out, NULL) != LERR_OK)
			return false;
	}
	return out->n > 0;
}

bool sbnet_is_unused(const struct sbnet *n)
{
	auto_buf struct buf now = BUF_INIT(COUNTERS_MAX);

	return n->slirp == 0 && n->before.n > 0 && read_counters(&now) &&
	       str_eq(buf_str(&now), buf_str(&n->before));
}

static enum lerr_code loopback_up(struct lerr *err)
{
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = {.ifr_name = "lo"};

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r) != 0)
		return lerr_set(err, LERR_TEMP, errno, "loopback");
	r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &r) != 0)
		return lerr_set(err, LERR_TEMP, errno, "loopback up");
	return LERR_OK;
}

/* ---- slirp4netns */

bool sbnet_has_slirp(void)
{
	return access(SLIRP, X_OK) == 0;
}

struct slirp_fds {
	int machine; /* the machine's network namespace */
	int netns;   /* the sandbox's */
	int ready[2];
	int stop[2];
	int words[2]; /* what it prints */
};

static void exec_slirp(const struct slirp_fds *f)
{
	char *const argv[] = {(char[]){"slirp4netns"},
			      (char[]){"--configure"},
			      (char[]){"--mtu=65520"},
			      (char[]){"--disable-host-loopback"},
			      (char[]){"--enable-sandbox"},
			      (char[]){"--enable-seccomp"},
			      (char[]){"--ready-fd=3"},
			      (char[]){"--exit-fd=4"},
			      (char[]){"--netns-type=path"},
			      (char[]){"/proc/self/fd/5"},
			      (char[]){"tap0"},
			      NULL};
	char *const envp[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	const int from[] = {f->ready[1], f->stop[0], f->netns};
	int high[ARRAY_LEN(from)];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int words = fcntl(f->words[1], F_DUPFD_CLOEXEC, 64);
	sigset_t none;

	/* out of the way first, so that no target is a source that is still needed */
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 64);
	if (null < 0 || setns(f->machine, CLONE_NEWNET) != 0)
		_exit(127);
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		if (dup2(high[i], FD_READY + (int)i) < 0)
			_exit(127);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(words, STDERR_FILENO);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)close_range(FD_NETNS + 1, ~0U, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)execve(SLIRP, argv, envp);
	_exit(127);
}

static enum lerr_code wait_ready(const struct slirp_fds *f, struct lerr *err)
{
	struct pollfd p = {.fd = f->ready[0], .events = POLLIN};
	char words[1024];
	char clean[120];
	char byte;
	ssize_t got;
	int n;

	do {
		n = poll(&p, 1, READY_MS);
	} while (n < 0 && errno == EINTR);
	if (n > 0 && read(f->ready[0], &byte, 1) == 1)
		return LERR_OK;
	/* the end of what it said is nearest to the cause */
	got = read(f->words[0], words, sizeof(words));
	got = got < 0 ? 0 : got;
	n = got > (ssize_t)sizeof(clean) ? (int)(got - (ssize_t)sizeof(clean) + 1) : 0;
	record_clean_text(clean, sizeof(clean),
			  str_trim((struct str){words + n, (size_t)(got - n)}));
	return lerr_set(err, LERR_TEMP, 0, "slirp4netns does not start: %s", clean);
}

static void close_pair(int *pair)
{
	fdio_close(&pair[0]);
	fdio_close(&pair[1]);
}

static enum lerr_code start_slirp(struct sbnet *n, int machine, struct lerr *err)
{
	struct slirp_fds f = {machine, -1, {-1, -1}, {-1, -1}, {-1, -1}};
	enum lerr_code rc = LERR_OK;

	f.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	/* what it prints later fills a pipe and is lost: it must never wait for us */
	if (f.netns < 0 || pipe2(f.ready, O_CLOEXEC) != 0 ||
	    pipe2(f.stop, O_CLOEXEC) != 0 || pipe2(f.words, O_CLOEXEC | O_NONBLOCK) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "slirp4netns");
	if (!rc) {
		n->slirp = fork();
		if (n->slirp == 0)
			exec_slirp(&f);
		if (n->slirp < 0) {
			n->slirp = 0;
			rc = lerr_set(err, LERR_TEMP, errno, "fork");
		}
	}
	fdio_close(&f.ready[1]);
	if (!rc)
		rc = wait_ready(&f, err);
	if (!rc) {
		n->slirp_stop = fdio_steal(&f.stop[1]);
		n->slirp_words = fdio_steal(&f.words[0]);
	}
	fdio_close(&f.netns);
	close_pair(f.ready);
	close_pair(f.stop);
	close_pair(f.words);
	return rc;
}

static enum lerr_code open_way_out(struct sbnet *n, const struct sbroute_list *closed,
				   int machine, struct lerr *err)
{
	enum lerr_code rc = start_slirp(n, machine, err);

	return rc ? rc : sbroute_close(closed, err);
}

enum lerr_code sbnet_enter(struct sbnet *out, int old, bool outbound, struct lerr *err)
{
	auto_fd int machine = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct sbnet n = {
		.slirp_stop = -1, .slirp_words = -1, .before = BUF_INIT(COUNTERS_MAX)};
	struct sbroute_list closed = {0};
	enum lerr_code rc = LERR_OK;

	if (machine < 0)
		return lerr_set(err, LERR_TEMP, errno, "network namespace");
	if (outbound)
		rc = sbroute_find(&closed, err);
	if (rc)
		return rc;
	if (old >= 0 && !outbound) {
		if (setns(old, CLONE_NEWNET) != 0)
			return lerr_set(err, LERR_TEMP, errno, "network namespace");
	} else {
		if (unshare(CLONE_NEWNET) != 0)
			return lerr_set(err, LERR_TEMP, errno, "network namespace");
		rc = loopback_up(err);
	}
	if (!rc && outbound)
		rc = open_way_out(&n, &closed, machine, err);
	if (rc) {
		sbnet_free(&n);
		return rc;
	}
	if (!outbound && !read_counters(&n.before))
		buf_reset(&n.before);
	*out = n;
	return LERR_OK;
}

void sbnet_free(struct sbnet *n)
{
	fdio_close(&n->slirp_stop);
	fdio_close(&n->slirp_words);
	buf_free(&n->before);
}
