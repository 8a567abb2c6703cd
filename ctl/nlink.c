/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/nlink.h"

#include "ctl/out.h"
#include "lib/base/backoff.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nframe.h"
#include "lib/proto/nreply.h"

#include <stdio.h>

enum {
	FIRST_WAIT_MS = 1000, /* ceilings of the back-off */
	MOST_WAIT_MS = 30000,
	SUB_ROOM = 16,
};

/* Where a request to the relay (subscription or event) stands. */
enum stand {
	STAND_NONE,    /* not asked on this connection */
	STAND_SENT,    /* no answer yet */
	STAND_LATER,   /* refused this time: the timer sends it again */
	STAND_AUTH,    /* waits until we are authenticated */
	STAND_DONE,    /* answered: EOSE, or OK true */
	STAND_REFUSED, /* for good */
};

enum auth {
	AUTH_NONE,
	AUTH_WANTED, /* as soon as there is a challenge */
	AUTH_SENT,
	AUTH_DONE,
	AUTH_REFUSED,
};

struct nlink {
	const struct nlink_want *want;
	size_t number;
	struct wsurl url;
	uint64_t conn;
	bool open;
	bool given_up;
	uv_timer_t timer; /* dials, or sends again what is STAND_LATER */
	bool timer_open;
	struct backoff wait;
	enum auth auth;
	struct id32 auth_id;
	struct buf challenge;
	enum stand sub;
	bool ended; /* nclient_end was said */
	enum stand pub;
	bool replied; /* a final nclient_reply was said */
	bool was_sent;
	unsigned int faults;
	unsigned int notices;
	bool said_away;
};

static void on_timer(uv_timer_t *t);

static void set_timer(struct nlink *l, uint64_t ms)
{
	if (l->timer_open)
		(void)uv_timer_start(&l->timer, on_timer, ms, 0);
}

/* ---- telling the owner, each thing once */

static void say_end(struct nlink *l, enum nclient_end end)
{
	const struct nlink_want *w = l->want;

	if (l->ended || w->sub == 0)
		return;
	l->ended = true;
	if (w->ops && w->ops->on_end)
		w->ops->on_end(w->ctx, l->number, end);
}

static void say_reply(struct nlink *l, enum nclient_reply reply, struct str said)
{
	const struct nlink_want *w = l->want;

	if (l->replied || w->event.n == 0)
		return;
	l->replied = reply != NCLIENT_NOT_NOW;
	if (w->ops && w->ops->on_reply)
		w->ops->on_reply(w->ctx, l->number, reply, said);
}

/* ---- sending */

static void send_frame(struct nlink *l, struct buf *frame)
{
	if (wsc_send(l->want->wsc, l->conn, buf_str(frame)))
		return;
	/* on_close follows, and with it another try */
	l->open = false;
}

static void write_sub(char *out, const struct nlink *l)
{
	(void)snprintf(out, SUB_ROOM, "ctl%u", l->want->sub);
}

static void send_sub(struct nlink *l)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);
	char sub[SUB_ROOM];

	if (l->want->sub == 0 || !l->open)
		return;
	write_sub(sub, l);
	nframe_write_req(&frame, str_of(sub), l->want->filters, l->want->nfilters);
	l->sub = STAND_SENT;
	send_frame(l, &frame);
}

static void send_event(struct nlink *l)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	if (l->want->event.n == 0 || !l->open)
		return;
	buf_add_str(&frame, buf_str(&l->want->event));
	l->pub = STAND_SENT;
	l->was_sent = true;
	send_frame(l, &frame);
}

