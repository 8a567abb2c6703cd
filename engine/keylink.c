/* SPDX-License-Identifier: MIT */
/*
 * Trust line: loom-keyd is on the other side. The engine sends fields, never an id to be
 * signed, and checks that the id that comes back is the one it has committed.
 */
#include "config.h"

#include "engine/keylink.h"

#include "engine/engine.h"
#include "engine/waits.h"
#include "lib/base/conf.h"
#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/nevent.h"

#include <inttypes.h>

enum request {
	ASK_PUBKEY,
	ASK_SIGN,
	ASK_OPEN,
	ASK_P2PK,
};

struct keylink {
	struct engine *e;
	const struct keylink_ops *ops;
	struct ipcuv *line;
	char *path;
	struct waits waits;
	bool up; /* connected and the key is known */
};

static const struct ipcuv_protocol protocol = {"keyd", ipckey_types, IPCKEY_TYPES,
					       IPCKEY_ERROR};

static void forget_all(struct keylink *k)
{
	waits_clear(&k->waits);
	k->up = false;
}

static void on_open(void *ctx, uint64_t peer)
{
	struct keylink *k = ctx;

	(void)peer;
	forget_all(k);
	(void)ipcuv_send(k->line, 0, IPCKEY_PUBKEY, waits_add(&k->waits, ASK_PUBKEY, 0),
			 NULL, NULL, 0);
}

static void on_close(void *ctx, uint64_t peer)
{
	struct keylink *k = ctx;

	(void)peer;
	if (k->up)
		log_event(LOG_WARN, "keyd.lost", "%s", "");
	forget_all(k);
}

static void take_pubkey(struct keylink *k, const struct ipckey_pubkey_is *is)
{
	struct engine *e = k->e;

	if (e->has_worker && !id32_eq(&e->worker, &is->pubkey)) {
		/* jobs in the ledger belong to the other key: nothing may be signed. The
		 * line stays, unused: another loom-keyd comes over another one */
		log_event(LOG_WARN, "keyd.other_key", "ours=%s theirs=%s",
			  id32_short(&e->worker).c, id32_short(&is->pubkey).c);
		return;
	}
	e->worker = is->pubkey;
	e->has_worker = true;
	k->up = true;
	log_event(LOG_INFO, "keyd.up", "worker=%s", id32_short(&e->worker).c);
	k->ops->on_up(e);
}

static void give_p2pk(struct keylink *k, uint64_t ref, const struct ipckey_p2pk_signed *s,
		      const struct lerr *err)
{
	if (k->ops->on_p2pk)
		k->ops->on_p2pk(k->e, ref, s, err);
}

static void take_error(struct keylink *k, const struct waits_one *asked,
		       const struct ipc_error *body)
{
	struct lerr err = {0};

	(void)ipc_error_read(body, &err);
	if (asked->kind == ASK_OPEN)
		k->ops->on_opened(k->e, asked->ref, NULL, &err);
	else if (asked->kind == ASK_SIGN)
		k->ops->on_signed(k->e, asked->ref, NULL, &err);
	else if (asked->kind == ASK_P2PK)
		give_p2pk(k, asked->ref, NULL, &err);
	else
		ipcuv_hang_up(k->line, 0);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct keylink *k = ctx;
	struct waits_one asked;

	(void)peer;
	(void)fds;
	if (!waits_take(&k->waits, m->n, &asked))
		asked.kind = UINT32_MAX;
	if (m->type == IPCKEY_PUBKEY_IS && asked.kind == ASK_PUBKEY)
		take_pubkey(k, m->body);
	else if (m->type == IPCKEY_SIGNED && asked.kind == ASK_SIGN)
		k->ops->on_signed(k->e, asked.ref, m->body, NULL);
	else if (m->type == IPCKEY_OPENED && asked.kind == ASK_OPEN)
		k->ops->on_opened(k->e, asked.ref, m->body, NULL);
	else if (m->type == IPCKEY_P2PK_SIGNED && asked.kind == ASK_P2PK)
		give_p2pk(k, asked.ref, m->body, NULL);
	else if (m->type == IPCKEY_ERROR && asked.kind != UINT32_MAX)
		take_error(k, &asked, m->body);
	else
		log_event(LOG_WARN, "keyd.odd_answer", "type=%s", m->desc->name);
}

static const struct ipcuv_ops line_ops = {on_open, on_message, on_close};

