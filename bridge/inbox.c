/* SPDX-License-Identifier: MIT */
/*
 * Trust line: strangers' events, handed on by relays that may lie. "Verified" here only
 * sheds load: the engine verifies again before it acts. An id is remembered only after
 * its signature was checked, else a forged copy would hide the real event.
 */
#include "config.h"

#include "bridge/inbox.h"

#include "bridge/bucket.h"
#include "bridge/idlru.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

enum {
	BURST = 2 * CAP_RELAY_VERIFY_PER_S,
	SETTLED = 0, /* in the memory of ids; else the number in the queue */
};

struct one {
	struct inbox *owner;
	uv_timer_t timer; /* until its budget has something again */
	struct bucket budget;
};

struct inbox {
	const char *const *urls;
	size_t n;
	struct deliver *deliver;
	const struct inbox_ops *ops;
	void *ctx;
	struct idlru *seen;
	struct one *of;
	size_t handles; /* not closed yet */
};

/* ---- cheap checks */

/* Is it to be looked at? What is none of an honest relay's doing is counted. */
static bool fits(struct inbox *in, size_t relay, enum sub_match match)
{
	switch (match) {
	case SUB_MATCH:
		return true;
	case SUB_UNKNOWN:
		in->ops->violation(in->ctx, relay, "event for an unknown subscription");
		return false;
	case SUB_FOREIGN:
		in->ops->violation(in->ctx, relay, "event that was not asked for");
		return false;
	case SUB_OLD:
		return false;
	}
	return false;
}

/* NIP-40 for the reader; and nothing from too far ahead. */
static bool is_timely(const struct nevent *ev)
{
	uint64_t now = clock_wall_s();
	uint64_t expires;
	struct str text;

	if (ev->created_at > now + CAP_AHEAD_S)
		return false;
	return !nevent_tag(ev, "expiration", &text) ||
	       !str_to_u64(text, INT64_MAX, &expires) || expires > now;
}

/* A copy of an event that was verified? */
static bool is_known(struct inbox *in, size_t relay, const struct nevent *ev)
{
	uint64_t number;

	if (!idlru_get(in->seen, &ev->id, &number))
		return false;
	if (number == SETTLED)
		in->ops->stored(in->ctx, relay, ev->created_at);
	else
		deliver_seen(in->deliver, number, relay);
	return true;
}

/* ---- the dear one */

static void on_budget(uv_timer_t *t)
{
	struct one *o = t->data;

	o->owner->ops->pause(o->owner->ctx, (size_t)(o - o->owner->of), false);
}

/* Frames that were read already are still checked; the debt is waited off. */
static void charge(struct inbox *in, size_t relay)
{
	struct one *o = &in->of[relay];
	uint64_t wait_ms;

	bucket_charge(&o->budget, clock_mono_ms());
	wait_ms = bucket_wait_ms(&o->budget, clock_mono_ms());
	if (wait_ms == 0 || uv_is_active((uv_handle_t *)&o->timer))
		return;
	log_event(LOG_INFO, "relay.too_fast", "relay=%s", in->urls[relay]);
	in->ops->pause(in->ctx, relay, true);
	/* a fifth of a second's worth, so that it does not stutter */
	(void)uv_timer_start(&o->timer, on_budget, wait_ms + 200, 0);
}

static bool is_genuine(struct inbox *in, size_t relay, const struct nevent *ev)
{
	struct lerr err = {0};

	charge(in, relay);
	if (nevent_verify(ev, &err) == LERR_OK)
		return true;
	in->ops->violation(in->ctx, relay, err.msg);
	return false;
}

static void hand_on(struct inbox *in, size_t relay, const struct nevent *ev)
{
	struct deliver_item item = {.id = ev->id,
				    .created_at = ev->created_at,
				    .relay = in->urls[relay],
				    .relays = 1ULL << relay,
				    .json = BUF_INIT(CAP_EVENT_BYTES)};

	nevent_write(&item.json, ev);
	if (buf_over(&item.json)) {
		log_event(LOG_INFO, "bridge.too_large", "job=%s relay=%s",
			  id32_short(&ev->id).c, in->urls[relay]);
		return;
	}
	log_event(LOG_INFO, "bridge.event", "job=%s kind=%u relay=%s",
		  id32_short(&ev->id).c, ev->kind, in->urls[relay]);
	idlru_put(in->seen, &ev->id, deliver_push(in->deliver, &item));
}

void inbox_take(struct inbox *in, size_t relay, enum sub_match match,
		const struct nevent *ev)
{
	if (!fits(in, relay, match) || is_known(in, relay, ev))
		return;
	if (!is_timely(ev)) {
		log_event(LOG_INFO, "bridge.untimely", "job=%s relay=%s created_at=%llu",
			  id32_short(&ev->id).c, in->urls[relay],
			  (unsigned long long)ev->created_at);
		return;
	}
	if (!is_genuine(in, relay, ev))
		return;
	in->ops->useful(in->ctx, relay);
	hand_on(in, relay, ev);
}

bool inbox_is_settled(struct inbox *in, const struct id32 *id)
{
	uint64_t number;

	return idlru_get(in->seen, id, &number) && number == SETTLED;
}

void inbox_forget(struct inbox *in)
{
	idlru_free(in->seen);
	in->seen = idlru_new(CAP_SEEN_IDS);
}

void inbox_up(struct inbox *in, size_t relay)
{
	struct one *o = &in->of[relay];

	(void)uv_timer_stop(&o->timer);
	bucket_init(&o->budget, CAP_RELAY_VERIFY_PER_S, BURST, clock_mono_ms());
}

void inbox_settled(struct inbox *in, const struct deliver_item *item, enum verdict v)
{
	(void)v;
	idlru_put(in->seen, &item->id, SETTLED);
	for (size_t i = 0; i < in->n; i++)
		if (item->relays & 1ULL << i)
			in->ops->stored(in->ctx, i, item->created_at);
}

/* ---- start and end */

struct inbox *inbox_new(uv_loop_t *loop, const char *const *urls, size_t n,
			struct deliver *deliver, const struct inbox_ops *ops, void *ctx)
{
	struct inbox *in = mem_zalloc(sizeof(*in));

	in->urls = urls;
	in->n = n;
	in->deliver = deliver;
	in->ops = ops;
	in->ctx = ctx;
	in->handles = n;
	in->seen = idlru_new(CAP_SEEN_IDS);
	in->of = mem_array(n, sizeof(*in->of));
	for (size_t i = 0; i < n; i++) {
		in->of[i].owner = in;
		if (uv_timer_init(loop, &in->of[i].timer) != 0)
			panic("uv_timer_init");
		in->of[i].timer.data = &in->of[i];
		inbox_up(in, i);
	}
	return in;
}

static void release(struct inbox *in)
{
	idlru_free(in->seen);
	mem_free(in->of);
	mem_free(in);
}

static void on_closed(uv_handle_t *h)
{
	struct one *o = h->data;
	struct inbox *in = o->owner;

	if (--in->handles == 0)
		release(in);
}

void inbox_close(struct inbox *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n; i++)
		uv_close((uv_handle_t *)&in->of[i].timer, on_closed);
	if (in->n == 0)
		release(in);
}
