/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nevent.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nsign.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const facts[] = {FACT_EVENT_PLAIN, FACT_EVENT_EMPTY_TAGS,
				    FACT_EVENT_ESCAPES, FACT_EVENT_JOB};

static struct nevent *parse(const char *json)
{
	struct nevent *ev = NULL;
	struct lerr err = {0};

	if (nevent_parse(&ev, str_of(json), &err))
		fail_msg("%s: %s", json, err.msg);
	return ev;
}

static void signed_events_verify_and_are_written_as_they_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		auto_nevent struct nevent *ev = parse(facts[i]);
		auto_buf struct buf out = BUF_INIT(CAP_EVENT_BYTES);
		struct lerr err = {0};

		assert_int_equal(nevent_check_id(ev, &err), LERR_OK);
		if (nevent_verify(ev, &err))
			fail_msg("%s: %s", facts[i], err.msg);
		nevent_write(&out, ev);
		assert_buf(out, facts[i]);
	}
}

static void fields_are_what_the_text_says(void **state)
{
	auto_nevent struct nevent *ev = parse(FACT_EVENT_ESCAPES);
	struct id32 pub = unit_id(FACT_PUB2);

	(void)state;
	assert_true(id32_eq(&ev->pubkey, &pub));
	assert_int_equal(ev->created_at, CAP_CREATED_AT);
	assert_int_equal(ev->kind, 65535);
	assert_int_equal(ev->ntags, 2);
	assert_int_equal(ev->tags[0].n, 2);
	assert_str(ev->tags[0].v[1], "a\"b\\c");
	assert_int_equal(ev->tags[1].v[1].n, 3);
	assert_memory_equal(ev->tags[1].v[1].p, "\0\x1f\x7f", 3);
	assert_int_equal(ev->content.n, 19);
	assert_memory_equal(ev->content.p,
			    "\n\"\\\r\t\b\f\0\x01/\xc3\xa9\xe2\x80\xa8\xf0\x9f\x92\xa9",
			    19);
}

/* Other spellings of the same event: order, blanks, escapes, keys that nobody signed. */
static void spelling_does_not_matter(void **state)
{
	static const char text[] =
		" { \"sig\" :\"b63dd380b5a21682c9663ddc5c196548a2e50e85a23373e41f4185b39a"
		"8b14445f191af201854d0253dee697a48c33adade99a866716c5c9d10646bb727923be\""
		" "
		",\n\"content\":\"\\u0068e\\u006clo\",\"tags\":[ "
		"],\"seen_on\":[\"x\",{}],"
		"\"kind\":1,\"created_at\":1790000000,\t\"pubkey\":"
		"\"941528c133ad85e1667b3"
		"c5396fe176ef5a085f3e9a72701d1fcd74a88fff054\",\"id\":"
		"\"891440638b5d6158c1"
		"2ab88d213ff26601bd4b52e21b0e4c877157d143820a2d\"}";
	auto_nevent struct nevent *ev = parse(text);
	auto_buf struct buf out = BUF_INIT(CAP_EVENT_BYTES);

	(void)state;
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
	nevent_write(&out, ev);
	assert_buf(out, FACT_EVENT_PLAIN);
}

/* The plain event with one member replaced; NULL leaves it out. */
static char *altered(const char *key, const char *value)
{
	static const char *const members[][2] = {
		{"id",
		 "\"891440638b5d6158c12ab88d213ff26601bd4b52e21b0e4c877157d143820a2d\""},
		{"pubkey", "\"" FACT_PUB1 "\""},
		{"created_at", "1790000000"},
		{"kind", "1"},
		{"tags", "[]"},
		{"content", "\"hello\""},
		{"sig",
		 "\"b63dd380b5a21682c9663ddc5c196548a2e50e85a23373e41f4185b39a8b144"
		 "45f191af201854d0253dee697a48c33adade99a866716c5c9d10646bb727923b"
		 "e\""},
	};
	struct buf b = BUF_INIT(10000);

	buf_add_c(&b, "{\"x\":0");
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *v = strcmp(key, members[i][0]) == 0 ? value : members[i][1];

		if (v)
			buf_addf(&b, ",\"%s\":%s", members[i][0], v);
	}
	buf_add_char(&b, '}');
	return buf_take(&b);
}

