/* SPDX-License-Identifier: MIT */
/*
 * An item is an event; a target is one relay that it goes to. A target stands in one of
 * its relay's two lists: `waiting` (to be sent, in order) or `sent` (an OK is due, in the
 * order of deadlines). Receipts are given when a target goes.
 */
#include "config.h"

#include "bridge/sender.h"

#include "bridge/bucket.h"
#include "bridge/plain.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nframe.h"
#include "lib/proto/nreply.h"

#include <string.h>

enum {
	OK_MS = 10000,
	IN_FLIGHT = 16,      /* without an OK, at one relay */
	OWN_IN_FLIGHT = 256, /* the same for the own relay: they share a commit */
	TRIES_MOST = 5,      /* of one event, each ended by a lost connection */
};

struct item {
	struct item *next;
	uint64_t peer;
	uint64_t seq;
	struct id32 id;
	char *json;
	size_t n;
	size_t targets; /* that have no receipt yet */
};

struct target {
	struct target *next;
	struct target *prev;
	struct item *item;
	size_t relay;
	uint64_t tag; /* for the own relay */
	uint64_t deadline_ms;
	unsigned int tries;
	bool sent;
	bool auth_tried;
};

struct list {
	struct target *first;
	struct target *last;
	size_t n;
};

struct relay {
	struct sender_relay is;
	struct list waiting;
	struct list sent;
	struct bucket rate;
	bool up;
	bool authing; /* NIP-42 is under way: nothing is sent */
	bool pumping;
};

struct sender {
	uv_timer_t timer;
	const struct sender_ops *ops;
	void *ctx;
	struct relay *relays;
	size_t n;
	struct item *items;
	size_t nitems;
	uint64_t last_tag;
};

/* ---- lists */

static void list_add(struct list *l, struct target *t)
{
	t->next = NULL;
	t->prev = l->last;
	if (l->last)
		l->last->next = t;
	else
		l->first = t;
	l->last = t;
	l->n++;
}

static void list_add_front(struct list *l, struct target *t)
{
	t->prev = NULL;
	t->next = l->first;
	if (l->first)
		l->first->prev = t;
	else
		l->last = t;
	l->first = t;
	l->n++;
}

static void list_remove(struct list *l, struct target *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		l->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		l->last = t->prev;
	l->n--;
}

/* ---- items and targets */

static struct item *find_item(const struct sender *s, uint64_t peer, uint64_t seq)
{
	struct item *i = s->items;

	while (i && (i->peer != peer || i->seq != seq))
		i = i->next;
	return i;
}

static void free_item(struct sender *s, struct item *i)
{
	struct item **at = &s->items;

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	s->nitems--;
	mem_free(i->json);
	mem_free(i);
}

/* Without a receipt. The item may go with it. */
static void drop_target(struct sender *s, struct target *t)
{
	struct relay *r = &s->relays[t->relay];
	struct item *i = t->item;

	list_remove(t->sent ? &r->sent : &r->waiting, t);
	mem_free(t);
	if (--i->targets == 0)
		free_item(s, i);
}

/* What is to be tried again is nobody's concern yet. */
static bool is_refusal(enum nreply reply)
{
	return reply == NREPLY_REFUSED || reply == NREPLY_AUTH;
}

static void give_receipt(struct sender *s, const struct item *i, const char *url,
			 enum nreply reply, struct str words)
{
	char text[CAP_REASON_BYTES + 1];

	plain_copy(text, sizeof(text), words);
	log_event(is_refusal(reply) ? LOG_WARN : LOG_INFO, "bridge.receipt",
		  "event=%s seq=%llu relay=%s verdict=%s text=%s", id32_short(&i->id).c,
		  (unsigned long long)i->seq, url, nreply_verdict(reply),
		  log_text(str_of(text)).c);
	s->ops->receipt(s->ctx, i->peer, i->seq, url, nreply_verdict(reply), text);
}

static void finish(struct sender *s, struct target *t, enum nreply reply,
		   struct str words)
{
	give_receipt(s, t->item, s->relays[t->relay].is.url, reply, words);
	drop_target(s, t);
}

