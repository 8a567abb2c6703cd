/* SPDX-License-Identifier: MIT */
/*
 * The moving parts of the page, as HTML that nginx puts into www/index.html (SSI): the
 * page works without any script. Read from the public documents alone: a page is the
 * same for everybody. What a document does not say is shown as unknown. All text of the
 * documents goes through html.c, whoever wrote it.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"
#include "fcgi/html.h"
#include "fcgi/snapshot.h"
#include "fcgi/view.h"

#include "lib/base/caps.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcapi.h"
#include "lib/proto/jsonx.h"

#include <inttypes.h>
#include <jansson.h>

enum { JOBS_SHOWN = 20, ID_SHOWN = 8 };

static const char *blob_url = "";

void hpage_set_blob_url(const char *url)
{
	blob_url = url ? url : "";
}

/* ---- summary */

static void add_headline(struct buf *out, const json_t *doc, const struct snapshot *about)
{
	bool accepting = false;
	bool known = jsonx_get_bool(doc, "accepting", &accepting);

	if (about->stale) {
		html_raw(out, "<p class=\"headline bad\"><span aria-hidden=\"true\">▲"
			      "</span> The worker does not answer. These numbers are ");
		html_duration(out, about->age_s);
		html_raw(out, " old.</p>\n");
		return;
	}
	buf_addf(out, "<p class=\"headline %s\"><span aria-hidden=\"true\">%s</span> %s ",
		 accepting ? "ok" : "warn", accepting ? "✓" : "▲",
		 accepting ? "Accepting jobs."
		 : known   ? "Not accepting jobs."
			   : "It is unknown whether jobs are accepted.");
	view_number(out, doc, "running");
	html_raw(out, " of ");
	view_number(out, doc, "slots");
	html_raw(out, " slots busy, ");
	view_number(out, doc, "queued");
	html_raw(out, " waiting.</p>\n");
}

static void open_tile(struct buf *out, const char *name)
{
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
}

static void close_tile(struct buf *out)
{
	html_raw(out, "</dd></div>\n");
}

static void add_uptime(struct buf *out, const json_t *doc)
{
	uint64_t started;
	uint64_t now;

	if (jsonx_get_u64(doc, "started_at", &started) &&
	    jsonx_get_u64(doc, "now_at", &now) && now >= started)
		html_duration(out, now - started);
	else
		html_raw(out, "unknown");
}

/* Everything that ended in another way than well, if the document has any of it. */
static void add_unfinished(struct buf *out, const json_t *jobs)
{
	static const char *const keys[] = {"failed", "timeout", "cancelled", "refused",
					   "fault"};
	uint64_t sum = 0;
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		uint64_t v;

		if (!jsonx_get_u64(jobs, keys[i], &v))
			continue;
		known = true;
		sum = v > UINT64_MAX - sum ? UINT64_MAX : sum + v;
	}
	if (known)
		buf_add_u64(out, sum);
	else
		html_raw(out, "?");
}

static void add_tiles(struct buf *out, const json_t *doc)
{
	const json_t *jobs = json_object_get(doc, "jobs");

	html_raw(out, "<dl class=\"tiles\">\n");
	open_tile(out, "Running");
	view_number(out, doc, "running");
	html_raw(out, " / ");
	view_number(out, doc, "slots");
	close_tile(out);
	open_tile(out, "Waiting");
	view_number(out, doc, "queued");
	close_tile(out);
	open_tile(out, "Completed");
	view_number(out, jobs, "completed");
	close_tile(out);
	open_tile(out, "Not completed");
	add_unfinished(out, jobs);
	close_tile(out);
	open_tile(out, "Up for");
	add_uptime(out, doc);
	close_tile(out);
	html_raw(out, "</dl>\n");
}

static void add_fact(struct buf *out, const char *name, const json_t *obj,
		     const char *key)
{
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
	view_text(out, obj, key);
	html_raw(out, "</dd></div>\n");
}

