/* SPDX-License-Identifier: MIT */
/* Text frames of one WebSocket that wait for libwebsockets to take them. For files that
 * include <libwebsockets.h> only. */
#ifndef LOOM_LIB_NET_WSQUEUE_H
#define LOOM_LIB_NET_WSQUEUE_H

#include "lib/base/attr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct lws;
struct wsqueue_frame;

struct wsqueue {
	struct wsqueue_frame *first;
	struct wsqueue_frame **last;
	size_t bytes; /* of text that waits */
};

void wsqueue_init(struct wsqueue *q);
void wsqueue_wipe(struct wsqueue *q);
bool wsqueue_is_empty(const struct wsqueue *q);
/* Copy a text behind the others; the caller has compared q->bytes with its cap. */
void wsqueue_add(struct wsqueue *q, struct str text);
/* Inside the writeable callback: hand the first one over. False when wsi is broken. The
 * queue is not empty. */
MUST_USE bool wsqueue_write(struct wsqueue *q, struct lws *wsi);

#endif