/* ---- sending */

static void on_timer(uv_timer_t *t);

static uint64_t earliest(const struct relay *r, uint64_t at, uint64_t now)
{
	struct bucket rate = r->rate;

	if (r->sent.first && !r->is.is_own && r->sent.first->deadline_ms < at)
		at = r->sent.first->deadline_ms;
	if (r->up && !r->authing && r->waiting.first && r->sent.n < IN_FLIGHT) {
		uint64_t wait_ms = bucket_wait_ms(&rate, now);

		if (now + wait_ms < at)
			at = now + wait_ms;
	}
	return at;
}

/* Wake at the next deadline, or when a rate allows more. */
static void plan(struct sender *s)
{
	uint64_t now = clock_mono_ms();
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < s->n; i++)
		at = earliest(&s->relays[i], at, now);
	if (at == UINT64_MAX)
		(void)uv_timer_stop(&s->timer);
	else
		(void)uv_timer_start(&s->timer, on_timer, at > now ? at - now : 0, 0);
}

static void mark_sent(struct relay *r, struct target *t)
{
	list_remove(&r->waiting, t);
	t->sent = true;
	t->tries++;
	t->deadline_ms = clock_mono_ms() + OK_MS;
	list_add(&r->sent, t);
}

static void send_own(struct sender *s, struct relay *r, struct target *t)
{
	mark_sent(r, t);
	s->ops->publish_own(s->ctx, t->tag, (struct str){t->item->json, t->item->n});
}

static bool send_remote(struct sender *s, struct relay *r, struct target *t)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	nframe_write_event(&frame, (struct str){t->item->json, t->item->n});
	if (!s->ops->send(s->ctx, t->relay, buf_str(&frame)))
		return false;
	log_event(LOG_INFO, "bridge.publish", "event=%s seq=%llu relay=%s try=%u",
		  id32_short(&t->item->id).c, (unsigned long long)t->item->seq, r->is.url,
		  t->tries + 1);
	mark_sent(r, t);
	return true;
}

static bool may_send(struct relay *r)
{
	if (!r->up || r->authing || !r->waiting.first)
		return false;
	if (r->is.is_own)
		return r->sent.n < OWN_IN_FLIGHT;
	return r->sent.n < IN_FLIGHT && bucket_take(&r->rate, clock_mono_ms());
}

static void pump(struct sender *s, struct relay *r)
{
	if (r->pumping)
		return; /* the own relay may answer from inside publish_own */
	r->pumping = true;
	while (may_send(r)) {
		if (r->is.is_own)
			send_own(s, r, r->waiting.first);
		else if (!send_remote(s, r, r->waiting.first))
			break;
	}
	r->pumping = false;
}

static void time_out(struct sender *s, struct relay *r, uint64_t now)
{
	while (!r->is.is_own && r->sent.first && r->sent.first->deadline_ms <= now)
		finish(s, r->sent.first, NREPLY_LATER, STR_LIT("no OK within 10 s"));
}

static void on_timer(uv_timer_t *t)
{
	struct sender *s = t->data;
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < s->n; i++) {
		time_out(s, &s->relays[i], now);
		pump(s, &s->relays[i]);
	}
	plan(s);
}

/* ---- what relays say */

/* Refused for want of NIP-42: wait for it once, then send again. */
static enum nreply try_auth(struct sender *s, struct target *t)
{
	struct relay *r = &s->relays[t->relay];

	if (t->auth_tried)
		return NREPLY_REFUSED;
	switch (s->ops->want_auth(s->ctx, t->relay)) {
	case RELAYAUTH_COMES:
		break;
	case RELAYAUTH_TRIED:
		return NREPLY_REFUSED;
	case RELAYAUTH_NOT_NOW:
		return NREPLY_LATER;
	}
	list_remove(&r->sent, t);
	t->sent = false;
	t->auth_tried = true;
	list_add_front(&r->waiting, t);
	r->authing = true;
	return NREPLY_AUTH;
}

