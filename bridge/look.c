/* SPDX-License-Identifier: MIT */
/*
 * Trust line: what relays answer. An event counts when it is what was asked for and its
 * id and signature are right; a relay that has more to tell than fits has not answered.
 */
#include "config.h"

#include "bridge/look.h"

#include "bridge/relayscan.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nfilter.h"
#include "lib/proto/nframe.h"

#include <stdio.h>
#include <string.h>

#define SUB_PREFIX "look-"

enum {
	PATIENCE_MS = 5000,
	OWN_ROWS = 256, /* of one step through the own store */
	OWN_STEPS = 256,
};

/* How far one relay is with one question. */
enum part {
	PART_AWAY,
	PART_COMING,
	PART_ASKED,
	PART_AUTH, /* wants to know us first */
	PART_ANSWERED,
	PART_FAILED, /* was asked and has not told all */
};

struct kept {
	struct id32 id;
	char *json;
	size_t n;
};

/* A question under way. */
struct one {
	struct one *next;
	struct look *owner;
	uv_timer_t timer;
	uint64_t number;
	uint64_t peer;
	uint64_t n;
	char sub[32];
	struct id32 author;
	uint32_t kind;
	struct id32hex ids[CAP_LOOK_IDS];
	struct str values[CAP_LOOK_IDS]; /* the same, for the filter */
	struct nfilter_tag e;
	struct nfilter filter;
	enum part parts[CAP_RELAYS + 1];
	unsigned int checks[CAP_RELAYS]; /* signatures of that relay */
	struct kept kept[CAP_LOOK_EVENTS];
	size_t nkept;
	size_t bytes;
	bool over; /* not in the list any more */
};

struct look {
	uv_loop_t *loop;
	const char *const *urls;
	size_t n;
	struct relaystore *store; /* NULL: no own relay */
	const struct look_ops *ops;
	void *ctx;
	struct one *ones;
	size_t nones;
	size_t handles; /* timers that are not closed yet */
	uint64_t last_number;
	bool closing;
};

/* ---- the end of a question */

static void release(struct look *l)
{
	if (l->closing && l->handles == 0)
		mem_free(l);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct one *o = h->data;
	struct look *l = o->owner;

	for (size_t i = 0; i < o->nkept; i++)
		mem_free(o->kept[i].json);
	mem_free(o);
	l->handles--;
	release(l);
}

static void unlink_one(struct one *o)
{
	struct one **at = &o->owner->ones;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	o->over = true;
	o->owner->nones--;
	uv_close((uv_handle_t *)&o->timer, on_timer_closed);
}

/* The relay need not send more. */
static void send_close(struct one *o, size_t relay)
{
	auto_buf struct buf frame = BUF_INIT(CAP_SUBID_BYTES + 64);

	nframe_write_close(&frame, str_of(o->sub));
	(void)o->owner->ops->send(o->owner->ctx, relay, buf_str(&frame));
}

static void answer(struct one *o)
{
	struct look *l = o->owner;
	struct ipcbridge_found found = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	size_t n_all = l->n + (l->store ? 1 : 0);

	for (size_t i = 0; i < o->nkept; i++)
		ipc_texts_add(&found.events, (struct str){o->kept[i].json, o->kept[i].n});
	for (size_t i = 0; i < n_all; i++) {
		if (o->parts[i] >= PART_ASKED)
			ipc_texts_add(&found.asked, str_of(l->urls[i]));
		if (o->parts[i] == PART_ANSWERED)
			ipc_texts_add(&found.answered, str_of(l->urls[i]));
	}
	log_event(LOG_DEBUG, "look.done",
		  "kind=%u ids=%zu events=%zu asked=%zu answered=%zu", o->kind, o->e.n,
		  found.events.n, found.asked.n, found.answered.n);
	l->ops->answer(l->ctx, o->peer, o->n, &found);
	ipc_texts_wipe(&found.events);
	ipc_texts_wipe(&found.asked);
	ipc_texts_wipe(&found.answered);
}

static void finish(struct one *o)
{
	for (size_t i = 0; i < o->owner->n; i++)
		if (o->parts[i] == PART_ASKED)
			send_close(o, i);
	unlink_one(o);
	answer(o);
}

/* Answering may end other questions too, when whoever asked is found to be gone. */
static void finish_if_done(struct one *o)
{
	if (o->over)
		return;
	for (size_t i = 0; i < o->owner->n; i++)
		if (o->parts[i] == PART_COMING || o->parts[i] == PART_ASKED ||
		    o->parts[i] == PART_AUTH)
			return;
	finish(o);
}

static void on_late(uv_timer_t *t)
{
	finish(t->data);
}

