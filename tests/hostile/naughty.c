/* SPDX-License-Identifier: MIT */
/*
 * A job that misbehaves, one way a verb. It is fed to the sandbox through stdin, run
 * there, and prints what the kernel answered: "NAME: OK" or "NAME: ERRNO". The test
 * scripts beside it say what must come out.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024UL * 1024)

static void say(const char *name, long rc)
{
	int error = errno;

	printf("%s: %s\n", name, rc < 0 ? strerrorname_np(error) : "OK");
	(void)fflush(stdout);
}

static unsigned long number(const char *text)
{
	return strtoul(text ? text : "0", NULL, 10);
}

static void ignore_all(void)
{
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_IGN);
}

static void sleep_for_ever(void)
{
	for (;;)
		(void)pause();
}

/* ---- using up */

static int forks(char **a)
{
	int n = 0;

	(void)a;
	for (;; n++) {
		pid_t pid = fork();

		if (pid == 0)
			sleep_for_ever();
		if (pid < 0)
			break;
	}
	printf("forks: %d %s\n", n, strerrorname_np(errno));
	return 0;
}

static int forkbomb(char **a)
{
	struct timespec ms = {.tv_nsec = 1000000};

	(void)a;
	ignore_all();
	/* refused forks use up kernel memory for a moment: without a pause the job would
	 * be killed for that */
	for (;;)
		if (fork() < 0)
			(void)nanosleep(&ms, NULL);
	return 0;
}

static void *sleeper(void *p)
{
	(void)pause();
	return p;
}

static int threads(char **a)
{
	pthread_t t;
	int n = 0;
	int error = 0;

	(void)a;
	while (n < 100000 && (error = pthread_create(&t, NULL, sleeper, NULL)) == 0)
		n++;
	printf("threads: %d %s\n", n, strerrorname_np(error));
	return 0;
}

static int eat(unsigned long mib)
{
	char *p = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		say("alloc", -1);
		return 1;
	}
	for (unsigned long i = 0; i < mib * MIB; i += 4096)
		p[i] = 1;
	say("alloc", 0);
	return 0;
}

static int alloc(char **a)
{
	return eat(number(a[0]));
}

static int childalloc(char **a)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(eat(number(a[0])));
	(void)waitpid(pid, &status, 0);
	printf("child: %s\n", WIFSIGNALED(status) ? "killed" : "exited");
	return 0;
}

static int emptyfiles(char **a)
{
	char name[32];
	int n = 0;

	(void)a;
	for (;; n++) {
		int fd;

		(void)snprintf(name, sizeof(name), "f%d", n);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			break;
		(void)close(fd);
	}
	printf("files: %d %s\n", n, strerrorname_np(errno));
	return 0;
}

static int sparse(char **a)
{
	int fd = open("sparse", O_WRONLY | O_CREAT, 0600);

	say("truncate", ftruncate(fd, (off_t)(number(a[0]) * MIB)));
	return 0;
}

static int deep(char **a)
{
	char name[256];
	int n = 0;

	(void)a;
	memset(name, 'd', 255);
	name[255] = '\0';
	name[3] = (char)0xff; /* no UTF-8 */
	while (n < 3000 && mkdir(name, 0700) == 0 && chdir(name) == 0)
		n++;
	printf("depth: %d\n", n);
	return 0;
}

static int flood(char **a)
{
	static char block[65536];

	(void)a;
	ignore_all();
	memset(block, 'y', sizeof(block));
	for (;;)
		for (int fd = 1; fd <= 2; fd++)
			if (write(fd, block, sizeof(block)) < 0 && errno == EPIPE)
				return 1;
	return 0;
}

static int spin(char **a)
{
	unsigned long n = number(a[0]);

	for (unsigned long i = 1; i < n; i++)
		if (fork() == 0)
			break;
	for (;;)
		continue;
	return 0;
}

/* ---- staying */

static int deaf(char **a)
{
	(void)a;
	ignore_all();
	printf("deaf\n");
	(void)fflush(stdout);
	sleep_for_ever();
	return 0;
}

static int last_code;

static void on_term(int s)
{
	(void)s;
	_exit(last_code);
}

static int onterm(char **a)
{
	last_code = (int)number(a[0]);
	(void)signal(SIGTERM, on_term);
	printf("ready\n");
	(void)fflush(stdout);
	sleep_for_ever();
	return 0;
}

static int stopped(char **a)
{
	(void)a;
	ignore_all();
	(void)fork();
	for (;;)
		(void)raise(SIGSTOP);
	return 0;
}

/* A daemon in a session of its own that keeps stdout open; the parent leaves. */
static int daemonize(char **a)
{
	if (fork() == 0) {
		(void)setsid();
		ignore_all();
		(void)fork();
		sleep_for_ever();
	}
	return (int)number(a[0]);
}