static void take_reply(struct sender *s, struct target *t, bool accepted, struct str text)
{
	struct relay *r = &s->relays[t->relay];
	enum nreply reply = nreply_of(accepted, text);

	if (reply == NREPLY_AUTH && !r->is.is_own)
		reply = try_auth(s, t);
	if (reply == NREPLY_AUTH && !r->is.is_own)
		return;
	if (reply == NREPLY_SLOWER)
		bucket_halve(&r->rate);
	else if (reply == NREPLY_OK)
		bucket_recover(&r->rate, CAP_SENDER_PER_S);
	finish(s, t, reply, text);
}

void sender_ok(struct sender *s, size_t relay, const struct id32 *id, bool accepted,
	       struct str text)
{
	struct relay *r = &s->relays[relay];
	struct target *t = r->sent.first;

	while (t) {
		struct target *next = t->next;

		if (id32_eq(&t->item->id, id))
			take_reply(s, t, accepted, text);
		t = next;
	}
	pump(s, r);
	plan(s);
}

void sender_own_done(struct sender *s, uint64_t tag, bool accepted, const char *text)
{
	for (size_t i = 0; i < s->n; i++) {
		struct relay *r = &s->relays[i];
		struct target *t = r->is.is_own ? r->sent.first : NULL;

		while (t && t->tag != tag)
			t = t->next;
		if (!t)
			continue;
		take_reply(s, t, accepted, str_of(text));
		pump(s, r);
	}
}

void sender_auth_done(struct sender *s, size_t relay, bool accepted, const char *why)
{
	struct relay *r = &s->relays[relay];
	struct target *t = r->waiting.first;

	if (!r->authing)
		return;
	r->authing = false;
	while (t && !accepted) {
		struct target *next = t->next;

		if (t->auth_tried)
			finish(s, t, NREPLY_REFUSED, str_of(why));
		t = next;
	}
	pump(s, r);
	plan(s);
}

void sender_up(struct sender *s, size_t relay)
{
	s->relays[relay].up = true;
	pump(s, &s->relays[relay]);
	plan(s);
}

void sender_down(struct sender *s, size_t relay)
{
	struct relay *r = &s->relays[relay];

	r->up = false;
	r->authing = false;
	/* from the last, so that the order stays */
	while (r->sent.last) {
		struct target *t = r->sent.last;

		if (t->tries >= TRIES_MOST) {
			finish(s, t, NREPLY_LATER,
			       STR_LIT("the connection broke each time"));
			continue;
		}
		list_remove(&r->sent, t);
		t->sent = false;
		list_add_front(&r->waiting, t);
	}
	plan(s);
}

/* ---- what the engine says */

static struct item *add_item(struct sender *s, uint64_t peer, uint64_t seq,
			     const struct id32 *id, struct str json)
{
	struct item *i = mem_zalloc(sizeof(*i));

	i->peer = peer;
	i->seq = seq;
	i->id = *id;
	i->json = str_dup(json);
	i->n = json.n;
	i->next = s->items;
	s->items = i;
	s->nitems++;
	return i;
}

static bool has_target(const struct relay *r, const struct item *i)
{
	for (const struct target *t = r->waiting.first; t; t = t->next)
		if (t->item == i)
			return true;
	for (const struct target *t = r->sent.first; t; t = t->next)
		if (t->item == i)
			return true;
	return false;
}

static struct relay *find_relay(const struct sender *s, const char *url)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->relays[i].is.url, url) == 0)
			return &s->relays[i];
	return NULL;
}

static void add_target(struct sender *s, struct item *i, const char *url)
{
	struct relay *r = find_relay(s, url);
	struct target *t;

	if (!r) {
		give_receipt(s, i, url, NREPLY_REFUSED,
			     STR_LIT("not a relay of this bridge"));
		return;
	}
	if (has_target(r, i))
		return; /* it is on its way there */
	t = mem_zalloc(sizeof(*t));
	t->item = i;
	t->relay = (size_t)(r - s->relays);
	t->tag = ++s->last_tag;
	i->targets++;
	list_add(&r->waiting, t);
}

