/* SPDX-License-Identifier: MIT */
/* From relays to the endpoint, with the real loom-bridge. */
#include "config.h"

#include "tests/e2e/world.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void start(struct world *w, size_t n, const char *more)
{
	for (size_t i = 0; i < n; i++)
		world_start_relay(w, i, NULL, NULL);
	world_start_bridge(w, n, more);
	for (size_t i = 0; i < n; i++)
		(void)rig_wait(w->relays[i], "req inbox");
}

static uint64_t since_of(struct world *w, size_t i)
{
	const char *line = rig_wait(w->relays[i], "req inbox since ");
	uint64_t since = 0;

	assert_true(str_to_u64(str_of(strrchr(line, ' ') + 1), UINT64_MAX, &since));
	return since;
}

static void the_same_event_from_three_relays_is_delivered_once(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("one", 5);
	auto_nevent struct nevent *last = world_job("last", 5);

	start(w, 3, "OWN_RELAY=no\n");
	for (size_t i = 0; i < 3; i++)
		world_push(w, i, "event", job);
	world_delivered(w, job);
	for (size_t i = 0; i < 3; i++)
		world_push(w, i, "event", job);
	/* each connection is read in order: what comes behind it was read after it */
	for (size_t i = 0; i < 3; i++) {
		char content[8];
		auto_nevent struct nevent *mark = NULL;

		(void)snprintf(content, sizeof(content), "m%zu", i);
		mark = world_job(content, 5);
		world_push(w, i, "event", mark);
		world_delivered(w, mark);
	}
	world_push(w, 0, "event", last);
	world_delivered(w, last);
	assert_int_equal(world_times(w, job), 1);
}

static void a_relay_without_eose_and_with_echoes_is_good_enough(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *stored = world_job("stored", 60);
	auto_nevent struct nevent *live = world_job("live", 0);

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->relays[0], "set noeose 1");
	rig_say(w->relays[0], "set twice 1");
	world_push(w, 0, "event", stored);
	world_start_bridge(w, 1, "");
	world_delivered(w, stored);
	world_push(w, 0, "event", live);
	world_delivered(w, live);
	assert_int_equal(world_times(w, stored), 1);
	assert_int_equal(world_times(w, live), 1);
}

static void a_forged_copy_neither_passes_nor_hides_the_real_event(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("real", 5);
	auto_nevent struct nevent *forged = world_job("real", 5);
	uint8_t sig[64];

	memcpy(sig, forged->sig, sizeof(sig));
	forged->id = job->id; /* the seconds may differ */
	sig[0] ^= 1;
	nevent_set_sig(forged, sig);
	start(w, 2, "");
	world_push(w, 0, "event", forged);
	(void)rig_wait(w->bridge, "ev=relay.violation");
	world_push(w, 1, "event", job);
	world_delivered(w, job);
	assert_int_equal(world_times(w, job), 1);
}

static void what_was_not_asked_for_is_counted_and_ends_the_connection(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);
	auto_nevent struct nevent *note =
		signed_event(WORLD_CUSTOMER, clock_wall_s(), 1, "hello", NULL);
	auto_free char *json = signed_json(job);
	auto_buf struct buf raw = BUF_INIT(65536);

	start(w, 1, "");
	buf_addf(&raw, "raw [\"EVENT\",\"nosuch\",%s]", json);
	rig_say(w->relays[0], raw.p);
	(void)rig_wait(w->bridge, "ev=relay.violation");
	for (int i = 1; i < CAP_RELAY_VIOLATIONS; i++)
		world_push(w, 0, "event", note);
	(void)rig_wait(w->bridge, "ev=relay.down");
	(void)rig_wait(w->relays[0], "closed");
	assert_int_equal(world_times(w, job), 0);
	assert_int_equal(rig_count(w->internal, "event "), 0);
}

static void garbage_frames_are_survived(void **state)
{
	static const char *const frames[] = {
		"raw hello",
		"raw []",
		"raw [[[[[[[[[[[[",
		"raw {\"a\":1}",
		"raw [\"EVENT\"]",
		"raw [\"OK\",\"x\",true]",
		"raw [\"EOSE\",5]",
		"raw [\"NOTICE\",\"\\u0000\\u001b[31m red\"]",
		"raw [\"CLOSED\",\"other\",\"error: none of yours\"]",
		"raw [\"HELLO\",{}]",
		"raw [\"AUTH\",\"\"]",
	};
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("after", 5);

	start(w, 1, "");
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		rig_say(w->relays[0], frames[i]);
	world_push(w, 0, "event", job);
	world_delivered(w, job);
}