/* NIP-42: kind 22242, the relay as it was dialled, its challenge. */
static void send_auth(struct nlink *l)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_buf struct buf text = BUF_INIT(CAP_FRAME_BYTES);
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);
	struct str challenge[2] = {STR_LIT("challenge"), buf_str(&l->challenge)};
	struct nevent *ev;
	struct id32 author;
	uint8_t sig[64];

	if (nsign_pubkey(&author, &l->want->key, NULL))
		panic("a key that was checked is none");
	ntags_add_c(tags, "relay", l->url.text, NULL);
	ntags_add(tags, challenge, 2);
	ev = nevent_make(&author, clock_wall_s(), NKIND_AUTH, tags, STR_LIT(""));
	nsign_sign(sig, &l->want->key, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&text, ev);
	nframe_write_auth(&frame, buf_str(&text));
	l->auth_id = ev->id;
	l->auth = AUTH_SENT;
	nevent_free(ev);
	send_frame(l, &frame);
}

/* ---- refusals */

static void refuse_sub(struct nlink *l, struct str said)
{
	l->sub = STAND_REFUSED;
	out_remark("%s does not answer: %s", l->url.text, out_said(said).c);
	say_end(l, NCLIENT_REFUSED);
}

static void refuse_event(struct nlink *l, struct str said)
{
	l->pub = STAND_REFUSED;
	say_reply(l, NCLIENT_NOT_TAKEN, said);
}

static void send_later(struct nlink *l, enum stand *what)
{
	*what = STAND_LATER;
	set_timer(l, backoff_next(&l->wait));
}

/* Something was refused until we say who we are. False: that will not help. */
static bool try_auth(struct nlink *l, enum stand *what)
{
	if (l->auth == AUTH_DONE || l->auth == AUTH_REFUSED)
		return false;
	if (!l->want->has_key) {
		out_remark("%s wants to know who asks: give it --key FILE", l->url.text);
		return false;
	}
	*what = STAND_AUTH;
	if (l->auth == AUTH_NONE)
		l->auth = AUTH_WANTED;
	if (l->auth == AUTH_WANTED && l->challenge.n)
		send_auth(l);
	return true;
}

static void sub_refused(struct nlink *l, struct str said)
{
	switch (nreply_of(false, said)) {
	case NREPLY_AUTH:
		if (!try_auth(l, &l->sub))
			refuse_sub(l, said);
		return;
	case NREPLY_LATER:
	case NREPLY_SLOWER:
		send_later(l, &l->sub);
		say_end(l, NCLIENT_REFUSED);
		return;
	case NREPLY_OK:
	case NREPLY_REFUSED:
		refuse_sub(l, said);
		return;
	}
}

static void event_answered(struct nlink *l, bool accepted, struct str said)
{
	if (l->pub != STAND_SENT)
		return;
	switch (nreply_of(accepted, said)) {
	case NREPLY_OK:
		l->pub = STAND_DONE;
		backoff_reset(&l->wait);
		say_reply(l, NCLIENT_TAKEN, said);
		return;
	case NREPLY_REFUSED:
		refuse_event(l, said);
		return;
	case NREPLY_LATER:
	case NREPLY_SLOWER:
		say_reply(l, NCLIENT_NOT_NOW, said);
		send_later(l, &l->pub);
		return;
	case NREPLY_AUTH:
		if (!try_auth(l, &l->pub))
			refuse_event(l, said);
		return;
	}
}

static void auth_answered(struct nlink *l, bool accepted, struct str said)
{
	if (l->auth != AUTH_SENT)
		return;
	l->auth = accepted ? AUTH_DONE : AUTH_REFUSED;
	if (l->sub == STAND_AUTH && accepted)
		send_sub(l);
	else if (l->sub == STAND_AUTH)
		refuse_sub(l, said);
	if (l->pub == STAND_AUTH && accepted)
		send_event(l);
	else if (l->pub == STAND_AUTH)
		refuse_event(l, said);
}

/* ---- a relay that breaks the rules */

static void give_up(struct nlink *l)
{
	l->given_up = true;
	out_remark("%s is not used any more: it keeps sending what was not asked for",
		   l->url.text);
	wsc_close(l->want->wsc, l->conn, 1008);
	say_end(l, NCLIENT_AWAY);
	say_reply(l, NCLIENT_NOT_TAKEN, STR_LIT("not used any more"));
}

