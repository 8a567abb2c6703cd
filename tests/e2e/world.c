/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/e2e/world.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcsock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 60000 };

char *world_path(const struct world *w, const char *name)
{
	auto_buf struct buf b = BUF_INIT(4096);

	buf_addf(&b, "%s/%s", w->folder, name);
	return buf_take(&b);
}

void world_start_keyd(struct world *w)
{
	auto_free char *program = rig_program("tests/peers/fakekeyd");
	auto_free char *socket = world_path(w, "run/keyd-bridge.sock");
	char secret[65];
	const char *const argv[] = {program, socket, secret, NULL};

	(void)snprintf(secret, sizeof(secret), "%064x", (unsigned int)WORLD_WORKER);
	w->keyd = rig_start("keyd", argv);
	(void)rig_wait(w->keyd, "ready");
}

void world_start_internal(struct world *w)
{
	auto_free char *program = rig_program("tests/peers/fakeinternal");
	auto_free char *socket = world_path(w, "run/internal/http.sock");
	const char *const argv[] = {program, socket, NULL};

	(void)unlink(socket);
	w->internal = rig_start("internal", argv);
	(void)rig_wait(w->internal, "ready");
}

int world_make(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	void *folder = NULL;
	auto_free char *run = NULL;
	auto_free char *internal = NULL;
	auto_free char *kept = NULL;

	if (unit_folder_make(&folder) != 0)
		return -1;
	w->folder = folder;
	w->engine = -1;
	run = world_path(w, "run");
	kept = world_path(w, "state");
	w->relay_sock = world_path(w, "run/relay.sock");
	internal = world_path(w, "run/internal");
	assert_int_equal(mkdir(run, 0700), 0);
	assert_int_equal(mkdir(internal, 0700), 0);
	assert_int_equal(mkdir(kept, 0700), 0);
	world_start_keyd(w);
	world_start_internal(w);
	*state = w;
	return 0;
}

int world_remove(void **state)
{
	struct world *w = *state;
	void *folder = w->folder;

	world_hang_up(w);
	if (w->bridge) {
		rig_signal(w->bridge, SIGTERM);
		(void)rig_end(w->bridge);
	}
	for (size_t i = 0; i < WORLD_RELAYS; i++) {
		rig_stop(w->relays[i]);
		mem_free(w->urls[i]);
	}
	rig_stop(w->keyd);
	rig_stop(w->internal);
	mem_free(w->relay_sock);
	mem_free(w);
	return unit_folder_remove(&folder);
}

void world_start_relay(struct world *w, size_t i, const char *cert, const char *key)
{
	auto_free char *program = rig_program("tests/peers/fakerelay");
	const char *const argv[] = {program, cert, key, NULL};
	auto_buf struct buf url = BUF_INIT(256);
	const char *line;

	w->relays[i] = rig_start("relay", argv);
	line = rig_wait(w->relays[i], "ready ");
	buf_addf(&url, "%s:%s", cert ? "wss://localhost" : "ws://127.0.0.1",
		 line + strlen("ready "));
	mem_free(w->urls[i]);
	w->urls[i] = buf_take(&url);
}

void world_restart_bridge(struct world *w)
{
	auto_free char *program = rig_program("bridge/loom-bridge");
	auto_free char *conf = world_path(w, "conf");
	const char *const argv[] = {program, "--config", conf, NULL};

	w->bridge = rig_start("bridge", argv);
	(void)rig_wait(w->bridge, "ev=bridge.ready");
}

void world_start_bridge(struct world *w, size_t n, const char *more)
{
	auto_buf struct buf b = BUF_INIT(65536);
	void *folder = w->folder;

	buf_add_c(&b, "NOSTR_RELAYS=");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? "," : "", w->urls[i]);
	buf_addf(&b, "\nSTATE_DIR=%s/state\nRUN_DIR=%s/run\n%s", w->folder, w->folder,
		 more);
	unit_write(&folder, "conf", b.p, 0600);
	world_restart_bridge(w);
}

/* ---- events */

struct nevent *world_job(const char *content, uint64_t ago_s)
{
	struct id32 worker = signed_key(WORLD_WORKER);