/* ---- events */

static bool has(const struct one *o, const struct id32 *id)
{
	for (size_t i = 0; i < o->nkept; i++)
		if (id32_eq(&o->kept[i].id, id))
			return true;
	return false;
}

/* False: there is no room for it. */
static bool keep(struct one *o, const struct nevent *ev)
{
	struct kept *k = &o->kept[o->nkept];
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);

	nevent_write(&json, ev);
	if (buf_over(&json) || o->nkept == CAP_LOOK_EVENTS ||
	    o->bytes + json.n > CAP_LOOK_BYTES)
		return false;
	o->bytes += json.n;
	k->id = ev->id;
	k->n = json.n;
	k->json = buf_take(&json);
	o->nkept++;
	return true;
}

static void fail(struct one *o, size_t relay)
{
	o->parts[relay] = PART_FAILED;
	send_close(o, relay);
	finish_if_done(o);
}

static void take(struct one *o, size_t relay, const struct nevent *ev)
{
	struct look *l = o->owner;
	struct lerr err = {0};

	if (!nfilter_matches(&o->filter, ev)) {
		l->ops->violation(l->ctx, relay, "event that was not asked for");
		return;
	}
	if (has(o, &ev->id))
		return;
	if (++o->checks[relay] > CAP_LOOK_EVENTS)
		fail(o, relay);
	else if (nevent_verify(ev, &err))
		l->ops->violation(l->ctx, relay, err.msg);
	else if (!keep(o, ev))
		fail(o, relay);
}

/* ---- the own relay */

static bool take_own(void *ctx, struct str json)
{
	struct one *o = ctx;
	auto_nevent struct nevent *ev = NULL;

	if (nevent_parse(&ev, json, NULL) || has(o, &ev->id))
		return true;
	if (!keep(o, ev))
		o->parts[o->owner->n] = PART_FAILED;
	return true;
}

static void read_own(struct one *o)
{
	struct look *l = o->owner;
	struct nfilter *filters[1] = {&o->filter};
	struct relayscan *scan = relayscan_new(
		l->store, filters, 1, relaystore_last_seq(l->store), CAP_LOOK_EVENTS + 1);
	int steps = 0;

	o->parts[l->n] = PART_ANSWERED;
	while (relayscan_step(scan, OWN_ROWS, clock_wall_s(), take_own, o))
		if (++steps == OWN_STEPS) {
			o->parts[l->n] = PART_FAILED;
			break;
		}
	relayscan_free(scan);
}

/* ---- asking */

static void send_req(struct one *o, size_t relay)
{
	struct nfilter *filters[1] = {&o->filter};
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	nframe_write_req(&frame, str_of(o->sub), filters, 1);
	o->parts[relay] = o->owner->ops->send(o->owner->ctx, relay, buf_str(&frame))
				  ? PART_ASKED
				  : PART_FAILED;
}

static enum lerr_code set_question(struct one *o, const struct ipcbridge_look *q,
				   struct lerr *err)
{
	for (size_t i = 0; i < q->ids.n; i++) {
		struct id32 id;

		if (i >= CAP_LOOK_IDS || !id32_parse(&id, str_of(q->ids.v[i])))
			return lerr_set(err, LERR_INPUT, 0, "not a list of ids");
		o->ids[i] = id32_hex(&id);
		o->values[i] = str_of(o->ids[i].c);
	}
	o->author = q->author;
	o->kind = (uint32_t)q->kind;
	o->e = (struct nfilter_tag){.letter = 'e', .values = o->values, .n = q->ids.n};
	o->filter = (struct nfilter){.authors = &o->author,
				     .nauthors = 1,
				     .has_authors = true,
				     .kinds = &o->kind,
				     .nkinds = 1,
				     .has_kinds = true,
				     .tags = &o->e,
				     .ntags = q->ids.n ? 1 : 0,
				     .since = q->since,
				     .until = UINT64_MAX,
				     .limit = CAP_LOOK_EVENTS};
	return LERR_OK;
}

static void start(struct one *o)
{
	struct look *l = o->owner;

	for (size_t i = 0; i < l->n; i++) {
		enum look_relay state = l->ops->state(l->ctx, i);

		if (state == LOOK_UP)
			send_req(o, i);
		else
			o->parts[i] = state == LOOK_COMING ? PART_COMING : PART_AWAY;
	}
	if (l->store)
		read_own(o);
	(void)uv_timer_start(&o->timer, on_late, PATIENCE_MS, 0);
	finish_if_done(o);
}

