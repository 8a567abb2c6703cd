/* SPDX-License-Identifier: MIT */
/*
 * A WebSocket and file server for tests, on 127.0.0.1 and a free port: written against
 * RFC 6455 alone, so that our client meets something that it was not made with. GET of
 * anything but an upgrade is answered from a folder. One thread, blocking writes.
 */
#ifndef LOOM_TESTS_PEERS_WSPEER_H
#define LOOM_TESTS_PEERS_WSPEER_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum { WSPEER_CONNS = 32 };

/* Connections are numbered 0 .. WSPEER_CONNS - 1; numbers are used again. */
struct wspeer_ops {
	void (*on_open)(void *ctx, size_t conn);
	void (*on_text)(void *ctx, size_t conn, struct str text);
	void (*on_close)(void *ctx, size_t conn);
};

struct wspeer;

/* Listen; *port is the one that was free. folder may be NULL: nothing is served. */
struct wspeer *wspeer_new(unsigned int *port, const char *folder,
			  const struct wspeer_ops *ops, void *ctx);
/* Answer the next upgrades with this status, 0: take them. */
void wspeer_refuse(struct wspeer *w, unsigned int http_status);
/* Serve until stdin ends. */
void wspeer_run(struct wspeer *w);
void wspeer_free(struct wspeer *w);

void wspeer_send(struct wspeer *w, size_t conn, struct str text);
/* Reset the connection, without a close frame. on_close is not called. */
void wspeer_drop(struct wspeer *w, size_t conn);

#endif
