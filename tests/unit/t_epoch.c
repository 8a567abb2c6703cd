/* SPDX-License-Identifier: MIT */
/* The gate with a made-up bridge: what relays say is given by hand. */
#include "config.h"

#include "engine/epoch.h"

#include "engine/bridgelink.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/keylink.h"
#include "engine/money/claim.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbout.h"
#include "lib/store/dbschema.h"
#include "tests/peers/signed.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

enum { WORKER = 3, OTHER = 4, RELAYS = 3, DAY_S = 86400 };

/* Two of others, and the own one last, as the bridge lists them. */
static char urls[RELAYS][16] = {"wss://a", "wss://b", "own"};

struct rig {
	struct engine e;
	uv_loop_t loop;
	struct conf *conf;
	struct bridgelink_relay relays[RELAYS];
	bool keyd_up;
	bool bridge_up;
	/* the last question */
	size_t looks;
	uint64_t n;
	uint64_t kind;
	struct ipc_texts ids;
	/* what followed */
	size_t rereads;
	size_t answered; /* told to the money, before the move */
	size_t started;
	size_t opened;
	size_t judged_all;
	bool may_publish; /* to the first relay */
	size_t judged;
	uint64_t judged_seq;
	bool hold; /* what judging asks first */
};

static struct rig *rig;

/* ---- what the gate is told to use */

void claim_answered(struct money *m, const struct dbjob *j)
{
	(void)m;
	assert_int_not_equal(j->state, JOB_DONE);
	rig->answered++;
}

bool keylink_is_up(const struct keylink *k)
{
	(void)k;
	return rig->keyd_up;
}

bool bridgelink_is_up(const struct bridgelink *b)
{
	(void)b;
	return rig->bridge_up;
}

const struct bridgelink_relay *bridgelink_relays(const struct bridgelink *b, size_t *n)
{
	(void)b;
	*n = RELAYS;
	return rig->relays;
}

bool bridgelink_look(struct bridgelink *b, uint64_t n, const struct ipcbridge_look *what)
{
	(void)b;
	if (!rig->bridge_up)
		return false;
	rig->looks++;
	rig->n = n;
	rig->kind = what->kind;
	ipc_texts_wipe(&rig->ids);
	for (size_t i = 0; i < what->ids.n; i++)
		ipc_texts_add(&rig->ids, str_of(what->ids.v[i]));
	return true;
}

void bridgelink_reread(struct bridgelink *b)
{
	(void)b;
	rig->rereads++;
}

static void on_started(struct engine *e)
{
	assert_true(db_in_transaction(e->db));
	rig->started++;
}

static void on_open(struct engine *e)
{
	(void)e;
	rig->opened++;
}

static void judge_all(struct engine *e)
{
	(void)e;
	rig->judged_all++;
}

static void judge(struct engine *e, struct dbjob *j)
{
	rig->hold = epoch_holds(e->epoch, j);
	rig->judged++;
	rig->judged_seq = j->seq;
}

static void on_asked(struct engine *e)
{
	rig->may_publish = epoch_has_asked(e->epoch, urls[0]);
}

static const struct epoch_ops ops = {on_started, on_open, on_asked, judge_all, judge};
static void (*const no_effects[JFX_CLOSE + 1])(struct engine *e, struct dbjob *j);

/* ---- the rig */

static int build(void **state)
{
	struct rig *r = mem_zalloc(sizeof(*r));

	rig = r;
	if (uv_loop_init(&r->loop) || dbschema_open(&r->e.db, ":memory:", NULL))
		return -1;
	r->conf = conf_new();
	r->e.conf = r->conf;
	r->e.loop = &r->loop;
	r->e.effects = no_effects;
	r->e.turn = turn_new(&r->loop, r->e.db);
	r->e.worker = signed_key(WORKER);
	for (size_t i = 0; i < RELAYS; i++) {
		r->relays[i].url = urls[i];
		str_copy(r->relays[i].state, sizeof(r->relays[i].state), STR_LIT("up"));
	}
	r->e.epoch = epoch_new(&r->e, &ops);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	clock_shift_wall_ms(0);
	epoch_free(r->e.epoch);
	turn_free(r->e.turn);
	/* the gate may have stopped the loop */
	while (uv_loop_alive(&r->loop))
		(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&r->loop);
	db_close(r->e.db);
	ipc_texts_wipe(&r->ids);
	conf_free(r->conf);
	mem_free(r);
	return 0;
}

