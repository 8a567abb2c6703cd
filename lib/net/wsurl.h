/* SPDX-License-Identifier: MIT */
/*
 * Addresses of relays: ws:// and wss:// URLs in one spelling, so that one relay has one
 * connection and one row in every table. Scheme and host in lower case, the default port
 * left out, no fragment, "" for the path "/"; path and query otherwise as given.
 */
#ifndef LOOM_LIB_NET_WSURL_H
#define LOOM_LIB_NET_WSURL_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* libwebsockets checks the certificate against at most 127 characters of the name */
#define WSURL_HOST_MAX 127

struct wsurl {
	char text[CAP_URL_BYTES + 1];  /* the whole URL in its one spelling */
	char host[WSURL_HOST_MAX + 1]; /* a name or an address; IPv6 without brackets */
	char path[CAP_URL_BYTES + 1];  /* "/" or more, with the query */
	uint16_t port;
	bool tls;
	bool is_ipv6; /* host is an IPv6 address */
};

/*
 * LERR_INPUT with what is wrong: another scheme, user names or passwords, a port out of
 * range, characters that no URL holds, an IPv6 address behind wss:// (no certificate
 * names one that we could check). LERR_LIMIT: too long. A ws:// URL is taken whatever
 * its host; that it leads to this machine is checked when it is dialled.
 */
MUST_USE enum lerr_code wsurl_parse(struct wsurl *out, struct str text, struct lerr *err);

#endif
