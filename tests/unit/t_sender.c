/* SPDX-License-Identifier: MIT */
/* The sender with made-up relays: what is sent, and which receipts come of it. */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/sender.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"

#include <stdio.h>
#include <string.h>

enum { A, B, OWN, RELAYS };

static const struct sender_relay relays[RELAYS] = {
	{.url = "wss://a"},
	{.url = "ws://b", .unlimited = true},
	{.url = "own", .is_own = true},
};

struct world {
	uv_loop_t loop;
	struct sender *s;
	struct buf log; /* what happened, in words */
	bool up[RELAYS];
	enum relayauth_wish wish;
	bool own_answers_at_once;
	uint64_t own_tag;
};

static bool on_send(void *ctx, size_t relay, struct str frame)
{
	struct world *w = ctx;

	assert_true(str_starts(frame, "[\"EVENT\",{"));
	if (w->up[relay])
		buf_addf(&w->log, "send %s; ", relays[relay].url);
	return w->up[relay];
}

static enum relayauth_wish on_want_auth(void *ctx, size_t relay)
{
	struct world *w = ctx;

	buf_addf(&w->log, "auth %s; ", relays[relay].url);
	return w->wish;
}

static void on_publish_own(void *ctx, uint64_t tag, struct str event)
{
	struct world *w = ctx;

	assert_true(str_starts(event, "{\"id\":"));
	buf_add_c(&w->log, "store; ");
	w->own_tag = tag;
	if (w->own_answers_at_once)
		sender_own_done(w->s, tag, true, "");
}

static void on_receipt(void *ctx, uint64_t peer, uint64_t seq, const char *url,
		       const char *verdict, const char *text)
{
	struct world *w = ctx;

	assert_int_equal(peer, 1);
	buf_addf(&w->log, "receipt %llu %s %s '%s'; ", (unsigned long long)seq, url,
		 verdict, text);
}

