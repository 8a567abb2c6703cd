/* SPDX-License-Identifier: MIT */
/*
 * One connection of wsc.h: shared by wsc.c (what the owner asks), wscev.c (what
 * libwebsockets says) and wscconn.c (names, addresses, time and the end). libwebsockets
 * calls back with a wsi, which dies when it likes. Ours is the number: it is the wsi's
 * opaque data, and every callback looks the connection up by it. A connection is freed
 * when neither libwebsockets, nor a name lookup, nor its timer can call back any more.
 */
#ifndef LOOM_LIB_NET_WSCCONN_H
#define LOOM_LIB_NET_WSCCONN_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/net/lwsloop.h"
#include "lib/net/wsc.h"
#include "lib/net/wsqueue.h"
#include "lib/net/wsurl.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct lws;
struct lws_vhost;

enum { WSCCONN_ADDRESSES = 8 }; /* of one name that are tried */

enum wscconn_stage {
	WSCCONN_NAME,    /* resolving */
	WSCCONN_DIALING, /* TCP, TLS, upgrade */
	WSCCONN_OPEN,
	WSCCONN_CLOSING, /* our close frame is under way */
	WSCCONN_DEAD,    /* over for libwebsockets, or about to be */
};

struct wscconn_address {
	char text[INET6_ADDRSTRLEN];
};

struct wscconn {
	struct wscconn *next;
	struct wsc *owner;
	uint64_t id;
	enum wscconn_stage stage;
	struct wsurl url;
	struct lws *wsi; /* NULL when libwebsockets knows nothing of it */
	uv_timer_t timer;
	uv_getaddrinfo_t lookup;
	bool looking;
	bool timer_open;
	bool quiet;  /* nobody wants to hear of its end */
	bool paused; /* by its owner: silence says nothing */
	struct wscconn_address addresses[WSCCONN_ADDRESSES];
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
	struct wscconn *conns;
	uint64_t last_id;
};

/* NULL when it is over. */
struct wscconn *wscconn_find(const struct wsc *w, uint64_t id);
/* wsc_open(). */
uint64_t wscconn_open(struct wsc *w, const struct wsurl *url);
/* Note why it ends. The first cause counts: what follows is its consequence. */
void wscconn_end(struct wscconn *c, enum wsc_fault fault, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* End it without a goodbye; wsi must be there. */
void wscconn_kill(struct wscconn *c);
/* wsc_close(), at any stage. */
void wscconn_close(struct wscconn *c, unsigned int code);
/* When it is looked after next. */
void wscconn_timer(struct wscconn *c, uint64_t ms);
/* The peer lives. */
void wscconn_heard(struct wscconn *c);

#endif
