/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runs.h"

#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/keylink.h"
#include "engine/runline.h"
#include "engine/runmsg.h"
#include "engine/runnews.h"
#include "engine/runrecon.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/store/dbjob.h"

static const struct ipcuv_protocol protocol = {"runner", ipcrun_types, IPCRUN_TYPES,
					       IPCRUN_ERROR};

const struct ipcrun_probe_is *runs_backend(const struct runs *r)
{
	return r->ready ? r->backend.body : NULL;
}

uint64_t runs_slots(const struct runs *r)
{
	uint64_t most = conf_uint(r->e->conf, CONF_MAX_CONCURRENT_JOBS);
	const struct ipcrun_probe_is *b = runs_backend(r);

	return b && b->slots < most ? b->slots : most;
}

uint64_t runs_free_slots(const struct runs *r)
{
	const struct engine *e = r->e;
	const struct ipcrun_probe_is *b = runs_backend(r);
	uint64_t used = e->counts[JOB_PREPARING] + e->counts[JOB_RUNNING] +
			(r->probe_done ? 1 : 0);

	if (!b || !b->usable || used >= runs_slots(r))
		return 0;
	return runs_slots(r) - used;
}

/* ---- starting */

static void send_start(struct runs *r, struct dbjob *j, const struct jobspec *spec,
		       const struct ipckey_opened *o)
{
	struct run *run = runtab_find(&r->tab, &j->id);
	struct ipcrun_start body;
	auto_fd int in_fd = -1;
	struct lerr err = {0};

	if (!run || run->phase != RUN_SECRETS)
		return;
	if (runmsg_build(&body, &in_fd, r->e->conf, j, spec, o, &err)) {
		runnews_failed(r, j, OUTCOME_FAULT_PREPARE, str_of(err.msg));
		return;
	}
	run->phase = RUN_SENT;
	/* not sent: the line is gone, and its return brings all together again */
	if (!runline_ask(r, RUNLINE_START, j->seq, &body, &in_fd, in_fd >= 0 ? 1 : 0))
		log_event(LOG_WARN, "runner.not_asked", "job=%s type=start",
			  id32_short(&j->id).c);
	runmsg_wipe(&body);
}

static void start_now(struct runs *r, uint64_t seq, const struct ipckey_opened *o)
{
	auto_runmsg struct runmsg_request request = {0};
	struct dbjob j;

	if (!dbjob_get_seq(r->e->db, &j, seq) || j.state != JOB_PREPARING)
		return;
	if (!runmsg_load(&request, r->e->db, &j))
		runnews_failed(r, &j, OUTCOME_FAULT_PREPARE, STR_LIT("request lost"));
	else if (request.spec->nsecrets && !o)
		(void)keylink_open(r->e->keys, seq, buf_str(&request.raw));
	else
		send_start(r, &j, request.spec, o);
}

static void start_after_commit(void *ctx, uint64_t seq)
{
	start_now(ctx, seq, NULL);
}

void runs_start(struct runs *r, struct dbjob *j)
{
	const struct ipcrun_probe_is *b = runs_backend(r);

	INVARIANT(b && j->state == JOB_PREPARING);
	j->attempts++;
	str_copy(j->spool, sizeof(j->spool), str_of(b->spool));
	dbjob_set_run(r->e->db, j);
	(void)runtab_add(&r->tab, j->seq, &j->id, RUN_SECRETS, RUNLINE_START_PATIENCE_MS);
	turn_after(r->e->turn, start_after_commit, r, j->seq);
}

void runs_opened(struct runs *r, struct dbjob *j, const struct ipckey_opened *o,
		 const struct lerr *err)
{
	if (o)
		start_now(r, j->seq, o);
	else
		runnews_failed(r, j, OUTCOME_BAD_SECRET, str_of(err->msg));
}

void runs_keyd_up(struct runs *r)
{
	struct run *next;

	for (struct run *run = r->tab.first; run; run = next) {
		/* a start that fails takes its run off the list */
		next = run->next;
		if (run->job && run->phase == RUN_SECRETS)
			start_now(r, run->job, NULL);
	}
}

void runs_stop(struct runs *r, struct dbjob *j)
{
	const struct run *run = runtab_find(&r->tab, &j->id);

	/* without the line it is looked at when the next list comes */
	if (!r->ready)
		return;
	if (run && run->phase == RUN_SECRETS)
		runnews_cancelled(r, j);
	else
		runline_ask_about(r, RUNLINE_STOP, j->seq, &j->id);
}

void runs_forget(struct runs *r, const struct dbjob *j)
{
	/* without the line it is found in the list of the next connection */
	if (r->ready)
		runline_ask_about(r, RUNLINE_FORGET, j->seq, &j->id);
}

/* ---- the line */

static void take_error(struct runs *r, const struct waits_one *asked,
		       const struct ipc_error *body)
{
	struct lerr err = {0};
	struct dbjob j;
	bool known = asked->ref && dbjob_get_seq(r->e->db, &j, asked->ref);

	(void)ipc_error_read(body, &err);
	if (asked->kind == RUNLINE_START)
		runnews_refused(r, asked->ref, &err);
	else
		log_event(LOG_WARN, "runner.error", "job=%s type=%s why=%s",
			  known ? id32_short(&j.id).c : "-",
			  ipcrun_types[runline_type(asked->kind)].name,
			  log_text(str_of(err.msg)).c);
}

static void on_open(void *ctx, uint64_t peer)
{
	struct runs *r = ctx;

	(void)peer;
	waits_clear(&r->waits);
	(void)runline_ask(r, RUNLINE_PROBE, 0, NULL, NULL, 0);
}