static void every_field_must_be_there_and_have_its_type(void **state)
{
	static const char *const bad[][2] = {
		{"id", NULL},
		{"id", "1"},
		{"id", "\"\""},
		{"id", "null"},
		{"id", "\"891440638B5D6158c12ab88d213ff26601bd4b52e21b0e4c877157d143820a2"
		       "d\""},
		{"pubkey", NULL},
		{"pubkey", "\"npub1\""},
		{"pubkey", "[]"},
		{"created_at", NULL},
		{"created_at", "\"1\""},
		{"created_at", "-1"},
		{"created_at", "1.0"},
		{"created_at", "1e9"},
		{"created_at", "true"},
		{"created_at", "9007199254740992"},
		{"created_at", "01"},
		{"kind", NULL},
		{"kind", "65536"},
		{"kind", "-1"},
		{"kind", "\"1\""},
		{"kind", "1.5"},
		{"kind", "-0"},
		{"tags", NULL},
		{"tags", "{}"},
		{"tags", "[1]"},
		{"tags", "[[1]]"},
		{"tags", "[[null]]"},
		{"tags", "[\"a\"]"},
		{"tags", "[[[\"a\"]]]"},
		{"tags", "\"\""},
		{"content", NULL},
		{"content", "1"},
		{"content", "{}"},
		{"content", "null"},
		{"content", "\"\\ud800\""},
		{"sig", NULL},
		{"sig", "\"00\""},
		{"sig", "0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_free char *text = altered(bad[i][0], bad[i][1]);
		struct nevent *ev = NULL;
		struct lerr err = {0};

		if (nevent_parse(&ev, str_of(text), &err) != LERR_INPUT)
			fail_msg("taken: %s", text);
		assert_null(ev);
	}
}

static void altered_fields_do_not_verify(void **state)
{
	static const char *const changes[][2] = {
		{"id",
		 "\"0000000000000000000000000000000000000000000000000000000000000000\""},
		{"pubkey", "\"" FACT_PUB2 "\""},
		{"created_at", "1790000001"},
		{"kind", "2"},
		{"tags", "[[]]"},
		{"content", "\"hello \""},
	};
	auto_nevent struct nevent *ev = parse(FACT_EVENT_PLAIN);
	struct lerr err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		auto_free char *text = altered(changes[i][0], changes[i][1]);
		auto_nevent struct nevent *other = parse(text);

		assert_int_equal(nevent_check_id(other, &err), LERR_DENIED);
		assert_has(err.msg, "id does not fit");
		assert_int_equal(nevent_verify(other, &err), LERR_DENIED);
	}
	ev->sig[63] ^= 1;
	assert_int_equal(nevent_check_id(ev, &err), LERR_OK);
	assert_int_equal(nevent_verify(ev, &err), LERR_DENIED);
	assert_has(err.msg, "signature");
}

static char *with_tags(size_t ntags, size_t nvalues, size_t content)
{
	struct buf b = BUF_INIT(10 * CAP_EVENT_BYTES);

	buf_add_c(&b, "{\"tags\":[");
	for (size_t i = 0; i < ntags; i++) {
		buf_add_c(&b, i ? ",[" : "[");
		for (size_t k = 0; k < nvalues; k++)
			buf_add_c(&b, k ? ",\"\"" : "\"\"");
		buf_add_char(&b, ']');
	}
	buf_add_c(&b, "],\"content\":\"");
	for (size_t i = 0; i < content; i++)
		buf_add_char(&b, 'x');
	buf_addf(&b, "\",\"id\":\"%s\",\"pubkey\":\"%s\",\"created_at\":1,\"kind\":1,",
		 FACT_PUB1, FACT_PUB1);
	buf_addf(&b, "\"sig\":\"%s%s\"}", FACT_PUB1, FACT_PUB1);
	return buf_take(&b);
}