enum lerr_code look_ask(struct look *l, uint64_t peer, uint64_t n,
			const struct ipcbridge_look *question, struct lerr *err)
{
	struct one *o;

	if (l->nones >= CAP_LOOKS)
		return lerr_set(err, LERR_TEMP, 0, "too many questions at one time");
	o = mem_zalloc(sizeof(*o));
	if (set_question(o, question, err)) {
		mem_free(o);
		return LERR_INPUT;
	}
	o->owner = l;
	o->peer = peer;
	o->n = n;
	o->number = ++l->last_number;
	(void)snprintf(o->sub, sizeof(o->sub), SUB_PREFIX "%llu",
		       (unsigned long long)o->number);
	if (uv_timer_init(l->loop, &o->timer) != 0)
		panic("uv_timer_init");
	o->timer.data = o;
	o->next = l->ones;
	l->ones = o;
	l->nones++;
	l->handles++;
	start(o);
	return LERR_OK;
}

void look_hang_up(struct look *l, uint64_t peer)
{
	struct one *next;

	for (struct one *o = l->ones; o; o = next) {
		next = o->next;
		if (o->peer == peer)
			unlink_one(o);
	}
}

/* ---- what relays do */

static void follow_state(struct one *o, size_t relay, enum look_relay state)
{
	enum part *part = &o->parts[relay];

	if (o->over)
		return;
	if (*part == PART_COMING && state == LOOK_UP)
		send_req(o, relay);
	else if (*part == PART_COMING && state == LOOK_AWAY)
		*part = PART_AWAY;
	else if ((*part == PART_ASKED || *part == PART_AUTH) && state != LOOK_UP)
		*part = PART_FAILED;
	finish_if_done(o);
}

void look_state(struct look *l, size_t relay)
{
	enum look_relay state = l->ops->state(l->ctx, relay);
	struct one *next;

	for (struct one *o = l->ones; o; o = next) {
		next = o->next;
		follow_state(o, relay, state);
	}
}

/* Is it a subscription of ours, and which? *out is NULL when that one is over. */
static bool find(struct look *l, struct str sub, struct one **out)
{
	struct one *o = l->ones;

	if (!str_starts(sub, SUB_PREFIX))
		return false;
	while (o && !str_eq_c(sub, o->sub))
		o = o->next;
	*out = o;
	return true;
}

bool look_event(struct look *l, size_t relay, struct str sub, const struct nevent *ev)
{
	struct one *o;

	if (!find(l, sub, &o))
		return false;
	/* what was under way when we closed it is no offence */
	if (o && o->parts[relay] == PART_ASKED)
		take(o, relay, ev);
	return true;
}

bool look_eose(struct look *l, size_t relay, struct str sub)
{
	struct one *o;

	if (!find(l, sub, &o))
		return false;
	if (o && o->parts[relay] == PART_ASKED) {
		send_close(o, relay);
		o->parts[relay] = PART_ANSWERED;
		finish_if_done(o);
	}
	return true;
}

static bool wants_auth(struct str text)
{
	enum nframe_reason reason = nframe_reason(text);

	return reason == NREASON_AUTH_REQUIRED || reason == NREASON_RESTRICTED;
}

bool look_closed(struct look *l, size_t relay, struct str sub, struct str text)
{
	struct one *o;

	if (!find(l, sub, &o))
		return false;
	if (!o || o->parts[relay] != PART_ASKED)
		return true;
	log_event(LOG_INFO, "look.closed", "relay=%s why=%s", l->urls[relay],
		  log_text(text).c);
	if (wants_auth(text) && l->ops->want_auth(l->ctx, relay) == RELAYAUTH_COMES)
		o->parts[relay] = PART_AUTH;
	else
		o->parts[relay] = PART_FAILED;
	finish_if_done(o);
	return true;
}

void look_auth_done(struct look *l, size_t relay, bool accepted)
{
	struct one *next;

	for (struct one *o = l->ones; o; o = next) {
		next = o->next;
		if (o->over || o->parts[relay] != PART_AUTH)
			continue;
		if (accepted)
			send_req(o, relay);
		else
			o->parts[relay] = PART_FAILED;
		finish_if_done(o);
	}
}

/* ---- life */

struct look *look_new(uv_loop_t *loop, const char *const *urls, size_t n,
		      struct relaystore *store, const struct look_ops *ops, void *ctx)
{
	struct look *l = mem_zalloc(sizeof(*l));

	INVARIANT(n <= CAP_RELAYS);
	l->loop = loop;
	l->urls = urls;
	l->n = n;
	l->store = store;
	l->ops = ops;
	l->ctx = ctx;
	return l;
}

void look_close(struct look *l)
{
	if (!l)
		return;
	l->closing = true;
	while (l->ones)
		unlink_one(l->ones);
	release(l);
}
