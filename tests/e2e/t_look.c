/* SPDX-License-Identifier: MIT */
/* What relays have of us, as the engine asks it: with the real loom-bridge. */
#include "config.h"

#include "tests/e2e/world.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <stdio.h>
#include <string.h>

static void start_relays(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		world_start_relay(w, i, NULL, NULL);
		rig_say(w->relays[i], "set open 1");
		(void)rig_wait(w->relays[i], "done");
	}
}

/* With n relays, all of them connected and read. */
static void start(struct world *w, size_t n)
{
	start_relays(w, n);
	world_start_bridge(w, n, "");
	for (size_t i = 0; i < n; i++)
		(void)rig_wait(w->relays[i], "req inbox");
	world_dial(w);
	world_expect_state(w, "own", "up", NULL, 0);
}

static struct nevent *advert(const char *content, uint64_t ago_s)
{
	return signed_event(WORLD_WORKER, clock_wall_s() - ago_s, NKIND_WORKER, content,
			    NULL);
}

static struct nevent *result(unsigned int key, const struct id32 *job)
{
	return signed_event(key, clock_wall_s(), NKIND_RESULT, "", "e", id32_hex(job).c,
			    NULL);
}

/* Kept by relay i, as a customer's relay has it. */
static void give(struct world *w, size_t i, const struct nevent *ev)
{
	world_push(w, i, "event", ev);
	(void)rig_wait(w->relays[i], "done");
}

static void ask(struct world *w, uint64_t n, uint32_t kind, const struct id32 *ids,
		size_t nids)
{
	struct ipcbridge_look look = {.kind = kind, .author = signed_key(WORLD_WORKER)};

	for (size_t i = 0; i < nids; i++)
		ipc_texts_add(&look.ids, str_of(id32_hex(&ids[i]).c));
	world_say(w, IPCBRIDGE_LOOK, n, &look);
	ipc_texts_wipe(&look.ids);
}

static bool has(const struct ipc_texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strstr(t->v[i], text))
			return true;
	return false;
}

static bool has_event(const struct ipcbridge_found *f, const struct nevent *ev)
{
	auto_free char *json = signed_json(ev);

	return has(&f->events, json);
}

static const struct ipcbridge_found *answer(struct world *w, struct ipcmsg *m, uint64_t n)
{
	world_next(w, m, IPCBRIDGE_FOUND);
	assert_int_equal(m->n, n);
	return m->body;
}

/* Of one that was replaced, relays may have different versions: none hides another. */
static void what_any_relay_has_is_found_once(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *oldest = advert("oldest", 30);
	auto_nevent struct nevent *newest = advert("newest", 10);
	auto_nevent struct nevent *own = advert("own", 20);
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start(w, 2);
	give(w, 0, newest);
	give(w, 0, oldest);
	give(w, 1, oldest);
	world_publish(w, 1, own, "own");
	world_expect_receipt(w, 1, "ok", "");
	ask(w, 7, NKIND_WORKER, NULL, 0);
	f = answer(w, &m, 7);
	assert_int_equal(f->events.n, 3);
	assert_true(has_event(f, newest) && has_event(f, oldest) && has_event(f, own));
	assert_int_equal(f->asked.n, 3);
	assert_int_equal(f->answered.n, 3);
	assert_true(has(&f->answered, "own") && has(&f->answered, w->urls[0]) &&
		    has(&f->answered, w->urls[1]));
}

static void results_are_found_by_their_jobs(void **state)
{
	struct world *w = *state;
	struct id32 jobs[3] = {unit_small_id(1), unit_small_id(2), unit_small_id(3)};
	auto_nevent struct nevent *one = result(WORLD_WORKER, &jobs[0]);
	auto_nevent struct nevent *two = result(WORLD_WORKER, &jobs[1]);
	auto_nevent struct nevent *three = result(WORLD_WORKER, &jobs[2]);
	auto_nevent struct nevent *others = result(WORLD_OTHER, &jobs[0]);
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start(w, 2);
	give(w, 0, one);
	give(w, 1, one);
	give(w, 1, others);
	give(w, 1, three);
	world_publish(w, 1, two, "own");
	world_expect_receipt(w, 1, "ok", "");
	ask(w, 1, NKIND_RESULT, jobs, 2);
	f = answer(w, &m, 1);
	assert_int_equal(f->events.n, 2);
	assert_true(has_event(f, one));
	assert_true(has_event(f, two));
}

