/* SPDX-License-Identifier: MIT */
/*
 * GET /healthz: a thread answered; nothing else is looked at. GET /readyz: can the
 * worker take and finish jobs? Answered from the snapshot, so that probing is free.
 * For monitors and load balancers: the status code is the answer, 200 or 503.
 */
#include "config.h"

#include "fcgi/handlers.h"
#include "fcgi/snapshot.h"

#include "lib/base/caps.h"
#include "lib/base/str.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>

enum { SILENT_S = 10 };

enum grade { PASS, WARN, FAIL };

static const char *const words[] = {[PASS] = "pass", [WARN] = "warn", [FAIL] = "fail"};

struct check {
	enum grade grade;
	const char *detail; /* a literal */
};

void hhealth_alive(const struct httpreq *req, struct httpres *res)
{
	(void)req;
	res->type = "text/plain; charset=utf-8";
	buf_add_c(&res->body, "ok\n");
	httpres_cache_never(res);
}

/* ---- the checks; what the document does not say is a warning, never a crash */

static struct check check_worker(const json_t *doc, const struct snapshot *about)
{
	bool accepting;

	if (about->stale && about->age_s >= SILENT_S)
		return (struct check){FAIL, "the engine does not answer"};
	if (about->stale)
		return (struct check){WARN, "the engine missed a question"};
	if (!jsonx_get_bool(doc, "accepting", &accepting))
		return (struct check){WARN, "unknown"};
	if (!accepting)
		return (struct check){WARN, "no new jobs are taken"};
	return (struct check){PASS, "answers"};
}

static struct check check_relays(const json_t *doc)
{
	const json_t *relays = json_object_get(doc, "relays");
	size_t n = json_array_size(relays);
	size_t up = 0;

	if (!json_is_array(relays))
		return (struct check){WARN, "unknown"};
	for (size_t i = 0; i < n; i++) {
		struct str state;

		if (jsonx_get_str(json_array_get(relays, i), "state", &state) &&
		    str_eq_c(state, "up"))
			up++;
	}
	if (up == 0)
		return (struct check){FAIL, "no relay is connected"};
	if (up < n)
		return (struct check){WARN, "some relays are not connected"};
	return (struct check){PASS, "all relays are connected"};
}

static struct check check_backend(const json_t *doc)
{
	const json_t *backend = json_object_get(doc, "backend");
	bool usable;

	if (!jsonx_get_bool(backend, "usable", &usable))
		return (struct check){WARN, "unknown"};
	if (!usable)
		return (struct check){FAIL, "jobs cannot be run"};
	return (struct check){PASS, "jobs can be run"};
}

/* ---- the answer */

static enum grade worst(const struct check *checks, size_t n)
{
	enum grade grade = PASS;

	for (size_t i = 0; i < n; i++)
		if (checks[i].grade > grade)
			grade = checks[i].grade;
	return grade;
}

static void add_check(struct buf *out, const char *name, struct check c)
{
	buf_addf(out, "\"%s\":{\"status\":\"%s\",\"detail\":\"%s\"}", name,
		 words[c.grade], c.detail);
}

static void write_checks(struct httpres *res, const struct check checks[3])
{
	enum grade grade = worst(checks, 3);

	res->status = grade == FAIL ? 503 : 200;
	res->type = "application/json";
	buf_addf(&res->body, "{\"status\":\"%s\",\"checks\":{", words[grade]);
	add_check(&res->body, "worker", checks[0]);
	buf_add_char(&res->body, ',');
	add_check(&res->body, "relays", checks[1]);
	buf_add_char(&res->body, ',');
	add_check(&res->body, "backend", checks[2]);
	buf_add_c(&res->body, "}}\n");
	httpres_cache_never(res);
}

void hhealth_ready(const struct httpreq *req, struct httpres *res)
{
	auto_buf struct buf text = BUF_INIT(CAP_HTTP_ANSWER);
	auto_json json_t *doc = NULL;
	struct snapshot about = {.stale = true, .age_s = SILENT_S};
	struct check checks[3];

	(void)req;
	/* without a document the first check fails and the others say unknown */
	if (!snapshot_get(&text, &about, NULL) &&
	    jsonx_load(&doc, buf_str(&text), CAP_HTTP_ANSWER, JSONX_ANY_NUMBERS, NULL))
		about.stale = true;
	checks[0] = check_worker(doc, &about);
	checks[1] = check_relays(doc);
	checks[2] = check_backend(doc);
	write_checks(res, checks);
}
