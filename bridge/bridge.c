/* SPDX-License-Identifier: MIT */
/*
 * Start and end of the bridge: which parts there are, in which order they are made, and
 * how they go. Called by main.c; what they say to each other is in flows.c. Nothing that
 * parses a stranger's bytes may be opened before root is given up.
 */
#include "config.h"

#include "bridge/bridge.h"

#include "bridge/bridgedb.h"
#include "bridge/flows.h"
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
	b->turn = turn_new(b->loop, b->db, flows_committed, b);
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
	b->sender = sender_new(b->loop, relays, b->n_all, &flows_sender_ops, b);
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
	return ownrelay_new(&b->own, &setup, &b->relay_fd, &flows_own_ops, b, err);
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
		rc = relaypool_new(&b->pool, b->lws, ca_file, urls, b->n, &flows_pool_ops,
				   b, err);
	return rc;
}

static void make_parts(struct bridge *b)
{
	b->auth = relayauth_new(b->loop, b->n, &flows_auth_ops, b);
	b->sub = sub_new(b->loop, b->urls, b->n, &flows_sub_ops, b);
	b->deliver =
		deliver_new(b->loop, b->http, b->internal_path, &flows_deliver_ops, b);
	b->inbox = inbox_new(b->loop, b->urls, b->n, b->deliver, &flows_inbox_ops, b);
	make_sender(b);
	b->look = look_new(b->loop, b->urls, b->n, b->list.has_own ? b->store : NULL,
			   &flows_look_ops, b);
}

/* Sockets are bound as root, in a folder where nobody can replace them; then root is
 * given up, and only then is anything opened that a stranger's bytes go to. */
static enum lerr_code bind_and_drop(struct bridge *b, const struct bridge_users *users,
				    struct lerr *err)
{
	auto_free char *ctl = conf_run_path(b->conf, "bridge-ctl.sock");
	struct unixsock_owner nginx = {(uid_t)-1, users->web, 0660};
	enum lerr_code rc = control_open(&b->control, b->loop, ctl, users->engine,
					 &flows_control_ops, b, err);

	if (!rc && b->list.has_own)
		rc = unixsock_check_free(b->relay_path, SOCK_STREAM, err);
	if (!rc && b->list.has_own)
		rc = unixsock_listen(&b->relay_fd, b->relay_path,
				     SOCK_STREAM | SOCK_NONBLOCK, &nginx, err);
	if (!rc && users->drop)
		rc = proc_drop_to(users->uid, users->gid, err);
	return rc;
}

static void on_flush(uv_timer_t *t)
{
	flows_write_lazily(t->data);
}

static void begin(struct bridge *b)
{
	auto_free char *keyd = conf_run_path(b->conf, "keyd-bridge.sock");

	b->keys = keylink_new(b->loop, keyd, &flows_key_ops, b);
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
	look_close(b->look);
	b->look = NULL;
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
		flows_write_lazily(b);
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
