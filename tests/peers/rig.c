/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/rig.h"

#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 60000, RIGS_MOST = 16, OUTPUT_MOST = 64 * 1024 * 1024 };

struct rig {
	const char *name;
	pid_t pid;
	int in;
	int out;
	struct buf text; /* all that was said */
	size_t seen;     /* up to here it was waited for */
	bool eof;
};

static struct rig *rigs[RIGS_MOST];

static void run_child(const char *const *argv, const int in[2], const int out[2])
{
	/* it must not outlive a test that was killed */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(in[0], STDIN_FILENO);
	(void)dup2(out[1], STDOUT_FILENO);
	(void)dup2(out[1], STDERR_FILENO);
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static size_t free_place(void)
{
	size_t i = 0;

	while (i < RIGS_MOST && rigs[i])
		i++;
	assert_true(i < RIGS_MOST);
	return i;
}

struct rig *rig_start(const char *name, const char *const *argv)
{
	struct rig *r = mem_zalloc(sizeof(*r));
	int in[2];
	int out[2];

	rigs[free_place()] = r;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	r->name = name;
	buf_init(&r->text, OUTPUT_MOST);
	buf_add_c(&r->text, "");
	(void)fflush(NULL);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0)
		run_child(argv, in, out);
	(void)close(in[0]);
	(void)close(out[1]);
	r->in = in[1];
	r->out = out[0];
	(void)fcntl(r->out, F_SETFL, O_NONBLOCK);
	return r;
}

char *rig_program(const char *path)
{
	const char *build = getenv("LOOM_BUILDDIR");
	auto_buf struct buf b = BUF_INIT(4096);

	buf_addf(&b, "%s/%s", build ? build : ".", path);
	return buf_take(&b);
}

static void read_some(struct rig *r)
{
	for (;;) {
		char *at = buf_space(&r->text, 65536);
		ssize_t n = read(r->out, at, 65536);

		if (n > 0) {
			buf_grew(&r->text, (size_t)n);
			continue;
		}
		r->eof = n == 0 || errno != EAGAIN;
		return;
	}
}

/* Let everybody speak: a full pipe would stop a program. */
static void listen_all(int timeout_ms)
{
	struct pollfd fds[RIGS_MOST];
	struct rig *whose[RIGS_MOST];
	nfds_t n = 0;

	for (size_t i = 0; i < RIGS_MOST; i++) {
		if (!rigs[i] || rigs[i]->eof)
			continue;
		fds[n] = (struct pollfd){.fd = rigs[i]->out, .events = POLLIN};
		whose[n++] = rigs[i];
	}
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents)
			read_some(whose[i]);
}

static void give_up(struct rig *r, const char *what)
{
	size_t tail = r->text.n > 8000 ? r->text.n - 8000 : 0;

	print_error("%s did not say '%s'%s; its last words:\n%s\n", r->name, what,
		    r->eof ? " (it has ended)" : "", r->text.p + tail);
	fail();
}

const char *rig_wait(struct rig *r, const char *text)
{
	uint64_t end = clock_mono_ms() + DEADLINE_MS;
	static char line[2048];

	for (;;) {
		const char *at = strstr(r->text.p + r->seen, text);
		const char *stop = at ? strchr(at, '\n') : NULL;

		if (stop) {
			const char *from = at;

			while (from > r->text.p && from[-1] != '\n')
				from--;
			str_copy(line, sizeof(line),
				 (struct str){from, (size_t)(stop - from)});
			r->seen = (size_t)(stop - r->text.p) + 1;
			return line;
		}
		if (clock_mono_ms() > end || r->eof)
			give_up(r, text);
		listen_all(1000);
	}
}

size_t rig_count(struct rig *r, const char *text)
{
	size_t n = 0;

	listen_all(0);
	for (const char *at = strstr(r->text.p, text); at; at = strstr(at, text)) {
		n++;
		at = strchr(at, '\n');
		if (!at)
			break;
	}
	return n;
}

void rig_wait_count(struct rig *r, const char *text, size_t n)
{
	uint64_t end = clock_mono_ms() + DEADLINE_MS;

	while (rig_count(r, text) < n) {
		if (clock_mono_ms() > end || r->eof)
			give_up(r, text);
		listen_all(1000);
	}
}

void rig_say(struct rig *r, const char *line)
{
	size_t n = strlen(line);

	assert_int_equal(write(r->in, line, n), n);
	assert_int_equal(write(r->in, "\n", 1), 1);
}

pid_t rig_pid(const struct rig *r)
{
	return r->pid;
}

void rig_signal(struct rig *r, int number)
{
	assert_int_equal(kill(r->pid, number), 0);
}

static void forget(struct rig *r)
{
	for (size_t i = 0; i < RIGS_MOST; i++)
		if (rigs[i] == r)
			rigs[i] = NULL;
	if (r->in >= 0)
		(void)close(r->in);
	(void)close(r->out);
	buf_free(&r->text);
	mem_free(r);
}

/* Sanitizers and our own panics end a test, whatever it looked at. */
static void check_words(struct rig *r)
{
	static const char *const bad[] = {"ERROR: AddressSanitizer",
					  "runtime error:", "ERROR: LeakSanitizer",
					  "<2>t="};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *at = strstr(r->text.p, bad[i]);

		if (!at)
			continue;
		print_error("%s said: %.4000s\n", r->name, at);
		fail();
	}
}

int rig_end(struct rig *r)
{
	uint64_t end = clock_mono_ms() + DEADLINE_MS;
	int status = 0;

	while (!r->eof && clock_mono_ms() < end)
		listen_all(1000);
	if (!r->eof) {
		(void)kill(r->pid, SIGKILL);
		give_up(r, "(its end)");
	}
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	check_words(r);
	forget(r);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

void rig_stop(struct rig *r)
{
	if (!r)
		return;
	(void)close(r->in);
	r->in = -1;
	(void)rig_end(r);
}

void rig_kill(struct rig *r)
{
	if (!r)
		return;
	(void)kill(r->pid, SIGKILL);
	(void)rig_end(r);
}
