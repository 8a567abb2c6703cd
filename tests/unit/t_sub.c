/* SPDX-License-Identifier: MIT */
/* The inbox subscription and NIP-42 with a made-up relay. */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/relayauth.h"
#include "bridge/sub.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"

#include <string.h>

static const char *const urls[] = {"wss://a"};

struct world {
	uv_loop_t loop;
	struct sub *sub;
	struct relayauth *auth;
	struct buf log;
	enum relayauth_wish wish;
	bool no_key;
	bool done;
	bool accepted;
};

static bool on_send(void *ctx, size_t relay, struct str frame)
{
	struct world *w = ctx;

	assert_int_equal(relay, 0);
	buf_addf(&w->log, "%.*s; ", STR_ARG(frame));
	return true;
}

static uint64_t on_since(void *ctx, size_t relay)
{
	(void)ctx;
	(void)relay;
	return 1000;
}

static enum relayauth_wish on_want_auth(void *ctx, size_t relay)
{
	struct world *w = ctx;

	(void)relay;
	buf_add_c(&w->log, "auth; ");
	return w->wish;
}

static void on_unusable(void *ctx, size_t relay, struct str why)
{
	struct world *w = ctx;

	(void)relay;
	if (why.p)
		buf_addf(&w->log, "unusable %.*s; ", STR_ARG(why));
	else
		buf_add_c(&w->log, "usable; ");
}

static bool on_ask_key(void *ctx, size_t relay, struct str challenge)
{
	struct world *w = ctx;

	(void)relay;
	if (!w->no_key)
		buf_addf(&w->log, "key %.*s; ", STR_ARG(challenge));
	return !w->no_key;
}

static void on_done(void *ctx, size_t relay, bool accepted, const char *why)
{
	struct world *w = ctx;

	(void)relay;
	buf_addf(&w->log, "%s '%s'; ", accepted ? "accepted" : "denied", why);
}

static const struct sub_ops sub_ops = {on_send, on_since, on_want_auth, on_unusable};
static const struct relayauth_ops auth_ops = {on_ask_key, on_send, on_done};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	struct id32 worker = unit_small_id(7);

	buf_init(&w->log, 1 << 20);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->sub = sub_new(&w->loop, urls, 1, &sub_ops, w);
	w->auth = relayauth_new(&w->loop, 1, &auth_ops, w);
	sub_set_worker(w->sub, &worker);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	sub_close(w->sub);
	relayauth_close(w->auth);
	assert_int_equal(uv_run(&w->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	buf_free(&w->log);
	mem_free(w);
	return 0;
}

#define REQ                                                                    \
	"[\"REQ\",\"inbox\",{\"kinds\":[5100,5102],\"#p\":[\""                 \
	"0000000000000000000000000000000000000000000000000000000000000007\"]," \
	"\"since\":1000}]; "

#define assert_happened(w, want)              \
	do {                                  \
		buf_add_c(&(w)->log, "");     \
		assert_buf((w)->log, (want)); \
		buf_reset(&(w)->log);         \
	} while (0)

static struct str inbox(void)
{
	return STR_LIT("inbox");
}

static void the_inbox_is_asked_for_when_the_relay_is_up(void **state)
{
	struct world *w = *state;

	sub_up(w->sub, 0);
	assert_happened(w, REQ);
	sub_eose(w->sub, 0, STR_LIT("other"));
	assert_happened(w, "");
	sub_eose(w->sub, 0, inbox());
	assert_happened(w, "usable; ");
	sub_down(w->sub, 0);
	sub_up(w->sub, 0);
	assert_happened(w, REQ);
}

static void an_open_inbox_can_be_read_again(void **state)
{
	struct world *w = *state;

	sub_again(w->sub);
	assert_happened(w, "");
	sub_up(w->sub, 0);
	assert_happened(w, REQ);
	sub_again(w->sub);
	assert_happened(w, REQ);
	sub_down(w->sub, 0);
	sub_again(w->sub);
	assert_happened(w, "");
}

static void auth_required_leads_to_auth_and_a_second_try(void **state)
{
	struct world *w = *state;

	sub_up(w->sub, 0);
	w->wish = RELAYAUTH_COMES;
	sub_closed(w->sub, 0, inbox(), STR_LIT("auth-required: who?"));
	assert_happened(w, REQ "auth; ");
	sub_auth_done(w->sub, 0, true, "");
	assert_happened(w, REQ);
	w->wish = RELAYAUTH_TRIED;
	sub_closed(w->sub, 0, inbox(), STR_LIT("restricted: not you"));
	assert_happened(w, "auth; unusable restricted: not you; ");
	/* it is closed: nothing more comes of it now */
	sub_closed(w->sub, 0, inbox(), STR_LIT("restricted: not you"));
	sub_eose(w->sub, 0, inbox());
	assert_happened(w, "");
}

static void a_denied_auth_makes_the_relay_unusable(void **state)
{
	struct world *w = *state;

	sub_up(w->sub, 0);
	w->wish = RELAYAUTH_COMES;
	sub_closed(w->sub, 0, inbox(), STR_LIT("auth-required: who?"));
	sub_auth_done(w->sub, 0, false, "we do not know you");
	assert_happened(w, REQ "auth; unusable we do not know you; ");
}

static void a_refusal_is_told_and_other_closings_are_not(void **state)
{
	struct world *w = *state;

	sub_up(w->sub, 0);
	sub_closed(w->sub, 0, inbox(), STR_LIT("error: shutting down"));
	assert_happened(w, REQ);
	sub_down(w->sub, 0);
	sub_up(w->sub, 0);
	sub_closed(w->sub, 0, inbox(), STR_LIT("blocked: your network"));
	assert_happened(w, REQ "unusable blocked: your network; ");
}

static struct nevent *event(uint32_t kind, uint64_t created_at, const char *p)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = unit_small_id(1);

	ntags_add_c(tags, "p", p, NULL);
	return nevent_make(&key, created_at, kind, tags, STR_LIT(""));
}

