/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/keylink.h"

#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipckey.h"
#include "lib/net/ipcuv.h"

enum { ASKED_MOST = CAP_RELAYS, NUMBER_PUBKEY = 1 };

/* A challenge that loom-keyd has been asked about. */
struct asked {
	uint64_t n; /* number of the request, 0: free */
	uint64_t tag;
};

struct keylink {
	struct ipcuv *line;
	const struct keylink_ops *ops;
	void *ctx;
	uint64_t last_n;
	struct asked asked[ASKED_MOST];
};

static const struct ipcuv_protocol protocol = {"keyd", ipckey_types, IPCKEY_TYPES,
					       IPCKEY_ERROR};

/* The tag of an answer; the place is free then. False: nobody asked. */
static bool take_asked(struct keylink *k, uint64_t n, uint64_t *tag)
{
	for (size_t i = 0; n != 0 && i < ASKED_MOST; i++) {
		if (k->asked[i].n != n)
			continue;
		*tag = k->asked[i].tag;
		k->asked[i].n = 0;
		return true;
	}
	return false;
}

static void on_open(void *ctx, uint64_t peer)
{
	struct keylink *k = ctx;

	(void)ipcuv_send(k->line, peer, IPCKEY_PUBKEY, NUMBER_PUBKEY, NULL, NULL, 0);
}

static void on_error(struct keylink *k, const struct ipcmsg *m)
{
	const struct ipc_error *e = m->body;
	uint64_t tag;

	if (take_asked(k, m->n, &tag))
		k->ops->on_auth(k->ctx, tag, NULL, e->text);
	else
		log_event(LOG_WARN, "keyd.refused", "why=%s",
			  log_text(str_of(e->text)).c);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct keylink *k = ctx;
	uint64_t tag;

	(void)peer;
	(void)fds;
	if (m->type == IPCKEY_PUBKEY_IS) {
		const struct ipckey_pubkey_is *is = m->body;

		k->ops->on_key(k->ctx, &is->pubkey);
	} else if (m->type == IPCKEY_AUTHED && take_asked(k, m->n, &tag)) {
		const struct ipckey_authed *a = m->body;

		k->ops->on_auth(k->ctx, tag, a->event, NULL);
	} else if (m->type == IPCKEY_ERROR) {
		on_error(k, m);
	} else {
		log_event(LOG_WARN, "keyd.odd_answer", "type=%s", m->desc->name);
	}
}

static void on_close(void *ctx, uint64_t peer)
{
	struct keylink *k = ctx;

	(void)peer;
	log_event(LOG_WARN, "keyd.lost", "%s", "");
	for (size_t i = 0; i < ASKED_MOST; i++) {
		uint64_t tag;

		if (take_asked(k, k->asked[i].n, &tag))
			k->ops->on_auth(k->ctx, tag, NULL, "loom-keyd is away");
	}
}

static const struct ipcuv_ops line_ops = {on_open, on_message, on_close};

struct keylink *keylink_new(uv_loop_t *loop, const char *path,
			    const struct keylink_ops *ops, void *ctx)
{
	struct keylink *k = mem_zalloc(sizeof(*k));

	k->ops = ops;
	k->ctx = ctx;
	k->last_n = NUMBER_PUBKEY;
	k->line = ipcuv_dial(loop, path, &protocol, &line_ops, k);
	return k;
}

bool keylink_auth(struct keylink *k, uint64_t tag, const char *relay,
		  struct str challenge)
{
	auto_free char *url = mem_strdup(relay);
	auto_free char *text = str_dup(challenge);
	struct ipckey_auth body = {.relay = url, .challenge = text};

	for (size_t i = 0; i < ASKED_MOST; i++) {
		if (k->asked[i].n != 0)
			continue;
		if (!ipcuv_send(k->line, 0, IPCKEY_AUTH, ++k->last_n, &body, NULL, 0))
			return false;
		k->asked[i] = (struct asked){k->last_n, tag};
		return true;
	}
	return false;
}

void keylink_close(struct keylink *k)
{
	if (!k)
		return;
	ipcuv_close(k->line);
	mem_free(k);
}