static void a_frame_above_the_limit_costs_the_connection(void **state)
{
	struct world *w = *state;
	char line[32];

	start(w, 1, "");
	(void)snprintf(line, sizeof(line), "big %d", CAP_FRAME_BYTES + 1000);
	rig_say(w->relays[0], line);
	assert_has(rig_wait(w->bridge, "ev=relay.down"), "a message above");
	/* it comes back by itself */
	(void)rig_wait(w->relays[0], "req inbox");
}

static void an_event_from_the_future_is_ignored(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *far = world_job("far", (uint64_t)-2000);
	auto_nevent struct nevent *near = world_job("near", (uint64_t)-500);

	start(w, 1, "");
	world_push(w, 0, "event", far);
	world_push(w, 0, "event", near);
	world_delivered(w, near);
	assert_int_equal(world_times(w, far), 0);
}

/* ---- resume points */

static void reading_goes_on_where_the_engine_has_stored(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 100);
	uint64_t now = clock_wall_s();
	uint64_t since;

	world_start_relay(w, 0, NULL, NULL);
	world_start_bridge(w, 1, "MAX_JOB_AGE=50000\n");
	since = since_of(w, 0);
	assert_in_range(since, now - 50000, now - 50000 + 30);
	/* not stored: does not count */
	rig_say(w->internal, "later");
	(void)rig_wait(w->internal, "mode later");
	world_push(w, 0, "event", job);
	world_delivered(w, job);
	rig_say(w->relays[0], "drop");
	assert_in_range(since_of(w, 0), now - 50000, now - 50000 + 30);
	/* stored: does, less the overlap */
	rig_say(w->internal, "stored");
	(void)rig_wait(w->bridge, "ev=bridge.delivered");
	rig_say(w->relays[0], "drop");
	assert_int_equal(since_of(w, 0), job->created_at - CAP_RESUME_OVERLAP_S);
	/* and over a restart */
	rig_signal(w->bridge, SIGTERM);
	assert_int_equal(rig_end(w->bridge), 0);
	world_restart_bridge(w);
	assert_int_equal(since_of(w, 0), job->created_at - CAP_RESUME_OVERLAP_S);
}

static void a_copy_moves_the_resume_point_of_its_relay_too(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 100);
	auto_nevent struct nevent *mark = world_job("mark", 4000);

	start(w, 2, "");
	world_push(w, 0, "event", job);
	(void)rig_wait(w->bridge, "ev=bridge.delivered");
	world_push(w, 1, "event", job);
	world_push(w, 1, "event", mark);
	(void)rig_wait(w->bridge, "ev=bridge.delivered");
	rig_say(w->relays[1], "drop");
	assert_int_equal(since_of(w, 1), job->created_at - CAP_RESUME_OVERLAP_S);
}

/* ---- delivery */

static void what_the_endpoint_does_not_store_is_offered_again(void **state)
{
	static const char *const troubles[] = {"later", "500",  "404", "garbage",
					       "short", "drop", "302"};
	struct world *w = *state;

	start(w, 1, "");
	for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
		auto_nevent struct nevent *job = world_job(troubles[i], 5);
		char text[128];

		rig_say(w->internal, troubles[i]);
		(void)rig_wait(w->internal, "mode ");
		world_push(w, 0, "event", job);
		(void)snprintf(text, sizeof(text), " %s", id32_hex(&job->id).c);
		rig_wait_count(w->internal, text, 2);
		rig_say(w->internal, "stored");
		(void)snprintf(text, sizeof(text), "ev=bridge.delivered job=%s",
			       id32_short(&job->id).c);
		rig_wait_count(w->bridge, text, 1);
	}
}

static void every_final_verdict_ends_it(void **state)
{
	static const char *const words[] = {"stored", "duplicate", "ignored", "refused"};
	struct world *w = *state;

	start(w, 1, "");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		auto_nevent struct nevent *job = world_job(words[i], 5);

		rig_say(w->internal, words[i]);
		(void)rig_wait(w->internal, "mode ");
		world_push(w, 0, "event", job);
		(void)rig_wait(w->bridge, "ev=bridge.delivered");
		world_push(w, 0, "event", job);
		assert_int_equal(world_times(w, job), 1);
	}
}

