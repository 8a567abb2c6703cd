/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/jobs and /api/v1/jobs/ID. The engine decides what the caller may see and
 * what a state or a cursor means; here only their form is checked, so that nothing
 * reaches the engine that its message cannot hold.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"

#include "lib/base/caps.h"
#include "lib/base/id32.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcapi.h"
#include "lib/proto/jsonx.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { ROWS = 20, STATE_MAX = 16 };

/* A word that may stand in a header and in a message as it is. */
static bool is_word(struct str s, size_t max)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-";

	return s.n > 0 && s.n <= max && !str_has_nul(s) && strspn(s.p, chars) == s.n;
}

/* A text parameter that is not given stays as it is. */
static bool take_word(const struct httpreq *req, const char *name, size_t max,
		      const char **out)
{
	const char *value = httpreq_query(req, name);

	if (!value)
		return true;
	if (!is_word(str_of(value), max))
		return false;
	*out = value;
	return true;
}

struct question {
	const char *state;
	const char *cursor;
	uint64_t limit;
};

/* NULL, or what is wrong. */
static const char *read_question(struct question *q, const struct httpreq *req)
{
	const char *limit = httpreq_query(req, "limit");

	*q = (struct question){.state = "", .cursor = "", .limit = ROWS};
	if (limit &&
	    (!str_to_u64(str_of(limit), CAP_HTTP_PAGE, &q->limit) || q->limit == 0))
		return "limit is 1 to 100.";
	if (!take_word(req, "state", STATE_MAX, &q->state))
		return "state is one word.";
	if (!take_word(req, "cursor", CAP_HTTP_CURSOR, &q->cursor))
		return "cursor is the next_cursor of another page.";
	return NULL;
}

/* RFC 8288: where the next page is. */
static void add_link(struct httpres *res, const struct question *q, const json_t *doc)
{
	struct str next;

	if (!jsonx_get_str(doc, "next_cursor", &next) || !is_word(next, CAP_HTTP_CURSOR))
		return;
	httpres_header(res, "Link",
		       "</api/v1/jobs?%s%s%slimit=%" PRIu64 "&cursor=%.*s>; rel=\"next\"",
		       q->state[0] ? "state=" : "", q->state, q->state[0] ? "&" : "",
		       q->limit, STR_ARG(next));
}

static void finish(const struct httpreq *req, struct httpres *res)
{
	res->type = "application/json";
	if (req->token)
		httpres_cache_never(res);
	else
		httpres_cache_public(res);
}

void hjobs_list(const struct httpreq *req, struct httpres *res)
{
	auto_free char *state = NULL;
	auto_free char *cursor = NULL;
	auto_json json_t *doc = NULL;
	struct ipcapi_jobs ask = {.token = req->token};
	struct question q;
	enum lerr_code rc;
	const char *wrong = read_question(&q, req);

	if (wrong) {
		httpres_problem(res, HTTPRES_BAD_PARAMETER, wrong);
		return;
	}
	ask.limit = q.limit;
	ask.state = state = mem_strdup(q.state);
	ask.cursor = cursor = mem_strdup(q.cursor);
	rc = engine_document(&res->body, &doc, IPCAPI_JOBS, &ask, NULL);
	if (rc) {
		httpres_error(res, rc, NULL);
		return;
	}
	finish(req, res);
	add_link(res, &q, doc);
}

void hjobs_one(const struct httpreq *req, struct httpres *res)
{
	struct ipcapi_job ask = {.token = req->token};
	enum lerr_code rc;

	if (!id32_parse(&ask.job, str_of(req->arg))) {
		httpres_problem(res, HTTPRES_BAD_PARAMETER,
				"A job's id is 64 lower-case hex digits.");
		return;
	}
	rc = engine_document(&res->body, NULL, IPCAPI_JOB, &ask, NULL);
	if (rc)
		httpres_error(res, rc, NULL);
	else
		finish(req, res);
}
