/* SPDX-License-Identifier: MIT */
/*
 * libwebsockets calls back with a wsi, which dies when it likes. Ours is the number: it
 * is the wsi's opaque data, and every callback looks the connection up by it. A
 * connection is freed when neither libwebsockets, nor a name lookup, nor its timer can
 * call back any more.
 */
#include "config.h"

#include "lib/net/wsc.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/wsqueue.h"

#include <libwebsockets.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ADDRESSES = 8,       /* of one name that are tried */
	ATTEMPT_MS = 4000,   /* one address, while others are left */
	CLOSE_MS = 5000,     /* for a close frame to go out and come back */
	RX_BYTES = 16 * 1024 /* handed over by libwebsockets at once */
};

#define KEEP_RX_BYTES (64 * 1024)

enum stage {
	STAGE_NAME,    /* resolving */
	STAGE_DIALING, /* TCP, TLS, upgrade */
	STAGE_OPEN,
	STAGE_CLOSING, /* our close frame is under way */
	STAGE_DEAD,    /* over for libwebsockets, or about to be */
};

struct address {
	char text[INET6_ADDRSTRLEN];
};

struct conn {
	struct conn *next;
	struct wsc *owner;
	uint64_t id;
	enum stage stage;
	struct wsurl url;
	struct lws *wsi; /* NULL when libwebsockets knows nothing of it */
	uv_timer_t timer;
	uv_getaddrinfo_t lookup;
	bool looking;
	bool timer_open;
	bool quiet;  /* nobody wants to hear of its end */
	bool paused; /* by its owner: silence says nothing */
	struct address addresses[ADDRESSES];
	size_t naddresses;
	size_t next_address;
	bool tcp_up;
	bool inside_connect;
	bool ping_due;
	unsigned int close_code;
	uint64_t deadline_ms;
	uint64_t heard_ms;
	uint64_t pinged_ms; /* 0: no ping is out */
	struct buf rx;
	struct wsqueue out;
	struct wsc_end end;
};

struct wsc {
	struct lwsloop *lws;
	struct lws_vhost *vhost;
	struct wsc_limits limits;
	const struct wsc_ops *ops;
	void *ctx;
	struct conn *conns;
	uint64_t last_id;
};

static struct conn *find(const struct wsc *w, uint64_t id)
{
	struct conn *c = w->conns;

	while (c && c->id != id)
		c = c->next;
	return c;
}

