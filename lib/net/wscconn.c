/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/wscconn.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/netaddr.h"
#include "lib/base/panic.h"

#include <libwebsockets.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ATTEMPT_MS = 4000, /* one address, while others are left */
	CLOSE_MS = 5000,   /* for a close frame to go out and come back */
};

struct wscconn *wscconn_find(const struct wsc *w, uint64_t id)
{
	struct wscconn *c = w->conns;

	while (c && c->id != id)
		c = c->next;
	return c;
}

void wscconn_end(struct wscconn *c, enum wsc_fault fault, const char *fmt, ...)
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
static void release(struct wscconn *c)
{
	if (c->wsi || c->looking || c->timer_open)
		return;
	wsqueue_wipe(&c->out);
	buf_free(&c->rx);
	mem_free(c);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct wscconn *c = h->data;

	c->timer_open = false;
	release(c);
}

static void unlink_conn(struct wscconn *c)
{
	struct wscconn **at = &c->owner->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

/* Nothing more will happen to it: tell, and free. */
static void finish(struct wscconn *c)
{
	struct wsc *w = c->owner;

	unlink_conn(c);
	wscconn_end(c, WSC_LOST, "the connection was lost");
	if (!c->quiet && w->ops->on_close)
		w->ops->on_close(w->ctx, c->id, &c->end);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

void wscconn_kill(struct wscconn *c)
{
	c->stage = WSCCONN_DEAD;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
	lwsloop_kick(c->owner->lws);
}

/* ---- connecting */

static void on_timer(uv_timer_t *t);

void wscconn_timer(struct wscconn *c, uint64_t ms)
{
	(void)uv_timer_start(&c->timer, on_timer, ms, 0);
}

static uint64_t left_ms(const struct wscconn *c)
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
static void dial(struct wscconn *c)
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
	c->stage = WSCCONN_DIALING;
	c->tcp_up = false;
	c->inside_connect = true;
	c->wsi = lws_client_connect_via_info(&info);
	c->inside_connect = false;
	lwsloop_kick(c->owner->lws);
	if (!c->wsi)
		wscconn_timer(c, 0);
	else if (c->next_address < c->naddresses && left_ms(c) > ATTEMPT_MS)
		wscconn_timer(c, ATTEMPT_MS);
	else
		wscconn_timer(c, left_ms(c));
}

/* The attempt is over before it was open: another address, or the end. */
static void attempt_failed(struct wscconn *c)
{
	bool answered = c->tcp_up || c->end.why[0];

	if (!answered && c->next_address < c->naddresses && left_ms(c) > 0) {
		dial(c);
		return;
	}
	if (!answered)
		wscconn_end(c, WSC_NO_ROUTE, "cannot connect to %s port %u",
			    c->addresses[c->next_address - 1].text,
			    (unsigned int)c->url.port);
	finish(c);
}

static void take_addresses(struct wscconn *c, const struct addrinfo *list)
{
	for (; list && c->naddresses < WSCCONN_ADDRESSES; list = list->ai_next) {
		char *out = c->addresses[c->naddresses].text;

		if (!c->url.tls && !netaddr_is_loopback(list->ai_addr))
			continue;
		if (getnameinfo(list->ai_addr, list->ai_addrlen, out, INET6_ADDRSTRLEN,
				NULL, 0, NI_NUMERICHOST) == 0)
			c->naddresses++;
	}
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct wscconn *c = req->data;

	c->looking = false;
	if (c->stage == WSCCONN_DEAD) {
		uv_freeaddrinfo(list);
		finish(c);
		return;
	}
	if (status == 0)
		take_addresses(c, list);
	uv_freeaddrinfo(list);
	if (status < 0)
		wscconn_end(c, WSC_NO_NAME, "%s: %s", c->url.host, uv_strerror(status));
	else if (c->naddresses == 0)
		wscconn_end(c, WSC_NO_NAME,
			    "%s is not this machine, and ws:// goes nowhere else",
			    c->url.host);
	if (c->end.why[0])
		finish(c);
	else
		dial(c);
}

uint64_t wscconn_open(struct wsc *w, const struct wsurl *url)
{
	static const struct addrinfo hints = {.ai_family = AF_UNSPEC,
					      .ai_socktype = SOCK_STREAM};
	struct wscconn *c = mem_zalloc(sizeof(*c));
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
		wscconn_timer(c, w->limits.connect_ms);
	} else {
		wscconn_end(c, WSC_NO_NAME, "%s cannot be resolved", c->url.host);
		c->stage = WSCCONN_DEAD;
		wscconn_timer(c, 0);
	}
	return c->id;
}

/* ---- time */

static void handshake_late(struct wscconn *c)
{
	if (left_ms(c) > 0) {
		/* this address only: attempt_failed() goes on to the next */
		if (c->tcp_up)
			wscconn_timer(c, left_ms(c));
		else
			wscconn_kill(c);
		return;
	}
	wscconn_end(c, WSC_SILENT, "no connection within %u s",
		    c->owner->limits.connect_ms / 1000);
	wscconn_kill(c);
}

static void watch_silence(struct wscconn *c)
{
	const struct wsc_limits *max = &c->owner->limits;
	uint64_t silent_ms = clock_mono_ms() - c->heard_ms;

	if (c->paused || silent_ms < max->ping_ms) {
		c->pinged_ms = 0;
		wscconn_timer(c, c->paused ? max->ping_ms : max->ping_ms - silent_ms);
		return;
	}
	if (c->pinged_ms == 0) {
		c->pinged_ms = clock_mono_ms();
		c->ping_due = true;
		lws_callback_on_writable(c->wsi);
		wscconn_timer(c, max->dead_ms);
		return;
	}
	wscconn_end(c, WSC_SILENT, "no answer to a ping within %u s",
		    max->dead_ms / 1000);
	wscconn_kill(c);
}

static void on_timer(uv_timer_t *t)
{
	struct wscconn *c = t->data;

	switch (c->stage) {
	case WSCCONN_NAME:
		wscconn_end(c, WSC_SILENT, "%s was not resolved within %u s", c->url.host,
			    c->owner->limits.connect_ms / 1000);
		c->stage = WSCCONN_DEAD;
		(void)uv_cancel((uv_req_t *)&c->lookup);
		return;
	case WSCCONN_DIALING:
		if (c->wsi)
			handshake_late(c);
		else
			attempt_failed(c);
		return;
	case WSCCONN_OPEN:
		watch_silence(c);
		return;
	case WSCCONN_CLOSING:
		wscconn_kill(c);
		return;
	case WSCCONN_DEAD:
		if (c->wsi)
			wscconn_kill(c); /* its close frame was not answered */
		else if (!c->looking)
			finish(c);
		return;
	}
}

/* ---- asked by the others */

void wscconn_heard(struct wscconn *c)
{
	c->heard_ms = clock_mono_ms();
}

void wscconn_close(struct wscconn *c, unsigned int code)
{
	wscconn_end(c, WSC_ENDED, "closed by us");
	c->close_code = code;
	if (c->stage == WSCCONN_OPEN) {
		c->stage = WSCCONN_CLOSING;
		lws_callback_on_writable(c->wsi);
		wscconn_timer(c, CLOSE_MS);
	} else if (c->stage == WSCCONN_DIALING && c->wsi) {
		wscconn_kill(c);
	} else if (c->stage == WSCCONN_NAME || c->stage == WSCCONN_DIALING) {
		c->stage = WSCCONN_DEAD;
		if (c->looking)
			(void)uv_cancel((uv_req_t *)&c->lookup);
		else
			wscconn_timer(c, 0);
	}
}
