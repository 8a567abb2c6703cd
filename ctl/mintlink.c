/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/mintlink.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/httpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

enum { TIMEOUT_MS = 30000 };

struct mintlink {
	uv_loop_t loop;
	struct httpc *http;
	struct mintlink_answer *answer; /* of the call that is under way */
};

enum lerr_code mintlink_new(struct mintlink **out, const char *ca_file, struct lerr *err)
{
	struct mintlink *l = mem_zalloc(sizeof(*l));
	enum lerr_code rc;

	if (uv_loop_init(&l->loop) != 0)
		panic("libuv");
	rc = httpc_new(&l->http, &l->loop, ca_file, err);
	if (rc)
		mintlink_free(l);
	else
		*out = l;
	return rc;
}

void mintlink_free(struct mintlink *l)
{
	if (!l)
		return;
	httpc_close(l->http);
	(void)uv_run(&l->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&l->loop);
	mem_free(l);
}

void mintlink_wipe(struct mintlink_answer *a)
{
	buf_wipe(&a->body);
}

static enum mintlink_word word_of(const struct httpc_answer *a)
{
	if (a->fault == HTTPC_NO_ROUTE || a->fault == HTTPC_CERT)
		return MINTLINK_UNHEARD;
	if (a->fault != HTTPC_OK)
		return MINTLINK_UNCLEAR;
	if (a->status == 200)
		return MINTLINK_OK;
	if (a->status == 400 || a->status == 413 || a->status == 422)
		return MINTLINK_REFUSED;
	return a->status == 429 ? MINTLINK_BUSY : MINTLINK_UNCLEAR;
}

static void say_why(struct mintlink_answer *out, const struct httpc_answer *a)
{
	if (out->word == MINTLINK_OK)
		out->why[0] = '\0';
	else if (out->word == MINTLINK_REFUSED)
		(void)snprintf(out->why, sizeof(out->why),
			       "the mint refuses: %s (%" PRIu64 ")", out->refusal.detail,
			       out->refusal.code);
	else if (a->fault != HTTPC_OK)
		(void)snprintf(out->why, sizeof(out->why),
			       "the mint does not answer: %.120s", a->why);
	else
		(void)snprintf(out->why, sizeof(out->why),
			       "the mint does not answer: HTTP status %u", a->status);
}

static void on_done(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct mintlink *l = ctx;
	struct mintlink_answer *out = l->answer;

	(void)id;
	out->word = word_of(a);
	buf_add_str(&out->body, a->body);
	if (out->word == MINTLINK_REFUSED)
		mintread_refusal(&out->refusal, a->body);
	say_why(out, a);
	uv_stop(&l->loop);
}

void mintlink_ask(struct mintlink *l, struct mintlink_answer *out, const char *mint_url,
		  const char *path, struct str body)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	auto_buf struct buf url = BUF_INIT(2 * CAP_URL_BYTES);
	struct httpc_request req = {.method = body.n ? "POST" : "GET",
				    .headers = body.n ? headers : NULL,
				    .body = body,
				    .timeout_ms = TIMEOUT_MS,
				    .max_answer = CAP_MINT_ANSWER,
				    .once = body.n > 0};
	struct lerr err = {0};
	uint64_t id;

	*out = (struct mintlink_answer){.word = MINTLINK_UNHEARD};
	buf_init(&out->body, CAP_MINT_ANSWER);
	buf_addf(&url, "%s%s", mint_url, path);
	req.url = buf_str(&url).p;
	l->answer = out;
	if (httpc_start(l->http, &id, &req, on_done, l, &err)) {
		str_copy(out->why, sizeof(out->why), str_of(err.msg));
		return;
	}
	(void)uv_run(&l->loop, UV_RUN_DEFAULT);
}

enum lerr_code mintlink_get(struct mintlink *l, struct mintlink_answer *out,
			    const char *mint_url, const char *path, struct str body,
			    struct lerr *err)
{
	mintlink_ask(l, out, mint_url, path, body);
	if (out->word == MINTLINK_OK)
		return LERR_OK;
	return lerr_set(err, out->word == MINTLINK_REFUSED ? LERR_DENIED : LERR_TEMP, 0,
			"%.80s: %s", mint_url, out->why);
}

void mintlink_pause(uint64_t ms)
{
	uv_sleep((unsigned int)ms);
}
