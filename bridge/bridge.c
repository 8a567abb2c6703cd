/* SPDX-License-Identifier: MIT */
/*
 * Every part below knows only what it is for, and speaks through a table of functions;
 * this file connects them. What comes from relays goes frame -> sub -> inbox -> deliver;
 * what the engine wants out goes control -> sender -> relays; the own relay stands on
 * both sides. Relays are known by index, the own one last.
 */
#include "config.h"

#include "bridge/bridge.h"

#include "bridge/bridgedb.h"
#include "bridge/control.h"
#include "bridge/deliver.h"
#include "bridge/inbox.h"
#include "bridge/keylink.h"
#include "bridge/ownrelay.h"
#include "bridge/relayauth.h"
#include "bridge/relaylist.h"
#include "bridge/relaypool.h"
#include "bridge/resume.h"
#include "bridge/sender.h"
#include "bridge/sub.h"
#include "bridge/turn.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/unixsock.h"

#include <string.h>
#include <unistd.h>

enum {
	FLUSH_MS = 500, /* what need not be on disk at once */
	TICK_MS = 20,
	GOODBYE_TICKS = 100, /* for close frames at the end */
	STATE_MODE = 0711,
	OWN_MODE = 0700,
};

struct bridge {
	uv_loop_t *loop;
	const struct conf *conf;
	struct relaylist list;
	const char *urls[CAP_RELAYS + 1];
	size_t n;     /* relays without the own one */
	size_t n_all; /* with it */
	char *internal_path;
	char *relay_path;
	int relay_fd; /* listens, until the own relay takes it over */
	struct lwsloop *lws;
	struct httpc *http;
	struct db *db;
	struct turn *turn;
	struct relaystore *store;
	struct resume *resume;
	struct relaypool *pool;
	struct relayauth *auth;
	struct sub *sub;
	struct deliver *deliver;
	struct inbox *inbox;
	struct sender *sender;
	struct ownrelay *own;
	struct control *control;
	struct keylink *keys;
	uv_timer_t flush;
	bool has_worker;
	bool must_restart;
	struct id32 worker;
	uint64_t own_since_s;
	uint64_t owed_upto; /* handed to deliver up to this place of the store */
	bool paused;        /* no room for events of relays */
	uint64_t judged[CAP_INBOX_EVENTS]; /* places of the store, not written yet */
	size_t njudged;
};

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

static const struct deliver_ops deliver_ops = {on_settled, on_room};

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

static const struct inbox_ops inbox_ops = {on_violation, on_useful, on_budget, on_stored};

/* ---- frames of relays */

static bool send_to(void *ctx, size_t relay, struct str frame)
{
	struct bridge *b = ctx;

	return relaypool_send(b->pool, relay, frame);
}

static void on_event(struct bridge *b, size_t relay, struct nframe *f)
{
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
	sub_eose(b->sub, relay, f->sub);
}

static void on_closed(struct bridge *b, size_t relay, struct nframe *f)
{
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
}

static const struct relaypool_ops pool_ops = {on_up, on_frame, on_down, on_state};

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
}

static const struct relayauth_ops auth_ops = {ask_key, send_to, on_auth_done};

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

static const struct sub_ops sub_ops = {send_to, read_since, want_auth, set_unusable};

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

static const struct sender_ops sender_ops = {send_to, want_auth, publish_own, on_receipt};
static const struct ownrelay_ops own_ops = {on_owed, on_published};

static void on_committed(void *ctx)
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

static void on_hang_up(void *ctx, uint64_t peer)
{
	struct bridge *b = ctx;

	sender_hang_up(b->sender, peer);
}

static const struct control_ops control_ops = {list_relays, describe_relay, on_publish,
					       on_withdraw, on_hang_up};

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

static const struct keylink_ops key_ops = {on_key, on_auth};

/* ---- what need not be on disk at once */

static void write_lazily(struct bridge *b)
{
	if (b->njudged == 0 && !resume_is_dirty(b->resume))
		return;
	for (size_t i = 0; i < b->njudged; i++)
		relaystore_settle(b->store, b->judged[i]);
	b->njudged = 0;
	resume_write(b->resume);
	turn_wrote(b->turn);
}

static void on_flush(uv_timer_t *t)
{
	write_lazily(t->data);
}