static void add_worker(struct buf *out, const json_t *doc)
{
	const json_t *backend = json_object_get(doc, "backend");
	bool usable;

	html_raw(out, "<section aria-labelledby=\"h-worker\">\n"
		      "<h2 id=\"h-worker\">Worker</h2>\n<dl class=\"facts\">\n");
	add_fact(out, "Name", doc, "name");
	add_fact(out, "Key", doc, "npub");
	add_fact(out, "Version", doc, "version");
	add_fact(out, "Back end", backend, "name");
	add_fact(out, "Isolation", backend, "isolation");
	add_fact(out, "Limits", backend, "limits");
	add_fact(out, "Network of jobs", backend, "network");
	html_raw(out, "</dl>\n");
	if (jsonx_get_bool(backend, "usable", &usable) && !usable) {
		html_raw(out, "<p class=\"bad\"><span aria-hidden=\"true\">✕</span> "
			      "Jobs cannot be run: ");
		view_text(out, backend, "why");
		html_raw(out, "</p>\n");
	}
	html_raw(out, "</section>\n");
}

static void add_relay(struct buf *out, const json_t *relay)
{
	struct str state = {NULL, 0};

	html_raw(out, "<tr><th scope=\"row\">");
	view_text(out, relay, "url");
	html_raw(out, "</th><td data-l=\"State\">");
	(void)jsonx_get_str(relay, "state", &state);
	view_state(out, view_relay, state);
	html_raw(out, "</td><td data-l=\"Since\">");
	html_time(out, view_u64(relay, "since_at"));
	html_raw(out, "</td><td data-l=\"Last error\">");
	if (jsonx_get_str(relay, "why", &state) && state.n)
		html_foreign(out, state);
	else
		html_raw(out, "–");
	html_raw(out, "</td></tr>\n");
}

static void add_relays(struct buf *out, const json_t *doc)
{
	const json_t *relays = json_object_get(doc, "relays");

	view_open_table(
		out, "relays", "Relays",
		"<th scope=\"col\">URL</th><th scope=\"col\">State</th>"
		"<th scope=\"col\">Since (UTC)</th><th scope=\"col\">Last error</th>");
	for (size_t i = 0; i < json_array_size(relays); i++)
		add_relay(out, json_array_get(relays, i));
	if (json_array_size(relays) == 0)
		html_raw(out, "<tr><td colspan=\"4\">No relay is known.</td></tr>\n");
	view_close_table(out);
}

static void add_software(struct buf *out, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "software");

	view_open_table(out, "software", "Software for jobs",
			"<th scope=\"col\">Program</th><th scope=\"col\">Version</th>"
			"<th scope=\"col\">Path</th>");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		html_raw(out, "<tr><th scope=\"row\">");
		view_text(out, one, "name");
		html_raw(out, "</th><td data-l=\"Version\">");
		view_text(out, one, "version");
		html_raw(out, "</td><td data-l=\"Path\">");
		view_text(out, one, "path");
		html_raw(out, "</td></tr>\n");
	}
	if (json_array_size(list) == 0)
		html_raw(out, "<tr><td colspan=\"3\">None is advertised.</td></tr>\n");
	view_close_table(out);
}

static void finish(struct httpres *res)
{
	res->type = "text/html; charset=utf-8";
	httpres_cache_public(res);
}

void hpage_summary(const struct httpreq *req, struct httpres *res)
{
	auto_buf struct buf text = BUF_INIT(CAP_HTTP_ANSWER);
	auto_json json_t *doc = NULL;
	struct snapshot about;
	enum lerr_code rc = snapshot_get(&text, &about, NULL);

	(void)req;
	if (!rc)
		rc = jsonx_load(&doc, buf_str(&text), CAP_HTTP_ANSWER, JSONX_ANY_NUMBERS,
				NULL);
	if (rc) {
		html_raw(&res->body,
			 "<p class=\"headline bad\"><span aria-hidden=\"true\">"
			 "✕</span> The worker does not answer.</p>\n");
		res->type = "text/html; charset=utf-8";
		httpres_cache_never(res);
		return;
	}
	add_headline(&res->body, doc, &about);
	add_tiles(&res->body, doc);
	add_worker(&res->body, doc);
	add_relays(&res->body, doc);
	add_software(&res->body, doc);
	finish(res);
}

/* ---- jobs */

/* The word for people: how it ended, else where it is. */
static struct str state_of(const json_t *job)
{
	struct str word = {NULL, 0};

	if (!jsonx_get_str(job, "outcome", &word) || word.n == 0)
		(void)jsonx_get_str(job, "state", &word);
	return word;
}

