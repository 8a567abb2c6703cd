/* SPDX-License-Identifier: MIT */
/* What libwebsockets says of the connections of wsc.h. */
#ifndef LOOM_LIB_NET_WSCEV_H
#define LOOM_LIB_NET_WSCEV_H

#include <libwebsockets.h>
#include <stddef.h>

/* The callback of the protocol; the user of the vhost is the struct wsc. */
int wscev_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		   void *in, size_t n);

#endif
