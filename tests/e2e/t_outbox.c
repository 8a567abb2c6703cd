/* SPDX-License-Identifier: MIT */
/* From the engine to relays, with the real loom-bridge. */
#include "config.h"

#include "tests/e2e/world.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		world_start_relay(w, i, NULL, NULL);
	world_start_bridge(w, n, "");
	for (size_t i = 0; i < n; i++)
		(void)rig_wait(w->relays[i], "req inbox");
	world_dial(w);
}

static struct nevent *status(const char *content)
{
	return signed_event(WORLD_WORKER, clock_wall_s(), NKIND_STATUS, content, "d", "x",
			    NULL);
}

static void wait_published(struct world *w, size_t i, const struct nevent *ev)
{
	char text[100];

	(void)snprintf(text, sizeof(text), "published %s", id32_hex(&ev->id).c);
	(void)rig_wait(w->relays[i], text);
}

static void what_the_engine_is_told_at_first(void **state)
{
	struct world *w = *state;

	start(w, 2);
	world_expect_state(w, w->urls[0], "up", NULL, 0);
	world_expect_state(w, w->urls[1], "up", NULL, 0);
	world_expect_state(w, "own", "up", NULL, 0);
	rig_say(w->relays[0], "drop");
	world_expect_state(w, w->urls[0], "waiting", NULL, 0);
	world_expect_state(w, w->urls[0], "connecting", NULL, 0);
	world_expect_state(w, w->urls[0], "up", NULL, 0);
}

static void a_published_event_gets_one_receipt_from_each_relay(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = status("one");

	start(w, 2);
	world_publish(w, 1, ev, w->urls[0]);
	wait_published(w, 0, ev);
	world_expect_receipt(w, 1, "ok", "");
	world_publish(w, 1, ev, w->urls[1]);
	wait_published(w, 1, ev);
	world_expect_receipt(w, 1, "ok", "");
	world_publish(w, 1, ev, "own");
	world_expect_receipt(w, 1, "ok", "");
	world_publish(w, 2, ev, "own");
	world_expect_receipt(w, 2, "ok", "duplicate:");
	world_publish(w, 3, ev, "wss://nowhere.example");
	world_expect_receipt(w, 3, "refused", "not a relay of this bridge");
}

static void a_relays_words_decide_the_receipt(void **state)
{
	static const struct {
		const char *set;
		const char *verdict;
		const char *text;
	} cases[] = {
		{"set ok blocked: not here", "refused", "blocked: not here"},
		{"set ok duplicate: have it", "ok", "duplicate: have it"},
		{"set ok rate-limited: slow down", "later", "rate-limited: slow down"},
		{"set ok error: disk", "later", "error: disk"},
		{"set ok invalid: \x1b[31m red", "refused", "invalid: ?[31m red"},
		{"set ok auth-required: but no challenge", "later", "auth-required"},
	};
	struct world *w = *state;

	start(w, 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_nevent struct nevent *ev = status(cases[i].set);

		rig_say(w->relays[0], cases[i].set);
		(void)rig_wait(w->relays[0], "done");
		world_publish(w, i + 1, ev, w->urls[0]);
		world_expect_receipt(w, i + 1, cases[i].verdict, cases[i].text);
	}
}

static void silence_is_answered_by_later(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = status("one");

	start(w, 1);
	rig_say(w->relays[0], "set nook 1");
	(void)rig_wait(w->relays[0], "done");
	world_publish(w, 1, ev, w->urls[0]);
	world_expect_receipt(w, 1, "later", "no OK within 10 s");
}

static void an_event_waits_for_its_relay_to_come_back(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = status("one");

	start(w, 1);
	rig_say(w->relays[0], "set dropevent 1");
	(void)rig_wait(w->relays[0], "done");
	world_publish(w, 1, ev, w->urls[0]);
	wait_published(w, 0, ev);
	(void)rig_wait(w->relays[0], "closed");
	rig_say(w->relays[0], "set dropevent 0");
	wait_published(w, 0, ev);
	world_expect_receipt(w, 1, "ok", "");
}

static void auth_is_made_when_publishing_needs_it(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = status("one");

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->relays[0], "set auth 1");
	(void)rig_wait(w->relays[0], "done");
	world_start_bridge(w, 1, "");
	world_dial(w);
	world_publish(w, 1, ev, w->urls[0]);
	world_expect_receipt(w, 1, "ok", "");
	assert_int_equal(rig_count(w->relays[0], "authed"), 1);
}

static void a_hang_up_empties_the_queue(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *lost = status("lost");
	auto_nevent struct nevent *kept = status("kept");
	char text[100];

	start(w, 1);
	rig_say(w->relays[0], "set http 503");
	rig_say(w->relays[0], "drop");
	world_expect_state(w, w->urls[0], "waiting", NULL, 0);
	world_publish(w, 1, lost, w->urls[0]);
	world_publish(w, 2, lost, "own"); /* when this is answered, 1 was taken */
	world_expect_receipt(w, 2, "ok", "");
	world_hang_up(w);
	(void)rig_wait(w->bridge, "ev=engine.lost");
	/* a fresh bridge finds the relay at once; the queue died with the line */
	world_dial(w);
	rig_say(w->relays[0], "set http 0");
	(void)rig_wait(w->relays[0], "done");
	world_publish(w, 1, kept, "own");
	world_expect_receipt(w, 1, "ok", "");
	(void)snprintf(text, sizeof(text), "published %s", id32_hex(&lost->id).c);
	assert_int_equal(rig_count(w->relays[0], text), 0);
	(void)snprintf(text, sizeof(text), "event=%s seq=1 relay=%s",
		       id32_short(&lost->id).c, w->urls[0]);
	assert_int_equal(rig_count(w->bridge, text), 0);
}

static void nonsense_on_the_socket_costs_only_the_line(void **state)
{
	static const char *const frames[] = {"", "hello", "{}",
					     "{\"t\":\"publish\",\"n\":0}",
					     "{\"t\":\"ready\",\"n\":0,\"relays\":[]}"};
	struct world *w = *state;
	auto_nevent struct nevent *ev = status("after");

	start(w, 1);
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		(void)send(w->engine, frames[i], strlen(frames[i]), MSG_NOSIGNAL);
		world_hang_up(w);
		world_dial(w);
	}
	world_publish(w, 1, ev, w->urls[0]);
	world_expect_receipt(w, 1, "ok", "");
}

static void a_clean_stop_says_goodbye(void **state)
{
	struct world *w = *state;
	struct wsraw c;

	start(w, 1);
	wsraw_open(&c, w->relay_sock, "");
	rig_signal(w->bridge, SIGHUP);
	(void)rig_wait(w->bridge, "ev=bridge.hup");
	rig_signal(w->bridge, SIGTERM);
	wsraw_expect(&c, "close 1001");
	(void)wsraw_send_bytes(&c, "\x88\x80\0\0\0\0", 6);
	(void)rig_wait(w->relays[0], "closed");
	assert_int_equal(rig_end(w->bridge), 0);
	w->bridge = NULL;
	wsraw_close(&c);
	assert_int_equal(access(w->relay_sock, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)
		T(what_the_engine_is_told_at_first),
		T(a_published_event_gets_one_receipt_from_each_relay),
		T(a_relays_words_decide_the_receipt),
		T(silence_is_answered_by_later),
		T(an_event_waits_for_its_relay_to_come_back),
		T(auth_is_made_when_publishing_needs_it),
		T(a_hang_up_empties_the_queue),
		T(nonsense_on_the_socket_costs_only_the_line),
		T(a_clean_stop_says_goodbye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
