/* SPDX-License-Identifier: MIT */
/*
 * WebSocket client (RFC 6455) on a libuv loop, for Nostr relays.
 *
 * A connection is known by a number that is never used again; every callback carries it.
 * wss:// is checked against the system's authorities plus CA_FILE and the host's name;
 * ws:// goes to this machine alone, whatever its name resolves to. Names are resolved
 * without blocking; each address of a name is tried until one answers.
 *
 * Nothing is compressed (permessage-deflate is not offered), no redirect is followed, no
 * proxy of the environment is used.
 */
#ifndef LOOM_LIB_NET_WSC_H
#define LOOM_LIB_NET_WSC_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/net/lwsloop.h"
#include "lib/net/wsurl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What ended a connection, as far as whoever tries again must know. */
enum wsc_fault {
	WSC_LOST,     /* the connection broke, or the peer closed it */
	WSC_ENDED,    /* we closed it */
	WSC_NO_NAME,  /* there is no such host, or nothing that ws:// may go to */
	WSC_NO_ROUTE, /* nobody answers at any of its addresses */
	WSC_CERT,     /* its certificate is refused */
	WSC_HTTP,     /* it answered the upgrade with status `http` */
	WSC_SILENT,   /* a deadline passed: handshake or ping */
	WSC_TOO_MUCH, /* it sent a larger frame than allowed, or does not read ours */
};

#define WSC_WHY_MAX 160

struct wsc_end {
	enum wsc_fault fault;
	bool was_open;
	unsigned int http;          /* status of the answer to the upgrade, 0: none */
	unsigned int retry_after_s; /* what it asked for, 0: nothing */
	unsigned int code;          /* of the peer's close frame, 0: none */
	char why[WSC_WHY_MAX];      /* for people; holds the peer's words */
};

/* Called from the loop, never from inside wsc_open() or wsc_close(). Text is borrowed and
 * gone when the callback returns. on_close comes exactly once for each number. */
struct wsc_ops {
	void (*on_open)(void *ctx, uint64_t id);
	void (*on_text)(void *ctx, uint64_t id, struct str text);
	void (*on_close)(void *ctx, uint64_t id, const struct wsc_end *end);
};

/* Zero means the default. */
struct wsc_limits {
	unsigned int connect_ms; /* name, TCP, TLS and upgrade together: 15 s */
	unsigned int ping_ms;    /* silence before a ping: 30 s */
	unsigned int dead_ms;    /* silence after it before the end: 25 s */
	size_t frame_bytes;      /* of one incoming message: CAP_FRAME_BYTES */
	size_t queue_bytes;      /* that wait to be sent: CAP_RELAY_OUT_BYTES */
};

struct wsc;

/* ca_file may be NULL or empty. LERR_INPUT: no certificates in it. ops and ctx must
 * outlive it. */
MUST_USE enum lerr_code wsc_new(struct wsc **out, struct lwsloop *l, const char *ca_file,
				const struct wsc_limits *limits,
				const struct wsc_ops *ops, void *ctx, struct lerr *err);
/* Start a connection and return its number. */
uint64_t wsc_open(struct wsc *w, const struct wsurl *url);
/* Send a text frame; false when that connection is not open (any more). One whose queue
 * is full is closed. */
bool wsc_send(struct wsc *w, uint64_t id, struct str text);
/* Bytes that wait to be sent. */
size_t wsc_queued(const struct wsc *w, uint64_t id);
/* Read no more from it, or go on: the peer feels it through TCP. A few frames that are
 * here already may still come. */
void wsc_pause(struct wsc *w, uint64_t id, bool paused);
/* Close with this code (1000, 1001 ...) after what is queued. */
void wsc_close(struct wsc *w, uint64_t id, unsigned int code);
/* Connections that have not ended yet. */
size_t wsc_count(const struct wsc *w);
/* Close all with 1001 and call nobody back any more. */
void wsc_shut(struct wsc *w);
/* After wsc_shut(), lwsloop_close(), the loop run dry, and lwsloop_free(): until then
 * libwebsockets calls back. NULL is fine. */
void wsc_free(struct wsc *w);

#endif
