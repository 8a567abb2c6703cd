/* SPDX-License-Identifier: MIT */
/*
 * The engine's side of api.sock and intake.sock, for tests of loom-fcgi: canned documents
 * from a folder, and a file "mode" there that says how to misbehave. Not a model of the
 * engine: it believes everything.
 *
 *	fake-engine RUN_DIR DOCS
 *
 * DOCS/status.json, status-full.json (for the token "good-token"), jobs.json, job.json
 * (for the id aa..aa), blobs/HASH (holds the type). Written: calls.log, a line a
 * question without its token; intake.log, a line an event. "ready" on stdout when it
 * listens.
 *
 * mode: "hang" takes questions and answers none, "slow" answers after 300 ms, "garbage"
 * answers with a frame that is no message, "nodoc" with documents that are no JSON.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/ipc/ipcapi.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipcsock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { API, INTAKE, DOORS, CLIENTS = 64, SLOW_MS = 300, BIG_ITEMS = 4000 };

struct client {
	struct ipcconn *conn;
	int door;
};

static const struct {
	const char *name;
	const struct ipc_type *table;
	size_t ntypes;
	size_t error_type;
} doors[DOORS] = {
	{"api.sock", ipcapi_types, IPCAPI_TYPES, IPCAPI_ERROR},
	{"intake.sock", ipcintake_types, IPCINTAKE_TYPES, IPCINTAKE_ERROR},
};

static int docs;
static int listeners[DOORS];
static struct client clients[CLIENTS];

/* ---- the folder */

static bool read_doc(struct buf *out, const char *name)
{
	return fdio_read_file(docs, name, out, NULL) == LERR_OK;
}

static bool mode_is(const char *word)
{
	auto_buf struct buf mode = BUF_INIT(64);

	return read_doc(&mode, "mode") && str_eq_c(str_trim(buf_str(&mode)), word);
}