static enum lerr_code try(char *text)
{
	struct nevent *ev = NULL;
	enum lerr_code rc = nevent_parse(&ev, str_of(text), NULL);

	nevent_free(ev);
	mem_free(text);
	return rc;
}

static void numbers_and_sizes_have_limits(void **state)
{
	(void)state;
	assert_int_equal(try(with_tags(CAP_EVENT_TAGS, 1, 0)), LERR_OK);
	assert_int_equal(try(with_tags(CAP_EVENT_TAGS + 1, 0, 0)), LERR_LIMIT);
	assert_int_equal(try(with_tags(1, CAP_EVENT_TAG_ITEMS, 0)), LERR_OK);
	assert_int_equal(try(with_tags(1, CAP_EVENT_TAG_ITEMS + 1, 0)), LERR_LIMIT);
	assert_int_equal(try(with_tags(2, CAP_EVENT_TAG_ITEMS / 2 + 1, 0)), LERR_LIMIT);
	assert_int_equal(try(with_tags(0, 0, CAP_EVENT_BYTES - 1000)), LERR_OK);
	assert_int_equal(try(with_tags(0, 0, CAP_EVENT_BYTES)), LERR_LIMIT);
}

/* The largest text that there is, all of it escapes, still has an id. */
static void the_largest_event_can_be_hashed(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	char *content = mem_zalloc(CAP_EVENT_BYTES);
	struct id32 pub = unit_id(FACT_PUB1);
	auto_nevent struct nevent *ev = NULL;

	(void)state;
	for (int i = 0; i < CAP_EVENT_TAGS; i++)
		ntags_add(tags, (struct str[]){{"", 0}, {"", 0}}, 2);
	ev = nevent_make(&pub, CAP_CREATED_AT, 65535, tags,
			 (struct str){content, CAP_EVENT_BYTES});
	assert_int_equal(nevent_check_id(ev, NULL), LERR_OK);
	mem_free(content);
}

static void tags_are_found_by_name(void **state)
{
	static const char tags[] =
		"[[],[\"e\"],[\"p\",\"one\"],[\"p\",\"two\"],"
		"[\"t\",\"\"],[\"P\",\"x\"],[\"k\",\"" FACT_PUB1 "\"]]";
	auto_free char *text = altered("tags", tags);
	auto_nevent struct nevent *ev = parse(text);
	struct id32 want = unit_id(FACT_PUB1);
	struct id32 id;
	struct str v = STR_LIT("before");

	(void)state;
	assert_true(nevent_tag(ev, "p", &v));
	assert_str(v, "one");
	/* the first e has no value, and none behind it counts */
	assert_false(nevent_tag(ev, "e", &v));
	assert_false(nevent_tag(ev, "", &v));
	assert_str(v, "one");
	assert_true(nevent_tag(ev, "t", &v));
	assert_str(v, "");
	assert_false(nevent_tag_id32(ev, "p", &id));
	assert_true(nevent_tag_id32(ev, "k", &id));
	assert_true(id32_eq(&id, &want));
	assert_int_equal(nevent_count_tags(ev, "p"), 2);
	assert_int_equal(nevent_count_tags(ev, "e"), 1);
	assert_int_equal(nevent_count_tags(ev, "x"), 0);
	assert_true(nevent_has_tag(ev, "p", STR_LIT("two")));
	assert_false(nevent_has_tag(ev, "p", STR_LIT("three")));
	assert_false(nevent_has_tag(ev, "e", STR_LIT("")));
	assert_true(nevent_has_tag(ev, "t", STR_LIT("")));
}

