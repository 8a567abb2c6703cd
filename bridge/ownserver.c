/* SPDX-License-Identifier: MIT */
/*
 * Trust line: strangers' bytes, with nginx in between. The listening socket is ours, so
 * that connections are counted before libwebsockets spends anything on them; it then
 * adopts each one. As in lib/net/wsc.c, a wsi carries a number and every callback looks
 * the client up by it.
 */
#include "config.h"

#include "bridge/ownserver.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/wsqueue.h"

#include <libwebsockets.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 128,
	ACCEPTS_A_TURN = 32,
	RX_BYTES = 16 * 1024, /* handed over by libwebsockets at once */
	PING_S = 45,          /* nginx gives a silent connection 60 s by default */
	DEAD_S = 75,
	ADDRESS_MAX = 48, /* an IPv6 address as text */
	BODY_MAX = 16 * 1024,
	CLOSE_S = 5, /* for a close frame to go out and come back */
};

#define KEEP_RX_BYTES (16 * 1024)

struct client {
	struct client *next; /* of its hash chain */
	struct client *newer;
	struct client *older;
	uint64_t id;
	struct lws *wsi;
	char address[ADDRESS_MAX];
	bool open;
	bool told; /* of its opening, so it is told of its end */
	bool dying;
	unsigned int close_code; /* 0: not closing */
	struct buf rx;
	struct wsqueue out;
};

enum { CHAINS = 1024 };

struct ownserver {
	struct lwsloop *lws;
	struct lws_vhost *vhost;
	struct ownserver_limits limits;
	const struct ownserver_ops *ops;
	void *ctx;
	int listen_fd;
	uv_poll_t listen_poll;
	struct client *chains[CHAINS];
	struct client *all; /* newest first */
	size_t nclients;
	size_t queued; /* bytes of all queues */
	uint64_t last_id;
	bool shut;
	bool told_full; /* since a connection was taken last */
};

/* ---- clients */

static struct client *find(const struct ownserver *w, uint64_t id)
{
	struct client *c = w->chains[id % CHAINS];

	while (c && c->id != id)
		c = c->next;
	return c;
}

static struct client *add_client(struct ownserver *w)
{
	struct client *c = mem_zalloc(sizeof(*c));

	c->id = ++w->last_id;
	c->next = w->chains[c->id % CHAINS];
	w->chains[c->id % CHAINS] = c;
	c->older = w->all;
	if (w->all)
		w->all->newer = c;
	w->all = c;
	w->nclients++;
	buf_init(&c->rx, w->limits.frame_bytes);
	wsqueue_init(&c->out);
	return c;
}

static void free_client(struct ownserver *w, struct client *c)
{
	struct client **at = &w->chains[c->id % CHAINS];

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->newer)
		c->newer->older = c->older;
	else
		w->all = c->older;
	if (c->older)
		c->older->newer = c->newer;
	w->nclients--;
	w->queued -= c->out.bytes;
	wsqueue_wipe(&c->out);
	buf_free(&c->rx);
	mem_free(c);
}

/* Without a goodbye. */
static void drop(struct ownserver *w, struct client *c)
{
	c->dying = true;
	w->queued -= c->out.bytes;
	wsqueue_wipe(&c->out);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
	lwsloop_kick(w->lws);
}

static size_t count_address(const struct ownserver *w, const char *address)
{
	size_t n = 0;

	for (const struct client *c = w->all; c; c = c->older)
		if (c->open && strcmp(c->address, address) == 0)
			n++;
	return n;
}

static struct client *longest_queue(const struct ownserver *w)
{
	struct client *longest = NULL;

	for (struct client *c = w->all; c; c = c->older)
		if (!c->dying && (!longest || c->out.bytes > longest->out.bytes))
			longest = c;
	return longest;
}

/* ---- plain HTTP */

static void copy_header(struct client *c, char *out, size_t n, enum lws_token_indexes h)
{
	int len = lws_hdr_copy(c->wsi, out, (int)n, h);

	if (len < 0)
		len = 0;
	out[len] = '\0';
}