/* As the program does after a start, in the same ledger. */
static void restart(struct rig *r)
{
	turn_flush(r->e.turn);
	epoch_free(r->e.epoch);
	r->e.epoch = epoch_new(&r->e, &ops);
	r->opened = 0;
	r->looks = 0;
}

static void lines_up(struct rig *r)
{
	r->keyd_up = true;
	epoch_keyd_up(r->e.epoch);
	r->bridge_up = true;
	epoch_bridge_up(r->e.epoch);
	turn_flush(r->e.turn);
}

static void tick(struct rig *r, uint64_t later_ms)
{
	epoch_tick(r->e.epoch, clock_mono_ms() + later_ms);
	turn_flush(r->e.turn);
}

/* The answer to the last question: these events, and who has answered. */
static void answer(struct rig *r, const struct nevent *one, const struct nevent *two,
		   const char *answered)
{
	struct ipcbridge_found f = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	const struct nevent *events[] = {one, two};

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		auto_free char *json = events[i] ? signed_json(events[i]) : NULL;

		if (json)
			ipc_texts_add(&f.events, str_of(json));
	}
	for (size_t i = 0; i < RELAYS; i++) {
		if (strcmp(r->relays[i].state, "up") != 0)
			continue;
		ipc_texts_add(&f.asked, str_of(urls[i]));
		if (strstr(answered, urls[i]))
			ipc_texts_add(&f.answered, str_of(urls[i]));
	}
	epoch_found(r->e.epoch, r->n, &f);
	turn_flush(r->e.turn);
	ipc_texts_wipe(&f.events);
	ipc_texts_wipe(&f.asked);
	ipc_texts_wipe(&f.answered);
}

#define ALL "wss://a wss://b own"

static struct nevent *advert(unsigned int key, uint64_t ago_s)
{
	return signed_event(key, clock_wall_s() - ago_s, NKIND_WORKER, "", NULL);
}

static struct nevent *result(unsigned int key, uint8_t job)
{
	struct id32 id = unit_small_id(job);

	return signed_event(key, clock_wall_s(), NKIND_RESULT, "", "e", id32_hex(&id).c,
			    "reason", "exit", NULL);
}

/* One that this ledger has made. */
static void write_advert(struct rig *r, const struct nevent *ev)
{
	struct dbout row = {.kind = NKIND_WORKER, .event_id = ev->id};
	auto_free char *json = signed_json(ev);

	turn_enter(r->e.turn);
	assert_true(dbout_insert(r->e.db, &row, str_of(json)));
	turn_leave(r->e.turn, true);
	turn_flush(r->e.turn);
}

static struct dbjob add_job(struct rig *r, uint8_t n, const char *relay, uint64_t ago_s)
{
	struct dbjob j = {.id = unit_small_id(n),
			  .state = JOB_RECEIVED,
			  .created_at_s = clock_wall_s() - ago_s,
			  .received_at = clock_wall_ms() - ago_s * 1000};

	turn_enter(r->e.turn);
	assert_true(dbjob_insert(r->e.db, &j));
	dbjob_add_relay(r->e.db, j.seq, str_of(relay));
	jobs_added(&r->e, &j);
	turn_leave(r->e.turn, true);
	turn_flush(r->e.turn);
	return j;
}

static void move(struct rig *r, struct dbjob *j, enum job_event by)
{
	turn_enter(r->e.turn);
	jobs_move(&r->e, j, by, STR_LIT(""));
	turn_leave(r->e.turn, true);
	turn_flush(r->e.turn);
}

static bool holds(struct rig *r, const struct dbjob *j)
{
	bool held;

	turn_enter(r->e.turn);
	held = epoch_holds(r->e.epoch, j);
	turn_leave(r->e.turn, true);
	turn_flush(r->e.turn);
	return held;
}

static enum job_state state_of(struct rig *r, uint8_t n)
{
	struct id32 id = unit_small_id(n);
	struct dbjob j;

	assert_true(dbjob_get(r->e.db, &j, &id));
	return j.state;
}

static uint64_t epoch_of(struct rig *r)
{
	return dbmeta_get_u64(r->e.db, "epoch");
}

/* An epoch that is not the first one, its gate open. */
static void open_second(struct rig *r)
{
	epoch_restored(r->e.epoch);
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	assert_true(epoch_is_open(r->e.epoch));
	assert_int_equal(epoch_of(r), 2);
}

/* ---- the advertisement */

