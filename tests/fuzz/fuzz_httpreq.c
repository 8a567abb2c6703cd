/* SPDX-License-Identifier: MIT */
/*
 * httpreq.c with any parameters and any body. Input: lines NAME=value up to an empty one,
 * then the body. What is taken must have the form that the rest relies on.
 */
#include "config.h"

#include "fcgi/route.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { PARAMS = 32, BODY_MAX = 4096 };

struct input {
	char *params[PARAMS];
	size_t nparams;
	struct str body;
};

static const char *param(void *ctx, const char *name)
{
	const struct input *in = ctx;
	size_t n = strlen(name);

	for (size_t i = 0; i < in->nparams; i++)
		if (strncmp(in->params[i], name, n) == 0 && in->params[i][n] == '=')
			return in->params[i] + n + 1;
	return NULL;
}

/* In pieces of odd sizes. */
static size_t read_piece(void *ctx, char *out, size_t n)
{
	struct input *in = ctx;
	size_t piece = in->body.n % 7 + 1;

	if (piece > n)
		piece = n;
	if (piece > in->body.n)
		piece = in->body.n;
	if (piece)
		memcpy(out, in->body.p, piece);
	in->body = (struct str){in->body.p + piece, in->body.n - piece};
	return piece;
}

static void check_text(const char *text)
{
	INVARIANT(utf8_valid(str_of(text)));
	for (; *text; text++)
		INVARIANT((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_head(struct httpreq *req)
{
	INVARIANT(req->path && req->path[0] == '/' && strlen(req->path) <= CAP_HTTP_PATH);
	INVARIANT(!strstr(req->path, "//") && !strstr(req->path, "/../"));
	INVARIANT(!strstr(req->path, "/./") && !strchr(req->path, '%'));
	check_text(req->path);
	INVARIANT(req->nquery <= CAP_HTTP_QUERY_PAIRS);
	for (size_t i = 0; i < req->nquery; i++)
		check_text(req->query[i].value);
	if (req->token) {
		INVARIANT(req->token[0] && strlen(req->token) <= CAP_HTTP_TOKEN);
		check_text(req->token);
	}
	INVARIANT(req->length <= INT64_MAX);
}

static void check_request(struct input *in)
{
	struct httpreq_source src = {param, read_piece, in, true};
	size_t sent = in->body.n;
	struct httpreq req;
	struct lerr err = {0};

	if (httpreq_head(&req, &src, &err) == LERR_OK) {
		const struct route *r;

		check_head(&req);
		r = route_find(&req);
		INVARIANT(!r || r->reach != ROUTE_INTERNAL || req.internal);
		if (httpreq_read_body(&req, &src, BODY_MAX, &err) == LERR_OK)
			INVARIANT(req.body.n == req.length && req.length <= BODY_MAX &&
				  req.length <= sent);
	}
	check_text(req.id);
	INVARIANT(err.os_errno == 0);
	httpreq_wipe(&req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.body = {(const char *)data, size}};
	struct str line;

	while (in.nparams < PARAMS && str_next(&in.body, '\n', &line) && line.n)
		in.params[in.nparams++] = str_dup(line);
	if (!in.body.p)
		in.body = str_of("");
	check_request(&in);
	for (size_t i = 0; i < in.nparams; i++)
		mem_free(in.params[i]);
	return 0;
}
