/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/status. Without a token: the public snapshot, as the engine wrote it; if
 * the engine does not answer, the last one with "stale" and "age_s" put in front. With
 * a token: whatever the engine says to its bearer, never kept.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"
#include "fcgi/snapshot.h"

#include "lib/base/caps.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcapi.h"

#include <inttypes.h>

/* doc is a JSON object, with at least one member as far as the engine is concerned; an
 * empty one keeps its form too. */
static void add_stale(struct buf *out, struct str doc, uint64_t age_s)
{
	struct str rest = str_trim(doc);
	struct str inside;

	rest = (struct str){rest.p + 1, rest.n - 1};
	inside = str_trim((struct str){rest.p, rest.n - 1});
	buf_addf(out, "{\"stale\":true,\"age_s\":%" PRIu64 "%s", age_s,
		 inside.n ? "," : "");
	buf_add_str(out, rest);
}

static void public_status(struct httpres *res)
{
	auto_buf struct buf doc = BUF_INIT(CAP_HTTP_ANSWER);
	struct snapshot about;
	enum lerr_code rc = snapshot_get(&doc, &about, NULL);

	if (rc) {
		httpres_error(res, rc, NULL);
		return;
	}
	if (about.stale)
		add_stale(&res->body, buf_str(&doc), about.age_s);
	else
		buf_add_str(&res->body, buf_str(&doc));
	httpres_cache_public(res);
}

static void full_status(struct httpres *res, char *token)
{
	struct ipcapi_status ask = {.token = token};
	enum lerr_code rc = engine_document(&res->body, NULL, IPCAPI_STATUS, &ask, NULL);

	if (rc) {
		httpres_error(res, rc, NULL);
		return;
	}
	httpres_cache_never(res);
}

void hstatus_get(const struct httpreq *req, struct httpres *res)
{
	res->type = "application/json";
	if (req->token)
		full_status(res, req->token);
	else
		public_status(res);
}
