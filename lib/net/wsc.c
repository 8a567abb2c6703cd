/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/wsc.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/wscconn.h"
#include "lib/net/wscev.h"

#include <libwebsockets.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

enum { RX_BYTES = 16 * 1024 }; /* handed over by libwebsockets at once */

/* ---- asked by the owner */

uint64_t wsc_open(struct wsc *w, const struct wsurl *url)
{
	return wscconn_open(w, url);
}

bool wsc_send(struct wsc *w, uint64_t id, struct str text)
{
	struct wscconn *c = wscconn_find(w, id);

	if (!c || c->stage != WSCCONN_OPEN)
		return false;
	if (text.n > w->limits.queue_bytes - c->out.bytes) {
		wscconn_end(c, WSC_TOO_MUCH, "it does not read what we send");
		wscconn_kill(c);
		return false;
	}
	wsqueue_add(&c->out, text);
	lws_callback_on_writable(c->wsi);
	return true;
}

size_t wsc_queued(const struct wsc *w, uint64_t id)
{
	const struct wscconn *c = wscconn_find(w, id);

	return c ? c->out.bytes : 0;
}

void wsc_pause(struct wsc *w, uint64_t id, bool paused)
{
	struct wscconn *c = wscconn_find(w, id);

	if (!c || c->stage != WSCCONN_OPEN)
		return;
	c->paused = paused;
	wscconn_heard(c);
	lws_rx_flow_control(c->wsi, paused ? 0 : 1);
	if (!paused)
		lwsloop_kick(w->lws);
}

void wsc_close(struct wsc *w, uint64_t id, unsigned int code)
{
	struct wscconn *c = wscconn_find(w, id);

	if (c)
		wscconn_close(c, code);
}

size_t wsc_count(const struct wsc *w)
{
	size_t n = 0;

	for (const struct wscconn *c = w->conns; c; c = c->next)
		n++;
	return n;
}

void wsc_shut(struct wsc *w)
{
	for (struct wscconn *c = w->conns; c; c = c->next) {
		c->quiet = true;
		wscconn_close(c, LWS_CLOSE_STATUS_GOINGAWAY);
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
		{.name = "wsc", .callback = wscev_callback, .rx_buffer_size = RX_BYTES},
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