static void on_close(void *ctx, uint64_t peer)
{
	struct runs *r = ctx;

	(void)peer;
	if (r->ready)
		log_event(LOG_WARN, "runner.lost", "%s", "");
	r->ready = false;
	r->probe_done = NULL;
	runtab_clear(&r->tab);
	waits_clear(&r->waits);
}

static void take_probe(struct runs *r, const struct ipcmsg *m)
{
	const struct ipcrun_probe_is *is = m->body;
	auto_buf struct buf copy = BUF_INIT(CAP_IPC_BODY);

	ipcmsg_wipe(&r->backend);
	ipcmsg_encode(&copy, m->desc, 0, m->body);
	if (ipcmsg_decode(&r->backend, ipcrun_types, IPCRUN_TYPES, buf_str(&copy), NULL))
		panic("copy of probe_is");
	log_event(is->usable ? LOG_INFO : LOG_WARN, "runner.up",
		  "backend=%s usable=%d limits=%s network=%s slots=%llu why=%s",
		  is->backend, is->usable, is->limits, is->network,
		  (unsigned long long)is->slots, log_text(str_of(is->why)).c);
	(void)runline_ask(r, RUNLINE_LIST, 0, NULL, NULL, 0);
}

static void take_answer(struct runs *r, const struct ipcmsg *m, struct ipcsock_fds *fds)
{
	struct waits_one asked;

	if (!waits_take(&r->waits, m->n, &asked)) {
		log_event(LOG_WARN, "runner.odd_answer", "type=%s", m->desc->name);
		return;
	}
	if (m->type == IPCRUN_ERROR)
		take_error(r, &asked, m->body);
	else if (m->type == IPCRUN_PROBE_IS && asked.kind == RUNLINE_PROBE)
		take_probe(r, m);
	else if (m->type == IPCRUN_LIST_IS && asked.kind == RUNLINE_LIST)
		runrecon_list(r, m->body);
	else if (m->type == IPCRUN_RESULT_IS && asked.kind == RUNLINE_RESULT)
		runnews_result(r, m->body, fds);
	else if (m->type == IPCRUN_VERDICT_IS && asked.kind == RUNLINE_VOID)
		runnews_verdict(r, m->body);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct runs *r = ctx;

	(void)peer;
	if (m->type == IPCRUN_RUNNING)
		runnews_running(r, m->body);
	else if (m->type == IPCRUN_ENDED)
		runnews_ended(r, &((const struct ipcrun_ended *)m->body)->job);
	else
		take_answer(r, m, fds);
}

static const struct ipcuv_ops line_ops = {on_open, on_message, on_close};

struct runs *runs_new(struct engine *e, const struct runs_ops *ops)
{
	struct runs *r = mem_zalloc(sizeof(*r));

	r->e = e;
	r->ops = ops;
	r->path = conf_run_path(e->conf, "runner.sock");
	return r;
}

void runs_begin(struct runs *r)
{
	r->line = ipcuv_dial(r->e->loop, r->path, &protocol, &line_ops, r);
}

void runs_free(struct runs *r)
{
	if (!r)
		return;
	ipcuv_close(r->line);
	runtab_clear(&r->tab);
	ipcmsg_wipe(&r->backend);
	mem_free(r->path);
	mem_free(r);
}

/* ---- deadlines */

static void overdue(struct runs *r, struct run *run)
{
	static const char *const phases[] = {[RUN_SECRETS] = "secrets",
					     [RUN_SENT] = "sent",
					     [RUN_RUNNING] = "running"};

	log_event(LOG_WARN, "job.overdue", "job=%s phase=%s", id32_short(&run->id).c,
		  phases[run->phase]);
	run->deadline_ms = clock_mono_ms() + RUNLINE_START_PATIENCE_MS;
	switch (run->phase) {
	case RUN_SECRETS:
		start_now(r, run->job, NULL);
		return;
	case RUN_SENT:
		runline_ask_about(r, RUNLINE_VOID, run->job, &run->id);
		return;
	case RUN_RUNNING:
		runline_ask_about(r, RUNLINE_STOP, run->job, &run->id);
		return;
	case RUN_ENDED:
		/* the answer was an error, or could not be asked for */
		runnews_ended(r, &run->id);
		return;
	}
}

void runs_tick(struct runs *r, uint64_t mono_ms)
{
	struct run *next;

	if (!r->ready)
		return;
	for (struct run *run = r->tab.first; run; run = next) {
		/* looking after one may take it off the list */
		next = run->next;
		if (run->deadline_ms <= mono_ms)
			overdue(r, run);
	}
}

/* ---- our own runs */

bool runs_probe(struct runs *r, const struct str *argv, size_t nargv,
		void (*done)(struct engine *e, const struct str *text))
{
	struct ipcrun_start body = {.limit_ms = RUNLINE_PROBE_LIMIT_MS};
	bool sent;

	if (r->probe_done || runs_free_slots(r) == 0)
		return false;
	rng_fill(body.job.b, sizeof(body.job.b));
	for (size_t i = 0; i < nargv; i++)
		ipc_texts_add(&body.argv, argv[i]);
	sent = runline_ask(r, RUNLINE_START, 0, &body, NULL, 0);
	ipc_texts_wipe(&body.argv);
	if (!sent)
		return false;
	r->probe_done = done;
	(void)runtab_add(&r->tab, 0, &body.job, RUN_SENT,
			 RUNLINE_PROBE_LIMIT_MS + RUNLINE_END_PATIENCE_MS);
	return true;
}
