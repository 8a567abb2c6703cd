/* SPDX-License-Identifier: MIT */
/* The own relay as its clients see it, with the real loom-bridge. */
#include "config.h"

#include "tests/e2e/world.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(struct world *w, const char *more)
{
	world_start_bridge(w, 0, more);
	(void)rig_wait(w->bridge, "ev=keyd.up");
}

static void send_event(struct wsraw *c, const struct nevent *ev)
{
	auto_free char *json = signed_json(ev);
	auto_buf struct buf b = BUF_INIT(1 << 20);

	buf_addf(&b, "[\"EVENT\",%s]", json);
	wsraw_send(c, b.p);
}

static void expect_ok(struct wsraw *c, const struct nevent *ev, bool accepted,
		      const char *text)
{
	auto_buf struct buf want = BUF_INIT(4096);

	buf_addf(&want, "[\"OK\",\"%s\",%s,\"%s\"]", id32_hex(&ev->id).c,
		 accepted ? "true" : "false", text);
	wsraw_expect(c, want.p);
}

static void expect_event(struct wsraw *c, const char *sub, const struct nevent *ev)
{
	auto_free char *json = signed_json(ev);
	auto_buf struct buf want = BUF_INIT(1 << 20);

	buf_addf(&want, "[\"EVENT\",\"%s\",%s]", sub, json);
	wsraw_expect(c, want.p);
}

static void a_job_is_stored_answered_told_and_delivered(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("one", 5);
	struct wsraw customer;
	struct wsraw reader;

	start(w, "PUBLIC_URL=https://me.example\n");
	wsraw_open(&reader, w->relay_sock, "");
	wsraw_send(&reader, "[\"REQ\",\"live\",{\"kinds\":[5100]}]");
	wsraw_expect(&reader, "[\"EOSE\",\"live\"]");
	wsraw_open(&customer, w->relay_sock, "");
	send_event(&customer, job);
	expect_ok(&customer, job, true, "");
	expect_event(&reader, "live", job);
	world_delivered(w, job);
	assert_int_equal(rig_count(w->internal, "event wss://me.example/relay "), 1);
	send_event(&customer, job);
	expect_ok(&customer, job, true, "duplicate: already have this event");
	wsraw_send(&customer, "[\"REQ\",\"s\",{\"ids\":[]}]");
	wsraw_expect(&customer, "[\"EOSE\",\"s\"]");
	assert_int_equal(world_times(w, job), 1);
	wsraw_close(&reader);
	wsraw_close(&customer);
}

static void what_the_engine_publishes_is_told_too(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *ev = signed_event(WORLD_WORKER, clock_wall_s(),
						     NKIND_STATUS, "", "d", "job", NULL);
	auto_nevent struct nevent *fake = signed_event(
		WORLD_OTHER, clock_wall_s(), NKIND_STATUS, "", "d", "job", NULL);
	struct wsraw reader;

	start(w, "");
	world_dial(w);
	wsraw_open(&reader, w->relay_sock, "");
	wsraw_send(&reader, "[\"REQ\",\"s\",{\"kinds\":[30100]}]");
	wsraw_expect(&reader, "[\"EOSE\",\"s\"]");
	world_publish(w, 1, ev, "own");
	world_expect_receipt(w, 1, "ok", "");
	expect_event(&reader, "s", ev);
	world_publish(w, 2, fake, "own");
	world_expect_receipt(w, 2, "refused", "blocked:");
	wsraw_close(&reader);
}

static void strangers_are_refused_in_words(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *note =
		signed_event(WORLD_OTHER, clock_wall_s(), 1, "hello", NULL);
	auto_nevent struct nevent *forged = world_job("x", 5);
	uint8_t sig[64];
	struct wsraw c;

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	send_event(&c, note);
	expect_ok(&c, note, false, "blocked: this relay takes only jobs for its worker");
	memcpy(sig, forged->sig, sizeof(sig));
	sig[63] ^= 1;
	nevent_set_sig(forged, sig);
	send_event(&c, forged);
	expect_ok(&c, forged, false, "invalid: wrong id or signature");
	assert_int_equal(world_times(w, forged), 0);
	wsraw_close(&c);
}