static void nothing_is_done_before_relays_were_asked(void **state)
{
	struct rig *r = *state;
	struct dbjob j = add_job(r, 1, "own", 0);

	assert_true(holds(r, &j));
	r->keyd_up = true;
	epoch_keyd_up(r->e.epoch);
	assert_int_equal(r->looks, 0);
	lines_up(r);
	assert_int_equal(r->looks, 1);
	assert_int_equal(r->kind, NKIND_WORKER);
	assert_true(holds(r, &j));
	assert_int_equal(r->opened, 0);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_false(holds(r, &j));
	assert_int_equal(epoch_of(r), 0);
	assert_int_equal(r->started + r->rereads, 0);
}

static void our_own_advertisement_is_no_rival(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *ours = advert(WORKER, 5);
	auto_nevent struct nevent *strangers = advert(OTHER, 1);

	write_advert(r, ours);
	lines_up(r);
	answer(r, strangers, ours, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(epoch_of(r), 0);
	/* and is known for good, when the row has long been swept */
	assert_int_equal(dbmeta_get_u64(r->e.db, "epoch.known"), ours->created_at - 3600);
}

static void a_bridge_that_lies_is_not_believed(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *forged = advert(WORKER, 5);
	uint8_t sig[64] = {1};

	nevent_set_sig(forged, sig);
	lines_up(r);
	answer(r, forged, NULL, ALL);
	assert_int_equal(r->opened, 1);
}

static void a_rival_ends_the_program(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *rival = advert(WORKER, 100);

	lines_up(r);
	answer(r, rival, NULL, ALL);
	assert_int_equal(epoch_status(r->e.epoch), 75);
	assert_has(epoch_why(r->e.epoch), "another worker uses this key");
	assert_has(epoch_why(r->e.epoch), "--takeover");
	assert_int_equal(r->opened, 0);
	tick(r, 200000);
	assert_int_equal(r->looks, 1);
	/* started again at once, relays are spared for a while */
	restart(r);
	lines_up(r);
	tick(r, 0);
	assert_int_equal(r->looks, 0);
	clock_shift_wall_ms(6000);
	tick(r, 0);
	assert_int_equal(r->looks, 1);
}

static void taking_over_begins_an_epoch_and_bears_the_rival_for_a_while(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *rival = advert(WORKER, 100);
	auto_nevent struct nevent *again = advert(WORKER, 10);

	epoch_allow_takeover(r->e.epoch);
	restart(r);
	lines_up(r);
	answer(r, rival, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(epoch_of(r), 2);
	assert_int_equal(r->started, 1);
	/* ours is to be the newer one */
	assert_int_equal(dbmeta_get_u64(r->e.db, "advert.created_at"), rival->created_at);
	tick(r, 100000);
	answer(r, again, NULL, ALL);
	assert_int_equal(epoch_status(r->e.epoch), 0);
	assert_int_equal(epoch_of(r), 2);
	clock_shift_wall_ms(601000);
	{
		auto_nevent struct nevent *still = advert(WORKER, 10);

		tick(r, 200000);
		answer(r, still, NULL, ALL);
	}
	assert_int_equal(epoch_status(r->e.epoch), 75);
}

static void an_old_advertisement_begins_an_epoch(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *old = advert(WORKER, DAY_S);

	lines_up(r);
	answer(r, old, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(epoch_of(r), 2);
	assert_int_equal(r->rereads, 1);
	/* once */
	restart(r);
	lines_up(r);
	answer(r, old, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(epoch_of(r), 2);
}

static void a_bridge_that_goes_is_asked_again(void **state)
{
	struct rig *r = *state;

	lines_up(r);
	r->bridge_up = false;
	epoch_bridge_down(r->e.epoch);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 0);
	lines_up(r);
	assert_int_equal(r->looks, 2);
	epoch_found(r->e.epoch, r->n, NULL);
	tick(r, 0);
	assert_int_equal(r->looks, 3);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 1);
}

/* ---- relays that come later */

static void set_state(struct rig *r, size_t relay, const char *word)
{
	str_copy(r->relays[relay].state, sizeof(r->relays[relay].state), str_of(word));
	epoch_relay(r->e.epoch);
}

static void offline(struct rig *r)
{
	set_state(r, 0, "waiting");
	set_state(r, 1, "waiting");
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(r->looks, 1);
}

static void a_late_relay_is_asked_before_its_jobs_are_judged(void **state)
{
	struct rig *r = *state;
	struct dbjob j = add_job(r, 1, urls[0], 0);

	offline(r);
	assert_false(holds(r, &j));
	set_state(r, 0, "up");
	assert_true(holds(r, &j));
	tick(r, 1000);
	assert_int_equal(r->looks, 2);
	assert_int_equal(r->judged_all, 0);
	assert_false(epoch_has_asked(r->e.epoch, urls[0]));
	assert_true(epoch_has_asked(r->e.epoch, "own"));
	answer(r, NULL, NULL, ALL);
	assert_true(r->may_publish);
	assert_int_equal(r->judged_all, 1);
	assert_false(holds(r, &j));
	/* once a run */
	set_state(r, 0, "waiting");
	set_state(r, 0, "up");
	assert_false(holds(r, &j));
	tick(r, 5000);
	assert_int_equal(r->looks, 2);
}

static void a_rival_on_a_late_relay_ends_the_program(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *rival = advert(WORKER, 100);
	auto_nevent struct nevent *ours = advert(WORKER, 50);

	offline(r);
	/* ours is newer, but that relay does not have it, only the own one */
	write_advert(r, ours);
	set_state(r, 1, "up");
	tick(r, 1000);
	answer(r, ours, rival, ALL);
	assert_int_equal(epoch_status(r->e.epoch), 75);
}

static void an_old_one_on_a_late_relay_begins_anew(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *old = advert(WORKER, DAY_S);

	offline(r);
	set_state(r, 1, "up");
	tick(r, 1000);
	answer(r, old, NULL, ALL);
	assert_int_equal(epoch_status(r->e.epoch), 1);
	assert_string_equal(epoch_why(r->e.epoch), "");
	assert_int_equal(epoch_of(r), 2);
	restart(r);
	lines_up(r);
	answer(r, old, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(epoch_of(r), 2);
}

static void a_running_worker_looks_now_and_then(void **state)
{
	struct rig *r = *state;
	auto_nevent struct nevent *rival = advert(WORKER, 0);

	lines_up(r);
	answer(r, NULL, NULL, ALL);
	tick(r, 80000);
	assert_int_equal(r->looks, 1);
	tick(r, 91000);
	assert_int_equal(r->looks, 2);
	answer(r, rival, NULL, ALL);
	assert_int_equal(epoch_status(r->e.epoch), 75);
}

/* ---- jobs of an earlier epoch */

static void open_jobs_are_looked_for_before_the_gate_opens(void **state)
{
	struct rig *r = *state;
	struct dbjob queued = add_job(r, 1, urls[0], 60);
	struct dbjob running = add_job(r, 2, urls[0], 60);
	auto_nevent struct nevent *answered = result(WORKER, 1);
	auto_nevent struct nevent *strangers = result(OTHER, 2);
	struct dbjob j;

	(void)add_job(r, 3, urls[0], 60);
	move(r, &queued, JEV_ACCEPT);
	move(r, &running, JEV_ACCEPT);
	move(r, &running, JEV_START);
	move(r, &running, JEV_RUNNING);
	epoch_restored(r->e.epoch);
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 0);
	assert_int_equal(r->kind, NKIND_RESULT);
	/* what is not judged yet is looked for when it is */
	assert_int_equal(r->ids.n, 2);
	answer(r, answered, strangers, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(state_of(r, 1), JOB_DONE);
	assert_int_equal(r->answered, 1);
	assert_int_equal(state_of(r, 2), JOB_RUNNING);
	assert_int_equal(state_of(r, 3), JOB_RECEIVED);
	assert_true(dbjob_get_seq(r->e.db, &j, queued.seq));
	assert_string_equal(j.reason, "exit");
	assert_int_equal(r->e.counts[JOB_QUEUED], 0);
	/* that is done once for an epoch */
	restart(r);
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 1);
}

static void more_jobs_than_one_question_can_name(void **state)
{
	struct rig *r = *state;

	for (unsigned int i = 1; i <= CAP_LOOK_IDS + 50; i++) {
		struct dbjob j = add_job(r, (uint8_t)i, urls[0], 60);

		move(r, &j, JEV_ACCEPT);
	}
	epoch_restored(r->e.epoch);
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->ids.n, CAP_LOOK_IDS);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->ids.n, 50);
	assert_int_equal(r->opened, 0);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->opened, 1);
	assert_int_equal(r->looks, 3);
}

