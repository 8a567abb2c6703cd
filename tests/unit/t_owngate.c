/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/bridgedb.h"
#include "bridge/owngate.h"
#include "bridge/relaylist.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"

#include <string.h>

enum { NOW = 1000000, WORKER = 7, CUSTOMER = 1, STRANGER = 2 };

struct world {
	struct db *db;
	struct relaystore *store;
	struct id32 worker;
};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	assert_int_equal(bridgedb_open(&w->db, ":memory:", NULL), LERR_OK);
	w->store = relaystore_new(w->db);
	w->worker = unit_small_id(WORKER);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	relaystore_free(w->store);
	db_close(w->db);
	mem_free(w);
	return 0;
}

static struct nevent *event(uint8_t who, uint32_t kind, uint64_t at, const char *tag,
			    const char *value)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = unit_small_id(who);

	if (tag)
		ntags_add_c(tags, tag, value, NULL);
	return nevent_make(&key, at, kind, tags, STR_LIT(""));
}

/* The refusal of an event, "" when it is let in. */
static const char *ask(struct world *w, uint8_t who, uint32_t kind, uint64_t at,
		       const char *tag, const char *value)
{
	auto_nevent struct nevent *ev = event(who, kind, at, tag, value);
	const char *no = owngate_refusal(w->store, &w->worker, ev, 500, NOW);

	return no ? no : "";
}

/* The same for an event with two p tags. */
static const char *ask_two(struct world *w, uint32_t kind, const char *first,
			   const char *second)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	struct id32 key = unit_small_id(STRANGER);
	const char *no;

	ntags_add_c(tags, "p", first, NULL);
	ntags_add_c(tags, "p", second, NULL);
	ev = nevent_make(&key, NOW, kind, tags, STR_LIT(""));
	no = owngate_refusal(w->store, &w->worker, ev, 500, NOW);
	return no ? no : "";
}

/* Store a job of the customer's; its id as hex. */
static struct id32hex store_job(struct world *w)
{
	struct id32hex us = id32_hex(&w->worker);
	auto_nevent struct nevent *ev = event(CUSTOMER, 5100, NOW, "p", us.c);
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	uint64_t seq;

	nevent_write(&json, ev);
	assert_int_equal(relaystore_put(w->store, &seq, ev, buf_str(&json), true, NOW),
			 RELAYSTORE_STORED);
	db_commit(w->db);
	return id32_hex(&ev->id);
}

static void only_what_concerns_the_worker_is_taken(void **state)
{
	struct world *w = *state;
	struct id32hex us = id32_hex(&w->worker);
	struct id32hex other = id32_hex(&(struct id32){{9}});
	struct id32hex job = store_job(w);

	assert_string_equal(ask(w, STRANGER, 5100, NOW, "p", us.c), "");
	assert_has(ask(w, STRANGER, 5100, NOW, "p", other.c), "blocked: ");
	assert_has(ask(w, STRANGER, 5100, NOW, NULL, NULL), "blocked: ");
	assert_has(ask_two(w, 5100, other.c, us.c), "blocked: ");
	assert_string_equal(ask_two(w, 5100, us.c, other.c), "");
	assert_string_equal(ask(w, STRANGER, 5102, NOW, "p", us.c), "");
	assert_string_equal(ask(w, STRANGER, 5102, NOW, "e", job.c), "");
	assert_has(ask(w, STRANGER, 5102, NOW, "e", other.c), "blocked: ");
	assert_has(ask(w, STRANGER, 1, NOW, "p", us.c), "blocked: ");
	assert_has(ask(w, STRANGER, 10100, NOW, NULL, NULL), "blocked: ");
	assert_has(ask(w, STRANGER, 5, NOW, "e", job.c), "blocked: ");
	assert_string_equal(ask(w, CUSTOMER, 5, NOW, "e", job.c), "");
	assert_string_equal(ask(w, WORKER, 10100, NOW, NULL, NULL), "");
	assert_string_equal(ask(w, WORKER, 5101, NOW, NULL, NULL), "");
	assert_string_equal(ask(w, WORKER, 20001, NOW, NULL, NULL), "");
}

