/* SPDX-License-Identifier: MIT */
/*
 * A command-line client of runner.sock, for tests: one verb a call, answers as
 * key=value lines on stdout. Exit status 0: it was answered; 3: it was refused, with
 * "error=CODE text=..." on stdout; 4: no answer in time, or the connection ended.
 *
 *	runctl SOCKET probe | list
 *	runctl SOCKET start ID [OPTIONS] -- WORD ...
 *	runctl SOCKET stop | void | forget | wait ID
 *	runctl SOCKET result ID FOLDER
 *	runctl SOCKET run FOLDER [OPTIONS] -- WORD ...	start, wait, result, forget
 *	runctl SOCKET raw TEXT				a datagram as it is
 *
 * OPTIONS: --limit MS, --stdin FILE, --env NAME=VALUE (repeated), --word N (an argument
 * of N times x), --keep (run: do not forget), --id ID (run).
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipcrun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000, EXIT_REFUSED = 3, EXIT_SILENT = 4, EXIT_USAGE = 2 };

struct call {
	struct ipcconn *conn;
	uint64_t n;
	uint64_t deadline;
};

struct options {
	struct id32 id;
	struct ipcrun_start start;
	const char *stdin_file;
	bool keep;
};

static void fail(const char *what, const struct lerr *err)
{
	(void)fprintf(stderr, "runctl: %s: %s\n", what, err->msg);
}

/* ---- frames */

static int wait_readable(const struct call *c)
{
	struct pollfd p = {.fd = ipcconn_fd(c->conn), .events = POLLIN};
	uint64_t now = clock_mono_ms();

	if (ipcconn_wants_write(c->conn))
		p.events |= POLLOUT;
	if (now >= c->deadline)
		return EXIT_SILENT;
	if (poll(&p, 1, (int)(c->deadline - now)) < 0 && errno != EINTR)
		return EXIT_SILENT;
	if (p.revents & POLLOUT && ipcconn_flush(c->conn, NULL))
		return EXIT_SILENT;
	return 0;
}

/* The next message of type with number n; others are skipped, an error is printed. */
static int await(struct call *c, struct ipcmsg *out, struct ipcsock_fds *fds,
		 enum ipcrun_type type, uint64_t n)
{
	for (;;) {
		struct lerr err = {0};
		enum lerr_code rc =
			ipcconn_recv(c->conn, out, fds, ipcrun_types, IPCRUN_TYPES, &err);

		if (rc == LERR_TEMP && err.os_errno == EAGAIN) {
			int status = wait_readable(c);

			if (status)
				return status;
			continue;
		}
		if (rc) {
			fail("receive", &err);
			return EXIT_SILENT;
		}
		if (out->type == type && out->n == n)
			return 0;
		if (out->type == IPCRUN_ERROR && out->n == c->n) {
			const struct ipc_error *e = out->body;

			printf("error=%s\ntext=%s\n", e->code, e->text);
			ipcmsg_wipe(out);
			return EXIT_REFUSED;
		}
		ipcsock_close_fds(fds);
		ipcmsg_wipe(out);
	}
}

static int ask(struct call *c, struct ipcmsg *answer, struct ipcsock_fds *fds,
	       enum ipcrun_type type, const void *body, int fd, enum ipcrun_type want)
{
	struct lerr err = {0};

	c->n++;
	if (ipcconn_send(c->conn, &ipcrun_types[type], c->n, body, &fd, fd >= 0, &err)) {
		fail("send", &err);
		return EXIT_SILENT;
	}
	return await(c, answer, fds, want, c->n);
}

/* Ask for something that has no fields worth printing in its answer. */
static int ask_plain(struct call *c, enum ipcrun_type type, const void *body,
		     enum ipcrun_type want)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcsock_fds fds = {.n = 0};

	return ask(c, &m, &fds, type, body, -1, want);
}

/* ---- printing */

static void print_message(const struct ipcmsg *m)
{
	for (size_t i = 0; i < m->desc->nfields; i++) {
		const struct ipc_field *f = &m->desc->fields[i];
		const char *p = (const char *)m->body + f->offset;
		uint64_t number;
		bool yes;
		char *text;

		if (f->kind == IPC_U64) {
			memcpy(&number, p, sizeof(number));
			printf("%s=%" PRIu64 "\n", f->name, number);
		} else if (f->kind == IPC_BOOL) {
			memcpy(&yes, p, sizeof(yes));
			printf("%s=%d\n", f->name, yes);
		} else if (f->kind == IPC_TEXT) {
			memcpy(&text, p, sizeof(text));
			printf("%s=%s\n", f->name, text);
		}
	}
}

static int ask_and_print(struct call *c, enum ipcrun_type type, const void *body,
			 enum ipcrun_type want)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcsock_fds fds = {.n = 0};
	int status = ask(c, &m, &fds, type, body, -1, want);

	if (!status)
		print_message(&m);
	return status;
}

/* ---- verbs */

static int do_probe(struct call *c, int argc UNUSED, char **argv UNUSED)
{
	char none = 0;

	return ask_and_print(c, IPCRUN_PROBE, &none, IPCRUN_PROBE_IS);
}