static void an_endpoint_that_is_down_loses_nothing(void **state)
{
	struct world *w = *state;
	struct nevent *jobs[20];

	start(w, 1, "");
	rig_stop(w->internal);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		char content[16];

		(void)snprintf(content, sizeof(content), "job %zu", i);
		jobs[i] = world_job(content, 5);
		world_push(w, 0, "event", jobs[i]);
	}
	(void)rig_wait(w->bridge, "ev=deliver.failed");
	world_start_internal(w);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		world_delivered(w, jobs[i]);
		assert_int_equal(world_times(w, jobs[i]), 1);
		nevent_free(jobs[i]);
	}
}

static void one_poisonous_event_stops_nobody(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *bad = world_job("bad", 5);
	char line[80];

	start(w, 1, "");
	(void)snprintf(line, sizeof(line), "poison %s", id32_hex(&bad->id).c);
	rig_say(w->internal, line);
	(void)rig_wait(w->internal, "mode ");
	world_push(w, 0, "event", bad);
	for (int i = 0; i < 8; i++) {
		char content[16];
		auto_nevent struct nevent *good = NULL;

		(void)snprintf(content, sizeof(content), "good %d", i);
		good = world_job(content, 5);
		/* it fails once more, then the good one gets through */
		(void)rig_wait(w->bridge, "ev=deliver.failed");
		world_push(w, 0, "event", good);
		world_delivered(w, good);
		if (rig_count(w->bridge, "ev=deliver.poison"))
			break;
	}
	(void)rig_wait(w->bridge, "ev=deliver.poison");
}

static void a_full_inbox_stops_reading_and_loses_nothing(void **state)
{
	enum { MANY = CAP_INBOX_EVENTS + 300 };
	struct world *w = *state;

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->internal, "later");
	(void)rig_wait(w->internal, "mode later");
	for (int i = 0; i < MANY; i++) {
		char content[16];
		auto_nevent struct nevent *job = NULL;

		(void)snprintf(content, sizeof(content), "job %d", i);
		job = world_job(content, 5);
		world_push(w, 0, "event", job);
	}
	world_start_bridge(w, 1, "");
	(void)rig_wait(w->bridge, "ev=inbox.paused paused=yes");
	rig_say(w->internal, "stored");
	(void)rig_wait(w->bridge, "ev=inbox.paused paused=no");
	rig_wait_count(w->bridge, "verdict=stored", MANY);
	assert_int_equal(rig_count(w->bridge, "verdict=stored"), MANY);
}

static void a_kill_in_the_middle_of_delivery_loses_nothing(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);

	start(w, 1, "");
	rig_say(w->internal, "hang");
	(void)rig_wait(w->internal, "mode hang");
	world_push(w, 0, "event", job);
	world_delivered(w, job);
	rig_kill(w->bridge);
	rig_say(w->internal, "stored");
	(void)rig_wait(w->internal, "mode stored");
	world_restart_bridge(w);
	(void)rig_wait(w->bridge, "ev=bridge.delivered");
	assert_int_equal(world_times(w, job), 2);
}

/* ---- NIP-42, subscriptions, state */

static void a_relay_that_wants_to_know_us_is_told(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);
	struct id32 worker = signed_key(WORLD_WORKER);
	char text[100];

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->relays[0], "set auth 1");
	(void)rig_wait(w->relays[0], "done");
	world_push(w, 0, "event", job);
	world_start_bridge(w, 1, "");
	(void)snprintf(text, sizeof(text), "authed %s good", id32_hex(&worker).c);
	(void)rig_wait(w->relays[0], text);
	assert_has(rig_wait(w->keyd, "auth "), w->urls[0]);
	world_delivered(w, job);
	assert_int_equal(rig_count(w->relays[0], "req inbox"), 2);
}

