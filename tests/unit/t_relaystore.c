/* SPDX-License-Identifier: MIT */
/* The own relay's store against an oracle that keeps an array and looks at all of it. */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/bridgedb.h"
#include "bridge/relayscan.h"
#include "bridge/relaystore.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 600, ROUNDS = 400, NOW = 100000 };

/* A generator of our own: the same events every time, so that a failure comes again. */
static uint64_t dice_state;

static uint64_t dice(uint64_t below)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return dice_state % below;
}

static const uint32_t kinds[] = {1, 5, 5100, 5102, 5101, 10100, 30100, 30078};

static struct id32 author(uint64_t n)
{
	return unit_small_id((uint8_t)(n + 1));
}

/* ---- the oracle */

struct oracle {
	struct nevent *of[EVENTS]; /* everything that was ever offered */
	bool there[EVENTS];
	size_t n;
};

static struct str d_of(const struct nevent *ev)
{
	struct str d = {"", 0};

	if (nevent_is_addressable(ev->kind))
		(void)nevent_tag(ev, "d", &d);
	return d;
}

static bool same_address(const struct nevent *a, const struct nevent *b)
{
	return (nevent_is_addressable(a->kind) || nevent_is_replaceable(a->kind)) &&
	       a->kind == b->kind && id32_eq(&a->pubkey, &b->pubkey) &&
	       str_eq(d_of(a), d_of(b));
}

static bool is_newer(const struct nevent *a, const struct nevent *b)
{
	if (a->created_at != b->created_at)
		return a->created_at > b->created_at;
	return id32_cmp(&a->id, &b->id) < 0;
}

static bool deletes(const struct nevent *by, const struct nevent *ev)
{
	auto_buf struct buf address = BUF_INIT(CAP_EVENT_BYTES);

	if (by->kind != 5 || ev->kind == 5 || !id32_eq(&by->pubkey, &ev->pubkey))
		return false;
	if (nevent_has_tag(by, "e", str_of(id32_hex(&ev->id).c)))
		return true;
	if (!nevent_is_addressable(ev->kind) && !nevent_is_replaceable(ev->kind))
		return false;
	buf_addf(&address, "%u:%s:", ev->kind, id32_hex(&ev->pubkey).c);
	buf_add_str(&address, d_of(ev));
	return ev->created_at <= by->created_at &&
	       nevent_has_tag(by, "a", buf_str(&address));
}

static enum relaystore_put oracle_put(struct oracle *o, struct nevent *ev)
{
	size_t me = o->n++;

	o->of[me] = ev;
	for (size_t i = 0; i < me; i++)
		if (o->there[i] && id32_eq(&o->of[i]->id, &ev->id))
			return RELAYSTORE_DUPLICATE;
	for (size_t i = 0; i < me; i++)
		if (o->there[i] && deletes(o->of[i], ev))
			return RELAYSTORE_DELETED;
	for (size_t i = 0; i < me; i++)
		if (o->there[i] && same_address(o->of[i], ev) && is_newer(o->of[i], ev))
			return RELAYSTORE_OLDER;
	for (size_t i = 0; i < me; i++)
		if (o->there[i] && (same_address(o->of[i], ev) || deletes(ev, o->of[i])))
			o->there[i] = false;
	o->there[me] = true;
	return RELAYSTORE_STORED;
}

static int by_place(const void *a, const void *b)
{
	const struct nevent *const *x = a;
	const struct nevent *const *y = b;

	return is_newer(*x, *y) ? -1 : 1;
}

/* All events that match, in order; the first `limit` of each filter count. */
static size_t oracle_ask(const struct oracle *o, const struct nevent **out,
			 struct nfilter *const *filters, size_t n, uint64_t max)
{
	const struct nevent *all[EVENTS];
	uint64_t left[CAP_FILTERS];
	size_t nall = 0;
	size_t found = 0;