/* nginx puts the address it sees behind what the client claims. */
static void take_address(struct client *c)
{
	char text[256];
	const char *last;

	copy_header(c, text, sizeof(text), WSI_TOKEN_X_FORWARDED_FOR);
	last = strrchr(text, ',');
	last = last ? last + 1 : text;
	while (*last == ' ')
		last++;
	(void)snprintf(c->address, sizeof(c->address), "%.*s", ADDRESS_MAX - 1, last);
}

static enum ownserver_method method_of(const struct client *c)
{
	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_GET_URI))
		return OWNSERVER_GET;
	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HEAD_URI))
		return OWNSERVER_HEAD;
	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_OPTIONS_URI))
		return OWNSERVER_OPTIONS;
	return OWNSERVER_OTHER;
}

static const char *status_text(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *text;
	} known[] = {{200, "OK"},
		     {204, "No Content"},
		     {404, "Not Found"},
		     {405, "Method Not Allowed"},
		     {426, "Upgrade Required"},
		     {429, "Too Many Requests"},
		     {503, "Service Unavailable"}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].status == status)
			return known[i].text;
	return "Bad Request";
}

/* A whole answer; the connection ends behind it. Always -1. */
static int write_reply(struct client *c, const struct ownserver_reply *r, bool with_body)
{
	auto_buf struct buf out = BUF_INIT(LWS_PRE + 1024 + BODY_MAX);
	unsigned char *at;

	(void)buf_space(&out, LWS_PRE);
	buf_grew(&out, LWS_PRE);
	buf_addf(&out, "HTTP/1.1 %u %s\r\nConnection: close\r\n", r->status,
		 status_text(r->status));
	buf_addf(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n%s\r\n", r->type,
		 r->body.n, r->headers);
	if (with_body)
		buf_add_str(&out, buf_str(&r->body));
	INVARIANT(!buf_over(&out));
	at = (unsigned char *)out.p + LWS_PRE;
	(void)lws_write(c->wsi, at, out.n - LWS_PRE, LWS_WRITE_HTTP_HEADERS);
	return -1;
}

static int answer(struct ownserver *w, struct client *c, const char *path)
{
	char accept[256];
	struct ownserver_request req = {
		.method = method_of(c), .path = path, .accept = accept};
	struct ownserver_reply r = {.status = 404,
				    .type = "text/plain",
				    .headers = "",
				    .body = BUF_INIT(BODY_MAX)};
	int rc;

	copy_header(c, accept, sizeof(accept), WSI_TOKEN_HTTP_ACCEPT);
	take_address(c);
	req.address = c->address;
	w->ops->on_request(w->ctx, &req, &r);
	rc = write_reply(c, &r, req.method != OWNSERVER_HEAD);
	buf_free(&r.body);
	return rc;
}

static unsigned int refuse_upgrade(struct ownserver *w, const struct client *c,
				   const struct ownserver_request *req)
{
	if (c->address[0] && count_address(w, c->address) >= w->limits.per_address)
		return 429;
	return w->ops->on_upgrade(w->ctx, req);
}

static int confirm_upgrade(struct ownserver *w, struct client *c, const char *to)
{
	char path[256];
	struct ownserver_request req = {
		.method = method_of(c), .path = path, .accept = ""};
	struct ownserver_reply r = {
		.type = "text/plain", .headers = "", .body = BUF_INIT(BODY_MAX)};

	if (strcasecmp(to, "websocket") != 0)
		return -1;
	copy_header(c, path, sizeof(path), WSI_TOKEN_GET_URI);
	take_address(c);
	req.address = c->address;
	r.status = refuse_upgrade(w, c, &req);
	return r.status ? write_reply(c, &r, true) : 0;
}

/* ---- WebSocket */

static void opened(struct ownserver *w, struct client *c)
{
	c->open = true;
	c->told = true;
	w->ops->on_open(w->ctx, c->id);
}

