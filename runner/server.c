/* SPDX-License-Identifier: MIT */
/*
 * The socket of loom-runner. Its clients are the engine and root's tools; the kernel
 * names them. A message that does not fit the table ends the connection: both ends are
 * ours and of one version. Never block here, and never act for a client that the kernel
 * did not name.
 */
#include "config.h"

#include "runner/server.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/ipc/ipcconn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	struct ipcconn *conn;
	uint64_t id;
};

struct server {
	struct server_setup setup;
	struct client clients[CAP_IPC_CLIENTS];
	size_t n;
	uint64_t last_id;
};

struct server *server_new(const struct server_setup *setup)
{
	struct server *s = mem_zalloc(sizeof(*s));

	s->setup = *setup;
	return s;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		ipcconn_free(s->clients[i].conn);
	fdio_close(&s->setup.listen_fd);
	mem_free(s);
}

static void drop(struct server *s, size_t i)
{
	log_event(LOG_INFO, "client.left", "client=%llu",
		  (unsigned long long)s->clients[i].id);
	ipcconn_free(s->clients[i].conn);
	s->clients[i] = s->clients[--s->n];
}

static bool may_connect(const struct server *s, uid_t uid)
{
	return uid == 0 || uid == geteuid() || uid == s->setup.engine;
}

static void accept_one(struct server *s)
{
	struct ipcsock_peer peer = {0};
	struct lerr err = {0};
	auto_fd int fd = -1;

	if (ipcsock_accept(&fd, s->setup.listen_fd, &err))
		return;
	if (ipcsock_peer(&peer, fd, &err))
		return;
	if (!may_connect(s, peer.uid)) {
		log_event(LOG_WARN, "ipc.stranger", "socket=runner uid=%u pid=%ld",
			  (unsigned int)peer.uid, (long)peer.pid);
		return;
	}
	if (s->n == CAP_IPC_CLIENTS) {
		log_event(LOG_WARN, "ipc.crowded", "socket=runner most=%d",
			  CAP_IPC_CLIENTS);
		return;
	}
	s->clients[s->n] =
		(struct client){.conn = ipcconn_new(fdio_steal(&fd)), .id = ++s->last_id};
	log_event(LOG_INFO, "client.came", "client=%llu uid=%u pid=%ld",
		  (unsigned long long)s->last_id, (unsigned int)peer.uid, (long)peer.pid);
	s->n++;
}

static struct client *find(struct server *s, uint64_t id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->clients[i].id == id)
			return &s->clients[i];
	return NULL;
}

/* After a failed send: shut it, so that poll() reports it and server_handle() drops it
 * where no loop over clients is running. */
static void give_up(const struct client *c, const struct lerr *err)
{
	log_event(LOG_WARN, "ipc.peer_failed", "socket=runner client=%llu why=%s",
		  (unsigned long long)c->id, log_text(str_of(err->msg)).c);
	(void)shutdown(ipcconn_fd(c->conn), SHUT_RDWR);
}

void server_answer(struct server *s, const struct server_asker *to, enum ipcrun_type type,
		   const void *body, const int *fds, size_t nfds)
{
	const struct client *c = find(s, to->client);
	struct lerr err = {0};

	if (c && ipcconn_send(c->conn, &ipcrun_types[type], to->n, body, fds, nfds, &err))
		give_up(c, &err);
}

void server_notify(struct server *s, enum ipcrun_type type, const void *body)
{
	for (size_t i = 0; i < s->n; i++) {
		struct lerr err = {0};

		if (ipcconn_send(s->clients[i].conn, &ipcrun_types[type], 0, body, NULL,
				 0, &err))
			give_up(&s->clients[i], &err);
	}
}

static void refuse(const struct client *c, uint64_t n, enum lerr_code code,
		   const struct lerr *why)
{
	struct lerr err = {0};

	if (ipcconn_send_error(c->conn, &ipcrun_types[IPCRUN_ERROR], n, code, why->msg,
			       &err))
		give_up(c, &err);
}

/* One message; false when the client must go. */
static bool serve_one(struct server *s, const struct client *c, bool *more)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcsock_fds fds = {.n = 0};
	struct server_asker from = {.client = c->id};
	struct lerr err = {0};
	enum lerr_code rc =
		ipcconn_recv(c->conn, &m, &fds, ipcrun_types, IPCRUN_TYPES, &err);

	*more = false;
	if (rc == LERR_TEMP && err.os_errno == EAGAIN)
		return true;
	if (!rc && !s->setup.verbs[m.type])
		rc = lerr_set(&err, LERR_INPUT, 0, "%s is not a request", m.desc->name);
	if (rc) {
		if (rc != LERR_GONE)
			log_event(LOG_WARN, "ipc.peer_failed",
				  "socket=runner client=%llu why=%s",
				  (unsigned long long)c->id, log_text(str_of(err.msg)).c);
		ipcsock_close_fds(&fds);
		return false;
	}
	from.n = m.n;
	rc = s->setup.verbs[m.type](s->setup.ctx, &from, m.body, &fds, &err);
	ipcsock_close_fds(&fds);
	if (rc)
		refuse(c, m.n, rc, &err);
	*more = true;
	return true;
}

/* A few messages a turn, so that one client cannot keep the loop to itself. */
static bool serve(struct server *s, const struct client *c)
{
	bool more = true;

	for (int i = 0; i < 16 && more; i++)
		if (!serve_one(s, c, &more))
			return false;
	return true;
}

size_t server_npolls(const struct server *s)
{
	return 1 + s->n;
}

size_t server_fill(const struct server *s, struct pollfd *p)
{
	p[0] = (struct pollfd){.fd = s->setup.listen_fd, .events = POLLIN};
	for (size_t i = 0; i < s->n; i++) {
		p[1 + i] = (struct pollfd){.fd = ipcconn_fd(s->clients[i].conn),
					   .events = POLLIN};
		if (ipcconn_wants_write(s->clients[i].conn))
			p[1 + i].events |= POLLOUT;
	}
	return 1 + s->n;
}

void server_handle(struct server *s, const struct pollfd *p, size_t n)
{
	INVARIANT(n == 1 + s->n);
	/* from the back: dropping one moves the last into its place */
	for (size_t i = n - 1; i-- > 0;) {
		struct client *c = &s->clients[i];
		bool keep = true;

		if (p[1 + i].revents & POLLOUT)
			keep = ipcconn_flush(c->conn, NULL) == LERR_OK;
		if (keep && p[1 + i].revents & (POLLIN | POLLHUP | POLLERR))
			keep = serve(s, c);
		if (!keep)
			drop(s, i);
	}
	if (p[0].revents)
		accept_one(s);
}