/* ---- no event is lost, whatever dies */

static void a_kill_after_ok_loses_nothing(void **state)
{
	struct world *w = *state;
	struct nevent *jobs[30];
	struct wsraw c;

	start(w, "RELAY_EVENTS_PER_S=0\n");
	rig_say(w->internal, "hang");
	(void)rig_wait(w->internal, "mode hang");
	wsraw_open(&c, w->relay_sock, "");
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		char content[16];

		(void)snprintf(content, sizeof(content), "job %zu", i);
		jobs[i] = world_job(content, 5);
		send_event(&c, jobs[i]);
		expect_ok(&c, jobs[i], true, "");
	}
	world_delivered(w, jobs[0]);
	rig_kill(w->bridge);
	wsraw_close(&c);
	rig_stop(w->internal);
	world_start_internal(w);
	world_restart_bridge(w);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		world_delivered(w, jobs[i]);
		assert_int_equal(world_times(w, jobs[i]), 1);
	}
	/* judged now: a third start brings nothing up again */
	rig_wait_count(w->bridge, "ev=bridge.delivered", ARRAY_LEN(jobs));
	rig_signal(w->bridge, SIGTERM);
	assert_int_equal(rig_end(w->bridge), 0);
	world_restart_bridge(w);
	(void)rig_wait(w->bridge, "ev=keyd.up");
	wsraw_open(&c, w->relay_sock, "");
	send_event(&c, jobs[3]);
	expect_ok(&c, jobs[3], true, "duplicate: already have this event");
	wsraw_close(&c);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		assert_int_equal(world_times(w, jobs[i]), 1);
		nevent_free(jobs[i]);
	}
}

static void random_kills_lose_nothing_that_was_answered(void **state)
{
	enum { ROUNDS = 6, EACH = 60 };
	struct world *w = *state;
	struct nevent *answered[ROUNDS * EACH];
	size_t n = 0;
	auto_buf struct buf got = BUF_INIT(1 << 20);

	start(w, "RELAY_EVENTS_PER_S=0\n");
	for (int round = 0; round < ROUNDS; round++) {
		struct nevent *sent[EACH];
		size_t ok = 0;
		struct wsraw c;

		wsraw_open(&c, w->relay_sock, "");
		for (int i = 0; i < EACH; i++) {
			char content[32];

			(void)snprintf(content, sizeof(content), "%d %d", round, i);
			sent[i] = world_job(content, 5);
			send_event(&c, sent[i]);
			/* the kill comes while others are on their way */
			if (i == EACH / 2 + round)
				rig_signal(w->bridge, SIGKILL);
		}
		while (wsraw_recv(&c, &got) && str_starts(buf_str(&got), "[\"OK\""))
			ok++;
		wsraw_close(&c);
		(void)rig_end(w->bridge);
		/* OK comes in order */
		for (size_t i = 0; i < EACH; i++) {
			if (i < ok)
				answered[n++] = sent[i];
			else
				nevent_free(sent[i]);
		}
		world_restart_bridge(w);
		(void)rig_wait(w->bridge, "ev=keyd.up");
	}
	for (size_t i = 0; i < n; i++) {
		world_delivered(w, answered[i]);
		nevent_free(answered[i]);
	}
}

/* ---- protocol */

