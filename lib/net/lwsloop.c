/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/lwsloop.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <libwebsockets.h>

#include <stdbool.h>

enum {
	SERVICE_BYTES = 32 * 1024, /* read from a socket at once */
	HEADER_BYTES = 4096,       /* of one HTTP request or answer */
	HANDSHAKE_S = 15,
};

struct lwsloop {
	uv_loop_t *loop;
	struct lws_context *context;
};

static void on_log(int level, const char *line)
{
	(void)level;
	log_event(LOG_DEBUG, "lws.says", "text=%s", log_text(str_trim(str_of(line))).c);
}

/* OpenSSL's view of a certificate is told to the first virtual host's first protocol,
 * whoever's connection it is. This is that one; it tells the right one. */
static int on_any(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		  size_t n)
{
	const struct lws_protocols *own;

	if (reason != LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
		return 0;
	own = lws_get_protocol(wsi);
	return own && own->callback != on_any ? own->callback(wsi, reason, user, in, n)
					      : 0;
}

static bool make_first_host(struct lws_context *context)
{
	static const struct lws_protocols protocols[] = {
		{.name = "any", .callback = on_any},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.vhost_name = "any",
		.http_proxy_address = LWSLOOP_NO_PROXY,
	};

	return lws_create_vhost(context, &info) != NULL;
}

enum lerr_code lwsloop_new(struct lwsloop **out, uv_loop_t *loop, struct lerr *err)
{
	void *loops[1] = {loop};
	struct lws_context_creation_info info = {
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.foreign_loops = loops,
		.pt_serv_buf_size = SERVICE_BYTES,
		.max_http_header_data = HEADER_BYTES,
		.timeout_secs = HANDSHAKE_S,
		.uid = -1,
		.gid = -1,
	};
	struct lwsloop *l;

	lws_set_log_level(LLL_ERR, on_log);
	l = mem_zalloc(sizeof(*l));
	l->loop = loop;
	l->context = lws_create_context(&info);
	if (!l->context || !make_first_host(l->context)) {
		lws_context_destroy(l->context);
		mem_free(l);
		return lerr_set(err, LERR_TEMP, 0,
				"libwebsockets cannot be used with libuv (Debian: "
				"libwebsockets-evlib-uv)");
	}
	*out = l;
	return LERR_OK;
}

struct lws_context *lwsloop_context(const struct lwsloop *l)
{
	return l->context;
}

uv_loop_t *lwsloop_uv(const struct lwsloop *l)
{
	return l->loop;
}

void lwsloop_kick(struct lwsloop *l)
{
	/* writes to a pipe of its own, whose reading makes it look around */
	lws_cancel_service(l->context);
}

void lwsloop_goodbye(struct lws *wsi, unsigned int code)
{
	lws_close_reason(wsi, (enum lws_close_status)code, NULL, 0);
	/* of all timeouts only this one closes politely */
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE, LWS_TO_KILL_ASYNC);
}

static void watcher_closed(uv_handle_t *h)
{
	mem_free(h);
}

static void close_watcher_of(uv_handle_t *h, void *wsi)
{
	if (h->type == UV_POLL && h->data == wsi && !uv_is_closing(h))
		uv_close(h, watcher_closed);
}

void lwsloop_forget(struct lwsloop *l, const struct lws *wsi)
{
	/* compared with an address only: nothing behind it is touched */
	uv_walk(l->loop, close_watcher_of, (void *)(uintptr_t)wsi);
}

void lwsloop_close(struct lwsloop *l)
{
	lws_context_destroy(l->context);
}

void lwsloop_free(struct lwsloop *l)
{
	if (!l)
		return;
	lws_context_destroy(l->context);
	mem_free(l);
}
