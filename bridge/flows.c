/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/flows.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

/* ---- back-pressure */

static void pause_all(struct bridge *b, bool paused)
{
	if (b->paused == paused)
		return;
	b->paused = paused;
	log_event(LOG_INFO, "inbox.paused", "paused=%s waiting=%zu",
		  paused ? "yes" : "no", deliver_count(b->deliver));
	for (size_t i = 0; i < b->n; i++)
		relaypool_pause(b->pool, i, RELAYPOOL_FULL, paused);
}

/* ---- the own relay's events, for as long as there is room */

static void note_judged(struct bridge *b, uint64_t seq)
{
	if (b->njudged == ARRAY_LEN(b->judged)) {
		/* more often than the timer: then at once */
		relaystore_settle(b->store, seq);
		turn_wrote(b->turn);
		return;
	}
	b->judged[b->njudged++] = seq;
}

static void hand_on_owed(struct bridge *b, struct relaystore_owed *o)
{
	struct deliver_item item = {.id = o->id,
				    .created_at = o->created_at,
				    .relay = b->list.own,
				    .own_seq = o->seq,
				    .json = BUF_INIT(CAP_EVENT_BYTES)};

	b->owed_upto = o->seq;
	if (inbox_is_settled(b->inbox, &o->id)) {
		note_judged(b, o->seq);
	} else {
		buf_add(&item.json, o->json, o->n);
		(void)deliver_push(b->deliver, &item);
	}
	mem_free(o->json);
}

static void pull_owed(struct bridge *b)
{
	struct relaystore_owed o;

	while (deliver_has_room(b->deliver) &&
	       relaystore_next_owed(b->store, &o, b->owed_upto))
		hand_on_owed(b, &o);
}

static void on_owed(void *ctx)
{
	pull_owed(ctx);
}

/* ---- deliver */

static void on_settled(void *ctx, const struct deliver_item *item, enum verdict v)
{
	struct bridge *b = ctx;

	inbox_settled(b->inbox, item, v);
	if (item->own_seq)
		note_judged(b, item->own_seq);
}

static void on_room(void *ctx)
{
	struct bridge *b = ctx;

	pull_owed(b);
	if (deliver_has_room(b->deliver))
		pause_all(b, false);
}

const struct deliver_ops flows_deliver_ops = {on_settled, on_room};

/* ---- inbox */

static void on_violation(void *ctx, size_t relay, const char *what)
{
	struct bridge *b = ctx;

	relaypool_violation(b->pool, relay, what);
}

static void on_useful(void *ctx, size_t relay)
{
	struct bridge *b = ctx;

	relaypool_useful(b->pool, relay);
}

static void on_budget(void *ctx, size_t relay, bool paused)
{
	struct bridge *b = ctx;

	relaypool_pause(b->pool, relay, RELAYPOOL_BUDGET, paused);
}

static void on_stored(void *ctx, size_t relay, uint64_t created_at)
{
	struct bridge *b = ctx;

	resume_note(b->resume, relay, created_at, clock_wall_s());
}

const struct inbox_ops flows_inbox_ops = {on_violation, on_useful, on_budget, on_stored};

/* ---- frames of relays */

static bool send_to(void *ctx, size_t relay, struct str frame)
{
	struct bridge *b = ctx;

	return relaypool_send(b->pool, relay, frame);
}

static void on_event(struct bridge *b, size_t relay, struct nframe *f)
{
	if (look_event(b->look, relay, f->sub, f->event))
		return;
	inbox_take(b->inbox, relay, sub_check(b->sub, relay, f->sub, f->event), f->event);
	if (!deliver_has_room(b->deliver))
		pause_all(b, true);
}

static void on_ok(struct bridge *b, size_t relay, struct nframe *f)
{
	relaypool_useful(b->pool, relay);
	if (!relayauth_ok(b->auth, relay, &f->id, f->accepted, f->text))
		sender_ok(b->sender, relay, &f->id, f->accepted, f->text);
}

static void on_eose(struct bridge *b, size_t relay, struct nframe *f)
{
	relaypool_useful(b->pool, relay);
	if (!look_eose(b->look, relay, f->sub))
		sub_eose(b->sub, relay, f->sub);
}

static void on_closed(struct bridge *b, size_t relay, struct nframe *f)
{
	if (!look_closed(b->look, relay, f->sub, f->text))
		sub_closed(b->sub, relay, f->sub, f->text);
}

static void on_notice(struct bridge *b, size_t relay, struct nframe *f)
{
	log_event(LOG_INFO, "relay.notice", "relay=%s text=%s", b->urls[relay],
		  log_text(f->text).c);
}

