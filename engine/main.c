/* SPDX-License-Identifier: MIT */
/*
 * loom-engine: ledger, queue, outputs and everything that decides. It is the only writer
 * of the ledger, holds no key and runs no job. It serves intake.sock and api.sock (for
 * loom-fcgi) and admin.sock (for loomctl), and dials loom-keyd, loom-bridge and
 * loom-runner; any of them may come and go at any time.
 *
 *~ The tour: intake.c (an event comes in) -> admit.c -> jobs.c (the mover) -> effects.c
 *~ -> queue.c -> runs.c -> collect.c -> report.c -> outbox.c (an event goes out).
 */
#include "config.h"

#include "engine/access.h"
#include "engine/admin.h"
#include "engine/advertise.h"
#include "engine/api.h"
#include "engine/blobs.h"
#include "engine/budget.h"
#include "engine/clockwatch.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/intake.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/sweep.h"
#include "engine/outbox.h"
#include "engine/report.h"
#include "engine/software.h"
#include "engine/turn.h"
#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/store/db.h"
#include "lib/store/dbschema.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { TICK_MS = 1000, STATE_DIR_MODE = 0711 };

static enum lerr_code check_conf(const struct conf *c, struct lerr *err)
{
	struct access *a = NULL;
	enum lerr_code rc = access_new(&a, c, err);

	if (!rc)
		rc = software_check(c, err);
	if (!rc)
		rc = mints_check_conf(c, err);
	if (!rc)
		rc = sweep_check_conf(c, err);
	access_free(a);
	return rc;
}

static enum lerr_code open_ledger(struct engine *e, struct lerr *err)
{
	auto_free char *path = conf_state_path(e->conf, "ledger.db");
	enum lerr_code rc =
		fdio_make_folder(conf_text(e->conf, CONF_STATE_DIR), STATE_DIR_MODE, err);

	if (!rc)
		rc = dbschema_open(&e->db, path, err);
	if (!rc)
		rc = blobs_open(e, err);
	return rc;
}

static enum lerr_code open_sockets(struct engine *e, uid_t own_uid, uid_t web_uid,
				   struct lerr *err)
{
	enum lerr_code rc = intake_open(&e->intake, e, web_uid, err);

	if (!rc)
		rc = api_open(&e->api, e, web_uid, err);
	return rc ? rc : admin_open(&e->admin, e, own_uid, err);
}

/* Who else: the user that we become, and that of loom-fcgi. */
struct users {
	const char *own; /* NULL: stay as we are */
	const char *web; /* NULL: the same as we */
};

/* Sockets are bound as root, in a folder where nobody can replace them; then root is
 * given up, and only then is anything opened that a stranger's bytes go to. */
static enum lerr_code bind_and_drop(struct engine *e, const struct users *users,
				    struct lerr *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	uid_t web_uid;
	gid_t web_gid;
	enum lerr_code rc = LERR_OK;

	if (users->own)
		rc = proc_find_user(&uid, &gid, users->own, err);
	web_uid = uid;
	if (!rc && users->web)
		rc = proc_find_user(&web_uid, &web_gid, users->web, err);
	if (!rc)
		rc = open_sockets(e, uid, web_uid, err);
	if (!rc && users->own)
		rc = proc_drop_to(uid, gid, err);
	return rc;
}

static enum lerr_code build(struct engine *e, const struct users *users, struct lerr *err)
{
	enum lerr_code rc = access_new(&e->access, e->conf, err);

	if (!rc)
		rc = bind_and_drop(e, users, err);
	if (!rc)
		rc = open_ledger(e, err);
	if (rc)
		return rc;
	e->started_at_s = clock_wall_s();
	e->effects = effects_table;
	e->turn = turn_new(e->loop, e->db);
	e->clock = clockwatch_new();
	e->budget = budget_new();
	e->epoch = epoch_new(e, &effects_epoch_ops);
	e->outbox = outbox_new(e, effects_reported);
	e->report = report_new(e);
	e->advertise = advertise_new(e);
	e->software = software_new(e, effects_software_known);
	rc = money_new(&e->money, e, err);
	if (rc)
		return rc;
	e->money->ended = admin_ended;
	e->keys = keylink_new(e, &effects_keylink_ops);
	e->bridge = bridgelink_new(e, &effects_bridgelink_ops);
	e->runs = runs_new(e, &effects_runs_ops);
	effects_recover(e);
	return LERR_OK;
}