	for (size_t i = 0; i < o->n; i++)
		if (o->there[i])
			all[nall++] = o->of[i];
	qsort(all, nall, sizeof(all[0]), by_place);
	for (size_t i = 0; i < n; i++)
		left[i] = filters[i]->limit < max ? filters[i]->limit : max;
	for (size_t i = 0; i < nall; i++) {
		bool wanted = false;

		for (size_t k = 0; k < n; k++)
			if (left[k] && nfilter_matches(filters[k], all[i])) {
				left[k]--;
				wanted = true;
			}
		if (wanted)
			out[found++] = all[i];
	}
	return found;
}

/* ---- random events and filters */

static void add_random_tag(struct ntags *tags, const struct oracle *o)
{
	const char *const names[] = {"e", "p", "t", "d", "long-name"};
	const char *name = names[dice(5)];
	char value[80];

	if (name[0] == 'e' && o->n && dice(2))
		(void)snprintf(value, sizeof(value), "%s",
			       id32_hex(&o->of[dice(o->n)]->id).c);
	else if (name[0] == 'e' || name[0] == 'p')
		(void)snprintf(value, sizeof(value), "%s",
			       id32_hex(&(struct id32){{(uint8_t)dice(4)}}).c);
	else
		(void)snprintf(value, sizeof(value), "v%u", (unsigned int)dice(4));
	ntags_add_c(tags, name, value, NULL);
}

static void add_random_deletion(struct ntags *tags, const struct oracle *o,
				const struct id32 *key)
{
	char address[200];

	(void)snprintf(address, sizeof(address), "%u:%s:%s", dice(2) ? 30100U : 10100U,
		       id32_hex(key).c, dice(2) ? "v1" : "");
	if (o->n && dice(2))
		ntags_add_c(tags, "e", id32_hex(&o->of[dice(o->n)]->id).c, NULL);
	else
		ntags_add_c(tags, "a", address, NULL);
}

static struct nevent *random_event(const struct oracle *o)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = author(dice(4));
	uint32_t kind = kinds[dice(ARRAY_LEN(kinds))];
	uint64_t n = dice(5);
	char content[32];

	if (kind == 5)
		add_random_deletion(tags, o, &key);
	for (uint64_t i = 0; kind != 5 && i < n; i++)
		add_random_tag(tags, o);
	(void)snprintf(content, sizeof(content), "%u", (unsigned int)dice(1000));
	return nevent_make(&key, 1000 + dice(40), kind, tags, str_of(content));
}

static void add_list(struct buf *b, const char *key, const char *item, size_t n)
{
	buf_addf(b, "%s\"%s\":[", b->n > 1 ? "," : "", key);
	for (size_t i = 0; i < n; i++) {
		struct id32 who = author(dice(5));
		char text[80];

		if (strcmp(item, "kind") == 0)
			(void)snprintf(text, sizeof(text), "%u",
				       kinds[dice(ARRAY_LEN(kinds))]);
		else if (strcmp(item, "author") == 0)
			(void)snprintf(text, sizeof(text), "\"%s\"", id32_hex(&who).c);
		else if (strcmp(item, "hex") == 0)
			(void)snprintf(text, sizeof(text), "\"%s\"",
				       id32_hex(&(struct id32){{(uint8_t)dice(5)}}).c);
		else
			(void)snprintf(text, sizeof(text), "\"v%u\"",
				       (unsigned int)dice(5));
		buf_addf(b, "%s%s", i ? "," : "", text);
	}
	buf_add_char(b, ']');
}

static void add_ids(struct buf *b, const struct oracle *o)
{
	size_t n = dice(6);

	buf_addf(b, "%s\"ids\":[", b->n > 1 ? "," : "");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s\"%s\"", i ? "," : "", id32_hex(&o->of[dice(o->n)]->id).c);
	buf_add_char(b, ']');
}

static struct nfilter *random_filter(const struct oracle *o)
{
	auto_buf struct buf b = BUF_INIT(65536);
	auto_json json_t *json = NULL;
	struct nfilter *f = NULL;

