/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runs.h"

#include "engine/collect.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/keylink.h"
#include "engine/runmsg.h"
#include "engine/runsync.h"
#include "engine/runtab.h"
#include "engine/turn.h"
#include "engine/waits.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/net/ipcuv.h"
#include "lib/store/dbjob.h"

#include <string.h>

enum {
	PROBE_TEXT = 65536,
	PROBE_LIMIT_MS = 20000,
	START_PATIENCE_MS = 60000, /* from JEV_START to exec */
	END_PATIENCE_MS = 60000,   /* over the limit, before we ask ourselves */
	RESULT_PATIENCE_MS = 5000, /* before we ask for it again */
};

enum request {
	ASK_PROBE,
	ASK_LIST,
	ASK_START,
	ASK_STOP,
	ASK_VOID,
	ASK_RESULT,
	ASK_FORGET,
};

static const size_t request_types[] = {
	[ASK_PROBE] = IPCRUN_PROBE,   [ASK_LIST] = IPCRUN_LIST,
	[ASK_START] = IPCRUN_START,   [ASK_STOP] = IPCRUN_STOP,
	[ASK_VOID] = IPCRUN_VOID,     [ASK_RESULT] = IPCRUN_RESULT,
	[ASK_FORGET] = IPCRUN_FORGET,
};

struct runs {
	struct engine *e;
	const struct runs_ops *ops;
	struct ipcuv *line;
	char *path;
	struct waits waits;
	struct runtab tab;
	struct ipcmsg backend; /* probe_is; body NULL while away */
	bool ready;
	void (*probe_done)(struct engine *e, const struct str *text);
};

static const struct ipcuv_protocol protocol = {"runner", ipcrun_types, IPCRUN_TYPES,
					       IPCRUN_ERROR};

/* ---- asking */

static bool ask(struct runs *r, enum request what, size_t type, uint64_t ref,
		const void *body, const int *fds, size_t nfds)
{
	uint64_t n = waits_add(&r->waits, what, ref);

	return n && ipcuv_send(r->line, 0, type, n, body, fds, nfds);
}

/* All requests that consist of a job id are alike. */
static void ask_about(struct runs *r, enum request what, size_t type, uint64_t job,
		      const struct id32 *id)
{
	struct ipcrun_forget body = {.job = *id};

	if (!ask(r, what, type, job, &body, NULL, 0))
		log_event(LOG_WARN, "runner.not_asked", "job=%s type=%s",
			  id32_short(id).c, ipcrun_types[type].name);
}

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

static void start_failed(struct runs *r, struct dbjob *j, enum outcome outcome,
			 struct str text);

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
		start_failed(r, j, OUTCOME_FAULT_PREPARE, str_of(err.msg));
		return;
	}
	run->phase = RUN_SENT;
	/* not sent: the line is gone, and its return brings all together again */
	if (!ask(r, ASK_START, IPCRUN_START, j->seq, &body, &in_fd, in_fd >= 0 ? 1 : 0))
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
		start_failed(r, &j, OUTCOME_FAULT_PREPARE, STR_LIT("request lost"));
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
	(void)runtab_add(&r->tab, j->seq, &j->id, RUN_SECRETS, START_PATIENCE_MS);
	turn_after(r->e->turn, start_after_commit, r, j->seq);
}

