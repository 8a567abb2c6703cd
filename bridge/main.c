/* SPDX-License-Identifier: MIT */
/*
 * loom-bridge: everything that speaks Nostr over a WebSocket. It reads relays for the
 * worker's jobs and hands them to the engine (POST /internal/events through nginx), sends
 * what the engine publishes, and is a small relay itself. It parses strangers' bytes and
 * therefore holds nothing: no key (loom-keyd answers relays' challenges), no ledger.
 *
 *~ The tour: bridge.c (the parts) -> flows.c (what they say to each other) ->
 *~ relaypool.c -> sub.c -> inbox.c -> deliver.c (an event comes in) -> control.c ->
 *~ sender.c (one goes out) -> ownrelay.c.
 */
#include "config.h"

#include "bridge/bridge.h"
#include "bridge/relaylist.h"
#include "lib/base/cli.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* connections, and files beside them */
enum { FILES = CAP_OWN_CONNECTIONS + CAP_RELAYS + CAP_IPC_CLIENTS + 128 };

static enum lerr_code check_conf(const struct conf *c, struct lerr *err)
{
	auto_free struct relaylist *list = mem_zalloc(sizeof(*list));

	return relaylist_read(list, c, err);
}

/* libwebsockets makes tables for as many descriptors as are allowed. */
static void limit_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_max < (rlim_t)FILES)
		return;
	r.rlim_cur = (rlim_t)FILES;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		log_event(LOG_WARN, "bridge.rlimit", "%s", "");
}

static void on_stop(uv_signal_t *s, int number)
{
	(void)number;
	uv_stop(s->loop);
}

static void on_hup(uv_signal_t *s, int number)
{
	(void)s;
	(void)number;
	log_event(LOG_INFO, "bridge.hup", "%s", "");
}

static int run(uv_loop_t *loop, struct bridge *b)
{
	static const struct {
		int number;
		uv_signal_cb fn;
	} what[] = {{SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_hup}};
	uv_signal_t signals[ARRAY_LEN(what)];
	bool restart;

	for (size_t i = 0; i < ARRAY_LEN(what); i++)
		if (uv_signal_init(loop, &signals[i]) ||
		    uv_signal_start(&signals[i], what[i].fn, what[i].number))
			panic("uv_signal");
	log_event(LOG_INFO, "bridge.ready", "version=%s", PACKAGE_VERSION);
	(void)uv_run(loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < ARRAY_LEN(what); i++)
		uv_close((uv_handle_t *)&signals[i], NULL);
	restart = bridge_must_restart(b);
	bridge_stop(b);
	log_event(LOG_INFO, "bridge.stopped", "%s", "");
	return restart ? 1 : 0;
}

/* What the command line says of it. */
struct names {
	const char *user;
	const char *engine_user;
	const char *web_group;
};

static enum lerr_code find_users(struct bridge_users *u, const struct names *names,
				 struct lerr *err)
{
	gid_t gid;
	enum lerr_code rc = LERR_OK;

	*u = (struct bridge_users){.drop = names->user != NULL,
				   .uid = geteuid(),
				   .gid = getegid(),
				   .web = (gid_t)-1};
	if (names->user)
		rc = proc_find_user(&u->uid, &u->gid, names->user, err);
	u->engine = u->uid;
	if (!rc && names->engine_user)
		rc = proc_find_user(&u->engine, &gid, names->engine_user, err);
	if (!rc && names->web_group)
		rc = proc_find_group(&u->web, names->web_group, err);
	return rc;
}

static int start(const struct conf *conf, const struct names *names)
{
	uv_loop_t loop;
	struct bridge *b = NULL;
	struct bridge_users users;
	struct lerr err = {0};
	int status = 1;
	enum lerr_code rc = find_users(&users, names, &err);

	if (uv_loop_init(&loop) != 0)
		panic("uv_loop_init");
	if (!rc)
		rc = bridge_new(&b, &loop, conf, &users, &err);
	if (rc)
		(void)fprintf(stderr, "loom-bridge: %s\n", err.msg);
	else
		status = run(&loop, b);
	(void)uv_loop_close(&loop);
	return status;
}

int main(int argc, char **argv)
{
	struct names names = {NULL, NULL, NULL};
	const struct cli_option options[] = {
		{"user", "USER", "become this user when the sockets are bound",
		 &names.user},
		{"engine-user", "USER", "user of loom-engine, when it is another one",
		 &names.engine_user},
		{"web-group", "GROUP", "group that may connect to relay.sock: nginx's",
		 &names.web_group},
	};
	const struct cli cli = {"bridge", "relays in and out of a Loom worker", options,
				ARRAY_LEN(options), check_conf};
	struct conf *conf = NULL;
	int status = cli_start(&conf, &cli, argc, argv, environ);

	if (status >= 0)
		return status;
	limit_files();
	status = start(conf, &names);
	conf_free(conf);
	return status;
}