	buf_add_char(&b, '{');
	if (dice(6) == 0)
		add_ids(&b, o);
	if (dice(3) == 0)
		add_list(&b, "authors", "author", 1 + dice(3));
	if (dice(2) == 0)
		add_list(&b, "kinds", "kind", dice(20) ? 1 + dice(3) : 0);
	if (dice(4) == 0)
		add_list(&b, "#p", "hex", 1 + dice(2));
	if (dice(4) == 0)
		add_list(&b, "#e", "hex", 1 + dice(2));
	if (dice(5) == 0)
		add_list(&b, "#t", "v", 1 + dice(3));
	if (dice(4) == 0)
		buf_addf(&b, "%s\"since\":%u", b.n > 1 ? "," : "",
			 (unsigned int)(1000 + dice(40)));
	if (dice(4) == 0)
		buf_addf(&b, "%s\"until\":%u", b.n > 1 ? "," : "",
			 (unsigned int)(1000 + dice(40)));
	if (dice(3) == 0)
		buf_addf(&b, "%s\"limit\":%u", b.n > 1 ? "," : "",
			 (unsigned int)dice(12));
	buf_add_char(&b, '}');
	assert_int_equal(jsonx_load(&json, buf_str(&b), 65536, JSONX_UINTS, NULL), 0);
	assert_int_equal(nfilter_from_json(&f, json, NULL), 0);
	return f;
}

/* ---- fixture */

struct fix {
	struct db *db;
	struct relaystore *store;
	struct oracle oracle;
};

static int setup(void **state)
{
	struct fix *f = mem_zalloc(sizeof(*f));

	dice_state = 88172645463325252ULL;
	assert_int_equal(bridgedb_open(&f->db, ":memory:", NULL), 0);
	f->store = relaystore_new(f->db);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	for (size_t i = 0; i < f->oracle.n; i++)
		nevent_free(f->oracle.of[i]);
	relaystore_free(f->store);
	db_close(f->db);
	mem_free(f);
	return 0;
}

static enum relaystore_put put(struct fix *f, const struct nevent *ev, bool owed)
{
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	uint64_t seq = 0;
	enum relaystore_put rc;

	nevent_write(&json, ev);
	rc = relaystore_put(f->store, &seq, ev, buf_str(&json), owed, NOW);
	db_commit(f->db);
	return rc;
}

/* An event that the fixture owns. */
static struct nevent *event(struct fix *f, uint64_t who, uint64_t created_at,
			    uint32_t kind, const char *tag, const char *value)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 key = author(who);
	struct nevent *ev;

	if (tag)
		ntags_add_c(tags, tag, value, NULL);
	ev = nevent_make(&key, created_at, kind, tags, STR_LIT("x"));
	f->oracle.of[f->oracle.n++] = ev;
	return ev;
}

/* ---- scans */

struct answer {
	struct id32 ids[EVENTS];
	size_t n;
	size_t room; /* 0: any number a step */
	size_t step;
};

static bool keep(void *ctx, struct str json)
{
	struct answer *a = ctx;
	auto_nevent struct nevent *ev = NULL;

	assert_int_equal(nevent_parse(&ev, json, NULL), 0);
	assert_true(a->n < EVENTS);
	a->ids[a->n++] = ev->id;
	return a->room == 0 || ++a->step % a->room != 0;
}

static void ask(struct fix *f, struct answer *a, struct nfilter *const *filters, size_t n,
		size_t rows)
{
	struct relayscan *scan =
		relayscan_new(f->store, filters, n, relaystore_last_seq(f->store), 50);

	a->n = 0;
	while (relayscan_step(scan, rows, NOW, keep, a))
		continue;
	relayscan_free(scan);
}

static void check_against_oracle(struct fix *f, struct nfilter *const *filters, size_t n)
{
	const struct nevent *want[EVENTS];
	size_t nwant = oracle_ask(&f->oracle, want, filters, n, 50);
	struct answer a = {.room = dice(3)};

	ask(f, &a, filters, n, 1 + dice(100));
	assert_int_equal(a.n, nwant);
	for (size_t i = 0; i < nwant; i++)
		assert_true(id32_eq(&a.ids[i], &want[i]->id));
}

