/* SPDX-License-Identifier: MIT */
/*
 * The table of everything that can be asked for, and the way of a request through it.
 * What is not in the table does not exist.
 */
#ifndef LOOM_FCGI_ROUTE_H
#define LOOM_FCGI_ROUTE_H

#include "fcgi/handlers.h"
#include "fcgi/httpreq.h"
#include "fcgi/httpres.h"

#include <stdbool.h>
#include <stddef.h>

enum route_reach {
	ROUTE_ANYWHERE,
	ROUTE_NGINX,    /* needs our nginx in front: it sends the file */
	ROUTE_INTERNAL, /* the internal listener alone */
};

enum route_arg {
	ROUTE_EXACT,   /* the path as it stands */
	ROUTE_SEGMENT, /* the path and one more segment, which becomes req->arg */
	ROUTE_HASH,    /* the same; only if it begins with 64 hex digits */
};

struct route {
	unsigned int methods; /* bits of enum httpreq_method */
	const char *path;
	enum route_arg arg;
	enum route_reach reach;
	size_t body_max;
	const char *query; /* names of the parameters it takes: "state,limit" */
	handler_fn *handler;
};

/* The route of a request, with req->arg set; NULL when there is none. */
const struct route *route_find(struct httpreq *req);

/* Read one request from src, find its route, let it answer. *req and *res are filled
 * in any case: httpreq_wipe(), httpres_free(). res borrows from req. */
void route_serve(struct httpreq *req, struct httpres *res,
		 const struct httpreq_source *src);

#endif
