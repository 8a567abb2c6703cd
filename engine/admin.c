/* SPDX-License-Identifier: MIT */
/*
 * Trust line: whoever reaches this socket is root or the engine itself (ipcuv_serve()
 * looks at the uid). Answers leave after the commit of what they tell.
 *
 * A verb is a row of `verbs`: it writes a document, or names the operation whose end is
 * the answer.
 */
#include "config.h"

#include "engine/admin.h"

#include "engine/doc.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/money/export.h"
#include "engine/money/import.h"
#include "engine/money/money.h"
#include "engine/money/restore.h"
#include "engine/money/seedkeep.h"
#include "engine/money/lnaddr.h"
#include "engine/money/melt.h"
#include "engine/money/mints.h"
#include "engine/money/walletdoc.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcadmin.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/bolt11.h"
#include "lib/store/dbbook.h"

#include <string.h>

enum { FOLDER_MODE = 0711 };

struct waiter {
	uint64_t op;
	uint64_t peer;
	uint64_t n;
};

struct admin {
	struct engine *e;
	struct ipcuv *server;
	struct waiter waiters[CAP_ADMIN_WAITERS];
	size_t nwaiters;
};

static const struct ipcuv_protocol protocol = {"admin", ipcadmin_types, IPCADMIN_TYPES,
					       IPCADMIN_ERROR};

/* ---- verbs */

/* What a verb says. */
struct says {
	struct buf doc;
	uint64_t op; /* not 0: the answer is its end */
};

static enum lerr_code do_wallet(struct money *m, const void *body, struct says *out,
				struct lerr *err)
{
	(void)body;
	(void)err;
	walletdoc_wallet(&out->doc, m);
	return LERR_OK;
}

static enum lerr_code do_history(struct money *m, const void *body, struct says *out,
				 struct lerr *err)
{
	const struct ipcadmin_history *q = body;

	(void)err;
	walletdoc_history(&out->doc, m, q->limit, q->cursor);
	return LERR_OK;
}

static enum lerr_code do_pays(struct money *m, const void *body, struct says *out,
			      struct lerr *err)
{
	const struct ipcadmin_pays *q = body;

	(void)err;
	walletdoc_pays(&out->doc, m, q->open, q->limit, q->cursor);
	return LERR_OK;
}

static enum lerr_code do_pay(struct money *m, const void *body, struct says *out,
			     struct lerr *err)
{
	const struct ipcadmin_pay *q = body;

	return walletdoc_pay(&out->doc, m, q->op, err);
}

static enum lerr_code do_tokens(struct money *m, const void *body, struct says *out,
				struct lerr *err)
{
	const struct ipcadmin_tokens *q = body;

	(void)err;
	walletdoc_tokens(&out->doc, m, q->limit, q->cursor);
	return LERR_OK;
}

static enum lerr_code do_token(struct money *m, const void *body, struct says *out,
			       struct lerr *err)
{
	const struct ipcadmin_token *q = body;

	return walletdoc_token(&out->doc, m, q->token, err);
}

static enum lerr_code do_seed(struct money *m, const void *body, struct says *out,
			      struct lerr *err)
{
	auto_secret_buf struct buf words = BUF_INIT(512);

	(void)body;
	(void)err;
	seedkeep_words(m, &words);
	doc_open(&out->doc, NULL, '{');
	doc_text(&out->doc, "words", buf_str(&words));
	doc_close(&out->doc, '}');
	return LERR_OK;
}

static enum lerr_code do_check(struct money *m, const void *body, struct says *out,
			       struct lerr *err)
{
	struct lerr why = {0};
	enum lerr_code rc = dbbook_check(m->e->db, &why);

	(void)body;
	(void)err;
	doc_open(&out->doc, NULL, '{');
	doc_bool(&out->doc, "good", rc == LERR_OK);
	doc_c(&out->doc, "why", why.msg);
	doc_close(&out->doc, '}');
	return LERR_OK;
}

static enum lerr_code do_export(struct money *m, const void *body, struct says *out,
				struct lerr *err)
{
	const struct ipcadmin_export *q = body;
	uint64_t token = 0;
	enum lerr_code rc =
		export_amount(m, &out->op, &token, str_of(q->mint), q->amount, err);

	if (!rc && !out->op)
		walletdoc_end(&out->doc, m, 0, token);
	return rc;
}

static enum lerr_code do_reclaim(struct money *m, const void *body, struct says *out,
				 struct lerr *err)
{
	const struct ipcadmin_reclaim *q = body;

	return export_reclaim(m, &out->op, q->token, err);
}

static enum lerr_code do_import(struct money *m, const void *body, struct says *out,
				struct lerr *err)
{
	const struct ipcadmin_import *q = body;

	return import_token(m, &out->op, str_of(q->token), err);
}

static enum lerr_code do_restore(struct money *m, const void *body, struct says *out,
				 struct lerr *err)
{
	const struct ipcadmin_restore *q = body;
	enum lerr_code rc = restore_start(m, str_of(q->words), err);