static void on_challenge(struct bridge *b, size_t relay, struct nframe *f)
{
	relayauth_challenge(b->auth, relay, f->text);
}

typedef void (*frame_fn)(struct bridge *b, size_t relay, struct nframe *f);

/* What is not here is none of a relay's to send, or unknown: ignored (NIP-01). */
static const frame_fn handlers[NFRAME_UNKNOWN + 1] = {
	[NFRAME_R_EVENT] = on_event,   [NFRAME_R_OK] = on_ok,
	[NFRAME_R_EOSE] = on_eose,     [NFRAME_R_CLOSED] = on_closed,
	[NFRAME_R_NOTICE] = on_notice, [NFRAME_R_AUTH] = on_challenge,
};

static void on_frame(void *ctx, size_t relay, struct nframe *f)
{
	if (handlers[f->type])
		handlers[f->type](ctx, relay, f);
}

static void on_up(void *ctx, size_t relay)
{
	struct bridge *b = ctx;

	inbox_up(b->inbox, relay);
	sub_up(b->sub, relay);
	sender_up(b->sender, relay);
}

static void on_down(void *ctx, size_t relay)
{
	struct bridge *b = ctx;

	relayauth_down(b->auth, relay);
	sub_down(b->sub, relay);
	sender_down(b->sender, relay);
}

static void on_state(void *ctx, size_t relay)
{
	struct bridge *b = ctx;

	if (b->control)
		control_tell_state(b->control, relay);
	if (b->look)
		look_state(b->look, relay);
}

const struct relaypool_ops flows_pool_ops = {on_up, on_frame, on_down, on_state};

/* ---- NIP-42 */

static bool ask_key(void *ctx, size_t relay, struct str challenge)
{
	struct bridge *b = ctx;

	return keylink_auth(b->keys, relay, b->urls[relay], challenge);
}

static void on_auth_done(void *ctx, size_t relay, bool accepted, const char *why)
{
	struct bridge *b = ctx;

	log_event(accepted ? LOG_INFO : LOG_WARN, "relay.auth",
		  "relay=%s accepted=%s why=%s", b->urls[relay], accepted ? "yes" : "no",
		  log_text(str_of(why)).c);
	sub_auth_done(b->sub, relay, accepted, why);
	sender_auth_done(b->sender, relay, accepted, why);
	look_auth_done(b->look, relay, accepted);
}

const struct relayauth_ops flows_auth_ops = {ask_key, send_to, on_auth_done};

static enum relayauth_wish want_auth(void *ctx, size_t relay)
{
	struct bridge *b = ctx;

	return relayauth_want(b->auth, relay);
}

/* ---- subscriptions */

static uint64_t read_since(void *ctx, size_t relay)
{
	const struct bridge *b = ctx;

	return resume_since(b->resume, relay, clock_wall_s(),
			    conf_uint(b->conf, CONF_MAX_JOB_AGE));
}

static void set_unusable(void *ctx, size_t relay, struct str why)
{
	struct bridge *b = ctx;

	relaypool_set_unusable(b->pool, relay, why);
}

const struct sub_ops flows_sub_ops = {send_to, read_since, want_auth, set_unusable};

/* ---- questions of the engine */

static enum look_relay state_of(void *ctx, size_t relay)
{
	const struct bridge *b = ctx;
	enum relayconn_state state = relaypool_conn(b->pool, relay)->state;

	if (relaypool_is_up(b->pool, relay))
		return LOOK_UP;
	return state == RELAYCONN_IDLE || state == RELAYCONN_CONNECTING ? LOOK_COMING
									: LOOK_AWAY;
}

static void on_answer(void *ctx, uint64_t peer, uint64_t n,
		      const struct ipcbridge_found *found)
{
	struct bridge *b = ctx;

	control_found(b->control, peer, n, found);
}

const struct look_ops flows_look_ops = {state_of, send_to, want_auth, on_violation,
					on_answer};

/* ---- sender and own relay */

static void publish_own(void *ctx, uint64_t tag, struct str event)
{
	struct bridge *b = ctx;

	ownrelay_publish(b->own, tag, event);
}

static void on_published(void *ctx, uint64_t tag, bool accepted, const char *text)
{
	struct bridge *b = ctx;

	sender_own_done(b->sender, tag, accepted, text);
}

static void on_receipt(void *ctx, uint64_t peer, uint64_t seq, const char *url,
		       const char *verdict, const char *text)
{
	struct bridge *b = ctx;

	control_receipt(b->control, peer, seq, url, verdict, text);
}

