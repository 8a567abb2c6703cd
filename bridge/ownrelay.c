/* SPDX-License-Identifier: MIT */
/*
 * Trust line: frames from strangers. Cheap checks come before dear ones: rate, shape,
 * size and time, whether it concerns the worker, whether it is there already; then id
 * and signature. Nothing here may answer OK true before turn.h has committed.
 */
#include "config.h"

#include "bridge/ownrelay.h"

#include "bridge/bucket.h"
#include "bridge/owngate.h"
#include "bridge/owninfo.h"
#include "bridge/ownsub.h"
#include "bridge/ownserver.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nframe.h"

#include <string.h>
#include <sys/statvfs.h>

enum {
	SWEEP_MS = 1000,
	SWEEPS_MOST = 16, /* times 64 events, in one go */
	BURST = 5,        /* times the rate */
	REQ_BURST = 4,
	CODE_POLICY = 1008,
};

struct client {
	struct client *next;
	uint64_t id;
	struct bucket events;
	struct bucket reqs;
	unsigned int bad_frames;
};

/* Whom to tell about an event. */
struct source {
	uint64_t client; /* 0: the engine */
	uint64_t tag;    /* of the engine's */
};

/* An answer that waits for its commit. */
struct pending {
	struct pending *next;
	struct source from;
	struct id32 id;
	const char *text;  /* of OK true, a literal */
	struct nevent *ev; /* to be told live; NULL for a duplicate */
	struct buf json;
	bool owed;
};

struct ownrelay {
	struct ownrelay_setup set;
	const struct ownrelay_ops *ops;
	void *ctx;
	struct ownserver *server;
	struct ownsub *subs;
	struct client *clients;
	struct pending *first;
	struct pending **last;
	bool has_worker;
	struct id32 worker;
	uint64_t told_seq; /* stored up to here, and told */
	uv_timer_t sweep;
	bool disk_full;
	bool overfull;
	bool shut;
};

/* ---- frames out */

static void send_frame(struct ownrelay *o, uint64_t client, const struct buf *frame)
{
	(void)ownserver_send(o->server, client, buf_str(frame));
}

static void send_notice(struct ownrelay *o, uint64_t client, const char *text)
{
	auto_buf struct buf b = BUF_INIT(CAP_OWN_FRAME);

	nframe_write_notice(&b, str_of(text));
	send_frame(o, client, &b);
}

static void send_closed(struct ownrelay *o, uint64_t client, struct str sub,
			const char *text)
{
	auto_buf struct buf b = BUF_INIT(CAP_OWN_FRAME);

	nframe_write_closed(&b, sub, str_of(text));
	send_frame(o, client, &b);
}

/* The one answer to an event: OK to a client, on_published to the engine. */
static void tell(struct ownrelay *o, const struct source *from, const struct id32 *id,
		 bool accepted, const char *text)
{
	auto_buf struct buf b = BUF_INIT(CAP_OWN_FRAME);

	if (from->client == 0) {
		o->ops->on_published(o->ctx, from->tag, accepted, text);
		return;
	}
	nframe_write_ok(&b, id, accepted, str_of(text));
	send_frame(o, from->client, &b);
}

/* ---- answers that wait for the commit */

static struct pending *add_pending(struct ownrelay *o, const struct source *from,
				   const struct id32 *id, const char *text)
{
	struct pending *p = mem_zalloc(sizeof(*p));

	p->from = *from;
	p->id = *id;
	p->text = text;
	buf_init(&p->json, CAP_EVENT_BYTES);
	*o->last = p;
	o->last = &p->next;
	return p;
}

static void free_pending(struct pending *p)
{
	nevent_free(p->ev);
	buf_free(&p->json);
	mem_free(p);
}

static void finish_pending(struct ownrelay *o, struct pending *p, bool *owed)
{
	tell(o, &p->from, &p->id, true, p->text);
	if (p->ev)
		ownsub_live(o->subs, p->ev, buf_str(&p->json));
	*owed = *owed || p->owed;
	free_pending(p);
}

