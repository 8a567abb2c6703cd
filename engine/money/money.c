/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/money.h"

#include "engine/admit.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/money/change.h"
#include "engine/money/claim.h"
#include "engine/money/kinds.h"
#include "engine/money/lane.h"
#include "engine/money/melt.h"
#include "engine/money/mints.h"
#include "engine/money/restore.h"
#include "engine/money/seedkeep.h"
#include "engine/money/sweep.h"
#include "engine/money/tidy.h"
#include "engine/money/tokwatch.h"
#include "engine/turn.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/httpc.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbpay.h"

#include <inttypes.h>

enum {
	LATE_EVERY_MS = 3600000,
	LATE_AT_ONCE = 200, /* beside what is going on */
	LATE_FOR_MS = 7 * 86400000,
	CHECK_EVERY_MS = 3600000,
};

static void judge_again(struct engine *e, uint64_t job)
{
	struct dbjob j;

	turn_enter(e->turn);
	if (dbjob_get_seq(e->db, &j, job) && j.state == JOB_RECEIVED)
		admit_judge(e, &j);
	turn_leave(e->turn, true);
}

/* A mint that answers such questions is back: what waits for it goes on. */
static void refreshed(struct money *m, struct mint *mint)
{
	if (mints_health(mint) == MINTS_UP)
		lane_go_on(m->lane, mint->number);
	claim_refreshed(m, mint);
}

enum lerr_code money_new(struct money **out, struct engine *e, struct lerr *err)
{
	struct money *m = mem_zalloc(sizeof(*m));
	enum lerr_code rc =
		httpc_new(&m->http, e->loop, conf_text(e->conf, CONF_CA_FILE), err);

	if (rc) {
		mem_free(m);
		return rc;
	}
	m->e = e;
	m->mints = mints_new(m);
	seedkeep_load(m);
	m->lane = lane_new(m);
	m->claims = claim_new(m, judge_again);
	m->melts = melt_new(m);
	m->restore = restore_new(m);
	m->tokwatch = tokwatch_new(m);
	mints_on_refreshed(m->mints, refreshed);
	*out = m;
	return LERR_OK;
}

void money_free(struct money *m)
{
	if (!m)
		return;
	httpc_close(m->http);
	tokwatch_free(m->tokwatch);
	restore_free(m->restore);
	melt_free(m->melts);
	claim_free(m->claims);
	lane_free(m->lane);
	mints_free(m->mints);
	mem_wipe(&m->seed, sizeof(m->seed));
	mem_free(m);
}

/* ---- start */

/* Books that do not add up stop nothing that customers are owed, but the operator hears
 * of it, loudly. */
static void check_books(struct money *m)
{
	struct lerr err = {0};

	for (size_t i = 0; i < mints_count(m->mints); i++)
		if (dbbook_check_mint(m->e->db, mints_at(m->mints, i)->number, &err))
			log_event(LOG_BROKEN, "books.wrong", "why=%s",
				  log_text(str_of(err.msg)).c);
}

/* CLAIMING without an operation, SETTLING: their effects are repeatable. */
static void run_again(struct money *m, enum job_state state,
		      void (*effect)(struct money *m, struct dbjob *j))
{
	struct dbjob j = {0};
	uint64_t above = 0;

	while (dbjob_first(m->e->db, &j, state, above)) {
		above = j.seq;
		effect(m, &j);
	}
}

/* What is asked first of an operation that is found open. */
static enum lane_step first_step(const struct dbpay *p)
{
	if (p->state == PAY_RESERVED)
		return LANE_SEND;
	return p->kind == DBPAY_MELT ? LANE_QUOTE : LANE_RESTORE;
}

void money_recover(struct money *m)
{
	struct dbpay p = {0};

	turn_enter(m->e->turn);
	while (dbpay_next_open(m->e->db, &p, p.op))
		lane_add(m->lane, &p, first_step(&p));
	run_again(m, JOB_CLAIMING, claim_begin);
	run_again(m, JOB_SETTLING, change_settle);
	turn_leave(m->e->turn, true);
	check_books(m);
	mints_tick(m->mints);
}

/* ---- time */

static bool is_due(uint64_t *last_ms, uint64_t every_ms)
{
	uint64_t now = clock_mono_ms();

	if (*last_ms && now - *last_ms < every_ms)
		return false;
	*last_ms = now;
	return true;
}

/* A claim that was given up may have been signed after all: then it is money that goes
 * back. */
static void look_for_late_ones(struct money *m)
{
	uint64_t since = clock_wall_ms_ago(LATE_FOR_MS);
	struct dbpay p = {0};

	while (lane_count(m->lane, 0, 0) < LATE_AT_ONCE &&
	       dbpay_next_late(m->e->db, &p, since, p.op)) {
		/* coins of our own are in the books as free or lost by now */
		if (kinds_table[p.kind]->patience != KINDS_GIVES_UP)
			continue;
		lane_add(m->lane, &p, LANE_RESTORE);
		lane_find(m->lane, p.op)->is_late = true;
	}
}

void money_tick(struct money *m)
{
	static uint64_t late_ms;
	static uint64_t check_ms;

	mints_tick(m->mints);
	claim_tick(m);
	change_tick(m);
	sweep_tick(m);
	restore_tick(m);
	tidy_tick(m);
	tokwatch_tick(m);
	if (is_due(&late_ms, crash_hurry(LATE_EVERY_MS)))
		look_for_late_ones(m);
	if (is_due(&check_ms, crash_hurry(CHECK_EVERY_MS)))
		check_books(m);
}

void money_keyd_up(struct money *m)
{
	claim_keyd_up(m);
}