void runs_opened(struct runs *r, struct dbjob *j, const struct ipckey_opened *o,
		 const struct lerr *err)
{
	if (o)
		start_now(r, j->seq, o);
	else
		start_failed(r, j, OUTCOME_BAD_SECRET, str_of(err->msg));
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

/* ---- what may come of it */

static void tell_free(struct runs *r)
{
	if (r->ready)
		r->ops->on_free(r->e);
}

/* It never started and never will: end it, or try again. */
static void start_failed(struct runs *r, struct dbjob *j, enum outcome outcome,
			 struct str text)
{
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_set_outcome(r->e, j, outcome, text);
	jobs_move(r->e, j, JEV_FAULT, text);
	turn_leave(r->e->turn, true);
	tell_free(r);
}

/* It was cancelled, and the runner has never seen it. */
static void drop_cancelled(struct runs *r, struct dbjob *j)
{
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_set_outcome(r->e, j, OUTCOME_CANCELLED, STR_LIT(""));
	jobs_move(r->e, j, JEV_DROP, STR_LIT("cancelled"));
	turn_leave(r->e->turn, true);
	tell_free(r);
}

static void back_to_queue(struct runs *r, struct dbjob *j, const char *why)
{
	if (j->cancel_at) {
		drop_cancelled(r, j);
		return;
	}
	if (j->attempts >= CAP_START_ATTEMPTS) {
		start_failed(r, j, OUTCOME_FAULT_PREPARE, str_of(why));
		return;
	}
	runtab_drop(&r->tab, &j->id);
	turn_enter(r->e->turn);
	jobs_move(r->e, j, JEV_VOID, str_of(why));
	turn_leave(r->e->turn, true);
}

static bool load_active(struct runs *r, struct dbjob *j, const struct id32 *id)
{
	return dbjob_get(r->e->db, j, id) && jobfsm_holds_slot(j->state);
}

static void take_running(struct runs *r, const struct ipcrun_running *is)
{
	struct run *run = runtab_find(&r->tab, &is->job);
	struct dbjob j;

	if (!run)
		return;
	run->phase = RUN_RUNNING;
	if (!load_active(r, &j, &is->job)) {
		run->deadline_ms = clock_mono_ms() + PROBE_LIMIT_MS + END_PATIENCE_MS;
		return;
	}
	run->deadline_ms = clock_mono_ms() + j.limit_s * 1000 + END_PATIENCE_MS;
	if (j.state != JOB_PREPARING)
		return;
	turn_enter(r->e->turn);
	j.started_at = is->started_ms;
	dbjob_set_started(r->e->db, &j);
	jobs_move(r->e, &j, JEV_RUNNING, STR_LIT(""));
	turn_leave(r->e->turn, true);
}

static void take_ended(struct runs *r, const struct id32 *id)
{
	struct run *run = runtab_find(&r->tab, id);
	struct dbjob j;

	if (run) {
		run->phase = RUN_ENDED;
		run->deadline_ms = clock_mono_ms() + RESULT_PATIENCE_MS;
	}
	if (load_active(r, &j, id)) {
		ask_about(r, ASK_RESULT, IPCRUN_RESULT, j.seq, id);
	} else if (run && run->job == 0) {
		ask_about(r, ASK_RESULT, IPCRUN_RESULT, 0, id);
	} else {
		ask_about(r, ASK_FORGET, IPCRUN_FORGET, 0, id);
		runtab_drop(&r->tab, id);
	}
}

static void probe_ended(struct runs *r, const struct id32 *probe, struct ipcsock_fds *fds)
{
	/* the list is about to lose the entry that holds it */
	struct id32 id = *probe;
	void (*done)(struct engine *, const struct str *) = r->probe_done;
	auto_buf struct buf text = BUF_INIT(PROBE_TEXT);
	struct str s;
	bool good = fds && fds->n > 0 && !fdio_read_handed(fds->fd[0], &text, NULL);

	runtab_drop(&r->tab, &id);
	r->probe_done = NULL;
	if (good)
		s = buf_str(&text);
	if (done)
		done(r->e, good ? &s : NULL);
}

static void take_result(struct runs *r, const struct ipcrun_result_is *is,
			struct ipcsock_fds *fds)
{
	struct run *run = runtab_find(&r->tab, &is->job);
	struct dbjob j;

	if (run && run->job == 0) {
		probe_ended(r, &is->job, fds);
		ask_about(r, ASK_FORGET, IPCRUN_FORGET, 0, &is->job);
		tell_free(r);
		return;
	}
	if (!load_active(r, &j, &is->job))
		return;
	runtab_drop(&r->tab, &is->job);
	turn_enter(r->e->turn);
	collect_result(r->e, &j, is, fds);
	turn_leave(r->e->turn, true);
	tell_free(r);
}

void runs_stop(struct runs *r, struct dbjob *j)
{
	const struct run *run = runtab_find(&r->tab, &j->id);

	/* without the line it is looked at when the next list comes */
	if (!r->ready)
		return;
	if (run && run->phase == RUN_SECRETS)
		drop_cancelled(r, j);
	else
		ask_about(r, ASK_STOP, IPCRUN_STOP, j->seq, &j->id);
}

void runs_forget(struct runs *r, const struct dbjob *j)
{
	/* without the line it is found in the list of the next connection */
	if (r->ready)
		ask_about(r, ASK_FORGET, IPCRUN_FORGET, j->seq, &j->id);
}

static void take_verdict(struct runs *r, const struct ipcrun_verdict_is *is)
{
	struct dbjob j;

	if (strcmp(is->verdict, "void") != 0 || !load_active(r, &j, &is->job))
		return;
	ask_about(r, ASK_FORGET, IPCRUN_FORGET, j.seq, &is->job);
	if (j.state == JOB_PREPARING)
		back_to_queue(r, &j, "never started");
}

static void start_refused(struct runs *r, uint64_t seq, const struct lerr *err)
{
	struct dbjob j;

	if (seq == 0) {
		struct run *probe = runtab_find_probe(&r->tab);

		if (probe)
			probe_ended(r, &probe->id, NULL);
		return;
	}
	if (!dbjob_get_seq(r->e->db, &j, seq) || j.state != JOB_PREPARING)
		return;
	/* not now: back to the queue; INPUT and LIMIT are the customer's mistakes */
	log_event(err->code == LERR_TEMP || err->code == LERR_INPUT ||
				  err->code == LERR_LIMIT
			  ? LOG_INFO
			  : LOG_WARN,
		  "runner.refused", "job=%s why=%s", id32_short(&j.id).c,
		  log_text(str_of(err->msg)).c);
	if (err->code == LERR_STATE) /* it is there already: `list` tells the rest */
		(void)ask(r, ASK_LIST, IPCRUN_LIST, 0, NULL, NULL, 0);
	else if (err->code == LERR_TEMP)
		back_to_queue(r, &j, err->msg);
	else if (err->code == LERR_INPUT || err->code == LERR_LIMIT)
		start_failed(r, &j, OUTCOME_NOT_EXECUTABLE, str_of(err->msg));
	else
		start_failed(r, &j, OUTCOME_FAULT_PREPARE, str_of(err->msg));
}

static void take_error(struct runs *r, const struct waits_one *asked,
		       const struct ipc_error *body)
{
	struct lerr err = {0};
	struct dbjob j;
	bool known = asked->ref && dbjob_get_seq(r->e->db, &j, asked->ref);

	(void)ipc_error_read(body, &err);
	if (asked->kind == ASK_START)
		start_refused(r, asked->ref, &err);
	else
		log_event(LOG_WARN, "runner.error", "job=%s type=%s why=%s",
			  known ? id32_short(&j.id).c : "-",
			  ipcrun_types[request_types[asked->kind]].name,
			  log_text(str_of(err.msg)).c);
}

/* ---- bringing ledger and spool together */

static void reconcile_one(struct runs *r, struct dbjob *j,
			  const struct ipcrun_list_is *list)
{
	struct run *run = runtab_find(&r->tab, &j->id);
	struct ipcrun_running is = {.job = j->id, .started_ms = clock_wall_ms()};
	bool waiting = run && run->phase == RUN_SECRETS;

	if (!run)
		(void)runtab_add(&r->tab, j->seq, &j->id, RUN_SENT, START_PATIENCE_MS);
	switch (runsync_decide(j, waiting, list)) {
	case RUNSYNC_NOTHING:
		break;
	case RUNSYNC_RESULT:
		take_ended(r, &j->id);
		return;
	case RUNSYNC_RUNNING:
		take_running(r, &is);
		break;
	case RUNSYNC_AGAIN:
		back_to_queue(r, j, "the start was lost");
		return;
	case RUNSYNC_LOST:
		start_failed(r, j, OUTCOME_FAULT_BACKEND, STR_LIT(""));
		return;
	case RUNSYNC_REBOOT:
		start_failed(r, j, OUTCOME_FAULT_RESTART, STR_LIT(""));
		return;
	}
	if (j->cancel_at)
		runs_stop(r, j);
}

static void reconcile_state(struct runs *r, enum job_state state,
			    const struct ipcrun_list_is *list)
{
	struct dbjob j = {0};

	while (dbjob_first(r->e->db, &j, state, j.seq))
		reconcile_one(r, &j, list);
}

/* What the spool holds and the ledger does not want. */
static void sweep_spool(struct runs *r, const struct ipcrun_list_is *list)
{
	for (size_t i = 0; i < list->jobs.n && i < list->states.n; i++) {
		struct id32 id;
		struct dbjob j;
		struct run *run;

		if (!id32_parse(&id, str_of(list->jobs.v[i])) || load_active(r, &j, &id))
			continue;
		run = runtab_find(&r->tab, &id);
		if (run && run->job == 0)
			continue;
		if (strcmp(list->states.v[i], "ended") == 0)
			ask_about(r, ASK_FORGET, IPCRUN_FORGET, 0, &id);
		else
			ask_about(r, ASK_STOP, IPCRUN_STOP, 0, &id);
	}
}

static void take_list(struct runs *r, const struct ipcrun_list_is *list)
{
	bool first = !r->ready;

	r->ready = true;
	/* running first: a PREPARING job that turns out to run is not seen twice */
	reconcile_state(r, JOB_RUNNING, list);
	reconcile_state(r, JOB_PREPARING, list);
	sweep_spool(r, list);
	if (first)
		r->ops->on_ready(r->e);
}

/* ---- the line */

static void on_open(void *ctx, uint64_t peer)
{
	struct runs *r = ctx;

	(void)peer;
	waits_clear(&r->waits);
	(void)ask(r, ASK_PROBE, IPCRUN_PROBE, 0, NULL, NULL, 0);
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
	(void)ask(r, ASK_LIST, IPCRUN_LIST, 0, NULL, NULL, 0);
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
	else if (m->type == IPCRUN_PROBE_IS && asked.kind == ASK_PROBE)
		take_probe(r, m);
	else if (m->type == IPCRUN_LIST_IS && asked.kind == ASK_LIST)
		take_list(r, m->body);
	else if (m->type == IPCRUN_RESULT_IS && asked.kind == ASK_RESULT)
		take_result(r, m->body, fds);
	else if (m->type == IPCRUN_VERDICT_IS && asked.kind == ASK_VOID)
		take_verdict(r, m->body);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct runs *r = ctx;

	(void)peer;
	if (m->type == IPCRUN_RUNNING)
		take_running(r, m->body);
	else if (m->type == IPCRUN_ENDED)
		take_ended(r, &((const struct ipcrun_ended *)m->body)->job);
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
	r->line = ipcuv_dial(e->loop, r->path, &protocol, &line_ops, r);
	return r;
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
	run->deadline_ms = clock_mono_ms() + START_PATIENCE_MS;
	switch (run->phase) {
	case RUN_SECRETS:
		start_now(r, run->job, NULL);
		return;
	case RUN_SENT:
		ask_about(r, ASK_VOID, IPCRUN_VOID, run->job, &run->id);
		return;
	case RUN_RUNNING:
		ask_about(r, ASK_STOP, IPCRUN_STOP, run->job, &run->id);
		return;
	case RUN_ENDED:
		/* the answer was an error, or could not be asked for */
		take_ended(r, &run->id);
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
	struct ipcrun_start body = {.limit_ms = PROBE_LIMIT_MS};
	bool sent;

	if (r->probe_done || runs_free_slots(r) == 0)
		return false;
	rng_fill(body.job.b, sizeof(body.job.b));
	for (size_t i = 0; i < nargv; i++)
		ipc_texts_add(&body.argv, argv[i]);
	sent = ask(r, ASK_START, IPCRUN_START, 0, &body, NULL, 0);
	ipc_texts_wipe(&body.argv);
	if (!sent)
		return false;
	r->probe_done = done;
	(void)runtab_add(&r->tab, 0, &body.job, RUN_SENT,
			 PROBE_LIMIT_MS + END_PATIENCE_MS);
	return true;
}