static int killall(char **a)
{
	(void)a;
	say("kill 1", kill(1, SIGKILL));
	say("stop 1", kill(1, SIGSTOP));
	if (fork() == 0) {
		(void)kill(-1, SIGKILL);
		_exit(0);
	}
	sleep_for_ever();
	return 0;
}

static int sendsig(char **a)
{
	(void)kill(getpid(), (int)number(a[0]));
	sleep_for_ever();
	return 0;
}

/* ---- looking around */

static int fds(char **a)
{
	(void)a;
	for (int fd = 0; fd < 4096; fd++) {
		char path[64];
		char to[256];
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, to, sizeof(to) - 1);
		if (n >= 4)
			printf("fd %d %.4s\n", fd, to);
	}
	return 0;
}

static int reopen(char **a)
{
	(void)a;
	say("stdin for writing", open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK));
	say("init's memory", open("/proc/1/mem", O_RDWR));
	say("init's environ", open("/proc/1/environ", O_RDONLY));
	say("init's fd 3", open("/proc/1/fd/3", O_RDONLY));
	say("init's root", open("/proc/1/root", O_RDONLY));
	return 0;
}

static int closeall(char **a)
{
	(void)a;
	for (int fd = 0; fd < 1024; fd++)
		(void)close(fd);
	return 3;
}

static int trace(char **a)
{
	char byte;
	struct iovec local = {&byte, 1};
	struct iovec remote = {&byte, 1};
	pid_t child = fork();

	(void)a;
	if (child == 0)
		sleep_for_ever();
	say("ptrace init", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	say("ptrace sibling", ptrace(PTRACE_ATTACH, child, NULL, NULL));
	say("process_vm_readv", process_vm_readv(1, &local, 1, &remote, 1, 0));
	(void)kill(child, SIGKILL);
	return 0;
}

/* ---- the machine */

static void put(const char *name, const char *path)
{
	int fd = open(path, O_WRONLY);

	say(name, fd < 0 ? -1 : write(fd, "h", 1));
}

static int machine(char **a)
{
	struct timeval tv = {0, 0};
	struct timespec ts = {0, 0};

	(void)a;
	say("settimeofday", settimeofday(&tv, NULL));
	say("clock_settime", clock_settime(CLOCK_REALTIME, &ts));
	say("sethostname", sethostname("x", 1));
	say("mount", mount("none", "/job", "tmpfs", 0, NULL));
	say("umount", umount("/proc"));
	say("chroot", chroot("/job"));
	say("pivot_root", syscall(SYS_pivot_root, "/job", "/job"));
	say("mknod disk", mknod("disk", S_IFBLK | 0600, makedev(254, 0)));
	say("mknod null", mknod("null", S_IFCHR | 0600, makedev(1, 3)));
	say("reboot", reboot(RB_AUTOBOOT));
	say("syslog", syscall(SYS_syslog, 3, NULL, 0));
	say("swapon", syscall(SYS_swapon, "/job/x", 0));
	say("bpf", syscall(SYS_bpf, 0, NULL, 0));
	say("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	say("userfaultfd", syscall(SYS_userfaultfd, 0));
	say("init_module", syscall(SYS_init_module, NULL, 0, ""));
	say("personality", syscall(SYS_personality, 0x0400000));
	say("personality asked", syscall(SYS_personality, 0xffffffff));
	put("sysrq", "/proc/sysrq-trigger");
	put("core_pattern", "/proc/sys/kernel/core_pattern");
	return 0;
}

static int namespaces(char **a)
{
	pid_t pid;

	(void)a;
	say("unshare user", unshare(CLONE_NEWUSER));
	say("unshare net", unshare(CLONE_NEWNET));
	say("setns", setns(0, 0));
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(0);
	say("clone user", pid);
	say("open_tree", syscall(SYS_open_tree, -1, "/", 0));
	say("open_tree_attr", syscall(467, -1, "/", 0, NULL, 0));
	say("clone3", syscall(SYS_clone3, NULL, 0));
	return 0;
}

static int kernel(char **a)
{
	(void)a;
	say("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 1));
	say("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
	say("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	return 0;
}

static int families(char **a)
{
	int pair[2];

	(void)a;
	say("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	say("alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
	say("packet", socket(AF_PACKET, SOCK_RAW, 0));
	say("raw", socket(AF_INET, SOCK_RAW, 1));
	say("inet", socket(AF_INET, SOCK_STREAM, 0));
	say("inet6", socket(AF_INET6, SOCK_STREAM, 0));
	say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	say("packet over ppp", socket(AF_PPPOX, SOCK_STREAM, 0));
	say("rxrpc", socket(AF_RXRPC, SOCK_DGRAM, AF_INET));
	say("tipc pair", socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
	say("unix pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	return 0;
}

static int terminal(char **a)
{
	char c = 'x';

	(void)a;
	say("tty", open("/dev/tty", O_RDWR));
	say("tiocsti", ioctl(0, TIOCSTI, &c));
	return 0;
}

static int oom(char **a)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	char text[16] = "";

	(void)a;
	say("below zero", write(fd, "-1", 2));
	say("to zero", write(fd, "0", 1));
	fd = open("/proc/self/oom_score_adj", O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) > 0)
		printf("score: %s", text);
	return 0;
}

static int rlimits(char **a)
{
	static const struct {
		const char *name;
		__rlimit_resource_t resource;
	} all[] = {{"core", RLIMIT_CORE},
		   {"nofile", RLIMIT_NOFILE},
		   {"nproc", RLIMIT_NPROC},
		   {"fsize", RLIMIT_FSIZE}};

	(void)a;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct rlimit r;

		(void)getrlimit(all[i].resource, &r);
		r.rlim_max++;
		r.rlim_cur = r.rlim_max;
		say(all[i].name, setrlimit(all[i].resource, &r));
	}
	say("of init", prlimit(1, RLIMIT_CPU, NULL, NULL));
	return 0;
}

static int mailbox(char **a)
{
	int id = shmget(0x10c0, 4096, IPC_CREAT | IPC_EXCL | 0600);

	(void)a;
	say("shm", id);
	printf("shm id: %d\n", id);
	say("mq", mq_open("/box", O_CREAT | O_RDWR | O_EXCL, 0600, NULL));
	return 0;
}

/* ---- network */

static int dial(char **a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons((uint16_t)number(a[1]))};
	struct pollfd p = {.fd = -1, .events = POLLOUT};
	int error = 0;
	socklen_t n = sizeof(error);

	(void)inet_pton(AF_INET, a[0], &sin.sin_addr);
	p.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(p.fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 &&
	    errno != EINPROGRESS) {
		say(a[0], -1);
		return 0;
	}
	if (poll(&p, 1, 3000) <= 0) {
		errno = ETIMEDOUT;
		say(a[0], -1);
		return 0;
	}
	(void)getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &n);
	errno = error;
	say(a[0], error ? -1 : 0);
	return 0;
}

static int dialudp(char **a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)inet_pton(AF_INET, a[0], &sin.sin_addr);
	say(a[0], sendto(fd, "x", 1, 0, (struct sockaddr *)&sin, sizeof(sin)));
	return 0;
}

static int dialunix(char **a)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = strlen(a[0]);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sun.sun_path, a[0], n);
	/* @name: the abstract namespace */
	if (a[0][0] == '@')
		sun.sun_path[0] = '\0';
	say(a[0], connect(fd, (struct sockaddr *)&sun,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)));
	return 0;
}