	return signed_event(WORLD_CUSTOMER, clock_wall_s() - ago_s, NKIND_JOB, content,
			    "p", id32_hex(&worker).c, NULL);
}

void world_push(struct world *w, size_t i, const char *word, const struct nevent *ev)
{
	auto_free char *json = signed_json(ev);
	auto_buf struct buf b = BUF_INIT(1 << 20);

	buf_addf(&b, "%s %s", word, json);
	rig_say(w->relays[i], b.p);
}

static void describe(char out[80], const struct nevent *ev)
{
	(void)snprintf(out, 80, " %s", id32_hex(&ev->id).c);
}

void world_delivered(struct world *w, const struct nevent *ev)
{
	char text[80];

	describe(text, ev);
	rig_wait_count(w->internal, text, 1);
}

size_t world_times(struct world *w, const struct nevent *ev)
{
	char text[80];

	describe(text, ev);
	return rig_count(w->internal, text);
}

/* ---- as the engine */

void world_dial(struct world *w)
{
	auto_free char *path = world_path(w, "run/bridge-ctl.sock");

	assert_int_equal(ipcsock_connect(&w->engine, path, NULL), LERR_OK);
}

void world_hang_up(struct world *w)
{
	if (w->engine >= 0)
		(void)close(w->engine);
	w->engine = -1;
}

void world_say(struct world *w, size_t type, uint64_t n, const void *body)
{
	auto_buf struct buf json = BUF_INIT(CAP_IPC_BODY);

	ipcmsg_encode(&json, &ipcbridge_types[type], n, body);
	assert_int_equal(ipcsock_send(w->engine, buf_str(&json), NULL, 0, NULL), LERR_OK);
}

void world_publish(struct world *w, uint64_t seq, const struct nevent *ev,
		   const char *url)
{
	auto_free char *json = signed_json(ev);
	struct ipcbridge_publish body = {.seq = seq, .event = json};

	ipc_texts_add(&body.relays, str_of(url));
	world_say(w, IPCBRIDGE_PUBLISH, 0, &body);
	ipc_texts_wipe(&body.relays);
}

void world_next(struct world *w, struct ipcmsg *m, size_t type)
{
	uint64_t end = clock_mono_ms() + DEADLINE_MS;

	for (;;) {
		auto_buf struct buf json = BUF_INIT(CAP_IPC_BODY);
		struct pollfd p = {.fd = w->engine, .events = POLLIN};
		struct ipcsock_fds fds;

		if (clock_mono_ms() > end)
			fail_msg("no %s came", ipcbridge_types[type].name);
		if (poll(&p, 1, 1000) <= 0)
			continue;
		assert_int_equal(ipcsock_recv(w->engine, &json, &fds, NULL), LERR_OK);
		assert_int_equal(ipcmsg_decode(m, ipcbridge_types, IPCBRIDGE_TYPES,
					       buf_str(&json), NULL),
				 LERR_OK);
		if (m->type == type)
			return;
		ipcmsg_wipe(m);
	}
}

void world_receipt(struct world *w, struct ipcmsg *m)
{
	world_next(w, m, IPCBRIDGE_RECEIPT);
}

void world_expect_receipt(struct world *w, uint64_t seq, const char *verdict,
			  const char *text)
{
	struct ipcmsg m;
	const struct ipcbridge_receipt *r;

	world_receipt(w, &m);
	r = m.body;
	assert_int_equal(r->seq, seq);
	assert_string_equal(r->verdict, verdict);
	assert_has(r->text, text);
	ipcmsg_wipe(&m);
}

void world_expect_state(struct world *w, const char *url, const char *state, char *why,
			size_t room)
{
	for (;;) {
		struct ipcmsg m;
		const struct ipcbridge_relay *r;
		bool found;

		world_next(w, &m, IPCBRIDGE_RELAY);
		r = m.body;
		found = strcmp(r->url, url) == 0 && strcmp(r->state, state) == 0;
		if (found && why)
			str_copy(why, room, str_of(r->why));
		ipcmsg_wipe(&m);
		if (found)
			return;
	}
}