const struct sender_ops flows_sender_ops = {send_to, want_auth, publish_own, on_receipt};
const struct ownrelay_ops flows_own_ops = {on_owed, on_published};

void flows_committed(void *ctx)
{
	struct bridge *b = ctx;

	if (b->own)
		ownrelay_committed(b->own);
}

/* ---- control */

static void list_relays(void *ctx, struct ipc_texts *urls)
{
	const struct bridge *b = ctx;

	for (size_t i = 0; i < b->n_all; i++)
		ipc_texts_add(urls, str_of(b->urls[i]));
}

/* The message only borrows; its fields are not const because a reader owns them. */
static char *borrow(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void describe_relay(void *ctx, size_t i, struct ipcbridge_relay *out)
{
	const struct bridge *b = ctx;
	const struct relayconn *c;

	out->url = borrow(b->urls[i]);
	if (i == b->n) {
		out->state = borrow(b->has_worker ? "up" : "connecting");
		out->why = borrow("");
		out->since = b->own_since_s;
		return;
	}
	c = relaypool_conn(b->pool, i);
	out->state = borrow(relayconn_word(c));
	out->why = borrow(c->why);
	out->since = c->changed_s;
}

static void on_publish(void *ctx, uint64_t peer, const struct ipcbridge_publish *p)
{
	struct bridge *b = ctx;

	sender_publish(b->sender, peer, p->seq, str_of(p->event), &p->relays);
}

static void on_withdraw(void *ctx, uint64_t peer, uint64_t seq)
{
	struct bridge *b = ctx;

	sender_withdraw(b->sender, peer, seq);
}

static enum lerr_code on_look(void *ctx, uint64_t peer, uint64_t n,
			      const struct ipcbridge_look *question, struct lerr *err)
{
	struct bridge *b = ctx;

	return look_ask(b->look, peer, n, question, err);
}

/* What the engine has taken before, it has not got any more. */
static void on_reread(void *ctx)
{
	struct bridge *b = ctx;
	uint64_t now_s = clock_wall_s();
	uint64_t age_s = conf_uint(b->conf, CONF_MAX_JOB_AGE);

	flows_write_lazily(b);
	inbox_forget(b->inbox);
	resume_forget(b->resume);
	relaystore_owe_again(b->store, now_s > age_s ? now_s - age_s : 0);
	turn_wrote(b->turn);
	log_event(LOG_INFO, "bridge.reread", "owed=%llu",
		  (unsigned long long)relaystore_count_owed(b->store));
	sub_again(b->sub);
	b->owed_upto = 0;
	if (b->own && b->has_worker)
		pull_owed(b);
}

static void on_hang_up(void *ctx, uint64_t peer)
{
	struct bridge *b = ctx;

	sender_hang_up(b->sender, peer);
	look_hang_up(b->look, peer);
}

const struct control_ops flows_control_ops = {list_relays, describe_relay, on_publish,
					      on_withdraw, on_look,        on_reread,
					      on_hang_up};

/* ---- loom-keyd */

static void on_key(void *ctx, const struct id32 *pubkey)
{
	struct bridge *b = ctx;

	if (b->has_worker && !id32_eq(&b->worker, pubkey)) {
		log_event(LOG_WARN, "keyd.other_key", "ours=%s theirs=%s",
			  id32_short(&b->worker).c, id32_short(pubkey).c);
		b->must_restart = true;
		uv_stop(b->loop);
		return;
	}
	log_event(LOG_INFO, "keyd.up", "worker=%s", id32_short(pubkey).c);
	if (b->has_worker)
		return;
	b->has_worker = true;
	b->worker = *pubkey;
	b->own_since_s = clock_wall_s();
	sub_set_worker(b->sub, pubkey);
	if (b->own) {
		ownrelay_set_worker(b->own, pubkey);
		control_tell_state(b->control, b->n);
		pull_owed(b);
	}
	relaypool_start(b->pool);
}

static void on_auth(void *ctx, uint64_t tag, const char *event, const char *why)
{
	struct bridge *b = ctx;

	relayauth_answered(b->auth, (size_t)tag, event, why);
}

const struct keylink_ops flows_key_ops = {on_key, on_auth};

/* ---- what need not be on disk at once */

void flows_write_lazily(struct bridge *b)
{
	if (b->njudged == 0 && !resume_is_dirty(b->resume))
		return;
	for (size_t i = 0; i < b->njudged; i++)
		relaystore_settle(b->store, b->judged[i]);
	b->njudged = 0;
	resume_write(b->resume);
	turn_wrote(b->turn);
}