static void answers_are_those_of_a_search_through_everything(void **state)
{
	struct fix *f = *state;

	while (f->oracle.n < EVENTS) {
		struct nevent *ev = random_event(&f->oracle);

		assert_int_equal(put(f, ev, false), oracle_put(&f->oracle, ev));
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		struct nfilter *filters[4];
		size_t n = 1 + dice(4);

		for (size_t k = 0; k < n; k++)
			filters[k] = random_filter(&f->oracle);
		check_against_oracle(f, filters, n);
		for (size_t k = 0; k < n; k++)
			nfilter_free(filters[k]);
	}
}

static struct nfilter *filter(const char *text)
{
	auto_json json_t *json = NULL;
	struct nfilter *f = NULL;

	assert_int_equal(jsonx_load(&json, str_of(text), 65536, JSONX_UINTS, NULL), 0);
	assert_int_equal(nfilter_from_json(&f, json, NULL), 0);
	return f;
}

static void what_comes_during_a_scan_belongs_to_the_live_side(void **state)
{
	struct fix *f = *state;
	struct nfilter *all = filter("{}");
	struct answer a = {.room = 1};
	struct relayscan *scan;

	for (uint64_t i = 0; i < 5; i++)
		(void)put(f, event(f, 0, 1000 + i, 1, NULL, NULL), false);
	scan = relayscan_new(f->store, &all, 1, relaystore_last_seq(f->store), 50);
	assert_true(relayscan_step(scan, 100, NOW, keep, &a));
	(void)put(f, event(f, 0, 1001, 2, NULL, NULL), false);
	while (relayscan_step(scan, 100, NOW, keep, &a))
		continue;
	assert_int_equal(a.n, 5);
	relayscan_free(scan);
	nfilter_free(all);
}

/* Rows are not all equally dear: a step must not read megabytes for a stranger. */
static void large_events_make_a_step_short(void **state)
{
	struct fix *f = *state;
	struct nfilter *none = filter("{\"#t\":[\"a\"],\"#u\":[\"b\"]}");
	auto_free char *value = mem_zalloc(60001);
	struct answer a = {.room = 0};
	struct relayscan *scan;
	int steps = 0;

	memset(value, 'v', 60000);
	value[60000] = '\0';
	for (uint64_t i = 0; i < 8; i++) {
		auto_ntags struct ntags *tags = ntags_new();
		struct id32 key = author(i);
		auto_nevent struct nevent *ev = NULL;

		ntags_add_c(tags, "t", "a", NULL);
		ntags_add_c(tags, "x", value, NULL);
		ev = nevent_make(&key, 1000 + i, 1, tags, STR_LIT(""));
		assert_int_equal(put(f, ev, false), RELAYSTORE_STORED);
	}
	scan = relayscan_new(f->store, &none, 1, relaystore_last_seq(f->store), 50);
	while (relayscan_step(scan, 256, NOW, keep, &a))
		steps++;
	assert_in_range(steps, 2, 8);
	assert_int_equal(a.n, 0);
	relayscan_free(scan);
	nfilter_free(none);
}

static void an_expired_event_is_refused_withheld_and_swept(void **state)
{
	struct fix *f = *state;
	struct nfilter *all = filter("{}");
	struct answer a = {.room = 0};
	struct relayscan *scan;

	assert_int_equal(put(f, event(f, 0, 1, 1, "expiration", "99999"), false),
			 RELAYSTORE_EXPIRED);
	assert_int_equal(put(f, event(f, 0, 2, 1, "expiration", "100001"), false),
			 RELAYSTORE_STORED);
	assert_int_equal(put(f, event(f, 0, 3, 1, "expiration", "soon"), false),
			 RELAYSTORE_STORED);
	scan = relayscan_new(f->store, &all, 1, 100, 50);
	while (relayscan_step(scan, 100, NOW + 1, keep, &a))
		continue;
	assert_int_equal(a.n, 1);
	relayscan_free(scan);
	assert_int_equal(relaystore_sweep(f->store, NOW, 10), 0);
	assert_int_equal(relaystore_sweep(f->store, NOW + 1, 10), 1);
	db_commit(f->db);
	assert_int_equal(relaystore_count(f->store), 1);
	nfilter_free(all);
}