/* ---- start */

static enum lerr_code open_store(struct bridge *b, struct lerr *err)
{
	auto_free char *folder = conf_state_path(b->conf, "bridge");
	auto_free char *path = conf_state_path(b->conf, "bridge/bridge.db");
	enum lerr_code rc =
		fdio_make_folder(conf_text(b->conf, CONF_STATE_DIR), STATE_MODE, err);

	if (!rc)
		rc = fdio_make_folder(folder, OWN_MODE, err);
	if (!rc)
		rc = bridgedb_open(&b->db, path, err);
	if (rc)
		return lerr_wrap(err, rc, "state");
	b->turn = turn_new(b->loop, b->db, on_committed, b);
	b->store = relaystore_new(b->db);
	b->resume = resume_new(b->db, b->urls, b->n);
	return LERR_OK;
}

static void make_sender(struct bridge *b)
{
	struct sender_relay relays[CAP_RELAYS + 1];

	for (size_t i = 0; i < b->n_all; i++) {
		relays[i].url = b->urls[i];
		relays[i].is_own = i == b->n;
		/* clear text goes to this machine alone */
		relays[i].unlimited = i < b->n && !b->list.of[i].tls;
	}
	b->sender = sender_new(b->loop, relays, b->n_all, &sender_ops, b);
}

static enum lerr_code open_own(struct bridge *b, struct lerr *err)
{
	struct ownrelay_setup setup = {
		.lws = b->lws,
		.turn = b->turn,
		.store = b->store,
		.state_dir = conf_text(b->conf, CONF_STATE_DIR),
		.name = conf_text(b->conf, CONF_WORKER_NAME),
		.description = conf_text(b->conf, CONF_WORKER_DESCRIPTION),
		.events_per_s = conf_uint(b->conf, CONF_RELAY_EVENTS_PER_S),
	};

	if (!b->list.has_own)
		return LERR_OK;
	return ownrelay_new(&b->own, &setup, &b->relay_fd, &own_ops, b, err);
}

static enum lerr_code open_net(struct bridge *b, struct lerr *err)
{
	const struct wsurl *urls[CAP_RELAYS];
	const char *ca_file = conf_text(b->conf, CONF_CA_FILE);
	enum lerr_code rc = lwsloop_new(&b->lws, b->loop, err);

	for (size_t i = 0; i < b->n; i++)
		urls[i] = &b->list.of[i];
	if (!rc)
		rc = httpc_new(&b->http, b->loop, ca_file, err);
	if (!rc)
		rc = relaypool_new(&b->pool, b->lws, ca_file, urls, b->n, &pool_ops, b,
				   err);
	return rc;
}

static void make_parts(struct bridge *b)
{
	b->auth = relayauth_new(b->loop, b->n, &auth_ops, b);
	b->sub = sub_new(b->loop, b->urls, b->n, &sub_ops, b);
	b->deliver = deliver_new(b->loop, b->http, b->internal_path, &deliver_ops, b);
	b->inbox = inbox_new(b->loop, b->urls, b->n, b->deliver, &inbox_ops, b);
	make_sender(b);
}

/* Sockets are bound as root, in a folder where nobody can replace them; then root is
 * given up, and only then is anything opened that a stranger's bytes go to. */
static enum lerr_code bind_and_drop(struct bridge *b, const struct bridge_users *users,
				    struct lerr *err)
{
	auto_free char *ctl = conf_run_path(b->conf, "bridge-ctl.sock");
	struct unixsock_owner nginx = {(uid_t)-1, users->web, 0660};
	enum lerr_code rc = control_open(&b->control, b->loop, ctl, users->engine,
					 &control_ops, b, err);

	if (!rc && b->list.has_own)
		rc = unixsock_listen(&b->relay_fd, b->relay_path,
				     SOCK_STREAM | SOCK_NONBLOCK, &nginx, err);
	if (!rc && users->drop)
		rc = proc_drop_to(users->uid, users->gid, err);
	return rc;
}

static void begin(struct bridge *b)
{
	auto_free char *keyd = conf_run_path(b->conf, "keyd-bridge.sock");

	b->keys = keylink_new(b->loop, keyd, &key_ops, b);
	(void)uv_timer_start(&b->flush, on_flush, FLUSH_MS, FLUSH_MS);
}