static void nobodys_credentials_are_published(void **state)
{
	struct world *w = *state;

	assert_has(ask(w, WORKER, 22242, NOW, NULL, NULL), "blocked: ");
	assert_has(ask(w, WORKER, 24242, NOW, NULL, NULL), "blocked: ");
	assert_has(ask(w, WORKER, 27235, NOW, NULL, NULL), "blocked: ");
	assert_has(ask(w, WORKER, 1, NOW, "-", NULL), "NIP-70");
}

static void form_is_looked_at(void **state)
{
	struct world *w = *state;
	struct id32hex us = id32_hex(&w->worker);
	auto_nevent struct nevent *big = event(CUSTOMER, 5100, NOW, "p", us.c);

	assert_string_equal(ask(w, CUSTOMER, 5100, NOW + CAP_AHEAD_S, "p", us.c), "");
	assert_has(ask(w, CUSTOMER, 5100, NOW + CAP_AHEAD_S + 1, "p", us.c),
		   "invalid: created_at");
	assert_string_equal(ask(w, CUSTOMER, 5100, 0, "p", us.c), "");
	assert_has(ask(w, WORKER, 20001, NOW - CAP_OWN_EPHEMERAL_AGE_S - 1, NULL, NULL),
		   "invalid: ");
	assert_null(owngate_refusal(w->store, &w->worker, big, CAP_OWN_EVENT, NOW));
	assert_has(owngate_refusal(w->store, &w->worker, big, CAP_OWN_EVENT + 1, NOW),
		   "invalid: ");
}

/* ---- the list of relays */

static enum lerr_code read_list(struct relaylist *l, const char *text, struct lerr *err)
{
	struct conf *c = conf_new();
	enum lerr_code rc =
		conf_read_text(c, str_of(text), "test.conf", CONF_REFUSE_SECRETS, err);

	if (!rc)
		rc = relaylist_read(l, c, err);
	conf_free(c);
	return rc;
}

static void relays_are_listed_once_and_the_own_one_apart(void **state)
{
	static struct relaylist l;

	(void)state;
	assert_int_equal(
		read_list(
			&l,
			"NOSTR_RELAYS=wss://B.example/,wss://b.example, ws://127.0.0.1:7,"
			"wss://me.example/relay\nPUBLIC_URL=https://me.example\n",
			NULL),
		LERR_OK);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.of[0].text, "wss://b.example");
	assert_string_equal(l.of[1].text, "ws://127.0.0.1:7");
	assert_true(l.has_own);
	assert_string_equal(l.own, "wss://me.example/relay");
}

static void the_own_relay_is_named_by_what_is_given(void **state)
{
	static struct relaylist l;

	(void)state;
	assert_int_equal(read_list(&l, "NOSTR_RELAYS=\n", NULL), LERR_OK);
	assert_string_equal(l.own, "own");
	assert_int_equal(read_list(&l, "PUBLIC_URL=http://h:8080\n", NULL), LERR_OK);
	assert_string_equal(l.own, "ws://h:8080/relay");
	assert_int_equal(read_list(&l,
				   "PUBLIC_URL=http://h:8080\n"
				   "RELAY_URL=wss://R.example:443/x\n",
				   NULL),
			 LERR_OK);
	assert_string_equal(l.own, "wss://r.example/x");
	assert_int_equal(read_list(&l, "OWN_RELAY=no\n", NULL), LERR_OK);
	assert_false(l.has_own);
}

static void a_bad_url_stops_the_start_and_says_where(void **state)
{
	static struct relaylist l;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(read_list(&l, "\nNOSTR_RELAYS=wss://a,https://b\n", &err),
			 LERR_INPUT);
	assert_has(err.msg, "test.conf:2: NOSTR_RELAYS: https://b: want wss://");
	assert_int_equal(read_list(&l, "RELAY_URL=wss://\n", &err), LERR_INPUT);
	assert_has(err.msg, "RELAY_URL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(only_what_concerns_the_worker_is_taken),
		T(nobodys_credentials_are_published),
		T(form_is_looked_at),
		cmocka_unit_test(relays_are_listed_once_and_the_own_one_apart),
		cmocka_unit_test(the_own_relay_is_named_by_what_is_given),
		cmocka_unit_test(a_bad_url_stops_the_start_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