void ownrelay_committed(struct ownrelay *o)
{
	struct pending *p = o->first;
	bool owed = false;

	o->first = NULL;
	o->last = &o->first;
	o->told_seq = relaystore_last_seq(o->set.store);
	while (p) {
		struct pending *next = p->next;

		finish_pending(o, p, &owed);
		p = next;
	}
	if (owed && !o->shut)
		o->ops->on_owed(o->ctx);
}

/* ---- EVENT */

static void log_refused(const struct source *from, const struct nevent *ev,
			const char *text)
{
	log_event(LOG_INFO, "own.refused", "client=%llu event=%s kind=%u why=%s",
		  (unsigned long long)from->client, id32_short(&ev->id).c, ev->kind,
		  log_text(str_of(text)).c);
}

static const char *refuse_now(const struct ownrelay *o, const struct nevent *ev)
{
	if (!o->has_worker)
		return "error: the relay is starting, try again in a moment";
	if (o->disk_full)
		return "error: the relay's disk is full";
	if (owngate_is_inbox(ev) && relaystore_count_owed(o->set.store) >= CAP_OWN_OWED)
		return "rate-limited: the worker has a backlog, try again later";
	if (o->overfull && !id32_eq(&ev->pubkey, &o->worker))
		return "rate-limited: the relay is full, try again later";
	return NULL;
}

/* Ephemeral events are told and forgotten. */
static void pass_on(struct ownrelay *o, const struct source *from,
		    const struct nevent *ev, struct str json)
{
	tell(o, from, &ev->id, true, "");
	ownsub_live(o->subs, ev, json);
}

/* Takes ev and what is in json. */
static void stored(struct ownrelay *o, const struct source *from, struct nevent **ev,
		   struct buf *json, bool owed)
{
	struct pending *p = add_pending(o, from, &(*ev)->id, "");

	log_event(LOG_INFO, "bridge.event", "job=%s kind=%u relay=own client=%llu",
		  id32_short(&(*ev)->id).c, (*ev)->kind,
		  (unsigned long long)from->client);
	p->ev = MEM_STEAL(*ev);
	p->json = *json;
	buf_init(json, CAP_EVENT_BYTES);
	p->owed = owed;
	turn_wrote(o->set.turn);
}

/* It is there, or was: if that is not committed yet, the answer waits for it too. */
static void repeated(struct ownrelay *o, const struct source *from, const struct id32 *id,
		     const char *text)
{
	if (o->first)
		(void)add_pending(o, from, id, text);
	else
		tell(o, from, id, true, text);
}

static void store(struct ownrelay *o, const struct source *from, struct nevent **ev,
		  struct buf *json)
{
	bool owed = owngate_is_inbox(*ev) && from->client != 0;
	uint64_t seq;

	switch (relaystore_put(o->set.store, &seq, *ev, buf_str(json), owed,
			       clock_wall_s())) {
	case RELAYSTORE_STORED:
		stored(o, from, ev, json, owed);
		return;
	case RELAYSTORE_DUPLICATE:
		repeated(o, from, &(*ev)->id, "duplicate: already have this event");
		return;
	case RELAYSTORE_OLDER:
		repeated(o, from, &(*ev)->id, "duplicate: have a newer version");
		break;
	case RELAYSTORE_DELETED:
		tell(o, from, &(*ev)->id, false, "blocked: deleted by its author");
		break;
	case RELAYSTORE_EXPIRED:
		tell(o, from, &(*ev)->id, false, "invalid: the event has expired");
		break;
	}
	/* the store may have begun a transaction without writing */
	if (db_in_transaction(relaystore_db(o->set.store)))
		turn_wrote(o->set.turn);
}

/* Takes ev. */
static void take_event(struct ownrelay *o, const struct source *from,
		       struct nevent *taken)
{
	auto_nevent struct nevent *ev = taken;
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	const char *no = refuse_now(o, ev);
	uint32_t kind;