static void name_relays(struct bridge *b)
{
	b->n = b->list.n;
	for (size_t i = 0; i < b->n; i++)
		b->urls[i] = b->list.of[i].text;
	b->n_all = b->n;
	if (b->list.has_own)
		b->urls[b->n_all++] = b->list.own;
}

enum lerr_code bridge_new(struct bridge **out, uv_loop_t *loop, const struct conf *conf,
			  const struct bridge_users *users, struct lerr *err)
{
	struct bridge *b = mem_zalloc(sizeof(*b));
	enum lerr_code rc = relaylist_read(&b->list, conf, err);

	b->loop = loop;
	b->conf = conf;
	b->own_since_s = clock_wall_s();
	b->internal_path = conf_run_path(conf, "internal/http.sock");
	b->relay_path = conf_run_path(conf, "relay.sock");
	b->relay_fd = -1;
	name_relays(b);
	if (uv_timer_init(loop, &b->flush) != 0)
		panic("uv_timer_init");
	b->flush.data = b;
	if (!rc)
		rc = bind_and_drop(b, users, err);
	if (!rc)
		rc = open_store(b, err);
	if (!rc)
		rc = open_net(b, err);
	if (!rc) {
		make_parts(b);
		rc = open_own(b, err);
	}
	if (rc) {
		bridge_stop(b);
		return rc;
	}
	begin(b);
	*out = b;
	return LERR_OK;
}

bool bridge_must_restart(const struct bridge *b)
{
	return b->must_restart;
}

/* ---- end */

/* Time that is left for it; a tick wakes the loop, so that its state is looked at. */
struct ending {
	uv_timer_t tick;
	unsigned int ticks;
};

static void on_tick(uv_timer_t *t)
{
	struct ending *e = t->data;

	e->ticks++;
}

static bool is_late(const struct ending *e)
{
	return e->ticks >= GOODBYE_TICKS;
}

/* Close frames go out, and are waited for. */
static void say_goodbye(struct bridge *b, const struct ending *e)
{
	if (b->own) {
		ownrelay_shut(b->own);
		(void)unlink(b->relay_path);
	}
	if (b->pool)
		relaypool_shut(b->pool);
	while (!is_late(e) && ((b->pool && relaypool_busy(b->pool)) ||
			       (b->own && ownrelay_busy(b->own))))
		(void)uv_run(b->loop, UV_RUN_ONCE);
}

static void close_parts(struct bridge *b)
{
	control_close(b->control);
	b->control = NULL;
	keylink_close(b->keys);
	sender_close(b->sender);
	inbox_close(b->inbox);
	sub_close(b->sub);
	relayauth_close(b->auth);
	deliver_close(b->deliver);
	httpc_close(b->http);
	turn_close(b->turn);
	uv_close((uv_handle_t *)&b->flush, NULL);
}

static void free_parts(struct bridge *b)
{
	lwsloop_free(b->lws); /* still calls back into the next two */
	relaypool_free(b->pool);
	ownrelay_free(b->own);
	resume_free(b->resume);
	relaystore_free(b->store);
	db_close(b->db);
	fdio_close(&b->relay_fd);
	mem_free(b->internal_path);
	mem_free(b->relay_path);
	mem_free(b);
}

void bridge_stop(struct bridge *b)
{
	struct ending e = {.ticks = 0};

	if (uv_timer_init(b->loop, &e.tick) != 0)
		panic("uv_timer_init");
	e.tick.data = &e;
	(void)uv_timer_start(&e.tick, on_tick, TICK_MS, TICK_MS);
	if (b->turn)
		write_lazily(b);
	say_goodbye(b, &e);
	close_parts(b);
	if (b->lws)
		lwsloop_close(b->lws);
	uv_unref((uv_handle_t *)&e.tick);
	while (!is_late(&e) && uv_loop_alive(b->loop))
		(void)uv_run(b->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&e.tick, NULL);
	(void)uv_run(b->loop, UV_RUN_NOWAIT);
	if (is_late(&e)) {
		/* a name lookup hangs: memory goes with the process, the file must not */
		log_event(LOG_INFO, "bridge.stop_late", "%s", "");
		db_close(b->db);
		return;
	}
	free_parts(b);
}
