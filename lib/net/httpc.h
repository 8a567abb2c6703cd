/* SPDX-License-Identifier: MIT */
/*
 * HTTP client (libcurl) on a libuv loop, for mints, Blossom servers and our own internal
 * listener. The only file with <curl/curl.h>.
 *
 * https:// is checked against the system's authorities plus CA_FILE; http:// goes to
 * this machine alone (checked on the address that is dialled) or to a Unix socket. No
 * redirect is followed, no proxy of the environment used, nothing decompressed.
 */
#ifndef LOOM_LIB_NET_HTTPC_H
#define LOOM_LIB_NET_HTTPC_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct httpc;

struct httpc_request {
	const char *method;    /* "GET", "POST", "PUT", "HEAD", "DELETE" */
	const char *url;       /* http:// or https:// */
	const char *unix_path; /* dial this socket, whatever the URL's host; or NULL */
	const char *const *headers; /* "Name: value", NULL at the end; or NULL */
	struct str body;            /* copied */
	unsigned int timeout_ms;    /* for all of it; > 0 */
	size_t max_answer;          /* bytes of the answer's body */
	/* a stranger named the URL: dial no private or local address (netaddr.h), whatever
	 * its name resolves to */
	bool public_only;
	/* sent once or not at all: over a connection of its own. On one that was kept open
	 * libcurl sends a request again, unasked, when the peer has closed it meanwhile;
	 * that may end as HTTPC_NO_ROUTE although the first was heard. */
	bool once;
};

enum httpc_fault {
	HTTPC_OK,        /* there is an answer, whatever its status */
	HTTPC_NO_ROUTE,  /* no such host, nobody answers, an address not to be dialled */
	HTTPC_CERT,      /* its certificate is refused */
	HTTPC_TIMEOUT,   /* not done in time */
	HTTPC_TOO_LARGE, /* the body is over max_answer */
	HTTPC_BROKEN,    /* the connection broke in the middle: it may have been heard */
};

/* Borrowed: gone when the callback returns. */
struct httpc_answer {
	enum httpc_fault fault;
	unsigned int status; /* 0 without an answer */
	struct str body;
	const char *why; /* for people, when fault is not HTTPC_OK */
	void *handle;    /* for httpc_header() */
};

/* Called once from the loop, never from inside httpc_start(); not for a request that
 * was cancelled. It may start and cancel requests. */
typedef void httpc_done(void *ctx, uint64_t id, const struct httpc_answer *a);

/* ca_file may be NULL or empty. */
MUST_USE enum lerr_code httpc_new(struct httpc **out, uv_loop_t *loop,
				  const char *ca_file, struct lerr *err);
/*
 * Start one request; *id is never used again. LERR_INPUT: a URL that is not http:// or
 * https://, or not a URL. LERR_LIMIT: CAP_HTTP_REQUESTS are under way.
 */
MUST_USE enum lerr_code httpc_start(struct httpc *h, uint64_t *id,
				    const struct httpc_request *req, httpc_done *done,
				    void *ctx, struct lerr *err);
/* No callback will come; nothing when it is done already. */
void httpc_cancel(struct httpc *h, uint64_t id);
/* Value of a header of the answer, inside the callback; empty when it is not there. */
struct str httpc_header(const struct httpc_answer *a, const char *name);
/* Cancel everything; memory goes when the loop has run. NULL is fine. */
void httpc_close(struct httpc *h);

#endif
