/* SPDX-License-Identifier: MIT */
/*
 * How fast is a sandbox of loom-runner beside bubblewrap alone? Both in one run, in turn,
 * with the same options, because other work on the machine changes both. Called by
 * tests/bench/sandbox:
 *
 *	b_sandbox SOCKET UID ETC INIT FILES
 *
 * Start: from the request to the time that date(1) prints, which is the first thing that
 * the job does. Jobs: no-op jobs a second, two at a time, against bwrap running true;
 * with "bare" for SOCKET only this last figure.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/rng.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipcrun.h"
#include "runner/sbargv.h"
#include "runner/sbfilter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 60,
	IN_FLIGHT = 2,
	SECONDS_EACH = 4,
	PAUSE_MS = 60,
	FD_ARGS = 3,
	FD_FILTER = 4,
};

struct bench {
	struct ipcconn *conn;
	uid_t uid;
	const char *etc;
	const char *init;
	const char *files;
	struct buf filter;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void pause_ms(long ms)
{
	struct timespec ts = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&ts, NULL);
}

/* ---- bubblewrap alone */

static NORETURN void exec_bwrap(const struct bench *b, const struct sbargv *a, int out,
				int args, int filter)
{
	char *const envp[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	char **argv = mem_array(a->argc + 2, sizeof(*argv));
	int null = open("/dev/null", O_RDWR);

	argv[0] = a->argv[0];
	argv[1] = mem_strdup("--unshare-net");
	for (size_t i = 1; i < a->argc; i++)
		argv[i + 1] = a->argv[i];
	args = fcntl(args, F_DUPFD, 64);
	filter = fcntl(filter, F_DUPFD, 64);
	(void)dup2(null, 0);
	(void)dup2(out < 0 ? null : out, 1);
	(void)dup2(args, FD_ARGS);
	(void)dup2(filter, FD_FILTER);
	proc_close_from(FD_FILTER + 1);
	if (proc_drop_to(b->uid, b->uid, NULL) || chdir("/") != 0)
		_exit(127);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)execve("/usr/bin/bwrap", argv, envp);
	_exit(127);
}

static pid_t start_bwrap(const struct bench *b, const struct str *command, size_t n,
			 int out)
{
	struct sbargv_in in = {.etc = b->etc,
			       .init = b->init,
			       .files = b->files,
			       .filter_fd = FD_FILTER,
			       .args_fd = FD_ARGS,
			       .command = command,
			       .ncommand = n};
	auto_sbargv struct sbargv a = {.argv = NULL};
	auto_fd int args = -1;
	auto_fd int filter = -1;
	pid_t pid;

	if (sbargv_build(&a, &in, NULL) ||
	    fdio_memfd(&args, "args", buf_str(&a.options), NULL) ||
	    fdio_memfd(&filter, "filter", buf_str(&b->filter), NULL))
		panic("bwrap arguments");
	pid = fork();
	if (pid == 0)
		exec_bwrap(b, &a, out, args, filter);
	return pid;
}

static uint64_t read_stamp(int fd)
{
	auto_buf struct buf text = BUF_INIT(256);
	uint64_t ns = 0;

	if (fdio_read_rest(fd, &text, NULL) ||
	    !str_to_u64(str_trim(buf_str(&text)), UINT64_MAX, &ns))
		panic("date printed '%s'", text.p ? text.p : "");
	return ns / 1000;
}

static uint64_t bare_start_us(const struct bench *b)
{
	const struct str command[] = {STR_LIT("/usr/bin/date"), STR_LIT("+%s%N")};
	uint64_t began = now_us();
	uint64_t stamp;
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		panic("pipe");
	pid = start_bwrap(b, command, ARRAY_LEN(command), pipe_fds[1]);
	(void)close(pipe_fds[1]);
	stamp = read_stamp(pipe_fds[0]);
	(void)close(pipe_fds[0]);
	(void)waitpid(pid, NULL, 0);
	return stamp - began;
}

static uint64_t bare_jobs(const struct bench *b)
{
	const struct str command[] = {STR_LIT("/usr/bin/true")};
	uint64_t until = clock_mono_ms() + SECONDS_EACH * 1000;
	uint64_t n = 0;
	int running = 0;

	while (clock_mono_ms() < until || running) {
		int status;

		while (running < IN_FLIGHT && clock_mono_ms() < until)
			running += start_bwrap(b, command, 1, -1) > 0;
		if (!running)
			break;
		if (waitpid(-1, &status, 0) > 0) {
			running--;
			n += status == 0;
		}
	}
	return n;
}

/* ---- through the runner */

static void send_id(struct bench *b, enum ipcrun_type type, const struct id32 *id)
{
	struct ipcrun_forget body = {.job = *id};

	if (ipcconn_send(b->conn, &ipcrun_types[type], 1, &body, NULL, 0, NULL))
		panic("send");
}

/* False: refused, for no slot is free this moment. */
static void send_start(struct bench *b, struct id32 *id, const struct str *command,
		       size_t n)
{
	struct ipcrun_start req = {.limit_ms = 10000};

	rng_fill(id, sizeof(*id));
	req.job = *id;
	for (size_t i = 0; i < n; i++)
		ipc_texts_add(&req.argv, command[i]);
	if (ipcconn_send(b->conn, &ipcrun_types[IPCRUN_START], 1, &req, NULL, 0, NULL))
		panic("send");
	ipc_texts_wipe(&req.argv);
}