/* In front of it stands a forged one that is newer. */
static void a_forged_event_is_not_found_and_hides_nothing(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *real = advert("real", 10);
	auto_nevent struct nevent *forged = advert("forged", 5);
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};
	uint8_t sig[64];

	memcpy(sig, forged->sig, sizeof(sig));
	sig[63] ^= 1;
	nevent_set_sig(forged, sig);
	start(w, 1);
	give(w, 0, forged);
	give(w, 0, real);
	ask(w, 1, NKIND_WORKER, NULL, 0);
	f = answer(w, &m, 1);
	assert_int_equal(f->events.n, 1);
	assert_true(has_event(f, real));
	(void)rig_wait(w->bridge, "ev=relay.violation");
}

static void who_does_not_answer_is_named(void **state)
{
	struct world *w = *state;
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start(w, 3);
	rig_say(w->relays[0], "set noeose 1");
	(void)rig_wait(w->relays[0], "done");
	rig_say(w->relays[1], "set closed error: not now");
	(void)rig_wait(w->relays[1], "done");
	ask(w, 1, NKIND_WORKER, NULL, 0);
	f = answer(w, &m, 1);
	assert_int_equal(f->asked.n, 4);
	assert_int_equal(f->answered.n, 2);
	assert_true(has(&f->answered, "own") && has(&f->answered, w->urls[2]));
}

static void a_relay_that_is_lost_is_not_waited_for(void **state)
{
	struct world *w = *state;
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start(w, 1);
	rig_say(w->relays[0], "set noeose 1");
	(void)rig_wait(w->relays[0], "done");
	ask(w, 1, NKIND_WORKER, NULL, 0);
	(void)rig_wait(w->relays[0], "req look-");
	rig_say(w->relays[0], "drop");
	f = answer(w, &m, 1);
	assert_int_equal(f->asked.n, 2);
	assert_int_equal(f->answered.n, 1);
}

static void a_relay_that_is_away_is_not_asked(void **state)
{
	struct world *w = *state;
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start_relays(w, 1);
	rig_stop(w->relays[0]);
	w->relays[0] = NULL;
	world_start_bridge(w, 1, "");
	(void)rig_wait(w->bridge, "ev=relay.down");
	world_dial(w);
	ask(w, 1, NKIND_WORKER, NULL, 0);
	f = answer(w, &m, 1);
	assert_int_equal(f->asked.n, 1);
	assert_true(has(&f->answered, "own"));
}

/* Asked while it is being dialled, before the bridge has a key to dial with. */
static void a_relay_that_is_coming_is_waited_for(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = advert("here", 10);
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	rig_stop(w->keyd);
	w->keyd = NULL;
	start_relays(w, 1);
	give(w, 0, ev);
	world_start_bridge(w, 1, "");
	world_dial(w);
	ask(w, 1, NKIND_WORKER, NULL, 0);
	world_start_keyd(w);
	f = answer(w, &m, 1);
	assert_true(has_event(f, ev));
	assert_true(has(&f->answered, w->urls[0]));
}

