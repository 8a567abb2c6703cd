/* SPDX-License-Identifier: MIT */
/*
 * loom-runner: serves RUN_DIR/runner.sock and keeps the slots. It is root where it can
 * be, because it makes sandboxes and gives every slot a user id of its own, and
 * therefore poor: a few capabilities, no key, no ledger, no network to speak of. It
 * reads no output of a job and parses nothing but frames of the engine and records of
 * its own shims.
 *
 * It may be killed at any time. Jobs go on without it; the next one finds them in the
 * spool. Reading order: this file, startup.c, verbs.c, slots.c, recover.c, then shim.c.
 */
#include "config.h"

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "runner/cgroup.h"
#include "runner/endjobs.h"
#include "runner/policy.h"
#include "runner/recover.h"
#include "runner/runner.h"
#include "runner/startup.h"
#include "runner/verbs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EXIT_FAILED = 1,
	EXIT_CONFIG = 78,
	/* --end-jobs: beside KILL_GRACE */
	END_MS = 8000,
};

/* ---- events from below */

static void on_running(void *ctx, const struct id32 *id, uint64_t started_ms)
{
	struct runner *r = ctx;
	struct jobs_item *job = jobs_find(&r->jobs, id);

	if (job)
		recover_running(r, job, started_ms);
}

static void on_ended(void *ctx, const struct id32 *id)
{
	struct runner *r = ctx;
	struct jobs_item *job = jobs_find(&r->jobs, id);

	if (job)
		recover_ended(r, job);
}

static void on_silent(void *ctx, const struct id32 *id)
{
	struct runner *r = ctx;
	struct jobs_item *job = jobs_find(&r->jobs, id);

	if (job && job->state != JOBS_ENDED)
		recover_silent(r, job);
}

static void on_cannot(void *ctx, const char *why UNUSED)
{
	probe_doubt(ctx);
}

static void on_clean(void *ctx, const struct id32 *id, const char *slot)
{
	struct runner *r = ctx;

	recover_cleaned(r, id);
	slots_block(r->slots, slot, false);
	on_ended(r, id);
}

static void on_stuck(void *ctx, const struct id32 *id, const char *slot)
{
	log_event(LOG_WARN, "job.unkillable", "job=%s slot=%s", id32_short(id).c, slot);
	/* over for the engine; the slot stays blocked until on_clean() */
	on_ended(ctx, id);
}

/* ---- making and running it */

static void make_parts(const struct startup *st, struct runner *r)
{
	struct slots_setup slots = {
		.plan = &r->plan,
		.shim = st->shim,
		.filter_fd = st->filter_fd,
		.alive_fd = st->janitor.alive,
		.spool = &r->spool,
		.n = (size_t)conf_uint(st->conf, CONF_MAX_CONCURRENT_JOBS),
		.uid_first = conf_uint(st->conf, CONF_JOB_UID_FIRST),
	};
	struct slots_events slots_ev = {r, on_running, on_ended, on_silent, on_cannot};
	struct sweep_events sweep_ev = {r, on_clean, on_stuck};
	struct server_setup server = {.listen_fd = st->listen_fd,
				      .engine = st->engine_uid,
				      .verbs = verbs_table,
				      .ctx = r};

	r->slots = slots_new(&slots, &slots_ev);
	r->sweep = sweep_new(r->be, &r->plan, &sweep_ev);
	r->server = server_new(&server);
}

static enum lerr_code start(struct startup *st, struct runner *r, struct lerr *err)
{
	enum lerr_code rc = startup_run(st, r, err);

	if (rc)
		return rc;
	make_parts(st, r);
	return recover_all(r, err);
}

static int wait_ms(uint64_t next_ms)
{
	uint64_t now = clock_mono_ms();

	if (next_ms == UINT64_MAX)
		return -1;
	if (next_ms <= now)
		return 0;
	return next_ms - now > INT_MAX ? INT_MAX : (int)(next_ms - now);
}

/* False when it is time to end. */
static bool read_signals(int fd)
{
	struct signalfd_siginfo info;
	bool go_on = true;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			go_on = false;
	/* shims are seen through their pidfds; here the orphans of dead ones go */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	return go_on;
}