	if (!rc)
		restore_write(&out->doc, m);
	return rc;
}

static enum lerr_code do_restoring(struct money *m, const void *body, struct says *out,
				   struct lerr *err)
{
	(void)body;
	(void)err;
	restore_write(&out->doc, m);
	return LERR_OK;
}

static const struct {
	size_t type;
	enum lerr_code (*fn)(struct money *m, const void *body, struct says *out,
			     struct lerr *err);
} verbs[] = {
	{IPCADMIN_WALLET, do_wallet},   {IPCADMIN_HISTORY, do_history},
	{IPCADMIN_PAYS, do_pays},       {IPCADMIN_PAY, do_pay},
	{IPCADMIN_TOKENS, do_tokens},   {IPCADMIN_TOKEN, do_token},
	{IPCADMIN_EXPORT, do_export},   {IPCADMIN_RECLAIM, do_reclaim},
	{IPCADMIN_IMPORT, do_import},   {IPCADMIN_SEED, do_seed},
	{IPCADMIN_RESTORE, do_restore}, {IPCADMIN_RESTORING, do_restoring},
	{IPCADMIN_CHECK, do_check},
};

/* ---- answers */

/* One that waits for the commit. */
struct reply {
	struct admin *a;
	uint64_t peer;
	uint64_t n;
	struct buf doc;
};

static void send_document(struct admin *a, uint64_t peer, uint64_t n, struct buf *doc)
{
	struct ipcadmin_document body = {.body = doc->p};

	if (buf_over(doc))
		(void)ipcuv_send_error(a->server, peer, n, LERR_LIMIT,
				       "the answer is too large: ask for fewer rows");
	else
		(void)ipcuv_send(a->server, peer, IPCADMIN_DOCUMENT, n, &body, NULL, 0);
}

static void send_reply(void *ctx, uint64_t arg)
{
	struct reply *r = ctx;

	(void)arg;
	send_document(r->a, r->peer, r->n, &r->doc);
	buf_wipe(&r->doc);
	mem_free(r);
}

static void reply_later(struct admin *a, uint64_t peer, uint64_t n, struct buf *doc)
{
	struct reply *r = mem_zalloc(sizeof(*r));

	*r = (struct reply){.a = a, .peer = peer, .n = n, .doc = *doc};
	buf_init(doc, CAP_ADMIN_DOCUMENT);
	turn_after(a->e->turn, send_reply, r, 0);
}

void admin_ended(struct engine *e, uint64_t op)
{
	struct admin *a = e->admin;

	for (size_t i = a ? a->nwaiters : 0; i > 0; i--) {
		struct waiter w = a->waiters[i - 1];
		auto_secret_buf struct buf doc = BUF_INIT(CAP_ADMIN_DOCUMENT);

		if (w.op != op)
			continue;
		a->waiters[i - 1] = a->waiters[--a->nwaiters];
		walletdoc_end(&doc, e->money, op, 0);
		send_document(a, w.peer, w.n, &doc);
	}
}

static void wait_for(struct admin *a, uint64_t peer, uint64_t n, struct says *s)
{
	if (a->nwaiters < CAP_ADMIN_WAITERS) {
		a->waiters[a->nwaiters++] = (struct waiter){s->op, peer, n};
		return;
	}
	/* it goes on all the same; its state tells */
	walletdoc_end(&s->doc, a->e->money, s->op, 0);
	reply_later(a, peer, n, &s->doc);
}

/* ---- withdrawals: an invoice, then a quote, then an operation */

struct withdrawal {
	struct admin *a;
	uint64_t peer;
	uint64_t n;
	uint64_t mint;
	uint64_t amount;
	bool has_max_fee;
	uint64_t max_fee;
	char target[160];
};

static void end_withdrawal(struct withdrawal *w, const struct lerr *err)
{
	if (err)
		(void)ipcuv_send_error(w->a->server, w->peer, w->n, err->code, err->msg);
	mem_free(w);
}

static void on_journalled(struct money *m, void *ctx, uint64_t op, const struct lerr *err)
{
	struct withdrawal *w = ctx;
	struct says s = {BUF_INIT(CAP_ADMIN_DOCUMENT), op};

	(void)m;
	if (!err)
		wait_for(w->a, w->peer, w->n, &s);
	buf_wipe(&s.doc);
	end_withdrawal(w, err);
}

static enum lerr_code pay_invoice(struct money *m, struct withdrawal *w,
				  struct str invoice, const char *target,
				  struct lerr *err)
{
	struct bolt11 b;
	struct melt_ask ask = {.invoice = invoice,
			       .mint = w->mint,
			       .max_fee = w->max_fee,
			       .target = target};
	enum lerr_code rc = bolt11_parse(&b, invoice, err);