/* The relay that has brought it does not say that it has no answer. */
static void nothing_is_done_blindly(void **state)
{
	struct rig *r = *state;
	struct dbjob queued = add_job(r, 1, urls[0], 60);

	move(r, &queued, JEV_ACCEPT);
	epoch_restored(r->e.epoch);
	lines_up(r);
	answer(r, NULL, NULL, ALL);
	answer(r, NULL, NULL, "wss://b own");
	assert_int_equal(r->opened, 0);
	assert_int_equal(state_of(r, 1), JOB_QUEUED);
	tick(r, 1000);
	assert_int_equal(r->looks, 2);
	tick(r, 6000);
	assert_int_equal(r->looks, 3);
	answer(r, NULL, NULL, "wss://a");
	assert_int_equal(r->opened, 1);
}

static void a_received_job_is_looked_for_and_then_judged(void **state)
{
	struct rig *r = *state;
	struct dbjob one = add_job(r, 1, "own", 60);
	struct dbjob two = add_job(r, 2, "own", 60);
	auto_nevent struct nevent *answered = result(WORKER, 1);

	open_second(r);
	assert_true(holds(r, &one));
	assert_int_equal(r->kind, NKIND_RESULT);
	assert_int_equal(r->ids.n, 2);
	assert_true(holds(r, &two));
	assert_int_equal(r->looks, 2);
	answer(r, answered, NULL, ALL);
	assert_int_equal(state_of(r, 1), JOB_DONE);
	assert_int_equal(r->judged, 1);
	assert_int_equal(r->judged_seq, two.seq);
	assert_false(r->hold);
}

