/* SPDX-License-Identifier: MIT */
/*
 * The first code that touches what a stranger sent over HTTP. nginx has parsed the
 * request before, but nothing here relies on that: each parameter is checked for form
 * and length on its own. Called by route.c, once a request. Must never log what it
 * reads, and never guess: a request that is not understood in full is refused.
 */
#include "config.h"

#include "fcgi/httpreq.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/utf8.h"

#include <string.h>
#include <strings.h>

static struct str get(const struct httpreq_source *src, const char *name)
{
	return str_of(src->param(src->ctx, name));
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool all_of(struct str s, bool (*is)(char c))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

/* ---- method, id, length */

static enum lerr_code take_method(struct httpreq *req, struct str word, struct lerr *err)
{
	static const struct {
		const char *word;
		enum httpreq_method method;
	} methods[] = {
		{"GET", HTTPREQ_GET}, {"HEAD", HTTPREQ_HEAD}, {"POST", HTTPREQ_POST}};

	if (word.n == 0)
		return lerr_set(err, LERR_INPUT, 0, "The request has no method.");
	req->method = HTTPREQ_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_eq_c(word, methods[i].word))
			req->method = methods[i].method;
	return LERR_OK;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* It is repeated in answers and logs: anything that nginx would not make is left out. */
static void take_id(struct httpreq *req, struct str id)
{
	if (id.n == 0 || id.n >= sizeof(req->id) || !all_of(id, is_hex))
		return;
	memcpy(req->id, id.p, id.n);
	req->id[id.n] = '\0';
}

static enum lerr_code take_length(struct httpreq *req, struct str text, struct lerr *err)
{
	req->has_length = text.n != 0;
	if (req->has_length && !str_to_u64(text, INT64_MAX, &req->length))
		return lerr_set(err, LERR_INPUT, 0, "Content-Length is not a number.");
	return LERR_OK;
}

/* ---- path */

/* What may stand in a path after the server has decoded it. An escape that is still
 * there was escaped twice, to get past somebody who decodes once. */
static bool is_path_char(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

static bool is_dots(struct str segment)
{
	return str_eq_c(segment, ".") || str_eq_c(segment, "..");
}

static bool is_normal(struct str path)
{
	struct str rest = path;
	struct str segment;
	bool first = true;

	if (path.n == 0 || path.p[0] != '/' || !all_of(path, is_path_char))
		return false;
	while (str_next(&rest, '/', &segment)) {
		/* before the first slash there is nothing */
		if (is_dots(segment) || (segment.n == 0 && !first))
			return false;
		first = false;
	}
	return true;
}

static enum lerr_code take_path(struct httpreq *req, struct str path, struct lerr *err)
{
	if (path.n > CAP_HTTP_PATH)
		return lerr_set(err, LERR_INPUT, 0, "The path is too long.");
	if (!is_normal(path))
		return lerr_set(err, LERR_INPUT, 0, "The path is not in normal form.");
	req->path = str_dup(path);
	return LERR_OK;
}

/* ---- query */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

/* One character of a value, escaped or not; -1 when it must not stand there. */
static int next_char(struct str *raw)
{
	unsigned char c = (unsigned char)raw->p[0];
	size_t used = 1;
	int out = c;

	if (c == '%') {
		if (raw->n < 3 || hex_digit(raw->p[1]) < 0 || hex_digit(raw->p[2]) < 0)
			return -1;
		out = hex_digit(raw->p[1]) * 16 + hex_digit(raw->p[2]);
		used = 3;
	} else if (c == '+') {
		out = ' ';
	} else if (c <= 0x20 || c >= 0x7f) {
		return -1;
	}
	*raw = (struct str){raw->p + used, raw->n - used};
	return out < 0x20 || out == 0x7f ? -1 : out;
}

/* NULL when it is malformed. */
static char *decode(struct str raw)
{
	auto_buf struct buf out = BUF_INIT(CAP_HTTP_QUERY);

	while (raw.n) {
		int c = next_char(&raw);

		if (c < 0)
			return NULL;
		buf_add_char(&out, (char)c);
	}
	if (!utf8_valid(buf_str(&out)))
		return NULL;
	return str_dup(buf_str(&out));
}

static enum lerr_code take_pair(struct httpreq *req, struct str pair, struct lerr *err)
{
	const char *eq = memchr(pair.p, '=', pair.n);
	struct str name;
	char *value;

	if (!eq || eq == pair.p)
		return lerr_set(err, LERR_INPUT, 0, "The query is not name=value.");
	name = (struct str){pair.p, (size_t)(eq - pair.p)};
	if (!all_of(name, is_name_char))
		return lerr_set(err, LERR_INPUT, 0, "Unknown query parameter.");
	for (size_t i = 0; i < req->nquery; i++)
		if (str_eq_c(name, req->query[i].name))
			return lerr_set(err, LERR_INPUT, 0,
					"A query parameter is there twice.");
	if (req->nquery == CAP_HTTP_QUERY_PAIRS)
		return lerr_set(err, LERR_INPUT, 0, "Too many query parameters.");
	value = decode((struct str){eq + 1, pair.n - name.n - 1});
	if (!value)
		return lerr_set(err, LERR_INPUT, 0, "A query value is malformed.");
	req->query[req->nquery].name = str_dup(name);
	req->query[req->nquery].value = value;
	req->nquery++;
	return LERR_OK;
}

static enum lerr_code take_query(struct httpreq *req, struct str raw, struct lerr *err)
{
	struct str pair;

	if (raw.n > CAP_HTTP_QUERY)
		return lerr_set(err, LERR_INPUT, 0, "The query is too long.");
	if (str_ends(raw, "&"))
		return lerr_set(err, LERR_INPUT, 0, "The query is not name=value.");
	while (str_next(&raw, '&', &pair)) {
		enum lerr_code rc = take_pair(req, pair, err);

		if (rc)
			return rc;
	}
	return LERR_OK;
}

enum lerr_code httpreq_check_query(const struct httpreq *req, const char *names,
				   struct lerr *err)
{
	for (size_t i = 0; i < req->nquery; i++) {
		struct str rest = str_of(names);
		struct str name;
		bool known = false;

		while (str_next(&rest, ',', &name))
			known = known || str_eq_c(name, req->query[i].name);
		if (!known)
			return lerr_set(err, LERR_INPUT, 0, "Unknown query parameter.");
	}
	return LERR_OK;
}

const char *httpreq_query(const struct httpreq *req, const char *name)
{
	for (size_t i = 0; i < req->nquery; i++)
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value;
	return NULL;
}

/* ---- token */

/* RFC 6750: b64token */
static bool is_token_char(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("-._~+/=", c) != NULL);
}

static enum lerr_code take_token(struct httpreq *req, struct str value, struct lerr *err)
{
	static const char scheme[] = "Bearer ";
	struct str token;