struct keylink *keylink_new(struct engine *e, const struct keylink_ops *ops)
{
	struct keylink *k = mem_zalloc(sizeof(*k));

	k->e = e;
	k->ops = ops;
	k->path = conf_run_path(e->conf, "keyd-engine.sock");
	k->line = ipcuv_dial(e->loop, k->path, &protocol, &line_ops, k);
	return k;
}

void keylink_free(struct keylink *k)
{
	if (!k)
		return;
	ipcuv_close(k->line);
	mem_free(k->path);
	mem_free(k);
}

bool keylink_is_up(const struct keylink *k)
{
	return k->up;
}

bool keylink_sign(struct keylink *k, uint64_t ref, const struct nevent *ev)
{
	auto_buf struct buf tags = BUF_INIT(CAP_OUR_EVENT_BYTES);
	auto_free char *content = str_dup(ev->content);
	struct ipckey_sign body = {
		.kind = ev->kind, .created_at = ev->created_at, .content = content};
	uint64_t n = k->up ? waits_add(&k->waits, ASK_SIGN, ref) : 0;

	if (n == 0)
		return false;
	nevent_write_tags(&tags, ev);
	buf_add(&tags, "", 0);
	body.tags = tags.p;
	return ipcuv_send(k->line, 0, IPCKEY_SIGN, n, &body, NULL, 0);
}

bool keylink_open(struct keylink *k, uint64_t ref, struct str request)
{
	auto_free char *event = str_dup(request);
	struct ipckey_open body = {.event = event};
	uint64_t n = k->up ? waits_add(&k->waits, ASK_OPEN, ref) : 0;

	if (n == 0)
		return false;
	return ipcuv_send(k->line, 0, IPCKEY_OPEN, n, &body, NULL, 0);
}

/* ---- ecash */

static void add_ephemeral(struct ipc_texts *out, const struct cashuproof *p)
{
	struct ecpointhex hex = {""};

	if (p->has_ephemeral)
		hex = ecpoint_hex(&p->ephemeral);
	ipc_texts_add(out, str_of(hex.c));
}

bool keylink_p2pk(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		  size_t n)
{
	struct ipckey_p2pk body = {.secrets = {NULL, 0}};
	uint64_t number = k->up ? waits_add(&k->waits, ASK_P2PK, ref) : 0;
	bool sent;

	INVARIANT(n <= CAP_TOKEN_PROOFS);
	if (number == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		ipc_texts_add(&body.secrets, str_of(proofs[i].secret));
		add_ephemeral(&body.ephemerals, &proofs[i]);
	}
	sent = ipcuv_send(k->line, 0, IPCKEY_P2PK, number, &body, NULL, 0);
	ipc_texts_wipe(&body.secrets);
	ipc_texts_wipe(&body.ephemerals);
	return sent;
}

static void add_output(struct ipc_texts *out, const struct p2pk_output *o)
{
	auto_buf struct buf text = BUF_INIT(100);

	buf_addf(&text, "%" PRIu64 ":%s", o->amount, ecpoint_hex(&o->blinded).c);
	ipc_texts_add(out, buf_str(&text));
}

static void wipe_all(struct ipckey_p2pk_all *body)
{
	ipc_texts_wipe(&body->secrets);
	ipc_texts_wipe(&body->cs);
	ipc_texts_wipe(&body->ephemerals);
	ipc_texts_wipe(&body->outputs);
}

bool keylink_p2pk_all(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		      size_t n, const struct p2pk_output *outputs, size_t noutputs,
		      struct str quote)
{
	auto_free char *id = str_dup(quote);
	struct ipckey_p2pk_all body = {.quote = id};
	uint64_t number = k->up ? waits_add(&k->waits, ASK_P2PK, ref) : 0;
	bool sent;

	INVARIANT(n <= CAP_TOKEN_PROOFS && noutputs <= CAP_TOKEN_PROOFS);
	if (number == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		ipc_texts_add(&body.secrets, str_of(proofs[i].secret));
		ipc_texts_add(&body.cs, str_of(ecpoint_hex(&proofs[i].c).c));
		add_ephemeral(&body.ephemerals, &proofs[i]);
	}
	for (size_t i = 0; i < noutputs; i++)
		add_output(&body.outputs, &outputs[i]);
	sent = ipcuv_send(k->line, 0, IPCKEY_P2PK_ALL, number, &body, NULL, 0);
	wipe_all(&body);
	return sent;
}
