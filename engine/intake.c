/* SPDX-License-Identifier: MIT */
/*
 * Trust line: what comes in is a stranger's, whatever the bridge has checked before. Id
 * and signature are verified again before any effect. Each event of a batch is judged in
 * its own savepoint and gets its own verdict; the answer leaves after the commit.
 */
#include "config.h"

#include "engine/intake.h"

#include "engine/admit.h"
#include "engine/cancel.h"
#include "engine/engine.h"
#include "engine/turn.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcapi.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/jobspec.h"

struct intake {
	struct engine *e;
	struct ipcuv *server;
};

/* An answer that waits for its commit. */
struct answer {
	struct intake *intake;
	uint64_t peer;
	uint64_t n;
	struct ipcintake_verdicts body;
};

static const struct ipcuv_protocol protocol = {"intake", ipcintake_types, IPCINTAKE_TYPES,
					       IPCINTAKE_ERROR};

static void send_answer(void *ctx, uint64_t arg)
{
	struct answer *a = ctx;

	(void)arg;
	(void)ipcuv_send(a->intake->server, a->peer, IPCINTAKE_VERDICTS, a->n, &a->body,
			 NULL, 0);
	ipc_texts_wipe(&a->body.verdicts);
	ipc_texts_wipe(&a->body.texts);
	mem_free(a);
}

static enum admit_verdict judge(struct engine *e, struct id32hex *name, struct str raw,
				struct str relay, struct lerr *err)
{
	auto_nevent struct nevent *ev = NULL;

	if (!e->has_worker) {
		(void)lerr_set(err, LERR_TEMP, 0, "the key is not known yet");
		return ADMIT_LATER;
	}
	if (nevent_parse(&ev, raw, err))
		return ADMIT_REFUSED;
	*name = id32_short(&ev->id);
	if (ev->kind != NKIND_CANCEL && !jobspec_is_for(ev, &e->worker))
		return ADMIT_IGNORED;
	if (nevent_verify(ev, err))
		return ADMIT_REFUSED;
	return ev->kind == NKIND_CANCEL ? cancel_request(e, ev)
					: admit_request(e, ev, raw, relay);
}

static void take_one(struct intake *i, struct answer *a, struct str raw, struct str relay)
{
	struct id32hex name = {"-"};
	struct lerr err = {0};
	enum admit_verdict verdict;

	turn_enter(i->e->turn);
	verdict = judge(i->e, &name, raw, relay, &err);
	turn_leave(i->e->turn, true);
	/* the bridge warns of a refusal when it gets this answer */
	log_event(LOG_DEBUG, "intake.event", "job=%s verdict=%s relay=%s why=%s", name.c,
		  admit_verdict_name(verdict), log_text(relay).c,
		  log_text(str_of(err.msg)).c);
	ipc_texts_add(&a->body.verdicts, str_of(admit_verdict_name(verdict)));
	ipc_texts_add(&a->body.texts, str_of(err.msg));
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct intake *i = ctx;
	const struct ipcintake_events *batch = m->body;
	struct answer *a;

	(void)fds;
	if (m->type != IPCINTAKE_EVENTS || batch->events.n != batch->relays.n) {
		(void)ipcuv_send_error(i->server, peer, m->n, LERR_INPUT,
				       "want events and as many relays");
		return;
	}
	a = mem_zalloc(sizeof(*a));
	a->intake = i;
	a->peer = peer;
	a->n = m->n;
	for (size_t k = 0; k < batch->events.n; k++)
		take_one(i, a, str_of(batch->events.v[k]), str_of(batch->relays.v[k]));
	turn_after(i->e->turn, send_answer, a, 0);
}

static const struct ipcuv_ops server_ops = {NULL, on_message, NULL};

enum lerr_code intake_open(struct intake **out, struct engine *e, uid_t web_uid,
			   struct lerr *err)
{
	auto_free char *path = conf_run_path(e->conf, "intake.sock");
	struct intake *i = mem_zalloc(sizeof(*i));
	enum lerr_code rc;

	i->e = e;
	rc = ipcuv_serve(&i->server, e->loop, path, web_uid, &protocol, &server_ops, i,
			 err);
	if (rc) {
		mem_free(i);
		return rc;
	}
	*out = i;
	return LERR_OK;
}

void intake_free(struct intake *i)
{
	if (!i)
		return;
	ipcuv_close(i->server);
	mem_free(i);
}