	if (value.n == 0)
		return LERR_OK;
	if (value.n < sizeof(scheme) ||
	    strncasecmp(value.p, scheme, sizeof(scheme) - 1) != 0)
		return lerr_set(err, LERR_DENIED, 0,
				"Authorization is not a bearer token.");
	token = (struct str){value.p + sizeof(scheme) - 1, value.n - sizeof(scheme) + 1};
	if (token.n > CAP_HTTP_TOKEN || !all_of(token, is_token_char))
		return lerr_set(err, LERR_DENIED, 0,
				"Authorization is not a bearer token.");
	req->token = str_dup(token);
	return LERR_OK;
}

/* ---- the whole */

enum lerr_code httpreq_head(struct httpreq *req, const struct httpreq_source *src,
			    struct lerr *err)
{
	enum lerr_code rc;

	*req = (struct httpreq){.behind_nginx = src->behind_nginx};
	take_id(req, get(src, "REQUEST_ID"));
	req->internal = src->behind_nginx && str_eq_c(get(src, "LOOM_INTERNAL"), "1");
	req->none_match = src->param(src->ctx, "HTTP_IF_NONE_MATCH");
	rc = take_method(req, get(src, "REQUEST_METHOD"), err);
	if (!rc)
		rc = take_path(req, get(src, "DOCUMENT_URI"), err);
	if (!rc)
		rc = take_query(req, get(src, "QUERY_STRING"), err);
	if (!rc)
		rc = take_token(req, get(src, "HTTP_AUTHORIZATION"), err);
	if (!rc)
		rc = take_length(req, get(src, "CONTENT_LENGTH"), err);
	return rc;
}

enum lerr_code httpreq_read_body(struct httpreq *req, const struct httpreq_source *src,
				 size_t cap, struct lerr *err)
{
	if (cap && !req->has_length)
		return lerr_set(err, LERR_INPUT, 0, "The length of the body is missing.");
	if (req->length > cap)
		return lerr_set(err, LERR_LIMIT, 0, "The body is too long.");
	buf_init(&req->body, cap);
	while (req->body.n < req->length) {
		size_t want = (size_t)req->length - req->body.n;
		/* in pieces: memory grows with what arrives, not with what is announced */
		size_t piece = want < CAP_HTTP_BODY ? want : CAP_HTTP_BODY;
		char *at = buf_space(&req->body, piece);
		size_t got = src->read(src->ctx, at, piece);

		if (got == 0)
			return lerr_set(err, LERR_INPUT, 0,
					"The body is shorter than announced.");
		buf_grew(&req->body, got);
	}
	return LERR_OK;
}

void httpreq_wipe(struct httpreq *req)
{
	if (req->token)
		mem_wipe(req->token, strlen(req->token));
	mem_free(req->token);
	mem_free(req->path);
	for (size_t i = 0; i < req->nquery; i++) {
		mem_free(req->query[i].name);
		mem_free(req->query[i].value);
	}
	buf_free(&req->body);
	*req = (struct httpreq){.method = HTTPREQ_OTHER};
}
