/* SPDX-License-Identifier: MIT */
/*
 * One relay of a struct nclient: its connection and back-off, its authentication, where
 * it stands with the subscription and with the event. Used by nclient.c alone.
 */
#ifndef LOOM_CTL_NLINK_H
#define LOOM_CTL_NLINK_H

#include "ctl/nclient.h"
#include "lib/net/wsc.h"
#include "lib/net/wsurl.h"
#include "lib/proto/nfilter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all relays of a client are told, and who hears the answers. */
struct nlink_want {
	struct wsc *wsc;
	uv_loop_t *loop;
	const struct nclient_ops *ops;
	void *ctx;
	bool has_key;
	struct nsign_key key;
	unsigned int sub; /* number of the subscription; 0: none */
	struct nfilter **filters;
	size_t nfilters;
	struct buf event; /* frame with the event to publish; empty: none */
	struct id32 event_id;
};

struct nlink;

/* want must outlive the link. */
struct nlink *nlink_new(const struct nlink_want *want, size_t number,
			const struct wsurl *url);
void nlink_free(struct nlink *l);
/* No timer any more; nlink_free() when the loop has run. */
void nlink_close(struct nlink *l);

const struct wsurl *nlink_url(const struct nlink *l);
/* Its present connection, 0 for none. */
uint64_t nlink_conn(const struct nlink *l);
/* Has it said its nclient_end about the present subscription? */
bool nlink_has_ended(const struct nlink *l);

/* Has the present event been sent, on this connection or one before? */
bool nlink_was_sent(const struct nlink *l);
/* The subscription, or the event, is a new one. */
void nlink_ask(struct nlink *l);
void nlink_publish(struct nlink *l);

/* What wsc.h says about its connection. */
void nlink_opened(struct nlink *l);
void nlink_heard(struct nlink *l, struct str text);
void nlink_lost(struct nlink *l, const struct wsc_end *end);

#endif
