/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/control.h"

#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/ipcuv.h"

#include <string.h>

struct control {
	struct ipcuv *server;
	const struct control_ops *ops;
	void *ctx;
	uint64_t peers[CAP_IPC_CLIENTS]; /* 0: free */
};

static const struct ipcuv_protocol protocol = {"bridge", ipcbridge_types, IPCBRIDGE_TYPES,
					       IPCBRIDGE_ERROR};

static void note_peer(struct control *c, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < CAP_IPC_CLIENTS; i++) {
		if (c->peers[i] != from)
			continue;
		c->peers[i] = to;
		return;
	}
}

static void send_state(struct control *c, uint64_t peer, size_t i)
{
	struct ipcbridge_relay body = {.url = NULL};

	c->ops->state(c->ctx, i, &body);
	(void)ipcuv_send(c->server, peer, IPCBRIDGE_RELAY, 0, &body, NULL, 0);
}

static void on_open(void *ctx, uint64_t peer)
{
	struct control *c = ctx;
	struct ipcbridge_ready ready = {.relays = {.v = NULL, .n = 0}};
	size_t n;

	log_event(LOG_INFO, "engine.up", "peer=%llu", (unsigned long long)peer);
	note_peer(c, 0, peer);
	c->ops->list(c->ctx, &ready.relays);
	n = ready.relays.n;
	(void)ipcuv_send(c->server, peer, IPCBRIDGE_READY, 0, &ready, NULL, 0);
	ipc_texts_wipe(&ready.relays);
	for (size_t i = 0; i < n; i++)
		send_state(c, peer, i);
}

static void ask(struct control *c, uint64_t peer, const struct ipcmsg *m)
{
	struct lerr err = {0};
	enum lerr_code rc = c->ops->look(c->ctx, peer, m->n, m->body, &err);

	if (rc)
		(void)ipcuv_send_error(c->server, peer, m->n, rc, err.msg);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct control *c = ctx;

	(void)fds;
	if (m->type == IPCBRIDGE_PUBLISH) {
		c->ops->publish(c->ctx, peer, m->body);
	} else if (m->type == IPCBRIDGE_WITHDRAW) {
		const struct ipcbridge_withdraw *w = m->body;

		c->ops->withdraw(c->ctx, peer, w->seq);
	} else if (m->type == IPCBRIDGE_LOOK) {
		ask(c, peer, m);
	} else if (m->type == IPCBRIDGE_REREAD) {
		c->ops->reread(c->ctx);
	} else {
		(void)ipcuv_send_error(c->server, peer, m->n, LERR_INPUT,
				       "this message is ours to send");
	}
}

static void on_close(void *ctx, uint64_t peer)
{
	struct control *c = ctx;

	log_event(LOG_INFO, "engine.lost", "peer=%llu", (unsigned long long)peer);
	note_peer(c, peer, 0);
	c->ops->hang_up(c->ctx, peer);
}

static const struct ipcuv_ops server_ops = {on_open, on_message, on_close};

enum lerr_code control_open(struct control **out, uv_loop_t *loop, const char *path,
			    uid_t friend_uid, const struct control_ops *ops, void *ctx,
			    struct lerr *err)
{
	struct control *c = mem_zalloc(sizeof(*c));
	enum lerr_code rc;

	c->ops = ops;
	c->ctx = ctx;
	rc = ipcuv_serve(&c->server, loop, path, friend_uid, &protocol, &server_ops, c,
			 err);
	if (rc) {
		mem_free(c);
		return rc;
	}
	*out = c;
	return LERR_OK;
}

void control_tell_state(struct control *c, size_t i)
{
	for (size_t k = 0; k < CAP_IPC_CLIENTS; k++)
		if (c->peers[k])
			send_state(c, c->peers[k], i);
}

void control_receipt(struct control *c, uint64_t peer, uint64_t seq, const char *url,
		     const char *verdict, const char *text)
{
	auto_free char *u = mem_strdup(url);
	auto_free char *v = mem_strdup(verdict);
	auto_free char *t = mem_strdup(text);
	struct ipcbridge_receipt body = {.seq = seq, .relay = u, .verdict = v, .text = t};

	(void)ipcuv_send(c->server, peer, IPCBRIDGE_RECEIPT, 0, &body, NULL, 0);
}

void control_found(struct control *c, uint64_t peer, uint64_t n,
		   const struct ipcbridge_found *found)
{
	(void)ipcuv_send(c->server, peer, IPCBRIDGE_FOUND, n, found, NULL, 0);
}

void control_close(struct control *c)
{
	if (!c)
		return;
	ipcuv_close(c->server);
	mem_free(c);
}
