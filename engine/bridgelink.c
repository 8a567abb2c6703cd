/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/bridgelink.h"

#include "engine/engine.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/ipcuv.h"

#include <string.h>

struct bridgelink {
	struct engine *e;
	const struct bridgelink_ops *ops;
	struct ipcuv *line;
	char *path;
	struct bridgelink_relay *relays;
	size_t nrelays;
	bool up; /* connected and ready */
};

static const struct ipcuv_protocol protocol = {"bridge", ipcbridge_types, IPCBRIDGE_TYPES,
					       IPCBRIDGE_ERROR};

static void drop_relays(struct bridgelink *b)
{
	for (size_t i = 0; i < b->nrelays; i++) {
		mem_free(b->relays[i].url);
		mem_free(b->relays[i].why);
	}
	mem_free(b->relays);
	b->relays = NULL;
	b->nrelays = 0;
}

static void take_ready(struct bridgelink *b, const struct ipcbridge_ready *r)
{
	drop_relays(b);
	b->relays = mem_array(r->relays.n, sizeof(*b->relays));
	for (size_t i = 0; i < r->relays.n; i++) {
		b->relays[i].url = mem_strdup(r->relays.v[i]);
		b->relays[i].why = mem_strdup("");
	}
	b->nrelays = r->relays.n;
	b->up = true;
	log_event(LOG_INFO, "bridge.up", "relays=%zu", b->nrelays);
	b->ops->on_up(b->e);
}

static void take_relay(struct bridgelink *b, const struct ipcbridge_relay *r)
{
	for (size_t i = 0; i < b->nrelays; i++) {
		struct bridgelink_relay *mine = &b->relays[i];

		if (strcmp(mine->url, r->url) != 0)
			continue;
		str_copy(mine->state, sizeof(mine->state), str_of(r->state));
		mem_free(mine->why);
		mine->why = mem_strdup(r->why);
		mine->since_s = r->since;
		b->ops->on_relay(b->e);
		return;
	}
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct bridgelink *b = ctx;

	(void)peer;
	(void)fds;
	if (m->type == IPCBRIDGE_READY)
		take_ready(b, m->body);
	else if (m->type == IPCBRIDGE_RELAY)
		take_relay(b, m->body);
	else if (m->type == IPCBRIDGE_RECEIPT)
		b->ops->on_receipt(b->e, m->body);
	else if (m->type == IPCBRIDGE_FOUND)
		b->ops->on_found(b->e, m->n, m->body);
	else if (m->type == IPCBRIDGE_ERROR && m->n)
		b->ops->on_found(b->e, m->n, NULL);
	else
		log_event(LOG_WARN, "bridge.odd_message", "type=%s", m->desc->name);
}

static void on_close(void *ctx, uint64_t peer)
{
	struct bridgelink *b = ctx;

	(void)peer;
	if (!b->up)
		return;
	b->up = false;
	for (size_t i = 0; i < b->nrelays; i++)
		str_copy(b->relays[i].state, sizeof(b->relays[i].state), str_of(""));
	log_event(LOG_WARN, "bridge.lost", "%s", "");
	b->ops->on_down(b->e);
}

static const struct ipcuv_ops line_ops = {NULL, on_message, on_close};

struct bridgelink *bridgelink_new(struct engine *e, const struct bridgelink_ops *ops)
{
	struct bridgelink *b = mem_zalloc(sizeof(*b));

	b->e = e;
	b->ops = ops;
	b->path = conf_run_path(e->conf, "bridge-ctl.sock");
	b->line = ipcuv_dial(e->loop, b->path, &protocol, &line_ops, b);
	return b;
}

void bridgelink_free(struct bridgelink *b)
{
	if (!b)
		return;
	ipcuv_close(b->line);
	drop_relays(b);
	mem_free(b->path);
	mem_free(b);
}

bool bridgelink_is_up(const struct bridgelink *b)
{
	return b->up;
}

const struct bridgelink_relay *bridgelink_relays(const struct bridgelink *b, size_t *n)
{
	*n = b->nrelays;
	return b->relays;
}

bool bridgelink_publish(struct bridgelink *b, uint64_t seq, const char *event,
			const char *relay)
{
	auto_free char *text = mem_strdup(event);
	auto_free char *url = mem_strdup(relay);
	struct ipcbridge_publish body = {
		.seq = seq, .event = text, .relays = {.v = &url, .n = 1}};

	return b->up && ipcuv_send(b->line, 0, IPCBRIDGE_PUBLISH, 0, &body, NULL, 0);
}

void bridgelink_withdraw(struct bridgelink *b, uint64_t seq)
{
	struct ipcbridge_withdraw body = {.seq = seq};

	if (b->up)
		(void)ipcuv_send(b->line, 0, IPCBRIDGE_WITHDRAW, 0, &body, NULL, 0);
}

bool bridgelink_look(struct bridgelink *b, uint64_t n, const struct ipcbridge_look *what)
{
	return b->up && ipcuv_send(b->line, 0, IPCBRIDGE_LOOK, n, what, NULL, 0);
}

void bridgelink_reread(struct bridgelink *b)
{
	if (b->up)
		(void)ipcuv_send(b->line, 0, IPCBRIDGE_REREAD, 0, NULL, NULL, 0);
}