static void only_what_was_asked_for_belongs_to_it(void **state)
{
	static const char us[] =
		"0000000000000000000000000000000000000000000000000000000000000007";
	static const struct {
		const char *sub;
		uint32_t kind;
		uint64_t at;
		const char *p;
		enum sub_match want;
	} cases[] = {
		{"inbox", 5100, 1000, us, SUB_MATCH},
		{"inbox", 5102, 5000, us, SUB_MATCH},
		{"inbox", 5100, 999, us, SUB_OLD},
		{"inbox", 5101, 5000, us, SUB_FOREIGN},
		{"inbox", 5100, 5000, "elsewhere", SUB_FOREIGN},
		{"other", 5100, 5000, us, SUB_UNKNOWN},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_nevent struct nevent *ev =
			event(cases[i].kind, cases[i].at, cases[i].p);

		assert_int_equal(sub_check(w->sub, 0, str_of(cases[i].sub), ev),
				 SUB_UNKNOWN);
		sub_up(w->sub, 0);
		assert_int_equal(sub_check(w->sub, 0, str_of(cases[i].sub), ev),
				 cases[i].want);
		sub_down(w->sub, 0);
	}
}

/* ---- NIP-42 */

static struct nevent *answer_event(struct buf *json)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = unit_small_id(7);
	struct nevent *ev = nevent_make(&key, 1, NKIND_AUTH, tags, STR_LIT(""));

	nevent_write(json, ev);
	return ev;
}

static void a_challenge_is_answered_when_it_is_needed_and_only_once(void **state)
{
	struct world *w = *state;
	auto_buf struct buf json = BUF_INIT(4096);
	auto_nevent struct nevent *ev = answer_event(&json);
	struct id32 other = unit_small_id(1);

	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_NOT_NOW);
	relayauth_challenge(w->auth, 0, STR_LIT("first"));
	relayauth_challenge(w->auth, 0, STR_LIT("second"));
	assert_happened(w, "");
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_COMES);
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_COMES);
	assert_happened(w, "key second; ");
	relayauth_answered(w->auth, 0, json.p, NULL);
	assert_true(str_starts(buf_str(&w->log), "[\"AUTH\",{\"id\":"));
	buf_reset(&w->log);
	assert_false(relayauth_ok(w->auth, 0, &other, true, STR_LIT("")));
	assert_true(relayauth_ok(w->auth, 0, &ev->id, true, STR_LIT("")));
	assert_happened(w, "accepted ''; ");
	assert_false(relayauth_ok(w->auth, 0, &ev->id, true, STR_LIT("")));
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_TRIED);
	/* after a reconnect everything is new */
	relayauth_down(w->auth, 0);
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_NOT_NOW);
}

static void without_loom_keyd_it_is_not_possible_now(void **state)
{
	struct world *w = *state;

	relayauth_challenge(w->auth, 0, STR_LIT("x"));
	w->no_key = true;
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_NOT_NOW);
	w->no_key = false;
	assert_int_equal(relayauth_want(w->auth, 0), RELAYAUTH_COMES);
	relayauth_answered(w->auth, 0, NULL, "loom-keyd is away");
	assert_happened(w, "key x; denied 'loom-keyd is away'; ");
}

static void an_answer_for_an_old_connection_is_dropped(void **state)
{
	struct world *w = *state;
	auto_buf struct buf json = BUF_INIT(4096);
	auto_nevent struct nevent *ev = answer_event(&json);

	assert_non_null(ev);
	relayauth_challenge(w->auth, 0, STR_LIT("x"));
	(void)relayauth_want(w->auth, 0);
	relayauth_down(w->auth, 0);
	relayauth_answered(w->auth, 0, json.p, NULL);
	assert_happened(w, "key x; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(the_inbox_is_asked_for_when_the_relay_is_up),
		T(an_open_inbox_can_be_read_again),
		T(auth_required_leads_to_auth_and_a_second_try),
		T(a_denied_auth_makes_the_relay_unusable),
		T(a_refusal_is_told_and_other_closings_are_not),
		T(only_what_was_asked_for_belongs_to_it),
		T(a_challenge_is_answered_when_it_is_needed_and_only_once),
		T(without_loom_keyd_it_is_not_possible_now),
		T(an_answer_for_an_old_connection_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