static void append(const char *name, struct str line)
{
	auto_fd int fd =
		openat(docs, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	INVARIANT(fd >= 0 && fdio_write_all(fd, line, NULL) == LERR_OK);
}

static void note(const char *fmt, const char *what, const char *more, uint64_t n)
{
	auto_buf struct buf line = BUF_INIT(4096);

	buf_addf(&line, "%s %s %s %" PRIu64 "\n", fmt, what, more, n);
	append("calls.log", buf_str(&line));
}

/* ---- answers */

static enum lerr_code refuse(struct client *c, uint64_t n, enum lerr_code code)
{
	return ipcconn_send_error(c->conn,
				  &doors[c->door].table[doors[c->door].error_type], n,
				  code, "said the fake engine", NULL);
}

static enum lerr_code send_text(struct client *c, uint64_t n, const char *text)
{
	struct ipcapi_document doc = {.body = mem_strdup(text)};
	enum lerr_code rc = ipcconn_send(c->conn, &ipcapi_types[IPCAPI_DOCUMENT], n, &doc,
					 NULL, 0, NULL);

	mem_free(doc.body);
	return rc;
}

static enum lerr_code send_doc(struct client *c, uint64_t n, const char *name)
{
	auto_buf struct buf text = BUF_INIT(CAP_HTTP_ANSWER);

	if (mode_is("nodoc"))
		return send_text(c, n, "{\"not\": \"JSON");
	if (!read_doc(&text, name))
		return refuse(c, n, LERR_GONE);
	return send_text(c, n, text.p);
}

/* More than a datagram holds: it travels as a memfd. */
static enum lerr_code send_big(struct client *c, uint64_t n)
{
	auto_buf struct buf text = BUF_INIT(CAP_HTTP_ANSWER);

	buf_add_c(&text, "{\"items\":[0");
	for (int i = 0; i < BIG_ITEMS; i++)
		buf_addf(&text, ",\"%0128d\"", i);
	buf_add_c(&text, "],\"next_cursor\":null}");
	return send_text(c, n, text.p);
}

static bool is_good(const char *token)
{
	return strcmp(token, "good-token") == 0;
}

static enum lerr_code on_status(struct client *c, const struct ipcmsg *m)
{
	const struct ipcapi_status *ask = m->body;

	note("status", ask->token[0] ? "token" : "none", "-", 0);
	if (ask->token[0] && !is_good(ask->token))
		return refuse(c, m->n, LERR_DENIED);
	return send_doc(c, m->n, ask->token[0] ? "status-full.json" : "status.json");
}

static enum lerr_code on_jobs(struct client *c, const struct ipcmsg *m)
{
	const struct ipcapi_jobs *ask = m->body;

	note("jobs", ask->state, ask->cursor, ask->limit);
	if (ask->token[0] && !is_good(ask->token))
		return refuse(c, m->n, LERR_DENIED);
	if (strcmp(ask->cursor, "bad") == 0)
		return refuse(c, m->n, LERR_INPUT);
	if (strcmp(ask->state, "big") == 0)
		return send_big(c, m->n);
	return send_doc(c, m->n, "jobs.json");
}

static enum lerr_code on_job(struct client *c, const struct ipcmsg *m)
{
	const struct ipcapi_job *ask = m->body;

	note("job", id32_short(&ask->job).c, "-", 0);
	for (size_t i = 0; i < sizeof(ask->job.b); i++)
		if (ask->job.b[i] != 0xaa)
			return refuse(c, m->n, LERR_GONE);
	return send_doc(c, m->n, "job.json");
}

static enum lerr_code on_blob(struct client *c, const struct ipcmsg *m)
{
	const struct ipcapi_blob *ask = m->body;
	auto_buf struct buf type = BUF_INIT(256);
	struct ipcapi_blob_is is = {0};
	char name[96];
	enum lerr_code rc;

	(void)snprintf(name, sizeof(name), "blobs/%s", id32_hex(&ask->sha256).c);
	note("blob", id32_short(&ask->sha256).c, "-", 0);
	if (!read_doc(&type, name))
		return refuse(c, m->n, LERR_GONE);
	is.type = str_dup(str_trim(buf_str(&type)));
	rc = ipcconn_send(c->conn, &ipcapi_types[IPCAPI_BLOB_IS], m->n, &is, NULL, 0,
			  NULL);
	mem_free(is.type);
	return rc;
}

static enum lerr_code on_events(struct client *c, const struct ipcmsg *m)
{
	const struct ipcintake_events *ask = m->body;
	struct ipcintake_verdicts v = {0};
	enum lerr_code rc;

	note("events", "-", "-", ask->events.n);
	for (size_t i = 0; i < ask->events.n; i++) {
		auto_buf struct buf line = BUF_INIT(CAP_EVENT_BYTES + 1024);
		bool empty = ask->events.v[i][0] == '\0';

		buf_addf(&line, "%s %s\n", ask->relays.v[i], ask->events.v[i]);
		append("intake.log", buf_str(&line));
		ipc_texts_add(&v.verdicts, str_of(empty ? "refused" : "stored"));
		ipc_texts_add(&v.texts, str_of(empty ? "no \"event\"" : ""));
	}
	if (mode_is("short"))
		v.verdicts.n = v.texts.n = 0;
	rc = ipcconn_send(c->conn, &ipcintake_types[IPCINTAKE_VERDICTS], m->n, &v, NULL,
			  0, NULL);
	ipc_texts_wipe(&v.verdicts);
	ipc_texts_wipe(&v.texts);
	return rc;
}

/* ---- the loop */

static enum lerr_code answer(struct client *c, const struct ipcmsg *m)
{
	static enum lerr_code (*const api[IPCAPI_TYPES])(struct client *,
							 const struct ipcmsg *) = {
		[IPCAPI_STATUS] = on_status,
		[IPCAPI_JOBS] = on_jobs,
		[IPCAPI_JOB] = on_job,
		[IPCAPI_BLOB] = on_blob,
	};

	if (mode_is("hang")) {
		note("hang", "-", "-", 0);
		return LERR_OK;
	}
	if (mode_is("garbage"))
		return ipcsock_send(ipcconn_fd(c->conn), STR_LIT("{\"t\":\"nonsense\"}"),
				    NULL, 0, NULL);
	if (mode_is("slow"))
		(void)poll(NULL, 0, SLOW_MS);
	if (c->door == INTAKE)
		return m->type == IPCINTAKE_EVENTS ? on_events(c, m) : LERR_INPUT;
	return api[m->type] ? api[m->type](c, m) : LERR_INPUT;
}

static void drop(struct client *c)
{
	ipcconn_free(c->conn);
	c->conn = NULL;
}

static void serve(struct client *c)
{
	struct ipcsock_fds fds;
	struct ipcmsg m;
	struct lerr err = {0};
	enum lerr_code rc = ipcconn_recv(c->conn, &m, &fds, doors[c->door].table,
					 doors[c->door].ntypes, &err);

	if (rc == LERR_TEMP)
		return;
	if (rc) {
		if (rc != LERR_GONE)
			note("bad", err.msg, "-", 0);
		drop(c);
		return;
	}
	ipcsock_close_fds(&fds);
	if (answer(c, &m) != LERR_OK)
		drop(c);
	ipcmsg_wipe(&m);
}

static void welcome(int door)
{
	int fd;

	if (ipcsock_accept(&fd, listeners[door], NULL))
		return;
	for (size_t i = 0; i < CLIENTS; i++) {
		if (clients[i].conn)
			continue;
		clients[i] = (struct client){ipcconn_new(fd), door};
		return;
	}
	fdio_close(&fd);
}

static void turn(void)
{
	struct pollfd p[DOORS + CLIENTS];

	for (size_t i = 0; i < DOORS; i++)
		p[i] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
	for (size_t i = 0; i < CLIENTS; i++) {
		struct ipcconn *conn = clients[i].conn;

		p[DOORS + i] = (struct pollfd){.fd = conn ? ipcconn_fd(conn) : -1,
					       .events = POLLIN};
		if (conn && ipcconn_wants_write(conn))
			p[DOORS + i].events |= POLLOUT;
	}
	if (poll(p, DOORS + CLIENTS, -1) < 0)
		return;
	for (size_t i = 0; i < CLIENTS; i++) {
		if (clients[i].conn && p[DOORS + i].revents & POLLOUT &&
		    ipcconn_flush(clients[i].conn, NULL))
			drop(&clients[i]);
		else if (clients[i].conn && p[DOORS + i].revents)
			serve(&clients[i]);
	}
	for (int i = 0; i < DOORS; i++)
		if (p[i].revents)
			welcome(i);
}

static void open_doors(const char *run)
{
	for (size_t i = 0; i < DOORS; i++) {
		struct lerr err = {0};
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s", run, doors[i].name);
		if (ipcsock_listen(&listeners[i], path, geteuid(), &err))
			panic("%s", err.msg);
	}
}

int main(int argc, char **argv)
{
	log_open("fake-engine", LOG_INFO);
	proc_ignore_sigpipe();
	if (argc != 3)
		panic("usage: fake-engine RUN_DIR DOCS");
	docs = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	INVARIANT(docs >= 0);
	open_doors(argv[1]);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;)
		turn();
}
