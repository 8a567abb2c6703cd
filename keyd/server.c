/* SPDX-License-Identifier: MIT */
/*
 * Trust line: what comes in here is from loom-engine and loom-bridge, who parse what
 * strangers send. An illegal request ends its connection and is logged, from the engine
 * too: ending the process instead would let whoever has taken over one of the two stop the
 * signatures of the other, and the key could only come back by a start as root. Never:
 * more than one waiting answer for a client, a wait for one client.
 */
#include "config.h"

#include "keyd/server.h"

#include "keyd/dispatch.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipcsock.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum {
	REQUESTS_PER_TURN = 16, /* of one client, before others get their turn */
	CLIENTS = SERVER_DOORS * CAP_KEYD_CLIENTS,
};

struct client {
	struct ipcconn *conn; /* NULL: a free place */
};

struct server {
	const struct server_door *doors;
	const struct keyring *keys;
	/* the places of a door are CAP_KEYD_CLIENTS in a row */
	struct client clients[CLIENTS];
};

enum lerr_code server_bind(struct server_door *door, struct lerr *err)
{
	return ipcsock_listen(&door->listen_fd, door->path, door->friend_uid, err);
}

static const struct server_door *door_of(const struct server *s, size_t client)
{
	return &s->doors[client / CAP_KEYD_CLIENTS];
}

/* ---- one client */

static void hang_up(struct client *c)
{
	ipcconn_free(c->conn);
	c->conn = NULL;
}

static void drop_broken(struct client *c, const struct server_door *door,
			const struct lerr *why)
{
	if (why->code != LERR_GONE)
		log_event(LOG_WARN, "key.illegal", "socket=%s why=%s", door->name,
			  log_text(str_of(why->msg)).c);
	hang_up(c);
}

static enum lerr_code answer(struct client *c, const struct ipcmsg *m,
			     struct dispatch_answer *a, struct lerr *err)
{
	enum lerr_code rc = ipcconn_send(c->conn, &ipckey_types[a->type], m->n, &a->body,
					 NULL, 0, err);

	dispatch_wipe(a);
	return rc;
}

/* What cannot be opened or is locked to others is a customer's mistake, what cannot be
 * signed is ours. */
static bool is_customers(size_t type)
{
	return type == IPCKEY_OPEN || type == IPCKEY_P2PK || type == IPCKEY_P2PK_ALL;
}

static enum lerr_code refuse(struct client *c, const struct ipcmsg *m,
			     const struct server_door *door, const struct lerr *why,
			     struct lerr *err)
{
	log_event(is_customers(m->type) ? LOG_INFO : LOG_WARN, "key.refused",
		  "socket=%s request=%s code=%s why=%s", door->name, m->desc->name,
		  lerr_name(why->code), log_text(str_of(why->msg)).c);
	return ipcconn_send_error(c->conn, &ipckey_types[IPCKEY_ERROR], m->n, why->code,
				  why->msg, err);
}

static enum lerr_code handle(const struct server *s, struct client *c,
			     const struct server_door *door, const struct ipcmsg *m,
			     struct lerr *err)
{
	struct dispatch_answer a;
	struct lerr why = {0};

	switch (dispatch_run(&a, s->keys, door->may, m, clock_wall_s(), &why)) {
	case DISPATCH_ANSWERED:
		return answer(c, m, &a, err);
	case DISPATCH_REFUSED:
		return refuse(c, m, door, &why, err);
	case DISPATCH_ILLEGAL:
		break;
	}
	*err = why;
	return why.code;
}

/* One request, if there is one. */
static enum lerr_code take_request(const struct server *s, struct client *c,
				   const struct server_door *door, struct lerr *err)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct ipcsock_fds fds;
	enum lerr_code rc =
		ipcconn_recv(c->conn, &m, &fds, ipckey_types, IPCKEY_TYPES, err);

	if (rc)
		return rc;
	ipcsock_close_fds(&fds);
	return handle(s, c, door, &m, err);
}

static void serve_client(const struct server *s, struct client *c,
			 const struct server_door *door)
{
	struct lerr err = {0};
	enum lerr_code rc = ipcconn_flush(c->conn, &err);

	for (int i = 0; !rc && i < REQUESTS_PER_TURN; i++) {
		if (ipcconn_wants_write(c->conn))
			return;
		rc = take_request(s, c, door, &err);
	}
	if (rc && !(rc == LERR_TEMP && err.os_errno == EAGAIN))
		drop_broken(c, door, &err);
}

/* ---- new clients */

static bool is_welcome(const struct server_door *door, int fd)
{
	struct ipcsock_peer who;
	struct lerr err = {0};

	if (ipcsock_peer(&who, fd, &err))
		return false;
	if (who.uid == 0 || who.uid == geteuid() || who.uid == door->friend_uid)
		return true;
	log_event(LOG_WARN, "ipc.stranger", "socket=%s uid=%u pid=%ld", door->name,
		  (unsigned int)who.uid, (long)who.pid);
	return false;
}

static struct client *free_place(struct server *s, size_t door)
{
	for (size_t i = 0; i < CAP_KEYD_CLIENTS; i++)
		if (!s->clients[door * CAP_KEYD_CLIENTS + i].conn)
			return &s->clients[door * CAP_KEYD_CLIENTS + i];
	return NULL;
}

static void take_client(struct server *s, size_t door)
{
	struct client *place = free_place(s, door);
	struct lerr err = {0};
	int fd;

	if (ipcsock_accept(&fd, s->doors[door].listen_fd, &err))
		return;
	if (!place)
		log_event(LOG_WARN, "ipc.crowded", "socket=%s most=%d",
			  s->doors[door].name, CAP_KEYD_CLIENTS);
	if (!place || !is_welcome(&s->doors[door], fd)) {
		(void)close(fd);
		return;
	}
	place->conn = ipcconn_new(fd);
	log_event(LOG_DEBUG, "key.client", "socket=%s", s->doors[door].name);
}

/* ---- the loop */

/* poll() passes over what has no descriptor. */
static void watch(const struct server *s, struct pollfd *polls)
{
	for (size_t i = 0; i < SERVER_DOORS; i++)
		polls[i] = (struct pollfd){.fd = s->doors[i].listen_fd, .events = POLLIN};
	for (size_t i = 0; i < CLIENTS; i++) {
		const struct client *c = &s->clients[i];

		polls[SERVER_DOORS + i] = (struct pollfd){.fd = -1};
		if (!c->conn)
			continue;
		polls[SERVER_DOORS + i] = (struct pollfd){
			.fd = ipcconn_fd(c->conn),
			.events = ipcconn_wants_write(c->conn) ? POLLOUT : POLLIN,
		};
	}
}

void server_run(const struct server_door doors[SERVER_DOORS], const struct keyring *keys)
{
	struct pollfd polls[SERVER_DOORS + CLIENTS];
	struct server s = {.doors = doors, .keys = keys};

	for (;;) {
		watch(&s, polls);
		if (poll(polls, SERVER_DOORS + CLIENTS, -1) < 0 && errno != EINTR)
			panic("poll: errno %d", errno);
		for (size_t i = 0; i < CLIENTS; i++)
			if (polls[SERVER_DOORS + i].revents)
				serve_client(&s, &s.clients[i], door_of(&s, i));
		for (size_t i = 0; i < SERVER_DOORS; i++)
			if (polls[i].revents)
				take_client(&s, i);
	}
}