static bool turn(struct startup *st, struct runner *r)
{
	size_t nslots = slots_npolls(r->slots);
	size_t nserver = server_npolls(r->server);
	auto_free struct pollfd *p = mem_array(1 + nslots + nserver, sizeof(*p));
	uint64_t now = clock_mono_ms();
	uint64_t next = UINT64_MAX;

	sweep_tick(r->sweep, now, &next);
	slots_tick(r->slots, now, &next);
	recover_tick(r, now, &next);
	probe_tick(r, now, &next);
	startup_hide_late(st, r, &next);
	/* the ticks start shims and end jobs: count again */
	nslots = slots_npolls(r->slots);
	nserver = server_npolls(r->server);
	p = mem_resize(p, 1 + nslots + nserver, sizeof(*p));
	p[0] = (struct pollfd){.fd = st->signals, .events = POLLIN};
	(void)slots_fill(r->slots, p + 1);
	(void)server_fill(r->server, p + 1 + nslots);
	if (poll(p, 1 + nslots + nserver, wait_ms(next)) < 0)
		return errno == EINTR;
	slots_handle(r->slots, p + 1, nslots);
	server_handle(r->server, p + 1 + nslots, nserver);
	return !p[0].revents || read_signals(st->signals);
}

static void wind_up(struct startup *st, struct runner *r)
{
	bool alone = true;

	/* nobody new; jobs go on without us */
	if (r->server)
		(void)unlink(st->socket);
	server_free(r->server);
	if (r->slots)
		alone = slots_free(r->slots);
	/* those that have ended, so that nobody else has to */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	if (r->sweep)
		sweep_free(r->sweep);
	janitor_release(&st->janitor, alone);
	jobs_wipe(&r->jobs);
	spool_close(&r->spool);
	fdio_close(&st->signals);
	fdio_close(&st->filter_fd);
	mem_free(st->socket);
	conf_free(st->conf);
}

static int end_jobs(struct startup *st)
{
	uint64_t grace_ms = conf_uint(st->conf, CONF_KILL_GRACE) * 1000u;
	struct lerr err = {0};
	enum lerr_code rc = endjobs_run(st->socket, grace_ms + END_MS, &err);

	if (rc)
		(void)fprintf(stderr, "loom-runner: %s\n", err.msg);
	mem_free(st->socket);
	conf_free(st->conf);
	return rc ? EXIT_FAILED : 0;
}

int main(int argc, char **argv, char **envp)
{
	struct startup st = {.listen_fd = -1,
			     .signals = -1,
			     .filter_fd = -1,
			     .janitor = {.alive = -1}};
	const struct cli_option options[] = {
		{"engine-user", "USER", "user of loom-engine, when it is another one",
		 &st.engine},
		{"hide", "PATHS", "more to keep out of sight, separated by ':'",
		 &st.hide},
		{"cgroups", "auto|off", "off: act as if the machine had none",
		 &st.groups},
		{"end-jobs", NULL, "stop all jobs of the runner that runs, and end",
		 &st.end},
	};
	const struct cli cli = {"runner", "runs jobs in sandboxes", options,
				ARRAY_LEN(options), policy_check};
	struct runner r = {.spool = {.folder = -1, .lock = -1}, .look_ms = UINT64_MAX};
	struct lerr err = {0};
	int status = cli_start(&st.conf, &cli, argc, argv, envp);

	if (status >= 0)
		return status;
	/* a terminal that closes is no reason to leave */
	(void)signal(SIGHUP, SIG_IGN);
	st.root = geteuid() == 0;
	st.socket = conf_run_path(st.conf, "runner.sock");
	if (st.end)
		return end_jobs(&st);
	if (start(&st, &r, &err)) {
		(void)fprintf(stderr, "loom-runner: %s\n", err.msg);
		status = err.code == LERR_INPUT ? EXIT_CONFIG : EXIT_FAILED;
	} else {
		log_event(LOG_INFO, "runner.ready",
			  "slots=%zu root=%d limits=%s spool=%.8s", slots_count(r.slots),
			  st.root, cgroup_word(r.plan.places), r.spool.id);
		probe_start(&r);
		while (turn(&st, &r))
			continue;
		log_event(LOG_INFO, "runner.stopped", "jobs=%zu", r.jobs.n);
		status = 0;
	}
	wind_up(&st, &r);
	return status;
}
