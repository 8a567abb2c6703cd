/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/sub.h"

#include "lib/base/backoff.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nfilter.h"
#include "lib/proto/nframe.h"

#define INBOX_ID "inbox"
static const uint32_t inbox_kinds[] = {NKIND_JOB, NKIND_CANCEL};

enum {
	SOON_MS = 1000,
	AGAIN_MS = 30 * 1000,        /* after CLOSED, at first */
	AGAIN_MOST_MS = 3600 * 1000, /* and after many */
};

enum stage {
	STAGE_DOWN,
	STAGE_OPEN,    /* REQ was sent */
	STAGE_AUTH,    /* waits for NIP-42 */
	STAGE_WAITING, /* was closed: opens again in a while */
};

struct one {
	struct sub *owner;
	const char *url; /* for the log */
	uv_timer_t timer;
	enum stage stage;
	bool synced; /* EOSE came */
	struct backoff backoff;
	uint64_t since;
};

struct sub {
	const struct sub_ops *ops;
	void *ctx;
	struct id32 worker;
	struct id32hex worker_hex;
	struct one *of;
	size_t n;
	size_t handles; /* not closed yet */
};

struct sub *sub_new(uv_loop_t *loop, const char *const *urls, size_t nrelays,
		    const struct sub_ops *ops, void *ctx)
{
	struct sub *s = mem_zalloc(sizeof(*s));

	s->ops = ops;
	s->ctx = ctx;
	s->n = nrelays;
	s->handles = nrelays;
	s->of = mem_array(nrelays, sizeof(*s->of));
	for (size_t i = 0; i < nrelays; i++) {
		s->of[i].owner = s;
		s->of[i].url = urls[i];
		backoff_init(&s->of[i].backoff, AGAIN_MS, AGAIN_MOST_MS);
		if (uv_timer_init(loop, &s->of[i].timer) != 0)
			panic("uv_timer_init");
		s->of[i].timer.data = &s->of[i];
	}
	return s;
}

static void release(struct sub *s)
{
	mem_free(s->of);
	mem_free(s);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct one *o = h->data;
	struct sub *s = o->owner;

	if (--s->handles == 0)
		release(s);
}

void sub_close(struct sub *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		uv_close((uv_handle_t *)&s->of[i].timer, on_handle_closed);
	if (s->n == 0)
		release(s);
}

void sub_set_worker(struct sub *s, const struct id32 *worker)
{
	s->worker = *worker;
	s->worker_hex = id32_hex(worker);
}

static size_t index_of(const struct one *o)
{
	return (size_t)(o - o->owner->of);
}

static void open_inbox(struct one *o)
{
	struct sub *s = o->owner;
	struct str key = str_of(s->worker_hex.c);
	struct nfilter_tag p = {.letter = 'p', .values = &key, .n = 1};
	struct nfilter f = {.kinds = inbox_kinds,
			    .nkinds = ARRAY_LEN(inbox_kinds),
			    .has_kinds = true,
			    .tags = &p,
			    .ntags = 1,
			    .until = UINT64_MAX,
			    .limit = UINT64_MAX};
	struct nfilter *filters[1] = {&f};
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	o->since = s->ops->since(s->ctx, index_of(o));
	f.since = o->since;
	o->stage = STAGE_OPEN;
	o->synced = false;
	nframe_write_req(&frame, STR_LIT(INBOX_ID), filters, 1);
	(void)s->ops->send(s->ctx, index_of(o), buf_str(&frame));
	log_event(LOG_INFO, "relay.req", "relay=%s since=%llu", o->url,
		  (unsigned long long)o->since);
}

void sub_up(struct sub *s, size_t relay)
{
	struct one *o = &s->of[relay];

	backoff_reset(&o->backoff);
	open_inbox(o);
}

void sub_down(struct sub *s, size_t relay)
{
	struct one *o = &s->of[relay];

	o->stage = STAGE_DOWN;
	(void)uv_timer_stop(&o->timer);
}

void sub_eose(struct sub *s, size_t relay, struct str id)
{
	struct one *o = &s->of[relay];

	if (o->stage != STAGE_OPEN || !str_eq_c(id, INBOX_ID))
		return;
	o->synced = true;
	s->ops->unusable(s->ctx, relay, (struct str){NULL, 0});
}

static void on_again(uv_timer_t *t)
{
	open_inbox(t->data);
}

static void wait_and_reopen(struct one *o, uint64_t least_ms)
{
	o->stage = STAGE_WAITING;
	(void)uv_timer_start(&o->timer, on_again, least_ms + backoff_next(&o->backoff),
			     0);
}

/* It will not do better soon: people are told, and it is asked again later. */
static void refused(struct one *o, struct str why)
{
	o->owner->ops->unusable(o->owner->ctx, index_of(o), why);
	backoff_raise(&o->backoff, AGAIN_MOST_MS / 2);
	wait_and_reopen(o, AGAIN_MOST_MS / 4);
}

static void closed_for_auth(struct one *o, struct str text)
{
	switch (o->owner->ops->want_auth(o->owner->ctx, index_of(o))) {
	case RELAYAUTH_COMES:
		o->stage = STAGE_AUTH;
		return;
	case RELAYAUTH_TRIED:
		refused(o, text);
		return;
	case RELAYAUTH_NOT_NOW:
		wait_and_reopen(o, SOON_MS);
		return;
	}
}

void sub_closed(struct sub *s, size_t relay, struct str id, struct str text)
{
	struct one *o = &s->of[relay];

	if (o->stage != STAGE_OPEN || !str_eq_c(id, INBOX_ID))
		return;
	log_event(LOG_INFO, "relay.closed", "relay=%s why=%s", o->url, log_text(text).c);
	switch (nframe_reason(text)) {
	case NREASON_AUTH_REQUIRED:
	case NREASON_RESTRICTED:
		closed_for_auth(o, text);
		return;
	case NREASON_BLOCKED:
	case NREASON_INVALID:
	case NREASON_UNSUPPORTED:
	case NREASON_POW:
		refused(o, text);
		return;
	case NREASON_RATE_LIMITED:
		backoff_raise(&o->backoff, 2 * AGAIN_MS);
		wait_and_reopen(o, AGAIN_MS);
		return;
	case NREASON_NONE:
	case NREASON_DUPLICATE:
	case NREASON_MUTE:
	case NREASON_ERROR:
	case NREASON_REPLACED:
	case NREASON_DELETED:
		wait_and_reopen(o, SOON_MS);
		return;
	}
}

void sub_auth_done(struct sub *s, size_t relay, bool accepted, const char *why)
{
	struct one *o = &s->of[relay];

	if (o->stage != STAGE_AUTH)
		return;
	if (accepted)
		open_inbox(o);
	else
		refused(o, str_of(why));
}

void sub_again(struct sub *s)
{
	/* a subscription of the same id takes the place of the old one (NIP-01) */
	for (size_t i = 0; i < s->n; i++)
		if (s->of[i].stage == STAGE_OPEN)
			open_inbox(&s->of[i]);
}

enum sub_match sub_check(const struct sub *s, size_t relay, struct str id,
			 const struct nevent *ev)
{
	const struct one *o = &s->of[relay];

	if (o->stage == STAGE_DOWN || !str_eq_c(id, INBOX_ID))
		return SUB_UNKNOWN;
	if ((ev->kind != NKIND_JOB && ev->kind != NKIND_CANCEL) ||
	    !nevent_has_tag(ev, "p", str_of(s->worker_hex.c)))
		return SUB_FOREIGN;
	return ev->created_at < o->since ? SUB_OLD : SUB_MATCH;
}