	if (rc)
		return rc;
	if (!w->has_max_fee)
		ask.max_fee = melt_fee_cap(m, b.amount_msat / 1000);
	return melt_pay(m, &ask, on_journalled, w, err);
}

static void on_invoice(struct money *m, void *ctx, struct str invoice,
		       const struct lerr *err)
{
	struct withdrawal *w = ctx;
	struct lerr why = {0};

	if (err)
		end_withdrawal(w, err);
	else if (pay_invoice(m, w, invoice, w->target, &why))
		end_withdrawal(w, &why);
}

static bool is_invoice(struct str target)
{
	struct bolt11 b;

	return bolt11_parse(&b, target, NULL) == LERR_OK;
}

static enum lerr_code withdraw(struct money *m, struct withdrawal *w, struct str target,
			       struct lerr *err)
{
	if (is_invoice(target)) {
		if (w->amount)
			return lerr_set(err, LERR_INPUT, 0, "an invoice has its amount");
		return pay_invoice(m, w, target, "invoice", err);
	}
	if (w->amount == 0)
		return lerr_set(err, LERR_INPUT, 0,
				"neither an invoice nor an address with an amount");
	str_copy(w->target, sizeof(w->target), target);
	return lnaddr_invoice(m, target, w->amount, on_invoice, w, err);
}

static void do_withdraw(struct admin *a, uint64_t peer, const struct ipcmsg *msg)
{
	const struct ipcadmin_withdraw *q = msg->body;
	struct money *m = a->e->money;
	struct mint *mint = q->mint[0] ? mints_find(m->mints, str_of(q->mint)) : NULL;
	struct withdrawal *w = mem_zalloc(sizeof(*w));
	struct lerr err = {0};

	*w = (struct withdrawal){.a = a,
				 .peer = peer,
				 .n = msg->n,
				 .mint = mint ? mint->number : 0,
				 .amount = q->amount,
				 .has_max_fee = q->has_max_fee,
				 .max_fee = q->max_fee};
	if (q->mint[0] && !mint)
		(void)lerr_set(&err, LERR_GONE, 0, "no such mint: %.100s", q->mint);
	else if (withdraw(m, w, str_of(q->target), &err) == LERR_OK)
		return;
	end_withdrawal(w, &err);
}

/* ---- one request */

/* Does it move money? */
static bool may_not_yet(size_t type)
{
	return type == IPCADMIN_EXPORT || type == IPCADMIN_RECLAIM ||
	       type == IPCADMIN_IMPORT || type == IPCADMIN_WITHDRAW ||
	       type == IPCADMIN_RESTORE;
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct admin *a = ctx;
	struct says s = {BUF_INIT(CAP_ADMIN_DOCUMENT), 0};
	struct lerr err = {0};
	enum lerr_code rc = lerr_set(&err, LERR_INPUT, 0, "not a request");

	(void)fds;
	/* whose ledger this is comes first (epoch.h) */
	if (!epoch_is_open(a->e->epoch) && may_not_yet(m->type)) {
		(void)ipcuv_send_error(a->server, peer, m->n, LERR_TEMP,
				       "not before the relays were asked about this key");
		return;
	}
	if (m->type == IPCADMIN_WITHDRAW) {
		do_withdraw(a, peer, m);
		return;
	}
	turn_enter(a->e->turn);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].type == m->type)
			rc = verbs[i].fn(a->e->money, m->body, &s, &err);
	turn_leave(a->e->turn, rc == LERR_OK);
	if (rc)
		(void)ipcuv_send_error(a->server, peer, m->n, rc, err.msg);
	else if (s.op)
		wait_for(a, peer, m->n, &s);
	else
		reply_later(a, peer, m->n, &s.doc);
	buf_wipe(&s.doc);
}

static void on_close(void *ctx, uint64_t peer)
{
	struct admin *a = ctx;

	for (size_t i = a->nwaiters; i > 0; i--)
		if (a->waiters[i - 1].peer == peer)
			a->waiters[i - 1] = a->waiters[--a->nwaiters];
}

static const struct ipcuv_ops server_ops = {NULL, on_message, on_close};

/* ---- life */

enum lerr_code admin_open(struct admin **out, struct engine *e, uid_t own_uid,
			  struct lerr *err)
{
	/* in a folder of its own, which loom-runner, root too, does not see */
	auto_free char *folder = conf_run_path(e->conf, "admin");
	auto_free char *path = conf_run_path(e->conf, "admin/admin.sock");
	struct admin *a = mem_zalloc(sizeof(*a));
	enum lerr_code rc = fdio_make_folder(folder, FOLDER_MODE, err);

	a->e = e;
	if (!rc)
		rc = ipcuv_serve(&a->server, e->loop, path, own_uid, &protocol,
				 &server_ops, a, err);
	if (rc) {
		mem_free(a);
		return rc;
	}
	*out = a;
	return LERR_OK;
}

void admin_free(struct admin *a)
{
	if (!a)
		return;
	ipcuv_close(a->server);
	mem_free(a);
}
