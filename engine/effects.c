/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/effects.h"

#include "engine/admit.h"
#include "engine/advertise.h"
#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/jobs.h"
#include "engine/money/change.h"
#include "engine/money/claim.h"
#include "engine/money/money.h"
#include "engine/outbox.h"
#include "engine/queue.h"
#include "engine/report.h"
#include "engine/software.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/dbids.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbmint.h"

#include <inttypes.h>

enum {
	FORGET_IGNORED_MS = 4 * 86400000,
	FORGET_CANCELS_MS = 86400000,
	SWEEP_MS = 600000,
	REDUCE_AT_ONCE = 2000, /* more than the budget for refusals makes */
	JUDGE_AGAIN_MS = 5000,
	JUDGE_AT_ONCE = 128,
};

/* ---- what follows from a move */

static void look_at_advert(void *ctx, uint64_t arg)
{
	struct engine *e = ctx;

	(void)arg;
	advertise_look(e->advertise);
}

static void fx_queue(struct engine *e, struct dbjob *j)
{
	uint64_t seq = j->seq;

	queue_pump(e);
	/* it may have got a slot at once, and then it is another one's copy that moved */
	if (dbjob_get_seq(e->db, j, seq))
		report_queued(e->report, j);
	turn_after_once(e->turn, look_at_advert, e, 0);
}

static void fx_start(struct engine *e, struct dbjob *j)
{
	runs_start(e->runs, j);
}

static void fx_announce(struct engine *e, struct dbjob *j)
{
	report_running(e->report, j);
}

static void fx_claim(struct engine *e, struct dbjob *j)
{
	claim_begin(e->money, j);
}

static void fx_settle(struct engine *e, struct dbjob *j)
{
	change_settle(e->money, j);
}

static void forget_run(void *ctx, uint64_t seq)
{
	struct engine *e = ctx;
	struct dbjob j;

	if (dbjob_get_seq(e->db, &j, seq))
		runs_forget(e->runs, &j);
}

static void fx_report(struct engine *e, struct dbjob *j)
{
	report_end(e->report, j);
	if (j->attempts)
		turn_after(e->turn, forget_run, e, j->seq);
	turn_after_once(e->turn, look_at_advert, e, 0);
}

static void fx_close(struct engine *e, struct dbjob *j)
{
	dbjob_drop_request(e->db, j->seq);
}

void (*const effects_table[])(struct engine *e, struct dbjob *j) = {
	[JFX_NONE] = NULL,      [JFX_ADMIT] = admit_judge, [JFX_CLAIM] = fx_claim,
	[JFX_QUEUE] = fx_queue, [JFX_START] = fx_start,    [JFX_ANNOUNCE] = fx_announce,
	[JFX_COLLECT] = NULL,   [JFX_SETTLE] = fx_settle,  [JFX_REPORT] = fx_report,
	[JFX_CLOSE] = fx_close,
};

void effects_reported(struct engine *e, uint64_t job)
{
	struct dbjob j;

	if (dbjob_get_seq(e->db, &j, job) && j.state == JOB_REPORTING)
		jobs_move(e, &j, JEV_REPORTED, STR_LIT(""));
}

/* ---- the lines */

/* Judge what waits in RECEIVED: at start, and when loom-keyd is back. */
static void judge_received(struct engine *e)
{
	struct dbjob j = {0};

	turn_enter(e->turn);
	while (dbjob_first(e->db, &j, JOB_RECEIVED, j.seq)) {
		struct dbjob copy = j;

		admit_judge(e, &copy);
	}
	turn_leave(e->turn, true);
}

/* Too much was in flight when loom-keyd was to be asked about these, and they have no
 * deadline that would bring them up again. Asked twice does no harm. */
static void judge_left_over(struct engine *e)
{
	static uint64_t at; /* how far we are in a round */
	uint64_t before = clock_wall_ms_ago(JUDGE_AGAIN_MS);
	struct dbjob j;
	int n = 0;

	if (e->counts[JOB_RECEIVED] == 0 || !keylink_is_up(e->keys))
		return;
	turn_enter(e->turn);
	while (n < JUDGE_AT_ONCE && dbjob_first(e->db, &j, JOB_RECEIVED, at)) {
		at = j.seq;
		n++;
		if (j.moved_at <= before)
			admit_judge(e, &j);
	}
	turn_leave(e->turn, true);
	if (n < JUDGE_AT_ONCE)
		at = 0;
}

/* The ledger belongs to one key: its jobs, its results, its advertisement. */
static void remember_worker(struct engine *e)
{
	turn_enter(e->turn);
	dbmeta_set(e->db, "worker", str_of(id32_hex(&e->worker).c));
	turn_leave(e->turn, true);
}

static void keyd_works(struct engine *e)
{
	outbox_keyd_up(e->outbox);
	judge_received(e);
	money_keyd_up(e->money);
	runs_keyd_up(e->runs);
	advertise_look(e->advertise);
}

static void keyd_up(struct engine *e)
{
	remember_worker(e);
	if (epoch_is_open(e->epoch))
		keyd_works(e);
	else
		epoch_keyd_up(e->epoch);
}