static int received(struct ownserver *w, struct client *c, const char *in, size_t n)
{
	bool whole = lws_is_final_fragment(c->wsi) &&
		     lws_remaining_packet_payload(c->wsi) == 0;

	lws_validity_confirmed(c->wsi);
	if (c->dying || c->close_code)
		return 0;
	buf_add(&c->rx, in, n);
	if (buf_over(&c->rx)) {
		log_event(LOG_INFO, "own.oversize", "client=%llu",
			  (unsigned long long)c->id);
		c->dying = true;
		lws_close_reason(c->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	}
	if (!whole)
		return 0;
	w->ops->on_text(w->ctx, c->id, buf_str(&c->rx));
	/* a wsi inside its callback lives, and so does its client */
	if (c->rx.room > KEEP_RX_BYTES)
		buf_free(&c->rx);
	else
		buf_reset(&c->rx);
	return 0;
}

static int writeable(struct ownserver *w, struct client *c)
{
	size_t before = c->out.bytes;

	if (wsqueue_is_empty(&c->out)) {
		if (c->close_code && !c->dying)
			lwsloop_goodbye(c->wsi, c->close_code);
		c->dying = c->dying || c->close_code;
		return 0;
	}
	if (!wsqueue_write(&c->out, c->wsi))
		return -1;
	w->queued -= before - c->out.bytes;
	if (!wsqueue_is_empty(&c->out) || c->close_code)
		lws_callback_on_writable(c->wsi);
	else if (!c->dying && !w->shut)
		w->ops->on_drained(w->ctx, c->id);
	return 0;
}

static void closed(struct ownserver *w, struct client *c)
{
	c->open = false;
	c->dying = true;
	if (c->told && !w->shut)
		w->ops->on_close(w->ctx, c->id);
	c->told = false;
}

static void destroyed(struct ownserver *w, struct client *c)
{
	closed(w, c);
	free_client(w, c);
}

/* clang-format off */
static int on_lws_event(struct ownserver *w, struct client *c,
			enum lws_callback_reasons reason, void *in, size_t n)
{
	/* libwebsockets' own list of reasons: most are none of ours */
	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:			return answer(w, c, in);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:	return confirm_upgrade(w, c, in);
	case LWS_CALLBACK_ESTABLISHED:		opened(w, c);		break;
	case LWS_CALLBACK_RECEIVE:		return received(w, c, in, n);
	case LWS_CALLBACK_SERVER_WRITEABLE:	return writeable(w, c);
	case LWS_CALLBACK_CLOSED:		closed(w, c);		break;
	case LWS_CALLBACK_WSI_DESTROY:		destroyed(w, c);	break;
	}
	return 0;
}
/* clang-format on */

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		  size_t n)
{
	struct lws_vhost *vhost = wsi ? lws_get_vhost(wsi) : NULL;
	struct ownserver *w = vhost ? lws_get_vhost_user(vhost) : NULL;
	struct client *c;

	(void)user;
	/* of the end of the context itself we may hear after ownserver_free() */
	if (!w || reason == LWS_CALLBACK_PROTOCOL_DESTROY)
		return 0;
	c = find(w, (uint64_t)(uintptr_t)lws_get_opaque_user_data(wsi));
	if (!c)
		return 0;
	c->wsi = wsi;
	return on_lws_event(w, c, reason, in, n);
}

/* ---- the listening socket */

static void adopt(struct ownserver *w, int fd)
{
	struct client *c = add_client(w);
	uint64_t id = c->id;
	lws_adopt_desc_t info = {
		.vh = w->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
		.fd = {.sockfd = fd},
		.opaque = (void *)(uintptr_t)id,
	};

	/* closes fd itself when it fails, and may have told us of the end by then */
	if (lws_adopt_descriptor_vhost_via_info(&info))
		return;
	c = find(w, id);
	if (c)
		free_client(w, c);
}