static void add_id(struct buf *out, const json_t *job)
{
	struct id32 id;

	if (!jsonx_get_id32(job, "id", &id)) {
		html_raw(out, "unknown");
		return;
	}
	buf_addf(out, "<a href=\"/api/v1/jobs/%s\"><code>%.*s</code></a>",
		 id32_hex(&id).c, ID_SHOWN, id32_hex(&id).c);
}

static void add_took(struct buf *out, const json_t *job, bool ended)
{
	uint64_t took;

	if (ended && jsonx_get_u64(job, "duration_s", &took))
		html_duration(out, took);
	else
		html_raw(out, "–");
}

static void add_exit(struct buf *out, const json_t *job, bool ended)
{
	const json_t *code = json_object_get(job, "exit_code");

	if (ended && json_is_integer(code))
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(code));
	else
		html_raw(out, "–");
}

static bool add_output(struct buf *out, const json_t *job, const char *stream)
{
	const json_t *blob = json_object_get(job, stream);
	struct id32 sha256;

	if (!jsonx_get_id32(blob, "sha256", &sha256))
		return false;
	if (blob_url[0]) {
		html_raw(out, "<a rel=\"noreferrer\" href=\"");
		html_attr(out, str_of(blob_url));
		buf_addf(out, "/%s\">%s</a>", id32_hex(&sha256).c, stream);
	} else {
		html_raw(out, stream);
	}
	html_raw(out, " (");
	view_number(out, blob, "bytes");
	html_raw(out, " bytes) ");
	return true;
}

static void add_outputs(struct buf *out, const json_t *job)
{
	bool any = add_output(out, job, "stdout");

	if (!add_output(out, job, "stderr") && !any)
		html_raw(out, "–");
}

static void add_reason(struct buf *out, const json_t *job)
{
	struct str reason;

	if (!jsonx_get_str(job, "reason", &reason) || reason.n == 0 ||
	    str_eq_c(reason, "ok"))
		return;
	html_raw(out, " (");
	html_foreign(out, reason);
	html_raw(out, ")");
}

static void add_job(struct buf *out, const json_t *job)
{
	/* until then the ledger holds zeros */
	bool ended = json_is_string(json_object_get(job, "outcome"));

	html_raw(out, "<tr><th scope=\"row\">");
	add_id(out, job);
	html_raw(out, "</th><td data-l=\"State\">");
	view_state(out, view_job, state_of(job));
	add_reason(out, job);
	html_raw(out, "</td><td data-l=\"Received\">");
	html_time(out, view_u64(job, "received_at"));
	html_raw(out, "</td><td data-l=\"Took\">");
	add_took(out, job, ended);
	html_raw(out, "</td><td data-l=\"Exit code\">");
	add_exit(out, job, ended);
	html_raw(out, "</td><td data-l=\"Output\">");
	add_outputs(out, job);
	html_raw(out, "</td></tr>\n");
}

static void add_jobs(struct buf *out, const json_t *doc)
{
	const json_t *items = json_object_get(doc, "items");

	view_open_table(out, "jobs", "Latest jobs",
			"<th scope=\"col\">Job</th><th scope=\"col\">State</th>"
			"<th scope=\"col\">Received (UTC)</th><th scope=\"col\">Took</th>"
			"<th scope=\"col\">Exit code</th><th scope=\"col\">Output</th>");
	for (size_t i = 0; i < json_array_size(items); i++)
		add_job(out, json_array_get(items, i));
	if (json_array_size(items) == 0)
		html_raw(out,
			 "<tr><td colspan=\"6\">No job yet. The first one appears here "
			 "as soon as it was received.</td></tr>\n");
	view_close_table(out);
}

void hpage_jobs(const struct httpreq *req, struct httpres *res)
{
	auto_buf struct buf text = BUF_INIT(CAP_HTTP_ANSWER);
	auto_json json_t *doc = NULL;
	struct ipcapi_jobs ask = {.limit = JOBS_SHOWN};
	enum lerr_code rc = engine_document(&text, &doc, IPCAPI_JOBS, &ask, NULL);

	(void)req;
	if (rc) {
		html_raw(&res->body,
			 "<section aria-labelledby=\"h-jobs\">\n"
			 "<h2 id=\"h-jobs\">Latest jobs</h2>\n<p>The list is not "
			 "available at the moment.</p>\n</section>\n");
		res->type = "text/html; charset=utf-8";
		httpres_cache_never(res);
		return;
	}
	add_jobs(&res->body, doc);
	finish(res);
}
