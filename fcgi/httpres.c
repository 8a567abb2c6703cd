/* SPDX-License-Identifier: MIT */
/*
 * The one writer of answers: status, headers, problem documents. Handlers choose from
 * lists here; nothing else makes a header line. Must never copy text from outside into
 * a header or a problem: those are told apart by request id, the rest is in the log.
 */
#include "config.h"

#include "fcgi/httpres.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"

#include <stdarg.h>
#include <stdio.h>

enum { RETRY_AFTER_S = 1, HEADER_VALUE_MAX = 512 };

const struct httpres_problem_type httpres_problem_types[HTTPRES_PROBLEMS] = {
	[HTTPRES_BAD_REQUEST] = {"bad-request", 400, "The request is malformed"},
	[HTTPRES_BAD_PARAMETER] = {"bad-parameter", 400, "A parameter is not acceptable"},
	[HTTPRES_INVALID_TOKEN] = {"invalid-token", 401, "The token is not accepted"},
	[HTTPRES_NOT_FOUND] = {"not-found", 404, "There is no such thing"},
	[HTTPRES_METHOD_NOT_ALLOWED] = {"method-not-allowed", 405,
					"This method does not work here"},
	[HTTPRES_CONFLICT] = {"conflict", 409, "Not in the present state"},
	[HTTPRES_TOO_LARGE] = {"too-large", 413, "The request is too large"},
	[HTTPRES_VALIDATION] = {"validation", 422, "The body does not fit"},
	[HTTPRES_WORKER_UNAVAILABLE] = {"worker-unavailable", 503,
					"The worker does not answer"},
};

/* What a code of the engine means to a client. */
static const enum httpres_problem problem_of_code[LERR_CODE_COUNT] = {
	[LERR_OK] = HTTPRES_WORKER_UNAVAILABLE, /* never asked */
	[LERR_INPUT] = HTTPRES_BAD_PARAMETER,     [LERR_LIMIT] = HTTPRES_TOO_LARGE,
	[LERR_STATE] = HTTPRES_CONFLICT,          [LERR_DENIED] = HTTPRES_INVALID_TOKEN,
	[LERR_TEMP] = HTTPRES_WORKER_UNAVAILABLE, [LERR_GONE] = HTTPRES_NOT_FOUND,
};

static const struct {
	unsigned int status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{304, "Not Modified"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{422, "Unprocessable Content"},
	{503, "Service Unavailable"},
};

void httpres_init(struct httpres *res, const char *instance)
{
	*res = (struct httpres){.status = 200, .instance = instance};
	buf_init(&res->headers, CAP_HTTP_HEADERS);
	buf_init(&res->body, CAP_HTTP_ANSWER);
}

void httpres_free(struct httpres *res)
{
	buf_free(&res->headers);
	buf_free(&res->body);
}

void httpres_header(struct httpres *res, const char *name, const char *fmt, ...)
{
	char value[HEADER_VALUE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0 && (size_t)n < sizeof(value));
	for (int i = 0; i < n; i++)
		INVARIANT(value[i] >= 0x20 && value[i] < 0x7f);
	buf_addf(&res->headers, "%s: %s\r\n", name, value);
	INVARIANT(!buf_over(&res->headers));
}

void httpres_cache_public(struct httpres *res)
{
	httpres_header(res, "Cache-Control", "public, max-age=1");
}

void httpres_cache_never(struct httpres *res)
{
	httpres_header(res, "Cache-Control", "no-store");
}

/* ---- problems */

static void add_member(struct buf *out, const char *key, const char *value)
{
	buf_add_char(out, ',');
	jsonx_add_key(out, key);
	jsonx_add_string(out, str_of(value));
}

static void add_errors(struct buf *out, const char *pointer, const char *detail)
{
	buf_add_c(out, ",\"errors\":[{\"pointer\":");
	jsonx_add_string(out, str_of(pointer));
	add_member(out, "detail", detail);
	buf_add_c(out, "}]");
}

void httpres_problem_at(struct httpres *res, enum httpres_problem what,
			const char *detail, const char *pointer)
{
	const struct httpres_problem_type *t = &httpres_problem_types[what];

	buf_reset(&res->headers);
	buf_reset(&res->body);
	res->status = t->status;
	res->type = "application/problem+json";
	buf_addf(&res->body, "{\"type\":\"/problems/%s\",\"status\":%u", t->slug,
		 t->status);
	add_member(&res->body, "title", t->title);
	if (detail)
		add_member(&res->body, "detail", detail);
	if (res->instance[0])
		add_member(&res->body, "instance", res->instance);
	if (pointer)
		add_errors(&res->body, pointer, detail);
	buf_add_c(&res->body, "}\n");
	httpres_cache_never(res);
	if (what == HTTPRES_WORKER_UNAVAILABLE)
		httpres_header(res, "Retry-After", "%d", RETRY_AFTER_S);
	if (what == HTTPRES_INVALID_TOKEN)
		httpres_header(res, "WWW-Authenticate", "Bearer");
}

void httpres_problem(struct httpres *res, enum httpres_problem what, const char *detail)
{
	httpres_problem_at(res, what, detail, NULL);
}

void httpres_error(struct httpres *res, enum lerr_code code, const char *detail)
{
	httpres_problem(res, problem_of_code[code], detail);
}

/* ---- writing */

static const char *phrase_of(unsigned int status)
{
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	panic("no phrase for status %u", status);
}

/* What nginx/snippets/headers-api.conf says, for a server that knows nothing of us. */
static void write_protection(struct buf *out)
{
	buf_add_c(out, "Content-Security-Policy: default-src 'none'; "
		       "frame-ancestors 'none'; sandbox\r\n"
		       "X-Content-Type-Options: nosniff\r\n"
		       "Referrer-Policy: no-referrer\r\n"
		       "Cross-Origin-Resource-Policy: same-origin\r\n");
}

void httpres_write_head(struct buf *out, const struct httpres *res, bool behind_nginx)
{
	buf_addf(out, "Status: %u %s\r\n", res->status, phrase_of(res->status));
	if (res->type)
		buf_addf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", res->type,
			 res->body.n);
	buf_add_str(out, buf_str(&res->headers));
	if (!behind_nginx)
		write_protection(out);
	buf_add_c(out, "\r\n");
}