static int list(struct call *c, struct ipcmsg *m)
{
	struct ipcsock_fds fds = {.n = 0};
	char none = 0;

	return ask(c, m, &fds, IPCRUN_LIST, &none, -1, IPCRUN_LIST_IS);
}

static int do_list(struct call *c, int argc UNUSED, char **argv UNUSED)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	const struct ipcrun_list_is *is;
	int status = list(c, &m);

	if (status)
		return status;
	is = m.body;
	printf("spool=%s\n", is->spool);
	for (size_t i = 0; i < is->jobs.n; i++)
		printf("%s=%s\n", is->jobs.v[i], is->states.v[i]);
	return 0;
}

static bool read_id(struct id32 *out, int argc, char **argv)
{
	if (argc > 0 && id32_parse(out, str_of(argv[0])))
		return true;
	(void)fprintf(stderr, "runctl: want a job id of 64 hex digits\n");
	return false;
}

static int do_stop(struct call *c, int argc, char **argv)
{
	struct ipcrun_stop req;

	if (!read_id(&req.job, argc, argv))
		return EXIT_USAGE;
	return ask_plain(c, IPCRUN_STOP, &req, IPCRUN_DONE);
}

static int do_forget(struct call *c, int argc, char **argv)
{
	struct ipcrun_forget req;

	if (!read_id(&req.job, argc, argv))
		return EXIT_USAGE;
	return ask_plain(c, IPCRUN_FORGET, &req, IPCRUN_DONE);
}

static int do_void(struct call *c, int argc, char **argv)
{
	struct ipcrun_void req;

	if (!read_id(&req.job, argc, argv))
		return EXIT_USAGE;
	return ask_and_print(c, IPCRUN_VOID, &req, IPCRUN_VERDICT_IS);
}

static bool take_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--limit") == 0)
		return str_to_u64(str_of(value), UINT64_MAX, &o->start.limit_ms);
	if (strcmp(name, "--env") == 0) {
		ipc_texts_add(&o->start.env, str_of(value));
		return true;
	}
	if (strcmp(name, "--stdin") == 0) {
		o->stdin_file = value;
		return true;
	}
	if (strcmp(name, "--id") == 0)
		return id32_parse(&o->id, str_of(value));
	return false;
}

/* --word N may stand among the words. */
static void add_word(struct options *o, const char *word, uint64_t n)
{
	auto_free char *filled = NULL;

	if (word) {
		ipc_texts_add(&o->start.argv, str_of(word));
		return;
	}
	filled = mem_zalloc((size_t)n + 1);
	memset(filled, 'x', (size_t)n);
	ipc_texts_add(&o->start.argv, (struct str){filled, (size_t)n});
}

static bool read_options(struct options *o, int argc, char **argv)
{
	int i = 0;

	o->start.limit_ms = 30000;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--keep") == 0) {
			o->keep = true;
		} else if (i + 1 >= argc || !take_option(o, argv[i], argv[i + 1])) {
			(void)fprintf(stderr, "runctl: what is %s?\n", argv[i]);
			return false;
		} else {
			i++;
		}
	}
	for (i++; i < argc; i++) {
		uint64_t n;

		if (strcmp(argv[i], "--word") == 0 && i + 1 < argc &&
		    str_to_u64(str_of(argv[i + 1]), CAP_IPC_BODY, &n)) {
			add_word(o, NULL, n);
			i++;
		} else {
			add_word(o, argv[i], 0);
		}
	}
	return true;
}

static int start(struct call *c, struct options *o)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcsock_fds fds = {.n = 0};
	auto_fd int input = -1;
	struct stat st;

	o->start.job = o->id;
	if (o->stdin_file) {
		input = open(o->stdin_file, O_RDONLY | O_CLOEXEC);
		if (input < 0 || fstat(input, &st) != 0) {
			(void)fprintf(stderr, "runctl: %s: %s\n", o->stdin_file,
				      strerror(errno));
			return EXIT_USAGE;
		}
		o->start.stdin_bytes = (uint64_t)st.st_size;
	}
	return ask(c, &m, &fds, IPCRUN_START, &o->start, input, IPCRUN_STARTED);
}

static int do_start(struct call *c, int argc, char **argv)
{
	struct options o = {.keep = false};
	int status;

	if (!read_id(&o.id, argc, argv) || !read_options(&o, argc - 1, argv + 1))
		return EXIT_USAGE;
	status = start(c, &o);
	ipc_texts_wipe(&o.start.argv);
	ipc_texts_wipe(&o.start.env);
	return status;
}

/* Is it in the list as ended? The notice may have come before we connected. */
static int is_ended(struct call *c, const struct id32 *id, bool *ended)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct id32hex hex = id32_hex(id);
	const struct ipcrun_list_is *is;
	int status = list(c, &m);

	*ended = false;
	if (status)
		return status;
	is = m.body;
	for (size_t i = 0; i < is->jobs.n; i++)
		if (strcmp(is->jobs.v[i], hex.c) == 0)
			*ended = strcmp(is->states.v[i], "ended") == 0;
	return 0;
}