static void owed_events_are_listed_in_order_until_they_are_settled(void **state)
{
	struct fix *f = *state;
	struct relaystore_owed o;

	(void)put(f, event(f, 0, 1, 5100, NULL, NULL), true);
	(void)put(f, event(f, 0, 2, 5101, NULL, NULL), false);
	(void)put(f, event(f, 0, 3, 5100, NULL, NULL), true);
	assert_int_equal(relaystore_count_owed(f->store), 2);
	assert_true(relaystore_next_owed(f->store, &o, 0));
	assert_int_equal(o.seq, 1);
	mem_free(o.json);
	assert_true(relaystore_next_owed(f->store, &o, 1));
	assert_int_equal(o.seq, 3);
	mem_free(o.json);
	assert_false(relaystore_next_owed(f->store, &o, 3));
	relaystore_settle(f->store, 1);
	relaystore_settle(f->store, 1);
	db_commit(f->db);
	assert_int_equal(relaystore_count_owed(f->store), 1);
	assert_true(relaystore_next_owed(f->store, &o, 0));
	assert_int_equal(o.seq, 3);
	mem_free(o.json);
}

static void what_was_settled_can_be_owed_again(void **state)
{
	struct fix *f = *state;

	(void)put(f, event(f, 0, 10, 5100, NULL, NULL), true);
	(void)put(f, event(f, 0, 20, 5101, NULL, NULL), false);
	(void)put(f, event(f, 0, 20, 5102, NULL, NULL), true);
	(void)put(f, event(f, 0, 30, 5100, NULL, NULL), true);
	relaystore_settle(f->store, 1);
	relaystore_settle(f->store, 3);
	db_commit(f->db);
	/* one of them still is */
	assert_int_equal(relaystore_count_owed(f->store), 1);
	relaystore_owe_again(f->store, 20);
	db_commit(f->db);
	assert_int_equal(relaystore_count_owed(f->store), 2);
	relaystore_owe_again(f->store, 0);
	db_commit(f->db);
	assert_int_equal(relaystore_count_owed(f->store), 3);
}

static void room_is_made_at_strangers_cost_first(void **state)
{
	struct fix *f = *state;
	struct id32 worker = author(3);
	uint32_t kind;
	const struct nevent *result = event(f, 3, 1, 5101, NULL, NULL);
	const struct nevent *owed = event(f, 0, 2, 5100, NULL, NULL);
	const struct nevent *old = event(f, 0, 3, 5100, NULL, NULL);
	const struct nevent *advert = event(f, 3, 4, 10100, NULL, NULL);

	(void)put(f, result, false);
	(void)put(f, owed, true);
	(void)put(f, old, false);
	(void)put(f, advert, false);
	assert_int_equal(relaystore_evict(f->store, &worker, 10), 1);
	assert_false(relaystore_kind(f->store, &kind, &old->id));
	assert_int_equal(relaystore_evict(f->store, &worker, 10), 1);
	assert_false(relaystore_kind(f->store, &kind, &result->id));
	assert_int_equal(relaystore_evict(f->store, &worker, 10), 0);
	assert_true(relaystore_kind(f->store, &kind, &owed->id));
	assert_true(relaystore_kind(f->store, &kind, &advert->id));
	relaystore_settle(f->store, 2);
	assert_int_equal(relaystore_evict(f->store, &worker, 10), 1);
	db_commit(f->db);
	assert_true(relaystore_bytes(f->store) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(answers_are_those_of_a_search_through_everything),
		T(what_comes_during_a_scan_belongs_to_the_live_side),
		T(large_events_make_a_step_short),
		T(an_expired_event_is_refused_withheld_and_swept),
		T(owed_events_are_listed_in_order_until_they_are_settled),
		T(what_was_settled_can_be_owed_again),
		T(room_is_made_at_strangers_cost_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