static void set_end(struct conn *c, enum wsc_fault fault, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The first cause counts: what follows is its consequence. */
static void set_end(struct conn *c, enum wsc_fault fault, const char *fmt, ...)
{
	va_list ap;

	if (c->end.why[0])
		return;
	c->end.fault = fault;
	va_start(ap, fmt);
	(void)vsnprintf(c->end.why, sizeof(c->end.why), fmt, ap);
	va_end(ap);
}

/* ---- the end of a connection */

/* Free it when nobody can call back. */
static void release(struct conn *c)
{
	if (c->wsi || c->looking || c->timer_open)
		return;
	wsqueue_wipe(&c->out);
	buf_free(&c->rx);
	mem_free(c);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	c->timer_open = false;
	release(c);
}

static void unlink_conn(struct conn *c)
{
	struct conn **at = &c->owner->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

/* Nothing more will happen to it: tell, and free. */
static void finish(struct conn *c)
{
	struct wsc *w = c->owner;

	unlink_conn(c);
	set_end(c, WSC_LOST, "the connection was lost");
	if (!c->quiet && w->ops->on_close)
		w->ops->on_close(w->ctx, c->id, &c->end);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

/* Without a goodbye. */
static void kill_wsi(struct conn *c)
{
	c->stage = STAGE_DEAD;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
	lwsloop_kick(c->owner->lws);
}

/* ---- connecting */

static void on_timer(uv_timer_t *t);

static void set_timer(struct conn *c, uint64_t ms)
{
	(void)uv_timer_start(&c->timer, on_timer, ms, 0);
}

static uint64_t left_ms(const struct conn *c)
{
	uint64_t now = clock_mono_ms();

	return now < c->deadline_ms ? c->deadline_ms - now : 0;
}

static void fill_host(char *out, size_t n, const struct wsurl *u)
{
	if (u->port == (u->tls ? 443 : 80))
		(void)snprintf(out, n, u->is_ipv6 ? "[%s]" : "%s", u->host);
	else
		(void)snprintf(out, n, u->is_ipv6 ? "[%s]:%u" : "%s:%u", u->host,
			       (unsigned int)u->port);
}

/* Connect to the next address; the host's name is kept for SNI, certificate and Host. */
static void dial(struct conn *c)
{
	char host[WSURL_HOST_MAX + 16];
	struct lws_client_connect_info info = {
		.context = lwsloop_context(c->owner->lws),
		.vhost = c->owner->vhost,
		.address = c->addresses[c->next_address++].text,
		.port = c->url.port,
		.path = c->url.path,
		.host = host,
		.local_protocol_name = "wsc",
		.alpn = "http/1.1",
		.ietf_version_or_minus_one = -1,
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
				  (c->url.tls ? LCCSCF_USE_SSL : 0),
		.opaque_user_data = (void *)(uintptr_t)c->id,
	};

	fill_host(host, sizeof(host), &c->url);
	c->stage = STAGE_DIALING;
	c->tcp_up = false;
	c->inside_connect = true;
	c->wsi = lws_client_connect_via_info(&info);
	c->inside_connect = false;
	lwsloop_kick(c->owner->lws);
	if (!c->wsi)
		set_timer(c, 0);
	else if (c->next_address < c->naddresses && left_ms(c) > ATTEMPT_MS)
		set_timer(c, ATTEMPT_MS);
	else
		set_timer(c, left_ms(c));
}

/* The attempt is over before it was open: another address, or the end. */
static void attempt_failed(struct conn *c)
{
	bool answered = c->tcp_up || c->end.why[0];

	if (!answered && c->next_address < c->naddresses && left_ms(c) > 0) {
		dial(c);
		return;
	}
	if (!answered)
		set_end(c, WSC_NO_ROUTE, "cannot connect to %s port %u",
			c->addresses[c->next_address - 1].text,
			(unsigned int)c->url.port);
	finish(c);
}

static bool is_loopback(const struct sockaddr *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;

	if (a->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static void take_addresses(struct conn *c, const struct addrinfo *list)
{
	for (; list && c->naddresses < ADDRESSES; list = list->ai_next) {
		char *out = c->addresses[c->naddresses].text;

		if (!c->url.tls && !is_loopback(list->ai_addr))
			continue;
		if (getnameinfo(list->ai_addr, list->ai_addrlen, out, INET6_ADDRSTRLEN,
				NULL, 0, NI_NUMERICHOST) == 0)
			c->naddresses++;
	}
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct conn *c = req->data;

	c->looking = false;
	if (c->stage == STAGE_DEAD) {
		uv_freeaddrinfo(list);
		finish(c);
		return;
	}
	if (status == 0)
		take_addresses(c, list);
	uv_freeaddrinfo(list);
	if (status < 0)
		set_end(c, WSC_NO_NAME, "%s: %s", c->url.host, uv_strerror(status));
	else if (c->naddresses == 0)
		set_end(c, WSC_NO_NAME,
			"%s is not this machine, and ws:// goes nowhere else",
			c->url.host);
	if (c->end.why[0])
		finish(c);
	else
		dial(c);
}

uint64_t wsc_open(struct wsc *w, const struct wsurl *url)
{
	static const struct addrinfo hints = {.ai_family = AF_UNSPEC,
					      .ai_socktype = SOCK_STREAM};
	struct conn *c = mem_zalloc(sizeof(*c));
	uv_loop_t *loop = lwsloop_uv(w->lws);

	c->owner = w;
	c->id = ++w->last_id;
	c->url = *url;
	wsqueue_init(&c->out);
	buf_init(&c->rx, w->limits.frame_bytes);
	c->deadline_ms = clock_mono_ms() + w->limits.connect_ms;
	c->next = w->conns;
	w->conns = c;
	if (uv_timer_init(loop, &c->timer) != 0)
		panic("uv_timer_init");
	c->timer.data = c;
	c->timer_open = true;
	c->lookup.data = c;
	c->looking = uv_getaddrinfo(loop, &c->lookup, on_resolved, c->url.host, NULL,
				    &hints) == 0;
	if (c->looking) {
		set_timer(c, w->limits.connect_ms);
	} else {
		set_end(c, WSC_NO_NAME, "%s cannot be resolved", c->url.host);
		c->stage = STAGE_DEAD;
		set_timer(c, 0);
	}
	return c->id;
}

/* ---- time */

static void handshake_late(struct conn *c)
{
	if (left_ms(c) > 0) {
		/* this address only: attempt_failed() goes on to the next */
		if (c->tcp_up)
			set_timer(c, left_ms(c));
		else
			kill_wsi(c);
		return;
	}
	set_end(c, WSC_SILENT, "no connection within %u s",
		c->owner->limits.connect_ms / 1000);
	kill_wsi(c);
}

static void watch_silence(struct conn *c)
{
	const struct wsc_limits *max = &c->owner->limits;
	uint64_t silent_ms = clock_mono_ms() - c->heard_ms;

	if (c->paused || silent_ms < max->ping_ms) {
		c->pinged_ms = 0;
		set_timer(c, c->paused ? max->ping_ms : max->ping_ms - silent_ms);
		return;
	}
	if (c->pinged_ms == 0) {
		c->pinged_ms = clock_mono_ms();
		c->ping_due = true;
		lws_callback_on_writable(c->wsi);
		set_timer(c, max->dead_ms);
		return;
	}
	set_end(c, WSC_SILENT, "no answer to a ping within %u s", max->dead_ms / 1000);
	kill_wsi(c);
}

static void on_timer(uv_timer_t *t)
{
	struct conn *c = t->data;

	switch (c->stage) {
	case STAGE_NAME:
		set_end(c, WSC_SILENT, "%s was not resolved within %u s", c->url.host,
			c->owner->limits.connect_ms / 1000);
		c->stage = STAGE_DEAD;
		(void)uv_cancel((uv_req_t *)&c->lookup);
		return;
	case STAGE_DIALING:
		if (c->wsi)
			handshake_late(c);
		else
			attempt_failed(c);
		return;
	case STAGE_OPEN:
		watch_silence(c);
		return;
	case STAGE_CLOSING:
		kill_wsi(c);
		return;
	case STAGE_DEAD:
		if (c->wsi)
			kill_wsi(c); /* its close frame was not answered */
		else if (!c->looking)
			finish(c);
		return;
	}
}

/* ---- what libwebsockets says */

static void heard(struct conn *c)
{
	c->heard_ms = clock_mono_ms();
}

static void opened(struct conn *c)
{
	struct wsc *w = c->owner;

	c->stage = STAGE_OPEN;
	c->end.was_open = true;
	heard(c);
	set_timer(c, w->limits.ping_ms);
	if (w->ops->on_open)
		w->ops->on_open(w->ctx, c->id);
}

/* Not by an error from this callback: libwebsockets would say goodbye first, go on
 * reading meanwhile, and write behind the end of its buffer, which it empties only after
 * a callback that returned 0 (seen with 4.1.6). */
static void refuse_frame(struct conn *c)
{
	set_end(c, WSC_TOO_MUCH, "a message above %zu bytes",
		c->owner->limits.frame_bytes);
	kill_wsi(c);
}

/* A piece of a message; more may follow. */
static int received(struct conn *c, const char *in, size_t n)
{
	struct wsc *w = c->owner;
	bool whole = lws_is_final_fragment(c->wsi) &&
		     lws_remaining_packet_payload(c->wsi) == 0;
	uint64_t id = c->id;

	heard(c);
	if (c->stage != STAGE_OPEN)
		return 0;
	buf_add(&c->rx, in, n);
	if (buf_over(&c->rx))
		refuse_frame(c);
	if (!whole || c->stage != STAGE_OPEN)
		return 0;
	w->ops->on_text(w->ctx, id, buf_str(&c->rx));
	/* it may have been closed meanwhile, but a wsi inside its callback lives */
	if (c->rx.room > KEEP_RX_BYTES)
		buf_free(&c->rx);
	else
		buf_reset(&c->rx);
	return 0;
}

static int write_ping(struct conn *c)
{
	unsigned char empty[LWS_PRE + 1] = {0};

	c->ping_due = false;
	if (lws_write(c->wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) < 0)
		return -1;
	return 0;
}

/* One frame a turn (libwebsockets would buffer a second one itself). */
static int writeable(struct conn *c)
{
	int rc = 0;

	if (c->ping_due)
		rc = write_ping(c);
	else if (!wsqueue_is_empty(&c->out))
		rc = wsqueue_write(&c->out, c->wsi) ? 0 : -1;
	else if (c->stage == STAGE_CLOSING) {
		c->stage = STAGE_DEAD;
		lwsloop_goodbye(c->wsi, c->close_code);
		return 0;
	}
	if (rc == 0 &&
	    (c->ping_due || !wsqueue_is_empty(&c->out) || c->stage == STAGE_CLOSING))
		lws_callback_on_writable(c->wsi);
	return rc;
}

/* The peer's close frame: two bytes of code, then its words. */
static void peer_closes(struct conn *c, const char *in, size_t n)
{
	int words = n > 2 ? (int)(n - 2 < 100 ? n - 2 : 100) : 0;

	if (n >= 2)
		c->end.code =
			(unsigned int)((unsigned char)in[0] << 8) | (unsigned char)in[1];
	set_end(c, WSC_LOST, "closed by the peer: %u %.*s", c->end.code, words,
		words ? in + 2 : "");
}

static void note_answer(struct conn *c)
{
	char text[16];
	uint64_t seconds = 0;

	c->end.http = lws_http_client_http_response(c->wsi);
	if (lws_hdr_copy(c->wsi, text, sizeof(text), WSI_TOKEN_HTTP_RETRY_AFTER) > 0 &&
	    str_to_u64(str_of(text), 86400, &seconds))
		c->end.retry_after_s = (unsigned int)seconds;
	if (c->end.http != 101)
		set_end(c, WSC_HTTP, "HTTP status %u instead of a WebSocket",
			c->end.http);
}

static void connect_failed(struct conn *c, const char *in, size_t n)
{
	int words = in ? (int)(n < 100 ? n : 100) : 0;

	if (c->tcp_up && words)
		set_end(c, WSC_LOST, "handshake failed: %.*s", words, in);
	else if (c->tcp_up)
		set_end(c, WSC_LOST, "handshake failed");
}

/* OpenSSL looks at one certificate of the chain. */
static void cert_checked(struct conn *c, X509_STORE_CTX *x, bool good)
{
	if (!good)
		set_end(c, WSC_CERT, "certificate refused: %s",
			X509_verify_cert_error_string(X509_STORE_CTX_get_error(x)));
}

static int add_headers(char **p, size_t room)
{
	int n = snprintf(*p, room, "User-Agent: %s/%s\r\n", PACKAGE_NAME,
			 PACKAGE_VERSION);

	if (n < 0 || (size_t)n >= room)
		return -1;
	*p += n;
	return 0;
}

/* libwebsockets has let go of it. */
static void forgotten(struct conn *c)
{
	if (c->inside_connect)
		return;
	c->wsi = NULL;
	/* not from inside libwebsockets: the owner may do anything in on_close */
	c->stage = c->end.was_open || c->end.why[0] ? STAGE_DEAD : STAGE_DIALING;
	set_timer(c, 0);
}

/* clang-format off */
static int on_lws_event(struct conn *c, enum lws_callback_reasons reason, void *user,
			void *in, size_t n)
{
	/* libwebsockets' own list of reasons: most are none of ours */
	switch ((int)reason) {
	case LWS_CALLBACK_WSI_CREATE:			c->tcp_up = true;		break;
	case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
							cert_checked(c, user, n != 0);	break;
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_headers(in, n);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:	note_answer(c);			break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:	connect_failed(c, in, n);	break;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:		opened(c);			break;
	case LWS_CALLBACK_CLIENT_RECEIVE:		return received(c, in, n);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:		heard(c);			break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:		return writeable(c);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:	peer_closes(c, in, n);		break;
	case LWS_CALLBACK_CLIENT_CLOSED:		c->stage = STAGE_DEAD;		break;
	case LWS_CALLBACK_WSI_DESTROY:			forgotten(c);			break;
	}
	return 0;
}
/* clang-format on */

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		  size_t n)
{
	struct lws_vhost *vhost = wsi ? lws_get_vhost(wsi) : NULL;
	struct wsc *w = vhost ? lws_get_vhost_user(vhost) : NULL;
	struct conn *c = NULL;

	/* of the end of the context itself we may hear after wsc_free() */
	if (!w || reason == LWS_CALLBACK_PROTOCOL_DESTROY)
		return 0;
	if (reason == LWS_CALLBACK_WSI_DESTROY)
		lwsloop_forget(w->lws, wsi);
	c = find(w, (uint64_t)(uintptr_t)lws_get_opaque_user_data(wsi));
	if (!c)
		return 0;
	if (c->inside_connect)
		c->wsi = wsi;
	return on_lws_event(c, reason, user, in, n);
}

/* ---- asked by the owner */

bool wsc_send(struct wsc *w, uint64_t id, struct str text)
{
	struct conn *c = find(w, id);

	if (!c || c->stage != STAGE_OPEN)
		return false;
	if (text.n > w->limits.queue_bytes - c->out.bytes) {
		set_end(c, WSC_TOO_MUCH, "it does not read what we send");
		kill_wsi(c);
		return false;
	}
	wsqueue_add(&c->out, text);
	lws_callback_on_writable(c->wsi);
	return true;
}

size_t wsc_queued(const struct wsc *w, uint64_t id)
{
	const struct conn *c = find(w, id);

	return c ? c->out.bytes : 0;
}

void wsc_pause(struct wsc *w, uint64_t id, bool paused)
{
	struct conn *c = find(w, id);

	if (!c || c->stage != STAGE_OPEN)
		return;
	c->paused = paused;
	heard(c);
	lws_rx_flow_control(c->wsi, paused ? 0 : 1);
	if (!paused)
		lwsloop_kick(w->lws);
}

static void close_conn(struct conn *c, unsigned int code)
{
	set_end(c, WSC_ENDED, "closed by us");
	c->close_code = code;
	if (c->stage == STAGE_OPEN) {
		c->stage = STAGE_CLOSING;
		lws_callback_on_writable(c->wsi);
		set_timer(c, CLOSE_MS);
	} else if (c->stage == STAGE_DIALING && c->wsi) {
		kill_wsi(c);
	} else if (c->stage == STAGE_NAME || c->stage == STAGE_DIALING) {
		c->stage = STAGE_DEAD;
		if (c->looking)
			(void)uv_cancel((uv_req_t *)&c->lookup);
		else
			set_timer(c, 0);
	}
}

void wsc_close(struct wsc *w, uint64_t id, unsigned int code)
{
	struct conn *c = find(w, id);

	if (c)
		close_conn(c, code);
}

size_t wsc_count(const struct wsc *w)
{
	size_t n = 0;

	for (const struct conn *c = w->conns; c; c = c->next)
		n++;
	return n;
}

void wsc_shut(struct wsc *w)
{
	for (struct conn *c = w->conns; c; c = c->next) {
		c->quiet = true;
		close_conn(c, LWS_CLOSE_STATUS_GOINGAWAY);
	}
}

/* ---- start and end */

static enum lerr_code check_authorities(const char *path, struct lerr *err)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store && X509_STORE_load_file(store, path) == 1;

	X509_STORE_free(store);
	if (!good)
		return lerr_set(err, LERR_INPUT, 0, "%.100s: no certificates in it",
				path);
	return LERR_OK;
}

static void fill_limits(struct wsc_limits *l, const struct wsc_limits *given)
{
	if (given)
		*l = *given;
	if (l->connect_ms == 0)
		l->connect_ms = 15000;
	if (l->ping_ms == 0)
		l->ping_ms = 30000;
	if (l->dead_ms == 0)
		l->dead_ms = 25000;
	if (l->frame_bytes == 0)
		l->frame_bytes = CAP_FRAME_BYTES;
	if (l->queue_bytes == 0)
		l->queue_bytes = CAP_RELAY_OUT_BYTES;
}

enum lerr_code wsc_new(struct wsc **out, struct lwsloop *l, const char *ca_file,
		       const struct wsc_limits *limits, const struct wsc_ops *ops,
		       void *ctx, struct lerr *err)
{
	static const struct lws_protocols protocols[] = {
		{.name = "wsc", .callback = on_lws, .rx_buffer_size = RX_BYTES},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.vhost_name = "wsc",
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.http_proxy_address = LWSLOOP_NO_PROXY,
	};
	struct wsc *w;
	enum lerr_code rc;

	if (ca_file && ca_file[0]) {
		rc = check_authorities(ca_file, err);
		if (rc)
			return rc;
		info.client_ssl_ca_filepath = ca_file;
	}
	w = mem_zalloc(sizeof(*w));
	w->lws = l;
	w->ops = ops;
	w->ctx = ctx;
	fill_limits(&w->limits, limits);
	info.user = w;
	w->vhost = lws_create_vhost(lwsloop_context(l), &info);
	if (!w->vhost) {
		mem_free(w);
		return lerr_set(err, LERR_TEMP, 0, "libwebsockets refused a client");
	}
	*out = w;
	return LERR_OK;
}

void wsc_free(struct wsc *w)
{
	if (!w)
		return;
	INVARIANT(!w->conns);
	mem_free(w);
}