static int wait_notice(struct call *c, const struct id32 *id)
{
	for (;;) {
		auto_ipcmsg struct ipcmsg m = {.body = NULL};
		struct ipcsock_fds fds = {.n = 0};
		const struct ipcrun_ended *e;
		int status = await(c, &m, &fds, IPCRUN_ENDED, 0);

		if (status)
			return status;
		e = m.body;
		if (id32_eq(&e->job, id))
			return 0;
	}
}

static int do_wait(struct call *c, int argc, char **argv)
{
	struct id32 id;
	bool ended;
	int status;

	if (!read_id(&id, argc, argv))
		return EXIT_USAGE;
	status = is_ended(c, &id, &ended);
	return status || ended ? status : wait_notice(c, &id);
}

static int copy_out(int fd, const char *folder, const char *name)
{
	auto_buf struct buf all = BUF_INIT(64 * 1024 * 1024);
	struct lerr err = {0};
	auto_free char *path = NULL;
	struct buf p = BUF_INIT(4096);
	enum lerr_code rc = fdio_read_handed(fd, &all, &err);

	buf_addf(&p, "%s/%s", folder, name);
	path = buf_take(&p);
	if (!rc)
		rc = fdio_write_file(AT_FDCWD, path, 0644, buf_str(&all), FDIO_ATOMIC,
				     &err);
	if (rc)
		fail(name, &err);
	return rc ? EXIT_SILENT : 0;
}

static int result(struct call *c, const struct id32 *id, const char *folder)
{
	static const char *const names[] = {"stdout", "stdout.tail", "stderr",
					    "stderr.tail"};
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcrun_result req = {.job = *id};
	struct ipcsock_fds fds = {.n = 0};
	int status = ask(c, &m, &fds, IPCRUN_RESULT, &req, -1, IPCRUN_RESULT_IS);

	if (status)
		return status;
	print_message(&m);
	if (fds.n != ARRAY_LEN(names)) {
		(void)fprintf(stderr, "runctl: %zu descriptors with the result\n", fds.n);
		status = EXIT_SILENT;
	}
	for (size_t i = 0; !status && i < ARRAY_LEN(names); i++)
		status = copy_out(fds.fd[i], folder, names[i]);
	ipcsock_close_fds(&fds);
	return status;
}

static int do_result(struct call *c, int argc, char **argv)
{
	struct id32 id;

	if (argc < 2 || !read_id(&id, argc, argv))
		return EXIT_USAGE;
	return result(c, &id, argv[1]);
}

static int do_run(struct call *c, int argc, char **argv)
{
	struct options o = {.keep = false};
	struct ipcrun_forget forget;
	int status;

	rng_fill(&o.id, sizeof(o.id));
	if (argc < 1 || !read_options(&o, argc - 1, argv + 1))
		return EXIT_USAGE;
	status = start(c, &o);
	if (!status)
		status = wait_notice(c, &o.id);
	if (!status)
		status = result(c, &o.id, argv[0]);
	forget.job = o.id;
	if (!status && !o.keep)
		status = ask_plain(c, IPCRUN_FORGET, &forget, IPCRUN_DONE);
	ipc_texts_wipe(&o.start.argv);
	ipc_texts_wipe(&o.start.env);
	return status;
}

static int do_raw(struct call *c, int argc, char **argv)
{
	auto_buf struct buf text = BUF_INIT(CAP_IPC_BODY);
	struct ipcsock_fds fds = {.n = 0};
	struct lerr err = {0};
	enum lerr_code rc;

	if (argc < 1 || ipcsock_send(ipcconn_fd(c->conn), str_of(argv[0]), NULL, 0, &err))
		return EXIT_USAGE;
	do {
		int status = wait_readable(c);

		if (status)
			return status;
		rc = ipcsock_recv(ipcconn_fd(c->conn), &text, &fds, &err);
	} while (rc == LERR_TEMP);
	if (rc) {
		printf("closed\n");
		return EXIT_SILENT;
	}
	printf("%.*s\n", STR_ARG(buf_str(&text)));
	ipcsock_close_fds(&fds);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct call *c, int argc, char **argv);
} verbs[] = {
	{"probe", do_probe}, {"list", do_list},     {"start", do_start},
	{"stop", do_stop},   {"void", do_void},     {"forget", do_forget},
	{"wait", do_wait},   {"result", do_result}, {"run", do_run},
	{"raw", do_raw},
};

int main(int argc, char **argv)
{
	struct call c = {.deadline = clock_mono_ms() + TIMEOUT_MS};
	struct lerr err = {0};
	int status = EXIT_USAGE;
	int fd;

	log_open("runctl", LOG_WARN);
	if (argc < 3) {
		(void)fprintf(stderr, "usage: runctl SOCKET VERB ...\n");
		return EXIT_USAGE;
	}
	if (ipcsock_connect(&fd, argv[1], &err)) {
		fail("connect", &err);
		return EXIT_SILENT;
	}
	c.conn = ipcconn_new(fd);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(argv[2], verbs[i].name) == 0)
			status = verbs[i].fn(&c, argc - 3, argv + 3);
	ipcconn_free(c.conn);
	return status;
}