	if (!no) {
		nevent_write(&json, ev);
		no = buf_over(&json) ? "invalid: the event is too large"
				     : owngate_refusal(o->set.store, &o->worker, ev,
						       json.n, clock_wall_s());
	}
	if (no) {
		log_refused(from, ev, no);
		tell(o, from, &ev->id, false, no);
		return;
	}
	/* what is stored was verified: a second look would say the same */
	if (relaystore_kind(o->set.store, &kind, &ev->id)) {
		repeated(o, from, &ev->id, "duplicate: already have this event");
		return;
	}
	if (nevent_verify(ev, NULL)) {
		log_refused(from, ev, "wrong id or signature");
		tell(o, from, &ev->id, false, "invalid: wrong id or signature");
		return;
	}
	if (nevent_is_ephemeral(ev->kind))
		pass_on(o, from, ev, buf_str(&json));
	else
		store(o, from, &ev, &json);
}

void ownrelay_publish(struct ownrelay *o, uint64_t tag, struct str json)
{
	struct source from = {.client = 0, .tag = tag};
	struct nevent *ev = NULL;
	struct lerr err = {0};

	if (nevent_parse(&ev, json, &err)) {
		log_event(LOG_WARN, "own.bad_publish", "why=%s",
			  log_text(str_of(err.msg)).c);
		o->ops->on_published(o->ctx, tag, false, "invalid: not an event");
		return;
	}
	take_event(o, &from, ev);
}

/* ---- frames in */

static struct client *find(const struct ownrelay *o, uint64_t id)
{
	struct client *c = o->clients;

	while (c && c->id != id)
		c = c->next;
	return c;
}

static void on_event(struct ownrelay *o, struct client *c, struct nframe *f)
{
	struct source from = {.client = c->id};

	if (!bucket_take(&c->events, clock_mono_ms())) {
		log_refused(&from, f->event, "rate-limited");
		tell(o, &from, &f->event->id, false, "rate-limited: slow down");
		return;
	}
	take_event(o, &from, MEM_STEAL(f->event));
}

static void on_req(struct ownrelay *o, struct client *c, struct nframe *f)
{
	const char *no = "rate-limited: slow down";

	if (bucket_take(&c->reqs, clock_mono_ms())) {
		no = ownsub_req(o->subs, c->id, f->sub, f->filters, f->nfilters,
				o->told_seq);
		f->filters = NULL;
		f->nfilters = 0;
	} else {
		ownsub_drop(o->subs, c->id, f->sub);
	}
	if (no)
		send_closed(o, c->id, f->sub, no);
}

static void on_close_frame(struct ownrelay *o, struct client *c, struct nframe *f)
{
	ownsub_drop(o->subs, c->id, f->sub);
}

static void on_auth(struct ownrelay *o, struct client *c, struct nframe *f)
{
	struct source from = {.client = c->id};

	tell(o, &from, &f->event->id, false, "invalid: this relay sent no challenge");
}

static void on_count(struct ownrelay *o, struct client *c, struct nframe *f)
{
	send_closed(o, c->id, f->sub, "unsupported: COUNT is not offered");
}

static void on_neg(struct ownrelay *o, struct client *c, struct nframe *f)
{
	auto_buf struct buf b = BUF_INIT(CAP_OWN_FRAME);

	buf_add_c(&b, "[\"NEG-ERR\",");
	jsonx_add_string(&b, f->sub);
	buf_add_c(&b, ",\"unsupported: negentropy is not offered\"]");
	send_frame(o, c->id, &b);
}

static void on_unknown(struct ownrelay *o, struct client *c, struct nframe *f)
{
	(void)f;
	send_notice(o, c->id, "unsupported: unknown message");
}

typedef void (*frame_fn)(struct ownrelay *o, struct client *c, struct nframe *f);