static void stored_then_eose_then_live_without_gap_or_double(void **state)
{
	enum { STORED = 40, LIVE = 40 };
	struct world *w = *state;
	struct nevent *evs[STORED + LIVE];
	bool seen[STORED + LIVE] = {false};
	struct wsraw writer;
	struct wsraw reader;
	auto_buf struct buf got = BUF_INIT(1 << 20);

	start(w, "RELAY_EVENTS_PER_S=0\n");
	wsraw_open(&writer, w->relay_sock, "");
	wsraw_open(&reader, w->relay_sock, "");
	for (size_t i = 0; i < ARRAY_LEN(evs); i++) {
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		evs[i] = world_job(content, i);
	}
	for (size_t i = 0; i < STORED; i++) {
		send_event(&writer, evs[i]);
		expect_ok(&writer, evs[i], true, "");
	}
	/* writes and the REQ are under way at the same time */
	for (size_t i = STORED; i < STORED + LIVE; i++) {
		send_event(&writer, evs[i]);
		if (i == STORED + LIVE / 2)
			wsraw_send(&reader, "[\"REQ\",\"s\",{\"kinds\":[5100]}]");
	}
	for (size_t i = STORED; i < STORED + LIVE; i++)
		expect_ok(&writer, evs[i], true, "");
	for (size_t n = 0; n < STORED + LIVE; n++) {
		size_t i = 0;

		wsraw_find(&reader, &got, "[\"EVENT\",\"s\",");
		while (i < ARRAY_LEN(evs) && !strstr(got.p, id32_hex(&evs[i]->id).c))
			i++;
		assert_true(i < ARRAY_LEN(evs));
		assert_false(seen[i]);
		seen[i] = true;
	}
	/* nothing comes twice: the next frame is the answer to a new question, or EOSE */
	wsraw_send(&reader, "[\"CLOSE\",\"s\"]");
	wsraw_send(&reader, "[\"REQ\",\"t\",{\"limit\":0}]");
	do
		assert_true(wsraw_recv(&reader, &got));
	while (str_eq_c(buf_str(&got), "[\"EOSE\",\"s\"]"));
	assert_string_equal(got.p, "[\"EOSE\",\"t\"]");
	for (size_t i = 0; i < ARRAY_LEN(evs); i++)
		nevent_free(evs[i]);
	wsraw_close(&writer);
	wsraw_close(&reader);
}

static void stored_events_come_newest_first(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *old = world_job("old", 50);
	auto_nevent struct nevent *middle = world_job("middle", 20);
	auto_nevent struct nevent *young = world_job("young", 3);
	struct wsraw c;

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	send_event(&c, middle);
	expect_ok(&c, middle, true, "");
	send_event(&c, old);
	expect_ok(&c, old, true, "");
	send_event(&c, young);
	expect_ok(&c, young, true, "");
	wsraw_send(&c, "[\"REQ\",\"a\\\"b\",{\"kinds\":[5100],\"limit\":2}]");
	expect_event(&c, "a\\\"b", young);
	expect_event(&c, "a\\\"b", middle);
	wsraw_expect(&c, "[\"EOSE\",\"a\\\"b\"]");
	/* the same id replaces: one answer, from the new filter */
	wsraw_send(&c, "[\"REQ\",\"a\\\"b\",{\"kinds\":[7]}]");
	wsraw_expect(&c, "[\"EOSE\",\"a\\\"b\"]");
	wsraw_close(&c);
}

static void odd_frames_get_the_answer_they_deserve(void **state)
{
	static const struct {
		const char *frame;
		const char *answer;
	} cases[] = {
		{"[\"REQ\",\"s\",{\"limit\":0}]", "[\"EOSE\",\"s\"]"},
		{"[\"REQ\",\"s\",{\"kinds\":[]}]", "[\"EOSE\",\"s\"]"},
		{"[\"REQ\",\"s\"]",
		 "[\"CLOSED\",\"s\",\"invalid: frame without a filter\"]"},
		{"[\"REQ\",\"s\",{\"search\":\"x\"}]",
		 "[\"CLOSED\",\"s\",\"invalid: filter: 'search' is not supported\"]"},
		{"[\"COUNT\",\"c\",{}]",
		 "[\"CLOSED\",\"c\",\"unsupported: COUNT is not offered\"]"},
		{"[\"NEG-OPEN\",\"n\",{},\"61\"]",
		 "[\"NEG-ERR\",\"n\",\"unsupported: negentropy is not offered\"]"},
		{"[\"HELLO\"]", "[\"NOTICE\",\"unsupported: unknown message\"]"},
		{"[\"EVENT\",{\"id\":"
		 "\"00000000000000000000000000000000000000000000000000000000"
		 "00000001\"}]",
		 "[\"OK\","
		 "\"0000000000000000000000000000000000000000000000000000000000000001"
		 "\",false,\"invalid: event: pubkey is not 64 lower-case hex digits\"]"},
	};
	struct world *w = *state;
	struct wsraw c;

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		wsraw_send(&c, cases[i].frame);
		wsraw_expect(&c, cases[i].answer);
	}
	wsraw_send(&c, "[\"CLOSE\",\"s\"]"); /* no answer */
	wsraw_send_frame(&c, 2, STR_LIT("[\"REQ\",\"bin\",{\"limit\":0}]"));
	wsraw_expect(&c, "[\"EOSE\",\"bin\"]");
	wsraw_close(&c);
}

