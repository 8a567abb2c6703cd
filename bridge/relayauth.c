/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/relayauth.h"

#include "bridge/plain.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nframe.h"

enum { OK_MS = 10000 };

enum stage {
	STAGE_NONE,
	STAGE_KEY,  /* loom-keyd is asked */
	STAGE_SENT, /* the relay must say OK */
	STAGE_DONE, /* tried, whatever came of it */
};

struct one {
	struct relayauth *owner;
	uv_timer_t timer;
	enum stage stage;
	bool has_challenge;
	char challenge[CAP_CHALLENGE_BYTES + 1];
	size_t challenge_n;
	struct id32 id; /* of our answer */
};

struct relayauth {
	const struct relayauth_ops *ops;
	void *ctx;
	struct one *of;
	size_t n;
	size_t handles; /* not closed yet */
};

struct relayauth *relayauth_new(uv_loop_t *loop, size_t nrelays,
				const struct relayauth_ops *ops, void *ctx)
{
	struct relayauth *a = mem_zalloc(sizeof(*a));

	a->ops = ops;
	a->ctx = ctx;
	a->n = nrelays;
	a->handles = nrelays;
	a->of = mem_array(nrelays, sizeof(*a->of));
	for (size_t i = 0; i < nrelays; i++) {
		a->of[i].owner = a;
		if (uv_timer_init(loop, &a->of[i].timer) != 0)
			panic("uv_timer_init");
		a->of[i].timer.data = &a->of[i];
	}
	return a;
}

static void release(struct relayauth *a)
{
	mem_free(a->of);
	mem_free(a);
}

static void on_closed(uv_handle_t *h)
{
	struct one *o = h->data;
	struct relayauth *a = o->owner;

	if (--a->handles == 0)
		release(a);
}

void relayauth_close(struct relayauth *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		uv_close((uv_handle_t *)&a->of[i].timer, on_closed);
	if (a->n == 0)
		release(a);
}

static size_t index_of(const struct one *o)
{
	return (size_t)(o - o->owner->of);
}

static void finish(struct one *o, bool accepted, const char *why)
{
	o->stage = STAGE_DONE;
	(void)uv_timer_stop(&o->timer);
	o->owner->ops->on_done(o->owner->ctx, index_of(o), accepted, why);
}

static void on_late(uv_timer_t *t)
{
	finish(t->data, false, "no answer to NIP-42 in time");
}

void relayauth_challenge(struct relayauth *a, size_t relay, struct str challenge)
{
	struct one *o = &a->of[relay];

	/* what loom-keyd is sent must be text */
	o->has_challenge = challenge.n > 0 && !str_has_nul(challenge);
	str_copy(o->challenge, sizeof(o->challenge), challenge);
	o->challenge_n = challenge.n;
}

enum relayauth_wish relayauth_want(struct relayauth *a, size_t relay)
{
	struct one *o = &a->of[relay];

	if (o->stage == STAGE_KEY || o->stage == STAGE_SENT)
		return RELAYAUTH_COMES;
	if (o->stage == STAGE_DONE)
		return RELAYAUTH_TRIED;
	if (!o->has_challenge ||
	    !a->ops->ask_key(a->ctx, relay, (struct str){o->challenge, o->challenge_n}))
		return RELAYAUTH_NOT_NOW;
	o->stage = STAGE_KEY;
	(void)uv_timer_start(&o->timer, on_late, OK_MS, 0);
	return RELAYAUTH_COMES;
}

void relayauth_answered(struct relayauth *a, size_t relay, const char *event,
			const char *why)
{
	struct one *o = &a->of[relay];
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	if (o->stage != STAGE_KEY)
		return; /* the connection has changed meanwhile */
	if (!event || nevent_parse(&ev, str_of(event), NULL)) {
		finish(o, false, why ? why : "loom-keyd made no event");
		return;
	}
	o->id = ev->id;
	o->stage = STAGE_SENT;
	nframe_write_auth(&frame, str_of(event));
	if (!a->ops->send(a->ctx, relay, buf_str(&frame)))
		finish(o, false, "the relay is gone");
}

bool relayauth_ok(struct relayauth *a, size_t relay, const struct id32 *id, bool accepted,
		  struct str text)
{
	struct one *o = &a->of[relay];
	char why[CAP_REASON_BYTES + 1];

	if (o->stage != STAGE_SENT || !id32_eq(id, &o->id))
		return false;
	plain_copy(why, sizeof(why), text);
	finish(o, accepted, why);
	return true;
}

void relayauth_down(struct relayauth *a, size_t relay)
{
	struct one *o = &a->of[relay];

	(void)uv_timer_stop(&o->timer);
	o->stage = STAGE_NONE;
	o->has_challenge = false;
}