static void on_connect(uv_poll_t *h, int status, int events)
{
	struct ownserver *w = h->data;

	(void)events;
	for (int i = 0; status >= 0 && i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(w->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			break;
		if (w->nclients >= w->limits.connections) {
			if (!w->told_full)
				log_event(LOG_WARN, "own.full", "clients=%zu",
					  w->nclients);
			w->told_full = true;
			(void)close(fd);
			continue;
		}
		w->told_full = false;
		adopt(w, fd);
	}
	/* its timers and buffers: see lwsloop.h */
	lwsloop_kick(w->lws);
}

static struct lws_vhost *make_vhost(struct ownserver *w)
{
	static const struct lws_protocols protocols[] = {
		{.name = "ownserver", .callback = on_lws, .rx_buffer_size = RX_BYTES},
		{.name = NULL},
	};
	static const lws_retry_bo_t idle = {.secs_since_valid_ping = PING_S,
					    .secs_since_valid_hangup = DEAD_S};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.vhost_name = "ownserver",
		.retry_and_idle_policy = &idle,
		.http_proxy_address = LWSLOOP_NO_PROXY,
		.user = w,
	};

	return lws_create_vhost(lwsloop_context(w->lws), &info);
}

enum lerr_code ownserver_new(struct ownserver **out, struct lwsloop *l, int *listen_fd,
			     const struct ownserver_limits *limits,
			     const struct ownserver_ops *ops, void *ctx, struct lerr *err)
{
	struct ownserver *w = mem_zalloc(sizeof(*w));

	w->lws = l;
	w->limits = *limits;
	w->ops = ops;
	w->ctx = ctx;
	w->vhost = make_vhost(w);
	if (!w->vhost) {
		mem_free(w);
		return lerr_set(err, LERR_TEMP, 0, "libwebsockets refused a server");
	}
	w->listen_fd = fdio_steal(listen_fd);
	if (uv_poll_init(lwsloop_uv(l), &w->listen_poll, w->listen_fd) != 0 ||
	    uv_poll_start(&w->listen_poll, UV_READABLE, on_connect) != 0)
		panic("uv_poll on the own relay's socket");
	w->listen_poll.data = w;
	*out = w;
	return LERR_OK;
}

/* ---- asked by the owner */

bool ownserver_send(struct ownserver *w, uint64_t id, struct str text)
{
	struct client *c = find(w, id);
	struct client *longest;

	if (!c || !c->open || c->dying || c->close_code)
		return false;
	if (text.n > w->limits.queue_bytes - c->out.bytes) {
		log_event(LOG_INFO, "own.slow_reader", "client=%llu queued=%zu",
			  (unsigned long long)id, c->out.bytes);
		drop(w, c);
		return false;
	}
	wsqueue_add(&c->out, text);
	w->queued += text.n;
	lws_callback_on_writable(c->wsi);
	if (w->queued <= w->limits.all_queues_bytes)
		return true;
	longest = longest_queue(w);
	log_event(LOG_WARN, "own.queues_full", "dropped=%llu queued=%zu",
		  (unsigned long long)longest->id, longest->out.bytes);
	drop(w, longest);
	return longest != c;
}

size_t ownserver_queued(const struct ownserver *w, uint64_t id)
{
	const struct client *c = find(w, id);

	return c ? c->out.bytes : 0;
}

static void close_client(struct client *c, unsigned int code)
{
	if (c->dying || c->close_code || !c->open)
		return;
	c->close_code = code;
	lws_callback_on_writable(c->wsi);
	/* one that does not read gets no close frame either */
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_S);
}

void ownserver_close(struct ownserver *w, uint64_t id, unsigned int code)
{
	struct client *c = find(w, id);

	if (c)
		close_client(c, code);
	lwsloop_kick(w->lws);
}

size_t ownserver_count(const struct ownserver *w)
{
	return w->nclients;
}

static void on_listen_closed(uv_handle_t *h)
{
	struct ownserver *w = h->data;

	fdio_close(&w->listen_fd);
}

void ownserver_shut(struct ownserver *w)
{
	w->shut = true;
	uv_close((uv_handle_t *)&w->listen_poll, on_listen_closed);
	for (struct client *c = w->all; c; c = c->older)
		close_client(c, LWS_CLOSE_STATUS_GOINGAWAY);
	lwsloop_kick(w->lws);
}

void ownserver_free(struct ownserver *w)
{
	if (!w)
		return;
	INVARIANT(!w->all);
	mem_free(w);
}