static void fault(struct nlink *l, const char *what, const char *why)
{
	l->faults++;
	if (l->faults <= CAP_CTL_REMARKS)
		out_remark("%s sent %s: %s", l->url.text, what, out_said(str_of(why)).c);
	if (l->faults >= CAP_RELAY_VIOLATIONS && !l->given_up)
		give_up(l);
}

/* ---- what it sends */

static bool is_wanted(const struct nlink *l, const struct nevent *ev)
{
	for (size_t i = 0; i < l->want->nfilters; i++)
		if (nfilter_matches(l->want->filters[i], ev))
			return true;
	return false;
}

static bool is_our_sub(const struct nlink *l, struct str sub)
{
	char ours[SUB_ROOM];

	write_sub(ours, l);
	return l->want->sub && str_eq_c(sub, ours);
}

static void take_event(struct nlink *l, const struct nframe *f)
{
	const struct nlink_want *w = l->want;
	struct lerr err = {0};

	/* an older subscription may still be on its way */
	if (!is_our_sub(l, f->sub))
		return;
	if (!is_wanted(l, f->event)) {
		fault(l, "an event that was not asked for", id32_short(&f->event->id).c);
		return;
	}
	if (nevent_verify(f->event, &err)) {
		fault(l, "a forged event", err.msg);
		return;
	}
	if (w->ops && w->ops->on_event)
		w->ops->on_event(w->ctx, l->number, f->event, l->sub == STAND_DONE);
}

static void take_eose(struct nlink *l, const struct nframe *f)
{
	if (!is_our_sub(l, f->sub) || l->sub != STAND_SENT)
		return;
	l->sub = STAND_DONE;
	backoff_reset(&l->wait);
	say_end(l, NCLIENT_STORED);
}

static void take_closed(struct nlink *l, const struct nframe *f)
{
	if (is_our_sub(l, f->sub) && (l->sub == STAND_SENT || l->sub == STAND_DONE))
		sub_refused(l, f->text);
}

static void take_ok(struct nlink *l, const struct nframe *f)
{
	if (id32_eq(&f->id, &l->auth_id))
		auth_answered(l, f->accepted, f->text);
	else if (l->want->event.n && id32_eq(&f->id, &l->want->event_id))
		event_answered(l, f->accepted, f->text);
}

static void take_challenge(struct nlink *l, const struct nframe *f)
{
	buf_reset(&l->challenge);
	buf_add_str(&l->challenge, f->text);
	if (l->auth == AUTH_WANTED && l->challenge.n)
		send_auth(l);
}

static void take_notice(struct nlink *l, const struct nframe *f)
{
	if (l->notices++ < CAP_CTL_REMARKS)
		out_remark("%s says: %s", l->url.text, out_said(f->text).c);
}

static void take_frame(struct nlink *l, const struct nframe *f)
{
	switch (f->type) {
	case NFRAME_R_EVENT:
		take_event(l, f);
		return;
	case NFRAME_R_OK:
		take_ok(l, f);
		return;
	case NFRAME_R_EOSE:
		take_eose(l, f);
		return;
	case NFRAME_R_CLOSED:
		take_closed(l, f);
		return;
	case NFRAME_R_NOTICE:
		take_notice(l, f);
		return;
	case NFRAME_R_AUTH:
		take_challenge(l, f);
		return;
	case NFRAME_C_EVENT:
	case NFRAME_C_REQ:
	case NFRAME_C_CLOSE:
	case NFRAME_C_AUTH:
	case NFRAME_C_COUNT:
	case NFRAME_C_NEG:
	case NFRAME_UNKNOWN:
		return;
	}
}