static void keyd_signed(struct engine *e, uint64_t ref, const struct ipckey_signed *s,
			const struct lerr *err)
{
	outbox_signed(e->outbox, ref, s, err);
}

static void keyd_opened(struct engine *e, uint64_t ref, const struct ipckey_opened *o,
			const struct lerr *err)
{
	struct dbjob j;

	if (!dbjob_get_seq(e->db, &j, ref))
		return;
	if (j.state == JOB_RECEIVED)
		admit_opened(e, &j, o, err);
	else if (j.state == JOB_PREPARING)
		runs_opened(e->runs, &j, o, err);
}

static void keyd_p2pk(struct engine *e, uint64_t ref, const struct ipckey_p2pk_signed *s,
		      const struct lerr *err)
{
	claim_signed(e->money, ref, s, err);
}

const struct keylink_ops effects_keylink_ops = {keyd_up, keyd_signed, keyd_opened,
						keyd_p2pk};

static void bridge_works(struct engine *e)
{
	outbox_bridge_up(e->outbox);
	advertise_look(e->advertise);
}

static void bridge_up(struct engine *e)
{
	epoch_bridge_up(e->epoch);
	if (epoch_is_open(e->epoch))
		bridge_works(e);
}

static void bridge_down(struct engine *e)
{
	epoch_bridge_down(e->epoch);
	outbox_bridge_down(e->outbox);
}

static void bridge_receipt(struct engine *e, const struct ipcbridge_receipt *r)
{
	outbox_receipt(e->outbox, r);
}

static void bridge_relay(struct engine *e)
{
	epoch_relay(e->epoch);
}

static void bridge_found(struct engine *e, uint64_t n,
			 const struct ipcbridge_found *found)
{
	epoch_found(e->epoch, n, found);
}

const struct bridgelink_ops effects_bridgelink_ops = {
	bridge_up, bridge_down, bridge_receipt, bridge_relay, bridge_found};

static void fill_slots(struct engine *e)
{
	turn_enter(e->turn);
	queue_pump(e);
	turn_leave(e->turn, true);
}

static void runner_ready(struct engine *e)
{
	if (!software_is_known(e->software))
		software_probe(e->software);
	fill_slots(e);
	advertise_look(e->advertise);
}

const struct runs_ops effects_runs_ops = {runner_ready, fill_slots};

/* ---- the gate */

static void gate_opened(struct engine *e)
{
	money_recover(e->money);
	runs_begin(e->runs);
	keyd_works(e);
	bridge_works(e);
}

/* A ledger that was put back has counters that another life of it has used. */
static void epoch_started(struct engine *e)
{
	dbmint_jump_counters(e->db);
}

static void relay_asked(struct engine *e)
{
	outbox_relay_asked(e->outbox);
}

const struct epoch_ops effects_epoch_ops = {epoch_started, gate_opened, relay_asked,
					    judge_received, admit_judge};

void effects_software_known(struct engine *e)
{
	advertise_look(e->advertise);
}

void effects_reprobe(struct engine *e)
{
	software_probe(e->software);
}

/* ---- time */

void effects_recover(struct engine *e)
{
	auto_buf struct buf worker = BUF_INIT(80);

	if (dbmeta_get(e->db, "worker", &worker))
		e->has_worker = id32_parse(&e->worker, buf_str(&worker));
	jobs_load_counts(e);
	for (size_t s = JOB_RECEIVED; s < JOB_DONE; s++)
		if (e->counts[s])
			log_event(LOG_INFO, "engine.recover", "state=%s n=%" PRIu64,
				  jobfsm_state_name((enum job_state)s), e->counts[s]);
	/* all wait for the gate; then RECEIVED waits for the key, QUEUED, PREPARING and
	 * RUNNING for the runner, REPORTING for the bridge: each line runs them again when
	 * it comes up */
}

static void give_up_waiting(struct engine *e)
{
	turn_enter(e->turn);
	queue_expire(e);
	turn_leave(e->turn, true);
}

static void sweep(struct engine *e)
{
	static uint64_t last_ms;
	uint64_t mono = clock_mono_ms();

	if (clockwatch_is_frozen(e->clock) || (last_ms && mono - last_ms < SWEEP_MS))
		return;
	last_ms = mono;
	turn_enter(e->turn);
	dbids_sweep(e->db, clock_wall_ms_ago(FORGET_IGNORED_MS),
		    clock_wall_ms_ago(FORGET_CANCELS_MS), CAP_REMEMBERED_IDS);
	(void)dbids_reduce(e->db, clock_wall_ms_ago(FORGET_IGNORED_MS), CAP_NEVER_RAN,
			   REDUCE_AT_ONCE, clock_wall_ms());
	turn_leave(e->turn, true);
}

void effects_tick(struct engine *e)
{
	uint64_t mono = clock_mono_ms();

	(void)clockwatch_look(e->clock, clock_wall_ms(), mono);
	epoch_tick(e->epoch, mono);
	if (!epoch_is_open(e->epoch))
		return;
	outbox_tick(e->outbox, mono);
	judge_left_over(e);
	money_tick(e->money);
	runs_tick(e->runs, mono);
	software_tick(e->software);
	advertise_look(e->advertise);
	give_up_waiting(e);
	fill_slots(e);
	sweep(e);
}