/* A real conversation over loopback, which leaves traces in the counters. */
static int loopback(char **a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(4242)};
	int s = socket(AF_INET, SOCK_STREAM, 0);
	int c = socket(AF_INET, SOCK_STREAM, 0);

	(void)a;
	(void)inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	/* without SO_REUSEADDR: a connection of another job would be in the way */
	say("bind", bind(s, (struct sockaddr *)&sin, sizeof(sin)));
	(void)listen(s, 1);
	say("connect", connect(c, (struct sockaddr *)&sin, sizeof(sin)));
	/* the server closes first: its end waits for a minute (TIME_WAIT) */
	(void)close(accept(s, NULL, NULL));
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(char **args);
} verbs[] = {
	{"forks", forks},
	{"forkbomb", forkbomb},
	{"threads", threads},
	{"alloc", alloc},
	{"childalloc", childalloc},
	{"emptyfiles", emptyfiles},
	{"sparse", sparse},
	{"deep", deep},
	{"flood", flood},
	{"spin", spin},
	{"deaf", deaf},
	{"onterm", onterm},
	{"stopped", stopped},
	{"daemon", daemonize},
	{"killall", killall},
	{"sendsig", sendsig},
	{"fds", fds},
	{"reopen", reopen},
	{"closeall", closeall},
	{"trace", trace},
	{"machine", machine},
	{"namespaces", namespaces},
	{"kernel", kernel},
	{"families", families},
	{"terminal", terminal},
	{"oom", oom},
	{"rlimits", rlimits},
	{"mailbox", mailbox},
	{"dial", dial},
	{"dialudp", dialudp},
	{"dialunix", dialunix},
	{"loopback", loopback},
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].fn(argv + 2);
	return 2;
}
