/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/ipcuv.h"

#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/unixsock.h"
#include "lib/ipc/ipcconn.h"

#include <errno.h>
#include <unistd.h>

enum {
	FRAMES_PER_TURN = 64, /* of one peer, before others get their turn */
	REDIAL_FIRST_MS = 20,
	REDIAL_MAX_MS = 1000,
};

struct peer {
	struct peer *next;
	struct ipcuv *owner;
	uint64_t number;
	struct ipcconn *conn;
	uv_poll_t poll;
	bool closing;
};

struct ipcuv {
	const struct ipcuv_protocol *protocol;
	const struct ipcuv_ops *ops;
	void *ctx;
	uv_loop_t *loop;
	char *path;
	struct peer *peers;
	size_t npeers;
	uint64_t last_number;
	uid_t friend_uid;
	bool is_client;
	bool closing;
	int listen_fd;
	uv_poll_t listen_poll; /* server */
	uv_timer_t redial;     /* client */
	uint64_t redial_ms;
	unsigned int handles; /* not closed yet: the last one frees it all */
};

static void release(struct ipcuv *u)
{
	if (--u->handles != 0)
		return;
	if (u->listen_fd >= 0)
		(void)close(u->listen_fd);
	mem_free(u->path);
	mem_free(u);
}

static void own_handle_closed(uv_handle_t *h)
{
	release(h->data);
}

static void dial_later(struct ipcuv *u);

static void peer_closed(uv_handle_t *h)
{
	struct peer *p = h->data;
	struct ipcuv *u = p->owner;
	struct peer **at = &u->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	u->npeers--;
	ipcconn_free(p->conn);
	if (!u->closing) {
		if (u->ops->on_close)
			u->ops->on_close(u->ctx, p->number);
		if (u->is_client && !u->closing)
			dial_later(u);
	}
	mem_free(p);
	release(u);
}

static void peer_close(struct peer *p)
{
	if (p->closing)
		return;
	p->closing = true;
	uv_close((uv_handle_t *)&p->poll, peer_closed);
}

static void peer_failed(struct peer *p, const struct lerr *why)
{
	if (p->closing)
		return;
	if (why->code != LERR_GONE)
		log_event(LOG_WARN, "ipc.peer_failed", "socket=%s why=%s",
			  p->owner->protocol->name, log_text(str_of(why->msg)).c);
	peer_close(p);
}

static void on_peer_ready(uv_poll_t *h, int status, int events);

/* Poll for what the connection wants now. */
static void peer_watch(struct peer *p)
{
	int events = UV_READABLE;

	if (p->closing)
		return;
	if (ipcconn_wants_write(p->conn))
		events |= UV_WRITABLE;
	if (uv_poll_start(&p->poll, events, on_peer_ready) != 0)
		panic("uv_poll_start");
}

static void peer_read(struct peer *p)
{
	const struct ipcuv_protocol *proto = p->owner->protocol;

	for (int i = 0; i < FRAMES_PER_TURN && !p->closing; i++) {
		struct ipcmsg m;
		struct ipcsock_fds fds;
		struct lerr err = {0};
		enum lerr_code rc = ipcconn_recv(p->conn, &m, &fds, proto->table,
						 proto->ntypes, &err);

		if (rc == LERR_TEMP && err.os_errno == EAGAIN)
			return;
		if (rc) {
			peer_failed(p, &err);
			return;
		}
		p->owner->ops->on_message(p->owner->ctx, p->number, &m, &fds);
		ipcsock_close_fds(&fds);
		ipcmsg_wipe(&m);
	}
}

static void on_peer_ready(uv_poll_t *h, int status, int events)
{
	struct peer *p = h->data;
	struct lerr err = {0};

	if (status < 0) {
		peer_close(p);
		return;
	}
	if (events & UV_WRITABLE && ipcconn_flush(p->conn, &err)) {
		peer_failed(p, &err);
		return;
	}
	if (events & UV_READABLE)
		peer_read(p);
	peer_watch(p);
}

static void peer_add(struct ipcuv *u, int fd)
{
	struct peer *p = mem_zalloc(sizeof(*p));

	p->owner = u;
	p->number = ++u->last_number;
	p->conn = ipcconn_new(fd);
	if (uv_poll_init(u->loop, &p->poll, fd) != 0)
		panic("uv_poll_init");
	p->poll.data = p;
	p->next = u->peers;
	u->peers = p;
	u->npeers++;
	u->handles++;
	peer_watch(p);
	if (u->ops->on_open)
		u->ops->on_open(u->ctx, p->number);
}

/* ---- server */

static bool is_welcome(const struct ipcuv *u, int fd)
{
	struct ipcsock_peer who;
	struct lerr err;

	if (ipcsock_peer(&who, fd, &err))
		return false;
	if (who.uid == 0 || who.uid == geteuid() || who.uid == u->friend_uid)
		return true;
	log_event(LOG_WARN, "ipc.stranger", "socket=%s uid=%u pid=%ld", u->protocol->name,
		  (unsigned int)who.uid, (long)who.pid);
	return false;
}

static bool has_place(const struct ipcuv *u)
{
	if (u->npeers < CAP_IPC_CLIENTS)
		return true;
	log_event(LOG_WARN, "ipc.crowded", "socket=%s most=%d", u->protocol->name,
		  CAP_IPC_CLIENTS);
	return false;
}