void nlink_heard(struct nlink *l, struct str text)
{
	struct nframe f = {0};
	struct nframe_fault what = {0};
	struct lerr err = {0};

	if (l->given_up)
		return;
	if (nframe_parse(&f, &what, NFRAME_FROM_RELAY, text, CAP_FRAME_BYTES, &err))
		fault(l, "something that is no message of a relay", err.msg);
	else
		take_frame(l, &f);
	nframe_wipe(&f);
}

/* ---- the connection */

void nlink_opened(struct nlink *l)
{
	l->open = true;
	l->auth = AUTH_NONE;
	l->auth_id = (struct id32){{0}};
	buf_reset(&l->challenge);
	if (l->said_away)
		out_remark("%s is there now", l->url.text);
	l->said_away = false;
	send_sub(l);
	if (!l->replied)
		send_event(l);
}

void nlink_lost(struct nlink *l, const struct wsc_end *end)
{
	l->conn = 0;
	l->open = false;
	if (l->sub != STAND_REFUSED)
		l->sub = STAND_NONE;
	if (l->given_up)
		return;
	if (!l->said_away)
		out_remark("%s: %s; trying again", l->url.text,
			   out_said(str_of(end->why)).c);
	l->said_away = true;
	say_end(l, NCLIENT_AWAY);
	if (end->fault == WSC_TOO_MUCH && ++l->faults >= CAP_RELAY_VIOLATIONS) {
		give_up(l);
		return;
	}
	if (end->retry_after_s)
		backoff_raise(&l->wait, end->retry_after_s * 1000ULL);
	set_timer(l, backoff_next(&l->wait));
}

static void on_timer(uv_timer_t *t)
{
	struct nlink *l = t->data;

	if (l->conn == 0) {
		l->conn = wsc_open(l->want->wsc, &l->url);
		return;
	}
	if (l->sub == STAND_LATER)
		send_sub(l);
	if (l->pub == STAND_LATER)
		send_event(l);
}

/* ---- asked by the owner */

static void send_close(struct nlink *l)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);
	char sub[SUB_ROOM];

	(void)snprintf(sub, sizeof(sub), "ctl%u", l->want->sub - 1);
	nframe_write_close(&frame, str_of(sub));
	send_frame(l, &frame);
}

void nlink_ask(struct nlink *l)
{
	if (l->open && (l->sub == STAND_SENT || l->sub == STAND_DONE))
		send_close(l);
	/* one that is away would say so only after its next failed try */
	l->ended = l->given_up || l->said_away;
	l->sub = STAND_NONE;
	send_sub(l);
}

void nlink_publish(struct nlink *l)
{
	l->replied = l->given_up;
	l->pub = STAND_NONE;
	l->was_sent = false;
	if (!l->replied)
		send_event(l);
}

struct nlink *nlink_new(const struct nlink_want *want, size_t number,
			const struct wsurl *url)
{
	struct nlink *l = mem_zalloc(sizeof(*l));

	l->want = want;
	l->number = number;
	l->url = *url;
	backoff_init(&l->wait, FIRST_WAIT_MS, MOST_WAIT_MS);
	buf_init(&l->challenge, CAP_CHALLENGE_BYTES);
	if (uv_timer_init(want->loop, &l->timer) != 0)
		panic("uv_timer_init");
	l->timer.data = l;
	l->timer_open = true;
	set_timer(l, 0);
	return l;
}

void nlink_close(struct nlink *l)
{
	if (l->timer_open)
		uv_close((uv_handle_t *)&l->timer, NULL);
	l->timer_open = false;
}

void nlink_free(struct nlink *l)
{
	buf_free(&l->challenge);
	mem_free(l);
}

const struct wsurl *nlink_url(const struct nlink *l)
{
	return &l->url;
}

uint64_t nlink_conn(const struct nlink *l)
{
	return l->conn;
}

bool nlink_has_ended(const struct nlink *l)
{
	return l->ended;
}

bool nlink_was_sent(const struct nlink *l)
{
	return l->was_sent;
}
