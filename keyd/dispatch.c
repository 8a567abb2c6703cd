/* SPDX-License-Identifier: MIT */
/*
 * Called by server.c for every frame. The mask is looked at before anything else of the
 * request is; the size after it. Another type than those of the table does not exist. One
 * call is one answer, nothing is remembered between two.
 */
#include "config.h"

#include "keyd/dispatch.h"

#include "keyd/p2psign.h"
#include "keyd/signev.h"
#include "keyd/unwrap.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"

#include <string.h>

static enum lerr_code do_pubkey(union dispatch_body *out, const struct keyring *keys,
				const void *req, uint64_t now, struct lerr *err)
{
	(void)req;
	(void)now;
	(void)err;
	out->pubkey.pubkey = keys->worker.pubkey;
	out->pubkey.upload_pubkey = keys->upload.pubkey;
	return LERR_OK;
}

static enum lerr_code do_sign(union dispatch_body *out, const struct keyring *keys,
			      const void *req, uint64_t now, struct lerr *err)
{
	return signev_sign(&out->sign, keys, req, now, err);
}

static enum lerr_code do_open(union dispatch_body *out, const struct keyring *keys,
			      const void *req, uint64_t now, struct lerr *err)
{
	(void)now;
	return unwrap_open(&out->opened, keys, req, err);
}

static enum lerr_code do_auth(union dispatch_body *out, const struct keyring *keys,
			      const void *req, uint64_t now, struct lerr *err)
{
	return signev_auth(&out->authed, keys, req, now, err);
}

static enum lerr_code do_p2pk(union dispatch_body *out, const struct keyring *keys,
			      const void *req, uint64_t now, struct lerr *err)
{
	(void)now;
	return p2psign_inputs(&out->p2pk, keys, req, err);
}

static enum lerr_code do_p2pk_all(union dispatch_body *out, const struct keyring *keys,
				  const void *req, uint64_t now, struct lerr *err)
{
	(void)now;
	return p2psign_all(&out->p2pk, keys, req, err);
}

enum { POINT_HEX = 66, AMOUNT_DIGITS = 20 };

static const struct op {
	enum ipckey_type type;
	size_t max; /* bytes of all its texts together */
	unsigned int need;
	enum ipckey_type answer;
	enum lerr_code (*fn)(union dispatch_body *out, const struct keyring *keys,
			     const void *req, uint64_t now, struct lerr *err);
} ops[] = {
	{IPCKEY_PUBKEY, 0, DISPATCH_PUBKEY, IPCKEY_PUBKEY_IS, do_pubkey},
	{IPCKEY_SIGN, CAP_OUR_EVENT_BYTES, DISPATCH_SIGN, IPCKEY_SIGNED, do_sign},
	{IPCKEY_OPEN, CAP_EVENT_BYTES, DISPATCH_OPEN, IPCKEY_OPENED, do_open},
	{IPCKEY_AUTH, CAP_URL_BYTES + CAP_CHALLENGE_BYTES, DISPATCH_AUTH, IPCKEY_AUTHED,
	 do_auth},
	{IPCKEY_P2PK, CAP_TOKEN_PROOFS *(CAP_CASHU_SECRET + POINT_HEX), DISPATCH_P2PK,
	 IPCKEY_P2PK_SIGNED, do_p2pk},
	{IPCKEY_P2PK_ALL,
	 CAP_TOKEN_PROOFS *(CAP_CASHU_SECRET + 3 * POINT_HEX + AMOUNT_DIGITS + 1) +
		 IPCKEY_QUOTE_BYTES,
	 DISPATCH_P2PK, IPCKEY_P2PK_SIGNED, do_p2pk_all},
};

static const struct op *find_op(size_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (ops[i].type == type)
			return &ops[i];
	return NULL;
}

static size_t count_field(const void *at, enum ipc_kind kind)
{
	struct ipc_texts list;
	char *text;
	size_t n = 0;

	if (kind == IPC_TEXT) {
		memcpy(&text, at, sizeof(text));
		n = strlen(text);
	} else if (kind == IPC_TEXTS) {
		memcpy(&list, at, sizeof(list));
		for (size_t i = 0; i < list.n; i++)
			n += strlen(list.v[i]);
	}
	return n;
}

static size_t count_text(const struct ipcmsg *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->desc->nfields; i++) {
		const struct ipc_field *f = &m->desc->fields[i];

		n += count_field((const char *)m->body + f->offset, f->kind);
	}
	return n;
}

static enum lerr_code check(const struct op *op, unsigned int may, const struct ipcmsg *m,
			    struct lerr *err)
{
	if (!op)
		return lerr_set(err, LERR_DENIED, 0, "%s is no request", m->desc->name);
	if ((may & op->need) != op->need)
		return lerr_set(err, LERR_DENIED, 0, "this socket may not ask %s",
				m->desc->name);
	if (count_text(m) > op->max)
		return lerr_set(err, LERR_LIMIT, 0, "%s of more than %zu bytes",
				m->desc->name, op->max);
	if (op->type == IPCKEY_SIGN &&
	    !signev_is_known(((const struct ipckey_sign *)m->body)->kind))
		return lerr_set(err, LERR_DENIED, 0, "a kind that is not signed here");
	return LERR_OK;
}

enum dispatch_verdict dispatch_run(struct dispatch_answer *out,
				   const struct keyring *keys, unsigned int may,
				   const struct ipcmsg *m, uint64_t now, struct lerr *err)
{
	const struct op *op = find_op(m->type);

	if (check(op, may, m, err))
		return DISPATCH_ILLEGAL;
	memset(out, 0, sizeof(*out));
	out->type = op->answer;
	return op->fn(&out->body, keys, m->body, now, err) ? DISPATCH_REFUSED
							   : DISPATCH_ANSWERED;
}

void dispatch_wipe(struct dispatch_answer *a)
{
	if (a->type == IPCKEY_OPENED) {
		ipc_texts_wipe(&a->body.opened.names);
		ipc_texts_wipe(&a->body.opened.values);
	} else if (a->type == IPCKEY_AUTHED) {
		mem_free(a->body.authed.event);
	} else if (a->type == IPCKEY_P2PK_SIGNED) {
		ipc_texts_wipe(&a->body.p2pk.signatures);
	}
	mem_wipe(a, sizeof(*a));
}
