/* SPDX-License-Identifier: MIT */
/*
 * Jobs are looked for in rounds: a round goes over the open jobs in the order of states
 * and arrival, up to CAP_LOOK_IDS in one question, one question at a time. Jobs of which
 * too little is known are left for the next round.
 */
#include "config.h"

#include "engine/epochjobs.h"

#include "engine/bridgelink.h"
#include "engine/engine.h"
#include "engine/epochrule.h"
#include "engine/jobs.h"
#include "engine/money/claim.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbout.h"

#include <string.h>

enum {
	AGAIN_MS = 5000,
	NEW_MS = 1000,    /* a job that came so recently does not wait for others */
	LONG_MS = 600000, /* for a relay that has brought a job */
	TELL_MS = 60000,
};

/* A 5101 of ours. */
struct answer {
	struct id32 job;
	bool has_outcome;
	enum outcome outcome;
};

struct epochjobs {
	struct engine *e;
	const struct epochjobs_ops *ops;
	uint64_t until_s;
	bool clearing; /* a round over what was judged; else over what is RECEIVED */
	bool wanted;   /* another round */
	bool round;    /* one is under way */
	enum job_state state; /* how far it is */
	uint64_t seq;
	size_t left;       /* jobs that it could not decide */
	uint64_t n;        /* the question under way, 0: none */
	uint64_t due_ms;   /* the next round, not before */
	uint64_t first_ms; /* when the first question was asked */
	uint64_t told_ms;
	uint64_t passing; /* seq of the job that is being judged */
	uint64_t seqs[CAP_LOOK_IDS];
	struct id32 ids[CAP_LOOK_IDS];
	size_t nbatch;
};

struct epochjobs *epochjobs_new(struct engine *e, const struct epochjobs_ops *ops)
{
	struct epochjobs *x = mem_zalloc(sizeof(*x));

	x->e = e;
	x->ops = ops;
	return x;
}

void epochjobs_free(struct epochjobs *x)
{
	mem_free(x);
}

void epochjobs_set_until(struct epochjobs *x, uint64_t until_s)
{
	x->until_s = until_s;
}

/* ---- asking */

/* The next jobs of the round. */
static void collect(struct epochjobs *x)
{
	enum job_state last = x->clearing ? JOB_SETTLING : JOB_RECEIVED;
	struct dbjob j;

	x->nbatch = 0;
	while (x->nbatch < CAP_LOOK_IDS && x->state <= last) {
		if (!dbjob_first(x->e->db, &j, x->state, x->seq)) {
			x->state++;
			x->seq = 0;
			continue;
		}
		x->seq = j.seq;
		if (j.created_at_s >= x->until_s)
			continue;
		x->seqs[x->nbatch] = j.seq;
		x->ids[x->nbatch++] = j.id;
	}
}

static void ask(struct epochjobs *x)
{
	struct ipcbridge_look look = {.kind = NKIND_RESULT, .author = x->e->worker};
	uint64_t n = x->ops->number(x->e);

	for (size_t i = 0; i < x->nbatch; i++)
		ipc_texts_add(&look.ids, str_of(id32_hex(&x->ids[i]).c));
	if (bridgelink_look(x->e->bridge, n, &look))
		x->n = n;
	else
		x->round = false;
	ipc_texts_wipe(&look.ids);
	if (!x->first_ms)
		x->first_ms = clock_mono_ms();
}

/* Somebody should know when jobs wait for long. */
static void tell(struct epochjobs *x)
{
	uint64_t now = clock_mono_ms();

	if (x->told_ms && now - x->told_ms < TELL_MS)
		return;
	x->told_ms = now;
	log_event(LOG_WARN, "epoch.jobs_wait", "jobs=%zu", x->left);
}

static void end_round(struct epochjobs *x)
{
	x->round = false;
	if (x->left) {
		x->due_ms = clock_mono_ms() + AGAIN_MS;
		x->wanted = true;
		tell(x);
		return;
	}
	if (x->clearing) {
		x->clearing = false;
		x->ops->cleared(x->e);
	}
}

static void go_on(struct epochjobs *x)
{
	collect(x);
	if (x->nbatch)
		ask(x);
	else
		end_round(x);
}

static void begin_round(struct epochjobs *x, uint64_t mono_ms)
{
	if (x->round || !x->wanted || mono_ms < x->due_ms ||
	    !bridgelink_is_up(x->e->bridge))
		return;
	x->round = true;
	x->wanted = false;
	x->left = 0;
	x->state = x->clearing ? JOB_CLAIMING : JOB_RECEIVED;
	x->seq = 0;
	go_on(x);
}

void epochjobs_clear(struct epochjobs *x)
{
	x->clearing = true;
	x->wanted = true;
	begin_round(x, clock_mono_ms());
}

static void begin_after_commit(void *ctx, uint64_t arg)
{
	(void)arg;
	begin_round(ctx, clock_mono_ms());
}

bool epochjobs_holds(struct epochjobs *x, const struct dbjob *j)
{
	if (j->created_at_s >= x->until_s || j->seq == x->passing)
		return false;
	x->wanted = true;
	if (j->received_at >= clock_wall_ms_ago(NEW_MS))
		x->due_ms = 0;
	turn_after_once(x->e->turn, begin_after_commit, x, 0);
	return true;
}