static void on_listen_ready(uv_poll_t *h, int status, int events)
{
	struct ipcuv *u = h->data;
	int fd;

	(void)events;
	/* on_open may close it all */
	while (status >= 0 && !u->closing &&
	       ipcsock_accept(&fd, u->listen_fd, NULL) == LERR_OK) {
		if (!has_place(u) || !is_welcome(u, fd))
			(void)close(fd);
		else
			peer_add(u, fd);
	}
}

static struct ipcuv *make(uv_loop_t *loop, const char *path,
			  const struct ipcuv_protocol *protocol,
			  const struct ipcuv_ops *ops, void *ctx)
{
	struct ipcuv *u = mem_zalloc(sizeof(*u));

	u->protocol = protocol;
	u->ops = ops;
	u->ctx = ctx;
	u->loop = loop;
	u->path = mem_strdup(path);
	u->listen_fd = -1;
	u->friend_uid = geteuid();
	u->handles = 1;
	return u;
}

enum lerr_code ipcuv_serve(struct ipcuv **out, uv_loop_t *loop, const char *path,
			   uid_t friend_uid, const struct ipcuv_protocol *protocol,
			   const struct ipcuv_ops *ops, void *ctx, struct lerr *err)
{
	struct ipcuv *u;
	int fd = -1;
	/* a second one, started by mistake, must not make the first one deaf */
	enum lerr_code rc = unixsock_check_free(path, SOCK_SEQPACKET, err);

	if (!rc)
		rc = ipcsock_listen(&fd, path, friend_uid, err);

	if (rc)
		return rc;
	u = make(loop, path, protocol, ops, ctx);
	u->listen_fd = fd;
	u->friend_uid = friend_uid;
	if (uv_poll_init(loop, &u->listen_poll, fd) != 0 ||
	    uv_poll_start(&u->listen_poll, UV_READABLE, on_listen_ready) != 0)
		panic("uv_poll on %s", path);
	u->listen_poll.data = u;
	*out = u;
	return LERR_OK;
}

/* ---- client */

static void on_redial(uv_timer_t *t)
{
	struct ipcuv *u = t->data;
	int fd;

	if (ipcsock_connect(&fd, u->path, NULL) != LERR_OK) {
		dial_later(u);
		return;
	}
	u->redial_ms = REDIAL_FIRST_MS;
	peer_add(u, fd);
}

static void dial_later(struct ipcuv *u)
{
	(void)uv_timer_start(&u->redial, on_redial, u->redial_ms, 0);
	u->redial_ms =
		u->redial_ms * 2 < REDIAL_MAX_MS ? u->redial_ms * 2 : REDIAL_MAX_MS;
}

struct ipcuv *ipcuv_dial(uv_loop_t *loop, const char *path,
			 const struct ipcuv_protocol *protocol,
			 const struct ipcuv_ops *ops, void *ctx)
{
	struct ipcuv *u = make(loop, path, protocol, ops, ctx);

	u->is_client = true;
	u->redial_ms = REDIAL_FIRST_MS;
	if (uv_timer_init(loop, &u->redial) != 0)
		panic("uv_timer_init");
	u->redial.data = u;
	(void)uv_timer_start(&u->redial, on_redial, 0, 0);
	return u;
}

/* ---- both */

static struct peer *find(const struct ipcuv *u, uint64_t number)
{
	struct peer *p = u->peers;

	while (p && (p->closing || (number != 0 && p->number != number)))
		p = p->next;
	return p;
}

bool ipcuv_is_up(const struct ipcuv *u)
{
	return find(u, 0) != NULL;
}

static bool sent(struct peer *p, enum lerr_code rc, const struct lerr *err)
{
	if (rc) {
		peer_failed(p, err);
		return false;
	}
	peer_watch(p);
	return true;
}

bool ipcuv_send(struct ipcuv *u, uint64_t peer, size_t type, uint64_t n, const void *body,
		const int *fds, size_t nfds)
{
	struct peer *p = find(u, peer);
	struct lerr err = {0};

	INVARIANT(peer != 0 || u->is_client);
	if (!p)
		return false;
	return sent(p,
		    ipcconn_send(p->conn, &u->protocol->table[type], n, body, fds, nfds,
				 &err),
		    &err);
}

bool ipcuv_send_error(struct ipcuv *u, uint64_t peer, uint64_t n, enum lerr_code code,
		      const char *text)
{
	struct peer *p = find(u, peer);
	struct lerr err = {0};

	if (!p)
		return false;
	return sent(p,
		    ipcconn_send_error(p->conn,
				       &u->protocol->table[u->protocol->error_type], n,
				       code, text, &err),
		    &err);
}

void ipcuv_hang_up(struct ipcuv *u, uint64_t peer)
{
	struct peer *p = find(u, peer);

	if (p)
		peer_close(p);
}

void ipcuv_close(struct ipcuv *u)
{
	if (!u || u->closing)
		return;
	u->closing = true;
	for (struct peer *p = u->peers; p; p = p->next)
		peer_close(p);
	uv_close(u->is_client ? (uv_handle_t *)&u->redial
			      : (uv_handle_t *)&u->listen_poll,
		 own_handle_closed);
}
