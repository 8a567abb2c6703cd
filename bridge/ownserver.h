/* SPDX-License-Identifier: MIT */
/*
 * WebSocket server on a Unix socket behind nginx, for the own relay. A client is known by
 * a number that is never used again. Only nginx reaches the socket: what X-Forwarded-For
 * says last is the client's address.
 *
 * A client that sends a larger frame than allowed, or does not read what it is sent, is
 * dropped. Nothing is compressed.
 */
#ifndef LOOM_BRIDGE_OWNSERVER_H
#define LOOM_BRIDGE_OWNSERVER_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/net/lwsloop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum ownserver_method {
	OWNSERVER_GET,
	OWNSERVER_HEAD,
	OWNSERVER_OPTIONS,
	OWNSERVER_OTHER
};

/* Borrowed for the time of the call. */
struct ownserver_request {
	enum ownserver_method method;
	const char *path;    /* without the query */
	const char *accept;  /* the header, or "" */
	const char *address; /* of the client, or "" */
};

struct ownserver_reply {
	unsigned int status;
	const char *type;    /* Content-Type, a literal */
	const char *headers; /* more lines, each with CR LF; a literal or "" */
	struct buf body;
};

struct ownserver_ops {
	/* May it become a WebSocket? 0, or the HTTP status of the refusal. */
	unsigned int (*on_upgrade)(void *ctx, const struct ownserver_request *req);
	/* Any other request; reply->body is ready to be filled. */
	void (*on_request)(void *ctx, const struct ownserver_request *req,
			   struct ownserver_reply *reply);
	void (*on_open)(void *ctx, uint64_t id);
	void (*on_text)(void *ctx, uint64_t id, struct str text);
	/* All that waited for it has been sent. */
	void (*on_drained)(void *ctx, uint64_t id);
	void (*on_close)(void *ctx, uint64_t id);
};

struct ownserver_limits {
	size_t connections;
	size_t per_address; /* 429 above it */
	size_t frame_bytes;
	size_t queue_bytes;      /* of one client */
	size_t all_queues_bytes; /* of all; then the longest queue is dropped */
};

struct ownserver;

/* Serve a listening stream socket that does not block; *listen_fd becomes -1, unless it
 * fails. */
MUST_USE enum lerr_code ownserver_new(struct ownserver **out, struct lwsloop *l,
				      int *listen_fd,
				      const struct ownserver_limits *limits,
				      const struct ownserver_ops *ops, void *ctx,
				      struct lerr *err);
/* Queue a text frame; false when the client is gone, or goes now. */
bool ownserver_send(struct ownserver *w, uint64_t id, struct str text);
/* Bytes that wait for a client; 0 when it is gone. */
size_t ownserver_queued(const struct ownserver *w, uint64_t id);
/* Close with this code after what is queued. */
void ownserver_close(struct ownserver *w, uint64_t id, unsigned int code);
/* Clients that are connected. */
size_t ownserver_count(const struct ownserver *w);
/* Listen no more, close all with 1001, call nobody back any more. */
void ownserver_shut(struct ownserver *w);
/* After lwsloop_free(), as wsc_free(). NULL is fine. */
void ownserver_free(struct ownserver *w);

#endif