static void a_job_of_this_epoch_is_not_looked_for(void **state)
{
	struct rig *r = *state;
	struct dbjob j;

	open_second(r);
	/* clocks of customers may be ahead of ours, as far as that is accepted */
	clock_shift_wall_ms((CAP_AHEAD_S - 1) * 1000);
	j = add_job(r, 1, "own", 0);
	assert_true(holds(r, &j));
	clock_shift_wall_ms((CAP_AHEAD_S + 1) * 1000);
	j = add_job(r, 2, "own", 0);
	assert_false(holds(r, &j));
}

static void a_new_job_does_not_wait_for_those_that_wait(void **state)
{
	struct rig *r = *state;
	struct dbjob old = add_job(r, 1, urls[0], 60);
	struct dbjob j;

	open_second(r);
	assert_true(holds(r, &old));
	answer(r, NULL, NULL, "own");
	assert_int_equal(r->judged, 0);
	assert_true(holds(r, &old));
	assert_int_equal(r->looks, 2);
	j = add_job(r, 2, "own", 0);
	assert_true(holds(r, &j));
	assert_int_equal(r->looks, 3);
	answer(r, NULL, NULL, "own");
	assert_int_equal(r->judged, 1);
	assert_int_equal(r->judged_seq, j.seq);
}

static void a_lost_question_is_asked_again(void **state)
{
	struct rig *r = *state;
	struct dbjob j = add_job(r, 1, "own", 60);

	open_second(r);
	assert_true(holds(r, &j));
	r->bridge_up = false;
	epoch_bridge_down(r->e.epoch);
	tick(r, 6000);
	assert_int_equal(r->looks, 2);
	r->bridge_up = true;
	epoch_bridge_up(r->e.epoch);
	tick(r, 6000);
	assert_int_equal(r->looks, 3);
	epoch_found(r->e.epoch, r->n, NULL);
	tick(r, 6000);
	assert_int_equal(r->looks, 4);
	answer(r, NULL, NULL, ALL);
	assert_int_equal(r->judged, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_done_before_relays_were_asked),
		T(our_own_advertisement_is_no_rival),
		T(a_bridge_that_lies_is_not_believed),
		T(a_rival_ends_the_program),
		T(taking_over_begins_an_epoch_and_bears_the_rival_for_a_while),
		T(an_old_advertisement_begins_an_epoch),
		T(a_bridge_that_goes_is_asked_again),
		T(a_late_relay_is_asked_before_its_jobs_are_judged),
		T(a_rival_on_a_late_relay_ends_the_program),
		T(an_old_one_on_a_late_relay_begins_anew),
		T(a_running_worker_looks_now_and_then),
		T(open_jobs_are_looked_for_before_the_gate_opens),
		T(more_jobs_than_one_question_can_name),
		T(nothing_is_done_blindly),
		T(a_received_job_is_looked_for_and_then_judged),
		T(a_job_of_this_epoch_is_not_looked_for),
		T(a_new_job_does_not_wait_for_those_that_wait),
		T(a_lost_question_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
