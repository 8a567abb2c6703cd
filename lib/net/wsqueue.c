/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/wsqueue.h"

#include "lib/base/mem.h"

#include <libwebsockets.h>

#include <string.h>

struct wsqueue_frame {
	struct wsqueue_frame *next;
	size_t n;
	unsigned char bytes[]; /* LWS_PRE of room for the frame's head, then the text */
};

void wsqueue_init(struct wsqueue *q)
{
	*q = (struct wsqueue){.first = NULL};
	q->last = &q->first;
}

static struct wsqueue_frame *take(struct wsqueue *q)
{
	struct wsqueue_frame *f = q->first;

	q->first = f->next;
	if (!q->first)
		q->last = &q->first;
	q->bytes -= f->n;
	return f;
}

void wsqueue_wipe(struct wsqueue *q)
{
	while (q->first)
		mem_free(take(q));
}

bool wsqueue_is_empty(const struct wsqueue *q)
{
	return !q->first;
}

void wsqueue_add(struct wsqueue *q, struct str text)
{
	struct wsqueue_frame *f = mem_zalloc(sizeof(*f) + LWS_PRE + text.n);

	f->n = text.n;
	if (text.n)
		memcpy(f->bytes + LWS_PRE, text.p, text.n);
	*q->last = f;
	q->last = &f->next;
	q->bytes += f->n;
}

bool wsqueue_write(struct wsqueue *q, struct lws *wsi)
{
	auto_free struct wsqueue_frame *f = take(q);

	return lws_write(wsi, f->bytes + LWS_PRE, f->n, LWS_WRITE_TEXT) >= 0;
}