static void a_relay_that_denies_us_is_unusable_and_says_why(void **state)
{
	struct world *w = *state;
	char why[CAP_REASON_BYTES + 1];

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->relays[0], "set auth 1");
	rig_say(w->relays[0], "set deny 1");
	world_start_bridge(w, 1, "");
	world_dial(w);
	world_expect_state(w, w->urls[0], "unusable", why, sizeof(why));
	assert_string_equal(why, "restricted: not you");
}

static void without_a_challenge_nobody_is_told_who_we_are(void **state)
{
	struct world *w = *state;

	start(w, 1, "");
	rig_say(w->relays[0], "raw [\"AUTH\",\"unasked\"]");
	rig_say(w->relays[0], "drop");
	(void)rig_wait(w->relays[0], "req inbox");
	assert_int_equal(rig_count(w->relays[0], "authed"), 0);
}

static void a_refused_upgrade_is_said_and_respected(void **state)
{
	struct world *w = *state;
	char why[CAP_REASON_BYTES + 1];
	const char *line;

	world_start_relay(w, 0, NULL, NULL);
	rig_say(w->relays[0], "set http 429");
	(void)rig_wait(w->relays[0], "done");
	world_start_bridge(w, 1, "");
	line = rig_wait(w->bridge, "ev=relay.down");
	assert_has(line, "HTTP status 429");
	/* Retry-After: 90 */
	assert_null(strstr(line, "again_in_s=0 "));
	assert_true(strlen(strstr(line, "again_in_s=")) >= strlen("again_in_s=90"));
	world_dial(w);
	world_expect_state(w, w->urls[0], "waiting", why, sizeof(why));
	assert_has(why, "HTTP status 429");
}

static void loom_keyd_may_come_late_and_go(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);

	rig_stop(w->keyd);
	w->keyd = NULL;
	world_start_relay(w, 0, NULL, NULL);
	world_start_bridge(w, 1, "");
	assert_int_equal(rig_count(w->relays[0], "open"), 0);
	world_start_keyd(w);
	(void)rig_wait(w->relays[0], "req inbox");
	rig_kill(w->keyd);
	(void)rig_wait(w->bridge, "ev=keyd.lost");
	world_push(w, 0, "event", job);
	world_delivered(w, job);
	world_start_keyd(w);
	(void)rig_wait(w->keyd, "pubkey");
}

static void a_bad_configuration_stops_the_start(void **state)
{
	struct world *w = *state;
	auto_free char *program = rig_program("bridge/loom-bridge");
	auto_free char *conf = world_path(w, "bad");
	const char *const argv[] = {program, "--config", conf, NULL};
	void *folder = w->folder;
	struct rig *r;

	unit_write(&folder, "bad", "NOSTR_RELAYS=wss://a,http://b\n", 0600);
	r = rig_start("bad", argv);
	(void)rig_wait(r, "NOSTR_RELAYS: http://b: want wss://");
	assert_int_equal(rig_end(r), 78);
	unit_write(&folder, "bad", "NOSTR_PRIVATE_KEY=01\n", 0600);
	r = rig_start("bad", argv);
	(void)rig_wait(r, "must not see a key");
	assert_int_equal(rig_end(r), 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)
		T(the_same_event_from_three_relays_is_delivered_once),
		T(a_relay_without_eose_and_with_echoes_is_good_enough),
		T(a_forged_copy_neither_passes_nor_hides_the_real_event),
		T(what_was_not_asked_for_is_counted_and_ends_the_connection),
		T(garbage_frames_are_survived),
		T(a_frame_above_the_limit_costs_the_connection),
		T(an_event_from_the_future_is_ignored),
		T(reading_goes_on_where_the_engine_has_stored),
		T(a_copy_moves_the_resume_point_of_its_relay_too),
		T(what_the_endpoint_does_not_store_is_offered_again),
		T(every_final_verdict_ends_it),
		T(an_endpoint_that_is_down_loses_nothing),
		T(one_poisonous_event_stops_nobody),
		T(a_full_inbox_stops_reading_and_loses_nothing),
		T(a_kill_in_the_middle_of_delivery_loses_nothing),
		T(a_relay_that_wants_to_know_us_is_told),
		T(a_relay_that_denies_us_is_unusable_and_says_why),
		T(without_a_challenge_nobody_is_told_who_we_are),
		T(a_refused_upgrade_is_said_and_respected),
		T(loom_keyd_may_come_late_and_go),
		T(a_bad_configuration_stops_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