void epochjobs_tick(struct epochjobs *x, uint64_t mono_ms)
{
	begin_round(x, mono_ms);
}

void epochjobs_bridge_down(struct epochjobs *x)
{
	if (x->round)
		x->wanted = true;
	x->round = false;
	x->n = 0;
}

/* ---- the answer */

static bool read_answer(const struct epochjobs *x, struct answer *a, struct str json)
{
	auto_nevent struct nevent *ev = NULL;
	struct str code;

	if (nevent_parse(&ev, json, NULL) || ev->kind != NKIND_RESULT ||
	    !id32_eq(&ev->pubkey, &x->e->worker) || nevent_verify(ev, NULL) ||
	    !nevent_tag_id32(ev, "e", &a->job))
		return false;
	a->has_outcome =
		nevent_tag(ev, "reason", &code) && outcome_find(&a->outcome, code);
	return true;
}

static bool lists(const struct ipc_texts *t, struct str url)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq_c(url, t->v[i]))
			return true;
	return false;
}

/* What is known of one job's relays. */
struct ground {
	const struct epochjobs *x;
	const struct ipc_texts *answered;
	struct epochrule_job rule;
};

static void note_brought(void *ctx, struct str url)
{
	struct ground *g = ctx;
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(g->x->e->bridge, &n);

	for (size_t i = 0; i < n; i++)
		if (str_eq_c(url, relays[i].url))
			g->rule.brought_listed = true;
	if (lists(g->answered, url))
		g->rule.brought_answered = true;
}

/* The own relay is the last one of the list. */
static void note_others(struct ground *g)
{
	const struct engine *e = g->x->e;
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(e->bridge, &n);
	size_t others = conf_bool(e->conf, CONF_OWN_RELAY) && n ? n - 1 : n;

	g->rule.others_listed = others > 0;
	for (size_t i = 0; i < n; i++) {
		bool answered = lists(g->answered, str_of(relays[i].url));

		if (i < others)
			g->rule.others_answered |= answered;
		else
			g->rule.own_answered = answered;
	}
}

static bool is_unanswered(const struct epochjobs *x, const struct dbjob *j,
			  const struct ipcbridge_found *found)
{
	struct ground g = {.x = x, .answered = &found->answered};

	g.rule.waited_long = clock_mono_ms() - x->first_ms >= LONG_MS &&
			     j->received_at <= clock_wall_ms_ago(LONG_MS);
	note_others(&g);
	dbjob_each_relay(x->e->db, j->seq, note_brought, &g);
	return epochrule_job(&g.rule);
}

static void withdraw(void *ctx, uint64_t seq)
{
	(void)ctx;
	(void)seq; /* nothing of an earlier epoch has been handed to the bridge */
}

/* What was to be said of it has been said by its answer. */
static void close_job(struct epochjobs *x, struct dbjob *j, const struct answer *a)
{
	turn_enter(x->e->turn);
	if (a->has_outcome)
		jobs_set_outcome(x->e, j, a->outcome, STR_LIT("found on a relay"));
	dbout_overtake(x->e->db, NKIND_STATUS, j->seq, INT64_MAX, clock_wall_ms(),
		       withdraw, NULL);
	claim_answered(x->e->money, j);
	jobs_move(x->e, j, JEV_ANSWERED, STR_LIT("in an earlier epoch"));
	turn_leave(x->e->turn, true);
}

static void judge(struct epochjobs *x, struct dbjob *j)
{
	x->passing = j->seq;
	turn_enter(x->e->turn);
	x->ops->judge(x->e, j);
	turn_leave(x->e->turn, true);
	x->passing = 0;
}

static void decide(struct epochjobs *x, uint64_t seq, const struct answer *answers,
		   size_t n, const struct ipcbridge_found *found)
{
	struct dbjob j;
	size_t i = 0;

	if (!dbjob_get_seq(x->e->db, &j, seq) || j.state >= JOB_REPORTING ||
	    (j.state > JOB_RECEIVED && !x->clearing))
		return;
	while (i < n && !id32_eq(&answers[i].job, &j.id))
		i++;
	if (i < n)
		close_job(x, &j, &answers[i]);
	else if (!is_unanswered(x, &j, found))
		x->left++;
	else if (j.state == JOB_RECEIVED)
		judge(x, &j);
}

void epochjobs_found(struct epochjobs *x, uint64_t n, const struct ipcbridge_found *found)
{
	struct answer answers[CAP_LOOK_EVENTS];
	size_t nanswers = 0;

	if (!x->n || n != x->n)
		return;
	x->n = 0;
	if (!found) {
		x->left++;
		end_round(x);
		return;
	}
	for (size_t i = 0; i < found->events.n && i < CAP_LOOK_EVENTS; i++)
		if (read_answer(x, &answers[nanswers], str_of(found->events.v[i])))
			nanswers++;
	for (size_t i = 0; i < x->nbatch; i++)
		decide(x, x->seqs[i], answers, nanswers, found);
	go_on(x);
}
