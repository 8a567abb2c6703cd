/* SPDX-License-Identifier: MIT */
/*
 * One HTTP request as a web server hands it over: CGI parameters and a body. Read once,
 * strictly, into one struct; nothing behind it looks at the parameters again. What is
 * too long or malformed is refused, never cut or repaired.
 *
 * Parameters that are read (nginx/snippets/fastcgi.conf sets them, nothing else):
 * REQUEST_METHOD, DOCUMENT_URI, QUERY_STRING, CONTENT_LENGTH, HTTP_AUTHORIZATION,
 * HTTP_IF_NONE_MATCH, REQUEST_ID, LOOM_INTERNAL.
 *
 * The messages of errors from here are fixed text of ours: a client may see them.
 */
#ifndef LOOM_FCGI_HTTPREQ_H
#define LOOM_FCGI_HTTPREQ_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits, so that a route can name several. */
enum httpreq_method {
	HTTPREQ_GET = 1,
	HTTPREQ_HEAD = 2,
	HTTPREQ_POST = 4,
	HTTPREQ_OTHER = 8, /* a method that no route has */
};

/* Where a request comes from. */
struct httpreq_source {
	/* Value of a parameter, NULL when it is absent. Borrowed until the request ends. */
	const char *(*param)(void *ctx, const char *name);
	/* Up to n bytes of the body; 0 at its end or when the server has gone. */
	size_t (*read)(void *ctx, char *out, size_t n);
	void *ctx;
	/* Behind our own nginx configuration, not plain CGI. Only then the internal
	 * listener exists, nginx sends files and adds the headers that protect. */
	bool behind_nginx;
};

struct httpreq_pair {
	char *name;
	char *value; /* decoded: UTF-8 without control characters */
};

struct httpreq {
	enum httpreq_method method;
	bool behind_nginx;
	bool internal; /* came by the internal listener */
	char *path;    /* in normal form: no empty, "." or ".." segment, no escapes */
	struct httpreq_pair query[CAP_HTTP_QUERY_PAIRS];
	size_t nquery;
	char *token;            /* bearer token, NULL without one; never logged */
	const char *none_match; /* If-None-Match, borrowed from the source; or NULL */
	char id[33];            /* nginx's request id, empty when there is none */
	bool has_length;        /* Content-Length was given */
	uint64_t length;        /* of the body */
	struct buf body;        /* filled by httpreq_read_body() */
	const char *arg;        /* the variable part of path, set by the router */
};

/*
 * Read everything but the body. LERR_INPUT: malformed or too long; LERR_DENIED: an
 * Authorization that is not a bearer token. *req is to be wiped in any case, and its
 * method and id are set as far as the source had good ones.
 */
MUST_USE enum lerr_code httpreq_head(struct httpreq *req,
				     const struct httpreq_source *src, struct lerr *err);
/* Read the body, at most cap bytes; 0: there must be none. LERR_LIMIT when it is longer,
 * LERR_INPUT when less arrives than was announced, or no length was. */
MUST_USE enum lerr_code httpreq_read_body(struct httpreq *req,
					  const struct httpreq_source *src, size_t cap,
					  struct lerr *err);
/* Overwrites the token. */
void httpreq_wipe(struct httpreq *req);

/* LERR_INPUT when there is a query parameter that is not in names, a list like
 * "state,limit". */
MUST_USE enum lerr_code httpreq_check_query(const struct httpreq *req, const char *names,
					    struct lerr *err);
/* Value of a query parameter, NULL when it was not given. */
const char *httpreq_query(const struct httpreq *req, const char *name);

#endif