/* The next message, whatever it is. */
static void next(struct bench *b, struct ipcmsg *m, struct ipcsock_fds *fds)
{
	for (;;) {
		struct pollfd p = {.fd = ipcconn_fd(b->conn), .events = POLLIN};
		struct lerr err = {0};
		enum lerr_code rc =
			ipcconn_recv(b->conn, m, fds, ipcrun_types, IPCRUN_TYPES, &err);

		if (!rc)
			break;
		if (err.os_errno != EAGAIN)
			panic("receive: %s", err.msg);
		(void)poll(&p, 1, 10000);
	}
	if (m->type == IPCRUN_ERROR) {
		const struct ipc_error *e = m->body;

		panic("refused: %s", e->text);
	}
}

static void await(struct bench *b, enum ipcrun_type type, struct ipcsock_fds *fds)
{
	for (;;) {
		auto_ipcmsg struct ipcmsg m = {.body = NULL};

		next(b, &m, fds);
		if (m.type == type)
			return;
		ipcsock_close_fds(fds);
	}
}

static uint64_t runner_start_us(struct bench *b)
{
	const struct str command[] = {STR_LIT("/usr/bin/date"), STR_LIT("+%s%N")};
	struct ipcsock_fds fds = {.n = 0};
	struct id32 id;
	uint64_t began = now_us();
	uint64_t stamp;

	send_start(b, &id, command, ARRAY_LEN(command));
	await(b, IPCRUN_ENDED, &fds);
	send_id(b, IPCRUN_RESULT, &id);
	await(b, IPCRUN_RESULT_IS, &fds);
	stamp = read_stamp(fds.fd[0]);
	ipcsock_close_fds(&fds);
	send_id(b, IPCRUN_FORGET, &id);
	await(b, IPCRUN_DONE, &fds);
	return stamp - began;
}

static uint64_t runner_jobs(struct bench *b)
{
	const struct str command[] = {STR_LIT("/usr/bin/true")};
	uint64_t until = clock_mono_ms() + SECONDS_EACH * 1000;
	struct id32 id;
	uint64_t n = 0;
	int running = 0;

	while (clock_mono_ms() < until || running) {
		auto_ipcmsg struct ipcmsg m = {.body = NULL};
		struct ipcsock_fds fds;

		while (running < IN_FLIGHT && clock_mono_ms() < until) {
			send_start(b, &id, command, 1);
			running++;
		}
		next(b, &m, &fds);
		ipcsock_close_fds(&fds);
		if (m.type == IPCRUN_ENDED) {
			const struct ipcrun_ended *e = m.body;

			send_id(b, IPCRUN_FORGET, &e->job);
			running--;
			n++;
		}
	}
	return n;
}

/* ---- figures */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t quantile(uint64_t *v, size_t n, size_t percent)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n * percent / 100];
}

static void bench_start(struct bench *b)
{
	uint64_t bare[ROUNDS];
	uint64_t warm[ROUNDS];
	uint64_t cold[ROUNDS];
	uint64_t p50;

	for (size_t i = 0; i < ROUNDS; i++) {
		bare[i] = bare_start_us(b);
		pause_ms(PAUSE_MS);
		warm[i] = runner_start_us(b);
		/* both slots were used: the next one finds no sandbox ready */
		(void)runner_start_us(b);
		cold[i] = runner_start_us(b);
		pause_ms(PAUSE_MS);
	}
	p50 = quantile(bare, ROUNDS, 50);
	printf("start: bubblewrap alone       p50 %5llu us  p90 %5llu us\n",
	       (unsigned long long)p50, (unsigned long long)quantile(bare, ROUNDS, 90));
	printf("start: runner, warm           p50 %5llu us  p90 %5llu us  ratio %llu "
	       "%%\n",
	       (unsigned long long)quantile(warm, ROUNDS, 50),
	       (unsigned long long)quantile(warm, ROUNDS, 90),
	       (unsigned long long)(quantile(warm, ROUNDS, 50) * 100 / p50));
	printf("start: runner, no pause       p50 %5llu us  p90 %5llu us  ratio %llu "
	       "%%\n",
	       (unsigned long long)quantile(cold, ROUNDS, 50),
	       (unsigned long long)quantile(cold, ROUNDS, 90),
	       (unsigned long long)(quantile(cold, ROUNDS, 50) * 100 / p50));
}

static void bench_jobs(struct bench *b)
{
	uint64_t bare = bare_jobs(b);
	uint64_t ours = runner_jobs(b);

	bare += bare_jobs(b);
	ours += runner_jobs(b);
	printf("jobs:  bubblewrap alone       %llu/s\n",
	       (unsigned long long)(bare / (SECONDS_EACH * 2)));
	printf("jobs:  runner                 %llu/s  ratio %llu %%\n",
	       (unsigned long long)(ours / (SECONDS_EACH * 2)),
	       (unsigned long long)(ours * 100 / bare));
}

int main(int argc, char **argv)
{
	struct bench b = {.filter = BUF_INIT(65536)};
	auto_fd int filter = -1;
	uint64_t uid;
	int fd;

	log_open("bench", LOG_WARN);
	if (argc != 6 || !str_to_u64(str_of(argv[2]), UINT32_MAX, &uid))
		return 2;
	b.uid = (uid_t)uid;
	b.etc = argv[3];
	b.init = argv[4];
	b.files = argv[5];
	if (sbfilter_make(&filter, NULL) || fdio_read_handed(filter, &b.filter, NULL))
		return 1;
	if (strcmp(argv[1], "bare") == 0) {
		printf("bare_jobs=%llu seconds=%d\n", (unsigned long long)bare_jobs(&b),
		       SECONDS_EACH);
		return 0;
	}
	if (ipcsock_connect(&fd, argv[1], NULL))
		return 1;
	b.conn = ipcconn_new(fd);
	bench_start(&b);
	bench_jobs(&b);
	ipcconn_free(b.conn);
	buf_free(&b.filter);
	return 0;
}
