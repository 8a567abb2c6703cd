/* SPDX-License-Identifier: MIT */
/*
 * The resources, one file each: check what the request asks, one call to the engine,
 * fill the answer. The router (route.c) has checked method, query names and body size.
 */
#ifndef LOOM_FCGI_HANDLERS_H
#define LOOM_FCGI_HANDLERS_H

#include "fcgi/httpreq.h"
#include "fcgi/httpres.h"

/* *res is an empty 200 and stays one or becomes a problem. */
typedef void handler_fn(const struct httpreq *req, struct httpres *res);

handler_fn hblob_get;      /* GET /HASH[.EXT] on the blob origin */
handler_fn hhealth_alive;  /* GET /healthz */
handler_fn hhealth_ready;  /* GET /readyz */
handler_fn hinternal_post; /* POST /internal/events */
handler_fn hjobs_list;     /* GET /api/v1/jobs */
handler_fn hjobs_one;      /* GET /api/v1/jobs/ID */
handler_fn hpage_jobs;     /* GET /fragments/jobs */
handler_fn hpage_summary;  /* GET /fragments/summary */
handler_fn hstatus_get;    /* GET /api/v1/status */

/* Address under which browsers reach the blob origin; NULL or empty: no links. Borrowed
 * for good. */
void hpage_set_blob_url(const char *url);

#endif