static const frame_fn handlers[] = {
	[NFRAME_C_EVENT] = on_event,       [NFRAME_C_REQ] = on_req,
	[NFRAME_C_CLOSE] = on_close_frame, [NFRAME_C_AUTH] = on_auth,
	[NFRAME_C_COUNT] = on_count,       [NFRAME_C_NEG] = on_neg,
	[NFRAME_UNKNOWN] = on_unknown,
};

/* A frame that could not be read: tell whom it is about, if that can be seen. */
static void answer_fault(struct ownrelay *o, struct client *c, const struct nframe *f,
			 const struct nframe_fault *fault, const struct lerr *err)
{
	char text[LERR_MSG_MAX + 16];
	struct source from = {.client = c->id};

	str_copy(text, sizeof(text), STR_LIT("invalid: "));
	str_copy(text + 9, sizeof(text) - 9, str_of(err->msg));
	if (fault->has_type && fault->has_id) {
		tell(o, &from, &f->id, false, text);
	} else if (fault->has_type && fault->has_sub) {
		ownsub_drop(o->subs, c->id, f->sub);
		send_closed(o, c->id, f->sub, text);
	} else {
		send_notice(o, c->id, text);
		c->bad_frames++;
	}
	if (c->bad_frames >= CAP_OWN_BAD_FRAMES) {
		log_event(LOG_INFO, "own.bad_frames", "client=%llu",
			  (unsigned long long)c->id);
		ownserver_close(o->server, c->id, CODE_POLICY);
	}
}

static void on_text(void *ctx, uint64_t id, struct str text)
{
	struct ownrelay *o = ctx;
	struct client *c = find(o, id);
	struct nframe f;
	struct nframe_fault fault;
	struct lerr err = {0};

	if (!c)
		return;
	if (nframe_parse(&f, &fault, NFRAME_FROM_CLIENT, text, CAP_OWN_FRAME, &err))
		answer_fault(o, c, &f, &fault, &err);
	else
		handlers[f.type](o, c, &f);
	nframe_wipe(&f);
}

/* ---- connections */

static void on_open(void *ctx, uint64_t id)
{
	struct ownrelay *o = ctx;
	struct client *c = mem_zalloc(sizeof(*c));
	uint64_t now = clock_mono_ms();

	c->id = id;
	c->next = o->clients;
	o->clients = c;
	bucket_init(&c->events, o->set.events_per_s, o->set.events_per_s * BURST, now);
	bucket_init(&c->reqs, CAP_OWN_REQS_PER_S, CAP_OWN_REQS_PER_S * REQ_BURST, now);
}

static void on_close(void *ctx, uint64_t id)
{
	struct ownrelay *o = ctx;
	struct client **at = &o->clients;
	struct client *c;

	ownsub_gone(o->subs, id);
	while (*at && (*at)->id != id)
		at = &(*at)->next;
	c = *at;
	if (!c)
		return;
	*at = c->next;
	mem_free(c);
}

static void on_drained(void *ctx, uint64_t id)
{
	struct ownrelay *o = ctx;

	ownsub_drained(o->subs, id);
}

static unsigned int on_upgrade(void *ctx, const struct ownserver_request *req)
{
	(void)ctx;
	return owninfo_upgrade(req);
}

static void on_request(void *ctx, const struct ownserver_request *req,
		       struct ownserver_reply *reply)
{
	const struct ownrelay *o = ctx;
	struct owninfo info = {.name = o->set.name,
			       .description = o->set.description,
			       .worker = o->has_worker ? &o->worker : NULL};

	owninfo_answer(reply, req, &info);
}

static const struct ownserver_ops server_ops = {on_upgrade, on_request, on_open,
						on_text,    on_drained, on_close};

static void send_to(void *ctx, uint64_t client, struct str frame)
{
	struct ownrelay *o = ctx;

	(void)ownserver_send(o->server, client, frame);
}

static size_t queued_for(void *ctx, uint64_t client)
{
	const struct ownrelay *o = ctx;

	return ownserver_queued(o->server, client);
}