static void what_we_build_has_the_id_that_others_compute(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *want = parse(FACT_EVENT_JOB);
	auto_nevent struct nevent *ev = NULL;
	struct nsign_key key;
	uint8_t sig[64];

	(void)state;
	ntags_add_c(tags, "p", FACT_PUB1, NULL);
	ntags_add(tags,
		  (struct str[]){STR_LIT("cmd"), STR_LIT("sh"), STR_LIT("-c"),
				 STR_LIT("echo hi")},
		  4);
	ntags_add_c(tags, "t", "a", NULL);
	ntags_add_c(tags, "t", "b", NULL);
	ev = nevent_make(&want->pubkey, 1790000001, NKIND_JOB, tags, STR_LIT("in"));
	assert_true(id32_eq(&ev->id, &want->id));
	assert_int_equal(nevent_verify(ev, NULL), LERR_DENIED);
	assert_int_equal(nsign_parse(&key, STR_LIT(FACT_KEY2), NULL), LERR_OK);
	nsign_sign(sig, &key, &ev->id);
	nevent_set_sig(ev, sig);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
}

static void an_event_without_tags_can_be_built(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *want = parse(FACT_EVENT_PLAIN);
	auto_nevent struct nevent *ev =
		nevent_make(&want->pubkey, 1790000000, 1, tags, STR_LIT("hello"));

	(void)state;
	assert_true(id32_eq(&ev->id, &want->id));
}

static void kinds_have_classes(void **state)
{
	static const struct {
		uint32_t kind;
		char class; /* r, e, a or blank */
	} kinds[] = {
		{0, 'r'},     {1, ' '},     {2, ' '},     {3, 'r'},     {4, ' '},
		{9999, ' '},  {10000, 'r'}, {19999, 'r'}, {20000, 'e'}, {29999, 'e'},
		{30000, 'a'}, {39999, 'a'}, {40000, ' '}, {65535, ' '}, {5100, ' '},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		assert_int_equal(nevent_is_replaceable(kinds[i].kind),
				 kinds[i].class == 'r');
		assert_int_equal(nevent_is_ephemeral(kinds[i].kind),
				 kinds[i].class == 'e');
		assert_int_equal(nevent_is_addressable(kinds[i].kind),
				 kinds[i].class == 'a');
	}
}

static void too_many_tags(void *arg)
{
	for (int i = 0; i <= CAP_EVENT_TAGS; i++)
		ntags_add_c(arg, "t", NULL);
}

static void a_tag_without_name(void *arg)
{
	ntags_add(arg, NULL, 0);
}

static void building_beyond_our_own_caps_panics(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();

	(void)state;
	assert_true(unit_panics(too_many_tags, tags));
	assert_true(unit_panics(a_tag_without_name, tags));
}

static void a_copy_is_the_same_event_without_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		struct nevent *ev = parse(facts[i]);
		auto_nevent struct nevent *copy = nevent_copy(ev);
		auto_buf struct buf out = BUF_INIT(CAP_EVENT_BYTES);

		nevent_free(ev);
		nevent_write(&out, copy);
		assert_buf(out, facts[i]);
		assert_int_equal(nevent_verify(copy, NULL), LERR_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_events_verify_and_are_written_as_they_came),
		cmocka_unit_test(fields_are_what_the_text_says),
		cmocka_unit_test(spelling_does_not_matter),
		cmocka_unit_test(every_field_must_be_there_and_have_its_type),
		cmocka_unit_test(altered_fields_do_not_verify),
		cmocka_unit_test(numbers_and_sizes_have_limits),
		cmocka_unit_test(the_largest_event_can_be_hashed),
		cmocka_unit_test(tags_are_found_by_name),
		cmocka_unit_test(what_we_build_has_the_id_that_others_compute),
		cmocka_unit_test(an_event_without_tags_can_be_built),
		cmocka_unit_test(kinds_have_classes),
		cmocka_unit_test(building_beyond_our_own_caps_panics),
		cmocka_unit_test(a_copy_is_the_same_event_without_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