static const struct sender_ops ops = {on_send, on_want_auth, on_publish_own, on_receipt};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	buf_init(&w->log, 1 << 20);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->s = sender_new(&w->loop, relays, RELAYS, &ops, w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	sender_close(w->s);
	assert_int_equal(uv_run(&w->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	buf_free(&w->log);
	mem_free(w);
	return 0;
}

/* What happened since the last time. */
#define assert_happened(w, want)              \
	do {                                  \
		buf_add_c(&(w)->log, "");     \
		assert_buf((w)->log, (want)); \
		buf_reset(&(w)->log);         \
	} while (0)

static struct nevent *event(unsigned int n)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = unit_small_id(1);

	return nevent_make(&key, n, 30100, tags, STR_LIT(""));
}

static struct id32 publish(struct world *w, uint64_t seq, unsigned int n, const char *a,
			   const char *b)
{
	auto_nevent struct nevent *ev = event(n);
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	struct ipc_texts urls = {.v = NULL, .n = 0};

	nevent_write(&json, ev);
	ipc_texts_add(&urls, str_of(a));
	if (b)
		ipc_texts_add(&urls, str_of(b));
	sender_publish(w->s, 1, seq, buf_str(&json), &urls);
	ipc_texts_wipe(&urls);
	return ev->id;
}

static void up(struct world *w, size_t relay)
{
	w->up[relay] = true;
	sender_up(w->s, relay);
}

static void down(struct world *w, size_t relay)
{
	w->up[relay] = false;
	sender_down(w->s, relay);
}

static void an_event_waits_for_its_relay_and_gets_one_receipt(void **state)
{
	struct world *w = *state;
	struct id32 id = publish(w, 5, 1, "wss://a", "ws://b");
	struct id32 other = unit_small_id(9);

	assert_happened(w, "");
	up(w, A);
	assert_happened(w, "send wss://a; ");
	sender_ok(w->s, A, &other, true, STR_LIT(""));
	assert_happened(w, "");
	sender_ok(w->s, A, &id, true, STR_LIT("thanks"));
	assert_happened(w, "receipt 5 wss://a ok 'thanks'; ");
	sender_ok(w->s, A, &id, true, STR_LIT("thanks"));
	assert_happened(w, "");
	assert_int_equal(sender_count(w->s), 1);
	up(w, B);
	sender_ok(w->s, B, &id, false, STR_LIT("blocked: no"));
	assert_happened(w, "send ws://b; receipt 5 ws://b refused 'blocked: no'; ");
	assert_int_equal(sender_count(w->s), 0);
}

static void without_an_ok_it_is_sent_again_after_a_reconnect(void **state)
{
	struct world *w = *state;

	up(w, A);
	(void)publish(w, 1, 1, "wss://a", NULL);
	(void)publish(w, 2, 2, "wss://a", NULL);
	assert_happened(w, "send wss://a; send wss://a; ");
	for (int i = 0; i < 4; i++) {
		down(w, A);
		up(w, A);
		assert_happened(w, "send wss://a; send wss://a; ");
	}
	/* an event that ends the connection each time does not do so for ever */
	down(w, A);
	assert_happened(w, "receipt 2 wss://a later 'the connection broke each time'; "
			   "receipt 1 wss://a later 'the connection broke each time'; ");
	assert_int_equal(sender_count(w->s), 0);
}

static void order_is_kept_over_a_reconnect(void **state)
{
	struct world *w = *state;
	struct id32 first;
	struct id32 second;

	up(w, B);
	first = publish(w, 1, 1, "ws://b", NULL);
	second = publish(w, 2, 2, "ws://b", NULL);
	down(w, B);
	up(w, B);
	sender_ok(w->s, B, &first, true, STR_LIT(""));
	sender_ok(w->s, B, &second, true, STR_LIT(""));
	assert_happened(w, "send ws://b; send ws://b; send ws://b; send ws://b; "
			   "receipt 1 ws://b ok ''; receipt 2 ws://b ok ''; ");
}

static void auth_is_tried_once_then_the_event_is_sent_again(void **state)
{
	struct world *w = *state;
	struct id32 id;

	up(w, A);
	id = publish(w, 1, 1, "wss://a", NULL);
	w->wish = RELAYAUTH_COMES;
	sender_ok(w->s, A, &id, false, STR_LIT("auth-required: who?"));
	assert_happened(w, "send wss://a; auth wss://a; ");
	(void)publish(w, 2, 2, "wss://a", NULL); /* waits too */
	assert_happened(w, "");
	sender_auth_done(w->s, A, true, "");
	assert_happened(w, "send wss://a; send wss://a; ");
	sender_ok(w->s, A, &id, false, STR_LIT("restricted: not you"));
	assert_happened(w, "receipt 1 wss://a refused 'restricted: not you'; ");
}

static void a_refused_auth_refuses_what_waited_for_it(void **state)
{
	struct world *w = *state;
	struct id32 id;

	up(w, A);
	id = publish(w, 1, 1, "wss://a", NULL);
	w->wish = RELAYAUTH_COMES;
	sender_ok(w->s, A, &id, false, STR_LIT("auth-required: who?"));
	sender_auth_done(w->s, A, false, "we do not know you");
	assert_happened(w, "send wss://a; auth wss://a; "
			   "receipt 1 wss://a refused 'we do not know you'; ");
	id = publish(w, 2, 2, "wss://a", NULL);
	w->wish = RELAYAUTH_TRIED;
	sender_ok(w->s, A, &id, false, STR_LIT("auth-required: who?"));
	assert_happened(w, "send wss://a; auth wss://a; "
			   "receipt 2 wss://a refused 'auth-required: who?'; ");
	id = publish(w, 3, 3, "wss://a", NULL);
	w->wish = RELAYAUTH_NOT_NOW;
	sender_ok(w->s, A, &id, false, STR_LIT("auth-required: who?"));
	assert_happened(w, "send wss://a; auth wss://a; "
			   "receipt 3 wss://a later 'auth-required: who?'; ");
}

static void a_relay_is_not_flooded(void **state)
{
	struct world *w = *state;

	up(w, A);
	for (unsigned int i = 1; i <= CAP_SENDER_BURST + 5; i++)
		(void)publish(w, i, i, "wss://a", NULL);
	assert_int_equal(w->log.n, CAP_SENDER_BURST * strlen("send wss://a; "));
	buf_reset(&w->log);
	/* one of this machine is, but not with more than it can answer */
	up(w, B);
	for (unsigned int i = 100; i < 200; i++)
		(void)publish(w, i, i, "ws://b", NULL);
	assert_int_equal(w->log.n, 16 * strlen("send ws://b; "));
}

static void withdrawn_is_only_what_was_not_sent(void **state)
{
	struct world *w = *state;
	struct id32 id;

	up(w, A);
	id = publish(w, 1, 1, "wss://a", "ws://b");
	sender_withdraw(w->s, 1, 1);
	up(w, B);
	sender_ok(w->s, A, &id, true, STR_LIT(""));
	assert_happened(w, "send wss://a; receipt 1 wss://a ok ''; ");
	assert_int_equal(sender_count(w->s), 0);
	/* another peer's seq is another one */
	(void)publish(w, 7, 7, "wss://a", NULL);
	down(w, A);
	sender_withdraw(w->s, 2, 7);
	assert_int_equal(sender_count(w->s), 1);
}

static void a_repeated_publish_adds_relays(void **state)
{
	struct world *w = *state;
	struct id32 id = publish(w, 1, 1, "wss://a", NULL);

	assert_int_equal(publish(w, 1, 1, "wss://a", "ws://b").b[0], id.b[0]);
	assert_int_equal(sender_count(w->s), 1);
	up(w, A);
	up(w, B);
	assert_happened(w, "send wss://a; send ws://b; ");
	sender_ok(w->s, A, &id, true, STR_LIT(""));
	/* one that has it is asked again */
	(void)publish(w, 1, 1, "wss://a", NULL);
	assert_happened(w, "receipt 1 wss://a ok ''; send wss://a; ");
}

static void a_hang_up_empties_it(void **state)
{
	struct world *w = *state;
	struct id32 id;

	up(w, A);
	id = publish(w, 1, 1, "wss://a", "ws://b");
	(void)publish(w, 2, 2, "own", NULL);
	sender_hang_up(w->s, 1);
	assert_int_equal(sender_count(w->s), 0);
	buf_reset(&w->log);
	sender_ok(w->s, A, &id, true, STR_LIT(""));
	sender_own_done(w->s, w->own_tag, true, "");
	up(w, B);
	assert_happened(w, "");
}

static void what_cannot_be_sent_gets_its_receipts_too(void **state)
{
	struct world *w = *state;
	struct ipc_texts urls = {.v = NULL, .n = 0};

	(void)publish(w, 1, 1, "wss://elsewhere", NULL);
	assert_happened(
		w, "receipt 1 wss://elsewhere refused 'not a relay of this bridge'; ");
	ipc_texts_add(&urls, STR_LIT("wss://a"));
	ipc_texts_add(&urls, STR_LIT("own"));
	sender_publish(w->s, 1, 2, STR_LIT("{}"), &urls);
	ipc_texts_wipe(&urls);
	assert_has(w->log.p, "receipt 2 wss://a refused");
	assert_has(w->log.p, "receipt 2 own refused");
	buf_reset(&w->log);
	for (unsigned int i = 1; i <= CAP_SENDER_EVENTS; i++)
		(void)publish(w, i + 10, i, "wss://a", NULL);
	assert_happened(w, "");
	(void)publish(w, 9999, 9999, "wss://a", NULL);
	assert_happened(w, "receipt 9999 wss://a later 'the bridge's queue is full'; ");
}

static void the_own_relay_is_asked_without_a_connection(void **state)
{
	struct world *w = *state;

	(void)publish(w, 1, 1, "own", NULL);
	assert_happened(w, "store; ");
	sender_own_done(w->s, w->own_tag, true, "duplicate: have it");
	assert_happened(w, "receipt 1 own ok 'duplicate: have it'; ");
	w->own_answers_at_once = true;
	(void)publish(w, 2, 2, "own", NULL);
	assert_happened(w, "store; receipt 2 own ok ''; ");
	assert_int_equal(sender_count(w->s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(an_event_waits_for_its_relay_and_gets_one_receipt),
		T(without_an_ok_it_is_sent_again_after_a_reconnect),
		T(order_is_kept_over_a_reconnect),
		T(auth_is_tried_once_then_the_event_is_sent_again),
		T(a_refused_auth_refuses_what_waited_for_it),
		T(a_relay_is_not_flooded),
		T(withdrawn_is_only_what_was_not_sent),
		T(a_repeated_publish_adds_relays),
		T(a_hang_up_empties_it),
		T(what_cannot_be_sent_gets_its_receipts_too),
		T(the_own_relay_is_asked_without_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
