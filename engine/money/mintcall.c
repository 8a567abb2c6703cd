/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/mintcall.h"

#include "engine/money/money.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/httpc.h"

enum { TIMEOUT_MS = 30000 };

struct call {
	struct money *m;
	mintcall_done *done;
	uint64_t arg;
};

static enum mintcall_word word_of(const struct httpc_answer *a)
{
	if (a->fault == HTTPC_NO_ROUTE || a->fault == HTTPC_CERT)
		return MINTCALL_UNHEARD;
	if (a->fault != HTTPC_OK)
		return MINTCALL_UNCLEAR;
	switch (a->status) {
	case 200:
		return MINTCALL_OK;
	case 400:
	case 413:
	case 422:
		return MINTCALL_REFUSED;
	case 429:
		return MINTCALL_BUSY;
	default:
		return MINTCALL_UNCLEAR;
	}
}

static void on_done(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct call *c = ctx;
	struct mintcall_answer out = {.word = word_of(a),
				      .status = a->status,
				      .body = a->body,
				      .why = a->why ? a->why : ""};

	(void)id;
	if (out.word == MINTCALL_REFUSED)
		mintread_refusal(&out.refusal, a->body);
	c->done(c->m, c->arg, &out);
	mem_free(c);
}

bool mintcall_start(struct money *m, const char *mint_url, const char *path,
		    struct str body, mintcall_done *done, uint64_t arg)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	auto_buf struct buf url = BUF_INIT(2 * CAP_URL_BYTES);
	struct httpc_request req = {.method = body.n ? "POST" : "GET",
				    .headers = body.n ? headers : NULL,
				    .body = body,
				    .timeout_ms = (unsigned int)crash_hurry(TIMEOUT_MS),
				    .max_answer = CAP_MINT_ANSWER,
				    .once = body.n > 0};
	struct call *c;
	struct lerr err = {0};
	uint64_t id;

	buf_addf(&url, "%s%s", mint_url, path);
	if (buf_over(&url))
		return false;
	req.url = url.p;
	c = mem_zalloc(sizeof(*c));
	*c = (struct call){m, done, arg};
	if (httpc_start(m->http, &id, &req, on_done, c, &err)) {
		log_event(LOG_WARN, "mint.not_asked", "why=%s",
			  log_text(str_of(err.msg)).c);
		mem_free(c);
		return false;
	}
	return true;
}
