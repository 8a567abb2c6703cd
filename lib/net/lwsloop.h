/* SPDX-License-Identifier: MIT */
/*
 * libwebsockets on a libuv loop: one context a process, shared by the WebSocket client
 * (wsc.h) and servers. It also covers for what the 4.1 series leaves undone on a loop
 * that is not its own.
 */
#ifndef LOOM_LIB_NET_LWSLOOP_H
#define LOOM_LIB_NET_LWSLOOP_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <uv.h>

struct lws;
struct lws_context;

struct lwsloop;

/* http_proxy_address of every virtual host: without one libwebsockets asks the
 * environment, and port 0 is none. */
#define LWSLOOP_NO_PROXY "none:0"

/* LERR_TEMP when libwebsockets cannot be used with libuv (on Debian that part is a
 * package of its own, libwebsockets-evlib-uv). Before this call, lower RLIMIT_NOFILE to
 * what the process needs: tables are made for as many descriptors as are allowed. */
MUST_USE enum lerr_code lwsloop_new(struct lwsloop **out, uv_loop_t *loop,
				    struct lerr *err);
struct lws_context *lwsloop_context(const struct lwsloop *l);
uv_loop_t *lwsloop_uv(const struct lwsloop *l);

/*
 * After anything was asked of libwebsockets from outside its own callbacks (connect,
 * timeouts, flow control): it looks at its timers and buffers only when one of its own
 * descriptors wakes it.
 */
void lwsloop_kick(struct lwsloop *l);

/* To be called on LWS_CALLBACK_WSI_DESTROY: a socket whose connect failed is closed
 * without its uv_poll_t; that is closed here. */
void lwsloop_forget(struct lwsloop *l, const struct lws *wsi);

/*
 * From the writeable callback: close a WebSocket with this code and wait for the peer's.
 * Returning -1 there, as one should, lets Debian's build (with _DEBUG) close twice, and
 * the second time without a close frame.
 */
void lwsloop_goodbye(struct lws *wsi, unsigned int code);

/* End all connections. Memory is freed by lwsloop_free() when the loop has run until
 * nothing of libwebsockets is left on it. */
void lwsloop_close(struct lwsloop *l);
/* After the loop has run dry. NULL is fine. */
void lwsloop_free(struct lwsloop *l);

#endif
