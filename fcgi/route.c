/* SPDX-License-Identifier: MIT */
/*
 * ~ The route table: start reading loom-fcgi here. Called by pool.c (FastCGI) and
 * main.c (plain CGI) for every request. Method, reach, query names and body size are
 * columns, checked here and nowhere else, before a handler runs. Paths are compared
 * whole, never by prefix or substring. next: hstatus.c, the simplest resource.
 */
#include "config.h"

#include "fcgi/route.h"

#include "lib/base/caps.h"
#include "lib/base/str.h"

#include <string.h>

enum { READ = HTTPREQ_GET | HTTPREQ_HEAD, HASH_DIGITS = 64 };

/* clang-format off */
static const struct route routes[] = {
	{READ, "/api/v1/status", ROUTE_EXACT, ROUTE_ANYWHERE, 0, "", hstatus_get},
	{READ, "/api/v1/jobs", ROUTE_EXACT, ROUTE_ANYWHERE, 0, "state,limit,cursor", hjobs_list},
	{READ, "/api/v1/jobs/", ROUTE_SEGMENT, ROUTE_ANYWHERE, 0, "", hjobs_one},
	{READ, "/healthz", ROUTE_EXACT, ROUTE_ANYWHERE, 0, "", hhealth_alive},
	{READ, "/readyz", ROUTE_EXACT, ROUTE_ANYWHERE, 0, "", hhealth_ready},
	{READ, "/fragments/summary", ROUTE_EXACT, ROUTE_NGINX, 0, "", hpage_summary},
	{READ, "/fragments/jobs", ROUTE_EXACT, ROUTE_NGINX, 0, "", hpage_jobs},
	{READ, "/", ROUTE_HASH, ROUTE_NGINX, 0, "", hblob_get},
	{HTTPREQ_POST, "/internal/events", ROUTE_EXACT, ROUTE_INTERNAL,
	 CAP_HTTP_INTERNAL_BODY, "", hinternal_post},
};
/* clang-format on */

static bool is_hash(struct str s)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	return strspn(s.p, digits) == HASH_DIGITS &&
	       (s.n == HASH_DIGITS || s.p[HASH_DIGITS] == '.');
}

/* Does path fit? What follows the route's path goes to *arg. */
static bool fits(const struct route *r, const char *path, const char **arg)
{
	struct str rest;

	if (r->arg == ROUTE_EXACT)
		return strcmp(path, r->path) == 0;
	if (!str_starts(str_of(path), r->path))
		return false;
	rest = str_of(path + strlen(r->path));
	if (rest.n == 0 || memchr(rest.p, '/', rest.n))
		return false;
	if (r->arg == ROUTE_HASH && !is_hash(rest))
		return false;
	*arg = rest.p;
	return true;
}

static bool reachable(const struct route *r, const struct httpreq *req)
{
	switch (r->reach) {
	case ROUTE_ANYWHERE:
		return true;
	case ROUTE_NGINX:
		return req->behind_nginx;
	case ROUTE_INTERNAL:
		return req->internal;
	}
	return false;
}

const struct route *route_find(struct httpreq *req)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const char *arg = NULL;

		if (!reachable(&routes[i], req) || !fits(&routes[i], req->path, &arg))
			continue;
		req->arg = arg;
		return &routes[i];
	}
	return NULL;
}

static void refuse_method(struct httpres *res, const struct route *r)
{
	httpres_problem(res, HTTPRES_METHOD_NOT_ALLOWED, NULL);
	httpres_header(res, "Allow", "%s",
		       r->methods & HTTPREQ_GET ? "GET, HEAD" : "POST");
}

/* A request whose head was read. */
static void answer(struct httpreq *req, struct httpres *res,
		   const struct httpreq_source *src)
{
	const struct route *r = route_find(req);
	struct lerr err = {0};
	enum lerr_code rc;

	if (!r) {
		httpres_problem(res, HTTPRES_NOT_FOUND, NULL);
		return;
	}
	if (!(r->methods & req->method)) {
		refuse_method(res, r);
		return;
	}
	rc = httpreq_check_query(req, r->query, &err);
	if (!rc)
		rc = httpreq_read_body(req, src, r->body_max, &err);
	if (rc) {
		httpres_error(res, rc, err.msg);
		return;
	}
	r->handler(req, res);
	if (buf_over(&res->body))
		httpres_problem(res, HTTPRES_WORKER_UNAVAILABLE,
				"The answer is too large.");
}

void route_serve(struct httpreq *req, struct httpres *res,
		 const struct httpreq_source *src)
{
	struct lerr err = {0};
	enum lerr_code rc = httpreq_head(req, src, &err);

	httpres_init(res, req->id);
	if (rc == LERR_INPUT)
		httpres_problem(res, HTTPRES_BAD_REQUEST, err.msg);
	else if (rc)
		httpres_error(res, rc, err.msg);
	else
		answer(req, res, src);
}