static void on_tick(uv_timer_t *t)
{
	effects_tick(t->data);
}

static void on_stop(uv_signal_t *s, int number)
{
	(void)number;
	uv_stop(s->loop);
}

static void on_hup(uv_signal_t *s, int number)
{
	(void)number;
	effects_reprobe(s->data);
}

static void run(struct engine *e)
{
	uv_timer_t tick;
	uv_signal_t term;
	uv_signal_t intr;
	uv_signal_t hup;

	if (uv_timer_init(e->loop, &tick) || uv_signal_init(e->loop, &term) ||
	    uv_signal_init(e->loop, &intr) || uv_signal_init(e->loop, &hup))
		panic("uv_init");
	tick.data = e;
	hup.data = e;
	if (uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS) ||
	    uv_signal_start(&term, on_stop, SIGTERM) ||
	    uv_signal_start(&intr, on_stop, SIGINT) ||
	    uv_signal_start(&hup, on_hup, SIGHUP))
		panic("uv_start");
	log_event(LOG_INFO, "engine.ready", "version=%s", PACKAGE_VERSION);
	(void)uv_run(e->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_close((uv_handle_t *)&term, NULL);
	uv_close((uv_handle_t *)&intr, NULL);
	uv_close((uv_handle_t *)&hup, NULL);
	turn_flush(e->turn);
	log_event(LOG_INFO, "engine.stopped", "%s", "");
}

static void tear_down(struct engine *e)
{
	intake_free(e->intake);
	api_free(e->api);
	admin_free(e->admin);
	e->admin = NULL;
	runs_free(e->runs);
	bridgelink_free(e->bridge);
	keylink_free(e->keys);
	money_free(e->money);
	software_free(e->software);
	advertise_free(e->advertise);
	report_free(e->report);
	outbox_free(e->outbox);
	epoch_free(e->epoch);
	budget_free(e->budget);
	clockwatch_free(e->clock);
	if (e->turn)
		turn_free(e->turn);
	(void)uv_run(e->loop, UV_RUN_DEFAULT);
	db_close(e->db);
	access_free(e->access);
}

/* Run, or leave a word in the ledger for the next run; the exit status. */
static int work(struct engine *e, bool takeover, bool new_epoch)
{
	int status;

	if (takeover)
		epoch_allow_takeover(e->epoch);
	if (new_epoch)
		epoch_restored(e->epoch);
	if (!takeover && !new_epoch)
		run(e);
	status = epoch_status(e->epoch);
	if (epoch_why(e->epoch)[0])
		(void)fprintf(stderr, "loom-engine: %s\n", epoch_why(e->epoch));
	return status;
}

int main(int argc, char **argv)
{
	struct users users = {NULL, NULL};
	const char *takeover = NULL;
	const char *new_epoch = NULL;
	const struct cli_option options[] = {
		{"user", "USER", "become this user when the sockets are bound",
		 &users.own},
		{"web-user", "USER", "user of loom-fcgi, when it is another one",
		 &users.web},
		{"takeover", NULL,
		 "a start in the next ten minutes may take over from another worker of "
		 "this key; note that and end",
		 &takeover},
		{"new-epoch", NULL,
		 "this ledger was restored: begin a new epoch in it, and end",
		 &new_epoch},
	};
	const struct cli cli = {"engine", "ledger, queue and outputs of a Loom worker",
				options, ARRAY_LEN(options), check_conf};
	struct conf *conf = NULL;
	struct engine e = {0};
	struct lerr err = {0};
	int status;

	/* a reload right after the start is not the end; run() handles it */
	(void)signal(SIGHUP, SIG_IGN);
	status = cli_start(&conf, &cli, argc, argv, environ);
	if (status >= 0)
		return status;
	e.conf = conf;
	e.loop = uv_default_loop();
	status = 1;
	if (build(&e, &users, &err))
		(void)fprintf(stderr, "loom-engine: %s\n", err.msg);
	else
		status = work(&e, takeover != NULL, new_epoch != NULL);
	tear_down(&e);
	conf_free(conf);
	return status;
}