static void a_relay_that_wants_to_know_us_is_told_and_asked_again(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = advert("here", 10);
	const struct ipcbridge_found *f;
	auto_ipcmsg struct ipcmsg m = {0};

	start_relays(w, 1);
	give(w, 0, ev);
	rig_say(w->relays[0], "set auth 1");
	(void)rig_wait(w->relays[0], "done");
	rig_stop(w->keyd);
	w->keyd = NULL;
	world_start_bridge(w, 1, "");
	world_dial(w);
	ask(w, 1, NKIND_WORKER, NULL, 0);
	world_start_keyd(w);
	f = answer(w, &m, 1);
	assert_true(has_event(f, ev));
	assert_true(has(&f->answered, w->urls[0]));
	assert_int_equal(rig_count(w->relays[0], "authed"), 1);
}

static void more_than_the_caps_is_refused(void **state)
{
	struct world *w = *state;
	struct ipcbridge_look odd = {.kind = NKIND_RESULT};
	struct ipcmsg m = {0};

	start(w, 1);
	rig_say(w->relays[0], "set noeose 1");
	(void)rig_wait(w->relays[0], "done");
	for (uint64_t n = 1; n <= CAP_LOOKS + 1; n++)
		ask(w, n, NKIND_WORKER, NULL, 0);
	world_next(w, &m, IPCBRIDGE_ERROR);
	assert_int_equal(m.n, CAP_LOOKS + 1);
	ipcmsg_wipe(&m);
	for (uint64_t n = 1; n <= CAP_LOOKS; n++) {
		world_next(w, &m, IPCBRIDGE_FOUND);
		ipcmsg_wipe(&m);
	}
	ipc_texts_add(&odd.ids, STR_LIT("no id"));
	world_say(w, IPCBRIDGE_LOOK, 9, &odd);
	ipc_texts_wipe(&odd.ids);
	world_next(w, &m, IPCBRIDGE_ERROR);
	assert_int_equal(m.n, 9);
	ipcmsg_wipe(&m);
}

/* Whoever asked is gone; the next one gets its own answers only. */
static void an_answer_goes_to_who_asked(void **state)
{
	struct world *w = *state;
	auto_ipcmsg struct ipcmsg m = {0};

	start(w, 1);
	rig_say(w->relays[0], "set noeose 1");
	(void)rig_wait(w->relays[0], "done");
	ask(w, 1, NKIND_WORKER, NULL, 0);
	(void)rig_wait(w->relays[0], "req look-");
	world_hang_up(w);
	(void)rig_wait(w->bridge, "ev=engine.lost");
	rig_say(w->relays[0], "set noeose 0");
	(void)rig_wait(w->relays[0], "done");
	world_dial(w);
	ask(w, 2, NKIND_WORKER, NULL, 0);
	(void)answer(w, &m, 2);
}

static void reread_delivers_all_again(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("relay", 3600);
	auto_nevent struct nevent *own = world_job("own", 3600);
	auto_free char *json = signed_json(own);
	auto_buf struct buf frame = BUF_INIT(65536);
	struct wsraw customer;

	start(w, 1);
	world_push(w, 0, "event", job);
	world_delivered(w, job);
	wsraw_open(&customer, w->relay_sock, "");
	buf_addf(&frame, "[\"EVENT\",%s]", json);
	wsraw_send(&customer, frame.p);
	world_delivered(w, own);
	rig_wait_count(w->bridge, "ev=bridge.delivered", 2);
	world_say(w, IPCBRIDGE_REREAD, 0, NULL);
	rig_wait_count(w->bridge, "ev=bridge.delivered", 4);
	assert_int_equal(world_times(w, job), 2);
	assert_int_equal(world_times(w, own), 2);
	wsraw_close(&customer);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_any_relay_has_is_found_once),
		T(results_are_found_by_their_jobs),
		T(a_forged_event_is_not_found_and_hides_nothing),
		T(who_does_not_answer_is_named),
		T(a_relay_that_is_lost_is_not_waited_for),
		T(a_relay_that_is_away_is_not_asked),
		T(a_relay_that_is_coming_is_waited_for),
		T(a_relay_that_wants_to_know_us_is_told_and_asked_again),
		T(more_than_the_caps_is_refused),
		T(an_answer_goes_to_who_asked),
		T(reread_delivers_all_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