static const struct ownsub_ops sub_ops = {send_to, queued_for};

/* ---- care */

static void look_at_disk(struct ownrelay *o)
{
	struct statvfs st;
	bool full = false;

	if (statvfs(o->set.state_dir, &st) == 0)
		full = (uint64_t)st.f_bavail * st.f_frsize < CAP_OWN_DISK_RESERVE;
	if (full != o->disk_full)
		log_event(full ? LOG_WARN : LOG_INFO, "own.disk", "full=%s dir=%s",
			  full ? "yes" : "no", o->set.state_dir);
	o->disk_full = full;
}

static void make_room(struct ownrelay *o)
{
	uint64_t most = CAP_OWN_STORE_BYTES;

	for (int i = 0; i < SWEEPS_MOST && relaystore_bytes(o->set.store) > most; i++) {
		size_t n = relaystore_evict(o->set.store, &o->worker, SIZE_MAX);

		if (n == 0)
			break;
		turn_wrote(o->set.turn);
		log_event(LOG_INFO, "own.evicted", "events=%zu", n);
	}
	o->overfull = relaystore_bytes(o->set.store) > most + most / 16;
}

static void on_sweep(uv_timer_t *t)
{
	struct ownrelay *o = t->data;

	look_at_disk(o);
	for (int i = 0; i < SWEEPS_MOST; i++) {
		if (relaystore_sweep(o->set.store, clock_wall_s(), SIZE_MAX) == 0)
			break;
		turn_wrote(o->set.turn);
	}
	if (o->has_worker)
		make_room(o);
}

/* ---- start and end */

enum lerr_code ownrelay_new(struct ownrelay **out, const struct ownrelay_setup *setup,
			    int *listen_fd, const struct ownrelay_ops *ops, void *ctx,
			    struct lerr *err)
{
	static const struct ownserver_limits limits = {
		.connections = CAP_OWN_CONNECTIONS,
		.per_address = CAP_OWN_PER_ADDRESS,
		.frame_bytes = CAP_OWN_FRAME,
		.queue_bytes = CAP_OWN_OUT_BYTES,
		.all_queues_bytes = CAP_OWN_ALL_OUT_BYTES,
	};
	struct ownrelay *o = mem_zalloc(sizeof(*o));
	uv_loop_t *loop = lwsloop_uv(setup->lws);
	enum lerr_code rc;

	o->set = *setup;
	o->ops = ops;
	o->ctx = ctx;
	o->last = &o->first;
	o->told_seq = relaystore_last_seq(setup->store);
	rc = ownserver_new(&o->server, setup->lws, listen_fd, &limits, &server_ops, o,
			   err);
	if (rc) {
		mem_free(o);
		return rc;
	}
	o->subs = ownsub_new(loop, setup->store, &sub_ops, o);
	if (uv_timer_init(loop, &o->sweep) != 0)
		panic("uv_timer_init");
	o->sweep.data = o;
	look_at_disk(o);
	(void)uv_timer_start(&o->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	*out = o;
	return LERR_OK;
}

void ownrelay_set_worker(struct ownrelay *o, const struct id32 *worker)
{
	o->worker = *worker;
	o->has_worker = true;
}

size_t ownrelay_busy(const struct ownrelay *o)
{
	return ownserver_count(o->server);
}

void ownrelay_shut(struct ownrelay *o)
{
	o->shut = true;
	uv_close((uv_handle_t *)&o->sweep, NULL);
	ownsub_close(o->subs);
	ownserver_shut(o->server);
}

void ownrelay_free(struct ownrelay *o)
{
	if (!o)
		return;
	while (o->first) {
		struct pending *p = o->first;

		o->first = p->next;
		free_pending(p);
	}
	while (o->clients) {
		struct client *c = o->clients;

		o->clients = c->next;
		mem_free(c);
	}
	ownserver_free(o->server);
	mem_free(o);
}