/* Receipts for an event that is not taken at all. */
static void refuse_all(struct sender *s, uint64_t peer, uint64_t seq,
		       const struct ipc_texts *urls, enum nreply reply, const char *why)
{
	struct item none = {.peer = peer, .seq = seq};

	for (size_t k = 0; k < urls->n; k++)
		give_receipt(s, &none, urls->v[k], reply, str_of(why));
}

static struct item *take_item(struct sender *s, uint64_t peer, uint64_t seq,
			      struct str json, const struct ipc_texts *urls)
{
	struct item *i = find_item(s, peer, seq);
	auto_nevent struct nevent *ev = NULL;
	struct lerr err = {0};

	if (i)
		return i;
	if (s->nitems >= CAP_SENDER_EVENTS) {
		refuse_all(s, peer, seq, urls, NREPLY_LATER,
			   "the bridge's queue is full");
		return NULL;
	}
	if (nevent_parse(&ev, json, &err)) {
		refuse_all(s, peer, seq, urls, NREPLY_REFUSED, err.msg);
		return NULL;
	}
	return add_item(s, peer, seq, &ev->id, json);
}

void sender_publish(struct sender *s, uint64_t peer, uint64_t seq, struct str json,
		    const struct ipc_texts *urls)
{
	struct item *i = take_item(s, peer, seq, json, urls);

	if (!i)
		return;
	i->targets++; /* it stays while relays are added */
	for (size_t k = 0; k < urls->n; k++)
		add_target(s, i, urls->v[k]);
	if (--i->targets == 0)
		free_item(s, i);
	for (size_t k = 0; k < s->n; k++)
		pump(s, &s->relays[k]);
	plan(s);
}

/* Drop the targets of one list that belong to the peer and, unless it is 0, to seq. */
static void drop_from(struct sender *s, struct list *l, uint64_t peer, uint64_t seq)
{
	struct target *t = l->first;

	while (t) {
		struct target *next = t->next;

		if (t->item->peer == peer && (seq == 0 || t->item->seq == seq))
			drop_target(s, t);
		t = next;
	}
}

void sender_withdraw(struct sender *s, uint64_t peer, uint64_t seq)
{
	for (size_t i = 0; seq != 0 && i < s->n; i++)
		drop_from(s, &s->relays[i].waiting, peer, seq);
	plan(s);
}

void sender_hang_up(struct sender *s, uint64_t peer)
{
	for (size_t i = 0; i < s->n; i++) {
		drop_from(s, &s->relays[i].waiting, peer, 0);
		drop_from(s, &s->relays[i].sent, peer, 0);
	}
	plan(s);
}

size_t sender_count(const struct sender *s)
{
	return s->nitems;
}

/* ---- start and end */

struct sender *sender_new(uv_loop_t *loop, const struct sender_relay *relays, size_t n,
			  const struct sender_ops *ops, void *ctx)
{
	struct sender *s = mem_zalloc(sizeof(*s));
	uint64_t now = clock_mono_ms();

	s->ops = ops;
	s->ctx = ctx;
	s->n = n;
	s->relays = mem_array(n, sizeof(*s->relays));
	for (size_t i = 0; i < n; i++) {
		struct relay *r = &s->relays[i];
		bool limited = !relays[i].is_own && !relays[i].unlimited;

		r->is = relays[i];
		r->up = relays[i].is_own;
		bucket_init(&r->rate, limited ? CAP_SENDER_PER_S : 0, CAP_SENDER_BURST,
			    now);
	}
	if (uv_timer_init(loop, &s->timer) != 0)
		panic("uv_timer_init");
	s->timer.data = s;
	return s;
}

static void on_closed(uv_handle_t *h)
{
	struct sender *s = h->data;

	mem_free(s->relays);
	mem_free(s);
}

void sender_close(struct sender *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct relay *r = &s->relays[i];

		while (r->waiting.first)
			drop_target(s, r->waiting.first);
		while (r->sent.first)
			drop_target(s, r->sent.first);
	}
	uv_close((uv_handle_t *)&s->timer, on_closed);
}