static void ten_unreadable_frames_end_the_connection(void **state)
{
	struct world *w = *state;
	struct wsraw c;
	auto_buf struct buf got = BUF_INIT(1 << 20);

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	for (int i = 0; i < CAP_OWN_BAD_FRAMES; i++)
		wsraw_send(&c, "{not json");
	for (int i = 0; i < CAP_OWN_BAD_FRAMES; i++)
		wsraw_find(&c, &got, "[\"NOTICE\",\"invalid: ");
	wsraw_expect(&c, "close 1008");
	wsraw_close(&c);
}

static void subscriptions_have_a_limit(void **state)
{
	struct world *w = *state;
	struct wsraw c;
	char text[80];

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	for (int i = 0; i < CAP_OWN_SUBS; i++) {
		(void)snprintf(text, sizeof(text), "[\"REQ\",\"s%d\",{\"limit\":0}]", i);
		wsraw_send(&c, text);
		(void)snprintf(text, sizeof(text), "[\"EOSE\",\"s%d\"]", i);
		wsraw_expect(&c, text);
	}
	wsraw_send(&c, "[\"REQ\",\"more\",{\"limit\":0}]");
	wsraw_expect(&c, "[\"CLOSED\",\"more\",\"rate-limited: too many subscriptions on "
			 "this connection\"]");
	wsraw_send(&c, "[\"CLOSE\",\"s0\"]");
	wsraw_send(&c, "[\"REQ\",\"more\",{\"limit\":0}]");
	wsraw_expect(&c, "[\"EOSE\",\"more\"]");
	wsraw_close(&c);
}

static void publishing_has_a_rate(void **state)
{
	struct world *w = *state;
	struct wsraw c;
	size_t refused = 0;
	auto_buf struct buf got = BUF_INIT(1 << 20);

	start(w, "RELAY_EVENTS_PER_S=1\n");
	wsraw_open(&c, w->relay_sock, "");
	for (int i = 0; i < 20; i++) {
		char content[16];
		auto_nevent struct nevent *job = NULL;

		(void)snprintf(content, sizeof(content), "%d", i);
		job = world_job(content, 5);
		send_event(&c, job);
	}
	for (int i = 0; i < 20; i++) {
		assert_true(wsraw_recv(&c, &got));
		refused += strstr(got.p, ",false,\"rate-limited: slow down\"]") != NULL;
	}
	/* a burst of five, and one for each second that has passed */
	assert_in_range(refused, 5, 15);
	wsraw_close(&c);
}

static void a_frame_that_is_too_large_ends_the_connection(void **state)
{
	struct world *w = *state;
	auto_buf struct buf big = BUF_INIT(1 << 20);
	struct wsraw c;

	start(w, "");
	wsraw_open(&c, w->relay_sock, "");
	buf_add_c(&big, "[\"REQ\",\"");
	while (big.n <= CAP_OWN_FRAME)
		buf_add_char(&big, 'x');
	wsraw_send_frame(&c, 1, buf_str(&big));
	wsraw_expect(&c, "close 1009");
	wsraw_close(&c);
}

