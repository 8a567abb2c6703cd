/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/nclient.h"

#include "ctl/nlink.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/lwsloop.h"
#include "lib/net/wsc.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nframe.h"

#include <jansson.h>
#include <string.h>

struct nclient {
	struct lwsloop *lws;
	struct nlink_want want;
	struct nlink *links[CAP_RELAYS];
	size_t nlinks;
};

static struct nlink *find(const struct nclient *c, uint64_t conn)
{
	for (size_t i = 0; i < c->nlinks; i++)
		if (nlink_conn(c->links[i]) == conn)
			return c->links[i];
	return NULL;
}

/* ---- wsc.h calls back */

static void on_open(void *ctx, uint64_t conn)
{
	struct nlink *l = find(ctx, conn);

	if (l)
		nlink_opened(l);
}

static void on_text(void *ctx, uint64_t conn, struct str text)
{
	struct nlink *l = find(ctx, conn);

	if (l)
		nlink_heard(l, text);
}

static void on_close(void *ctx, uint64_t conn, const struct wsc_end *end)
{
	struct nlink *l = find(ctx, conn);

	if (l)
		nlink_lost(l, end);
}

static const struct wsc_ops wsc_callbacks = {on_open, on_text, on_close};

/* ---- start and end */

enum lerr_code nclient_new(struct nclient **out, uv_loop_t *loop, const char *ca_file,
			   struct lerr *err)
{
	struct nclient *c = mem_zalloc(sizeof(*c));
	enum lerr_code rc = lwsloop_new(&c->lws, loop, err);

	if (!rc)
		rc = wsc_new(&c->want.wsc, c->lws, ca_file, NULL, &wsc_callbacks, c, err);
	if (rc) {
		lwsloop_free(c->lws);
		mem_free(c);
		return rc;
	}
	c->want.loop = loop;
	buf_init(&c->want.event, CAP_FRAME_BYTES);
	*out = c;
	return LERR_OK;
}

void nclient_listen(struct nclient *c, const struct nclient_ops *ops, void *ctx)
{
	c->want.ops = ops;
	c->want.ctx = ctx;
}

void nclient_shut(struct nclient *c)
{
	for (size_t i = 0; i < c->nlinks; i++)
		nlink_close(c->links[i]);
	wsc_shut(c->want.wsc);
}

size_t nclient_busy(const struct nclient *c)
{
	return wsc_count(c->want.wsc);
}

void nclient_close(struct nclient *c)
{
	lwsloop_close(c->lws);
}

static void free_filters(struct nclient *c)
{
	for (size_t i = 0; i < c->want.nfilters; i++)
		nfilter_free(c->want.filters[i]);
	mem_free(c->want.filters);
	c->want.filters = NULL;
	c->want.nfilters = 0;
}

void nclient_free(struct nclient *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nlinks; i++)
		nlink_free(c->links[i]);
	free_filters(c);
	buf_free(&c->want.event);
	nsign_wipe(&c->want.key);
	wsc_free(c->want.wsc);
	lwsloop_free(c->lws);
	mem_free(c);
}

/* ---- relays */

static bool is_there(const struct nclient *c, const struct wsurl *url)
{
	for (size_t i = 0; i < c->nlinks; i++)
		if (strcmp(nlink_url(c->links[i])->text, url->text) == 0)
			return true;
	return false;
}

enum lerr_code nclient_add(struct nclient *c, struct str url, struct lerr *err)
{
	struct wsurl parsed;
	enum lerr_code rc = wsurl_parse(&parsed, url, err);

	if (rc)
		return rc;
	if (is_there(c, &parsed))
		return LERR_OK;
	if (c->nlinks == CAP_RELAYS)
		return lerr_set(err, LERR_LIMIT, 0, "more than %d relays", CAP_RELAYS);
	c->links[c->nlinks] = nlink_new(&c->want, c->nlinks, &parsed);
	c->nlinks++;
	return LERR_OK;
}

size_t nclient_count(const struct nclient *c)
{
	return c->nlinks;
}

const char *nclient_url(const struct nclient *c, size_t relay)
{
	INVARIANT(relay < c->nlinks);
	return nlink_url(c->links[relay])->text;
}

bool nclient_is_local(const struct nclient *c)
{
	for (size_t i = 0; i < c->nlinks; i++)
		if (nlink_url(c->links[i])->tls)
			return false;
	return true;
}

/* ---- what they are told */

void nclient_set_key(struct nclient *c, const struct nsign_key *key)
{
	c->want.key = *key;
	c->want.has_key = true;
}

void nclient_ask(struct nclient *c, struct str filters)
{
	auto_json struct json_t *list = NULL;
	struct lerr err = {0};

	if (jsonx_load(&list, filters, CAP_EVENT_BYTES, JSONX_UINTS, &err) ||
	    json_array_size(list) == 0)
		panic("filters of ours: %s", err.msg);
	free_filters(c);
	c->want.filters = mem_array(json_array_size(list), sizeof(*c->want.filters));
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (nfilter_from_json(&c->want.filters[i], json_array_get(list, i), &err))
			panic("a filter of ours: %s", err.msg);
		c->want.nfilters++;
	}
	c->want.sub++;
	for (size_t i = 0; i < c->nlinks; i++)
		nlink_ask(c->links[i]);
}

bool nclient_all_ended(const struct nclient *c)
{
	for (size_t i = 0; i < c->nlinks; i++)
		if (!nlink_has_ended(c->links[i]))
			return false;
	return true;
}

void nclient_publish(struct nclient *c, const struct nevent *ev)
{
	auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);

	nevent_write(&text, ev);
	buf_reset(&c->want.event);
	nframe_write_event(&c->want.event, buf_str(&text));
	c->want.event_id = ev->id;
	for (size_t i = 0; i < c->nlinks; i++)
		nlink_publish(c->links[i]);
}

void nclient_unpublish(struct nclient *c)
{
	buf_reset(&c->want.event);
}

bool nclient_was_sent(const struct nclient *c)
{
	for (size_t i = 0; i < c->nlinks; i++)
		if (nlink_was_sent(c->links[i]))
			return true;
	return false;
}