static void one_that_does_not_read_is_dropped(void **state)
{
	enum { JOBS = 300 };
	struct world *w = *state;
	char content[20000];
	struct wsraw writer;
	struct wsraw sleeper;
	int small = 4096;
	auto_buf struct buf got = BUF_INIT(1 << 24);

	start(w, "RELAY_EVENTS_PER_S=0\n");
	wsraw_open(&sleeper, w->relay_sock, "");
	(void)setsockopt(sleeper.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	wsraw_send(&sleeper, "[\"REQ\",\"s\",{\"kinds\":[5100]}]");
	wsraw_expect(&sleeper, "[\"EOSE\",\"s\"]");
	wsraw_open(&writer, w->relay_sock, "");
	memset(content, 'x', sizeof(content));
	content[sizeof(content) - 1] = '\0';
	for (int i = 0; i < JOBS; i++) {
		auto_nevent struct nevent *job = NULL;

		(void)snprintf(content, 10, "%09d", i);
		content[9] = 'x';
		job = world_job(content, 5);
		send_event(&writer, job);
		expect_ok(&writer, job, true, "");
	}
	(void)rig_wait(w->bridge, "ev=own.slow_reader");
	while (wsraw_recv(&sleeper, &got))
		continue;
	wsraw_close(&sleeper);
	/* others do not notice */
	wsraw_send(&writer, "[\"REQ\",\"t\",{\"limit\":0}]");
	wsraw_expect(&writer, "[\"EOSE\",\"t\"]");
	wsraw_close(&writer);
}

static void a_reader_that_rests_gets_all_of_a_long_answer(void **state)
{
	enum { JOBS = 200 };
	struct world *w = *state;
	char content[8000];
	struct wsraw c;
	auto_buf struct buf got = BUF_INIT(1 << 20);

	start(w, "RELAY_EVENTS_PER_S=0\n");
	wsraw_open(&c, w->relay_sock, "");
	memset(content, 'x', sizeof(content));
	content[sizeof(content) - 1] = '\0';
	for (int i = 0; i < JOBS; i++) {
		auto_nevent struct nevent *job = NULL;

		(void)snprintf(content, 10, "%09d", i);
		content[9] = 'x';
		job = world_job(content, 5);
		send_event(&c, job);
		expect_ok(&c, job, true, "");
	}
	/* far more than what the relay reads ahead for one client */
	wsraw_send(&c, "[\"REQ\",\"s\",{\"kinds\":[5100]}]");
	(void)poll(NULL, 0, 50);
	for (int i = 0; i < JOBS; i++) {
		assert_true(wsraw_recv(&c, &got));
		assert_true(str_starts(buf_str(&got), "[\"EVENT\",\"s\","));
	}
	wsraw_expect(&c, "[\"EOSE\",\"s\"]");
	wsraw_close(&c);
}

/* ---- HTTP */

static void the_description_is_served_with_cors(void **state)
{
	struct world *w = *state;
	auto_buf struct buf a = BUF_INIT(65536);
	struct id32 worker = signed_key(WORLD_WORKER);

	start(w, "WORKER_NAME=a \"quoted\" name\n");
	wsraw_http(w->relay_sock,
		   "GET / HTTP/1.1\r\nHost: x\r\n"
		   "Accept: text/html, application/nostr+json\r\n\r\n",
		   &a);
	assert_has(a.p, "HTTP/1.1 200 ");
	assert_has(a.p, "Content-Type: application/nostr+json\r\n");
	assert_has(a.p, "Access-Control-Allow-Origin: *\r\n");
	assert_has(a.p, "\"name\":\"a \\\"quoted\\\" name\"");
	assert_has(a.p, id32_hex(&worker).c);
	assert_has(a.p, "\"max_message_length\":131072");
	assert_null(strstr(a.p, "description"));
	buf_reset(&a);
	wsraw_http(w->relay_sock, "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", &a);
	assert_has(a.p, "HTTP/1.1 204 ");
	assert_has(a.p, "Access-Control-Allow-Headers: *\r\n");
	buf_reset(&a);
	wsraw_http(w->relay_sock, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", &a);
	assert_has(a.p, "HTTP/1.1 426 ");
	buf_reset(&a);
	wsraw_http(w->relay_sock, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", &a);
	assert_has(a.p, "HTTP/1.1 404 ");
}

static void other_upgrades_are_refused(void **state)
{
	struct world *w = *state;
	auto_buf struct buf a = BUF_INIT(65536);
	struct wsraw c;

	start(w, "");
	assert_int_equal(wsraw_try(&c, w->relay_sock, "/x", ""), 404);
	wsraw_close(&c);
	wsraw_http(w->relay_sock,
		   "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
		   "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
		   &a);
	assert_int_equal(a.n, 0);
	/* compression and sub-protocols are not agreed to */
	assert_int_equal(wsraw_try(&c, w->relay_sock, "/",
				   "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
			 101);
	wsraw_send(&c, "[\"REQ\",\"s\",{\"limit\":0}]");
	wsraw_expect(&c, "[\"EOSE\",\"s\"]");
	wsraw_close(&c);
}

static void one_address_has_a_limit_of_connections(void **state)
{
	struct world *w = *state;
	struct wsraw c[CAP_OWN_PER_ADDRESS];
	struct wsraw more;

	start(w, "");
	/* what the client claims stands in front of what nginx has seen */
	for (size_t i = 0; i < CAP_OWN_PER_ADDRESS; i++)
		wsraw_open(&c[i], w->relay_sock,
			   i % 2 ? "X-Forwarded-For: 10.9.9.9, 192.0.2.7\r\n"
				 : "X-Forwarded-For: 192.0.2.7\r\n");
	assert_int_equal(
		wsraw_try(&more, w->relay_sock, "/", "X-Forwarded-For: 192.0.2.7\r\n"),
		429);
	wsraw_close(&more);
	wsraw_open(&more, w->relay_sock, "X-Forwarded-For: 192.0.2.8\r\n");
	wsraw_close(&more);
	wsraw_close(&c[0]);
	/* its place is free when the bridge has seen the end */
	while (wsraw_try(&more, w->relay_sock, "/", "X-Forwarded-For: 192.0.2.7\r\n") !=
	       101)
		wsraw_close(&more);
	wsraw_close(&more);
	for (size_t i = 1; i < CAP_OWN_PER_ADDRESS; i++)
		wsraw_close(&c[i]);
}

static void garbage_bytes_are_survived(void **state)
{
	static const char *const starts[] = {"\x81",
					     "\x81\xff",
					     "\xff\xff\xff\xff\xff",
					     "\x81\x05hello",
					     "\x8f\x80\x01\x02\x03\x04",
					     "\x01\x80\x01\x02\x03\x04"};
	struct world *w = *state;
	auto_buf struct buf a = BUF_INIT(65536);
	struct wsraw c;

	start(w, "");
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		wsraw_open(&c, w->relay_sock, "");
		(void)wsraw_send_bytes(&c, starts[i], strlen(starts[i]));
		wsraw_close(&c);
	}
	wsraw_http(w->relay_sock, "\r\n\r\n\r\n", &a);
	wsraw_http(w->relay_sock, "BREW / HTCPCP/1.0\r\n\r\n", &a);
	wsraw_http(w->relay_sock, "GET  HTTP/1.1\r\nHost: \r\n\r\n", &a);
	wsraw_open(&c, w->relay_sock, "");
	wsraw_send(&c, "[\"REQ\",\"s\",{\"limit\":0}]");
	wsraw_expect(&c, "[\"EOSE\",\"s\"]");
	wsraw_close(&c);
}

static void before_the_key_is_known_nothing_is_taken(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);
	struct wsraw c;

	rig_stop(w->keyd);
	w->keyd = NULL;
	world_start_bridge(w, 0, "");
	wsraw_open(&c, w->relay_sock, "");
	send_event(&c, job);
	expect_ok(&c, job, false, "error: the relay is starting, try again in a moment");
	world_start_keyd(w);
	(void)rig_wait(w->bridge, "ev=keyd.up");
	send_event(&c, job);
	expect_ok(&c, job, true, "");
	world_delivered(w, job);
	wsraw_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)
		T(a_job_is_stored_answered_told_and_delivered),
		T(what_the_engine_publishes_is_told_too),
		T(strangers_are_refused_in_words),
		T(a_kill_after_ok_loses_nothing),
		T(random_kills_lose_nothing_that_was_answered),
		T(stored_then_eose_then_live_without_gap_or_double),
		T(stored_events_come_newest_first),
		T(odd_frames_get_the_answer_they_deserve),
		T(ten_unreadable_frames_end_the_connection),
		T(subscriptions_have_a_limit),
		T(publishing_has_a_rate),
		T(a_frame_that_is_too_large_ends_the_connection),
		T(one_that_does_not_read_is_dropped),
		T(a_reader_that_rests_gets_all_of_a_long_answer),
		T(the_description_is_served_with_cors),
		T(other_upgrades_are_refused),
		T(one_address_has_a_limit_of_connections),
		T(garbage_bytes_are_survived),
		T(before_the_key_is_known_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
