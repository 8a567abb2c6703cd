/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nfilter.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <jansson.h>

static enum lerr_code parse(struct nfilter **out, const char *text, struct lerr *err)
{
	auto_json json_t *obj = NULL;
	enum lerr_code rc = jsonx_load(&obj, str_of(text), 1000000, JSONX_UINTS, err);

	return rc ? rc : nfilter_from_json(out, obj, err);
}

static bool matches(const char *filter, const struct nevent *ev)
{
	struct nfilter *f = NULL;
	struct nfilter_index *x;
	struct lerr err = {0};
	bool yes;

	if (parse(&f, filter, &err))
		fail_msg("%s: %s", filter, err.msg);
	yes = nfilter_matches(f, ev);
	x = nfilter_index_new(ev);
	assert_int_equal(nfilter_finds(f, x), yes);
	nfilter_index_free(x);
	nfilter_free(f);
	return yes;
}

static void events_match_or_do_not(void **state)
{
	/* against the job request of facts.h */
	static const struct {
		const char *filter;
		bool yes;
	} cases[] = {
		{"{}", true},
		{"{\"kinds\":[5100]}", true},
		{"{\"kinds\":[1,5100]}", true},
		{"{\"kinds\":[1]}", false},
		{"{\"kinds\":[]}", false},
		{"{\"authors\":[\"" FACT_PUB2 "\"]}", true},
		{"{\"authors\":[\"" FACT_PUB1 "\"]}", false},
		{"{\"authors\":[]}", false},
		{"{\"ids\":[\"ebbc326a68b34538544a4e68f24556950df277379a62523fcff1647e64e"
		 "70141\"]}",
		 true},
		{"{\"ids\":[\"" FACT_PUB1 "\"]}", false},
		{"{\"ids\":[]}", false},
		{"{\"#p\":[\"" FACT_PUB1 "\"]}", true},
		{"{\"#p\":[\"" FACT_PUB2 "\",\"" FACT_PUB1 "\"]}", true},
		{"{\"#p\":[\"" FACT_PUB2 "\"]}", false},
		{"{\"#p\":[]}", false},
		{"{\"#e\":[\"" FACT_PUB1 "\"]}", false},
		{"{\"#t\":[\"b\"]}", true},
		{"{\"#t\":[\"c\",\"a\"]}", true},
		{"{\"#t\":[\"\"]}", false},
		{"{\"#T\":[\"a\"]}", false},
		{"{\"#t\":[\"a\"],\"#p\":[\"" FACT_PUB2 "\"]}", false},
		{"{\"since\":1790000001,\"until\":1790000001}", true},
		{"{\"since\":1790000002}", false},
		{"{\"until\":1790000000}", false},
		{"{\"since\":0,\"until\":9223372036854775807}", true},
		{"{\"limit\":0}", true},
		{"{\"kinds\":[5100],\"authors\":[\"" FACT_PUB1 "\"]}", false},
	};
	auto_nevent struct nevent *ev = NULL;

	(void)state;
	assert_int_equal(nevent_parse(&ev, STR_LIT(FACT_EVENT_JOB), NULL), LERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (matches(cases[i].filter, ev) != cases[i].yes)
			fail_msg("%s", cases[i].filter);
}

static void only_the_first_value_of_a_tag_counts(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 pub = unit_id(FACT_PUB1);
	auto_nevent struct nevent *ev = NULL;

	(void)state;
	ntags_add_c(tags, "t", "a", "b", NULL);
	ntags_add_c(tags, "x", NULL);
	ntags_add_c(tags, "title", "c", NULL);
	ev = nevent_make(&pub, 1, 1, tags, STR_LIT(""));
	assert_true(matches("{\"#t\":[\"a\"]}", ev));
	assert_false(matches("{\"#t\":[\"b\"]}", ev));
	assert_false(matches("{\"#t\":[\"c\"]}", ev));
	assert_false(matches("{\"#x\":[\"\"]}", ev));
}

static void what_is_no_filter_is_refused_by_name(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"[]", "object"},
		{"1", "object"},
		{"{\"search\":\"x\"}", "'search'"},
		{"{\"#\":[]}", "'#'"},
		{"{\"#tt\":[]}", "'#tt'"},
		{"{\"#1\":[]}", "'#1'"},
		{"{\"&t\":[]}", "'&t'"},
		{"{\"\":[]}", "''"},
		{"{\"ids\":\"x\"}", "ids"},
		{"{\"ids\":[1]}", "ids"},
		{"{\"ids\":[\"891440\"]}", "ids"},
		{"{\"authors\":[\"ABCDEF000000000000000000000000000000000000000000000000"
		 "0000000000\"]}",
		 "authors"},
		{"{\"kinds\":[65536]}", "kinds"},
		{"{\"kinds\":[\"1\"]}", "kinds"},
		{"{\"kinds\":1}", "kinds"},
		{"{\"#e\":[\"x\"]}", "#e"},
		{"{\"#p\":[\"\"]}", "#p"},
		{"{\"#t\":[1]}", "#t"},
		{"{\"#t\":{}}", "#t"},
		{"{\"since\":\"1\"}", "since"},
		{"{\"until\":true}", "until"},
		{"{\"limit\":null}", "limit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct nfilter *f = NULL;
		struct lerr err = {0};

		if (parse(&f, bad[i].text, &err) != LERR_INPUT)
			fail_msg("taken: %s", bad[i].text);
		assert_null(f);
		assert_has(err.msg, bad[i].why);
	}
}

static char *with_values(size_t n)
{
	struct buf b = BUF_INIT(100000);

	buf_add_c(&b, "{\"kinds\":[");
	for (size_t i = 0; i < n / 2; i++)
		buf_addf(&b, "%s%zu", i ? "," : "", i);
	buf_add_c(&b, "],\"#t\":[");
	for (size_t i = 0; i < n - n / 2; i++)
		buf_addf(&b, "%s\"%zu\"", i ? "," : "", i);
	buf_add_c(&b, "]}");
	return buf_take(&b);
}

static void values_of_all_lists_together_have_a_limit(void **state)
{
	auto_free char *most = with_values(CAP_FILTER_VALUES);
	auto_free char *more = with_values(CAP_FILTER_VALUES + 1);
	struct nfilter *f = NULL;

	(void)state;
	assert_int_equal(parse(&f, most, NULL), LERR_OK);
	assert_int_equal(f->nkinds + f->tags[0].n, CAP_FILTER_VALUES);
	nfilter_free(f);
	f = NULL;
	assert_int_equal(parse(&f, more, NULL), LERR_LIMIT);
	assert_null(f);
}

static void filters_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"ids\":[],\"authors\":[],\"kinds\":[]}",
		"{\"ids\":[\"" FACT_PUB1 "\",\"" FACT_PUB2 "\"],\"kinds\":[0,65535],"
		"\"#e\":[],\"#T\":[\"a\\n\\u0000\\\"\",\"\"],\"since\":1,\"until\":2,"
		"\"limit\":0}",
		"{\"#p\":[\"" FACT_PUB1 "\"],\"limit\":500}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_buf struct buf out = BUF_INIT(10000);
		struct nfilter *f = NULL;

		assert_int_equal(parse(&f, texts[i], NULL), LERR_OK);
		buf_add_c(&out, "");
		nfilter_write(&out, f);
		assert_buf(out, texts[i]);
		nfilter_free(f);
	}
}

static void a_filter_is_appended_behind_what_is_there(void **state)
{
	auto_buf struct buf out = BUF_INIT(10000);
	struct nfilter *f = NULL;

	(void)state;
	assert_int_equal(parse(&f, "{\"limit\":1}", NULL), LERR_OK);
	buf_add_c(&out, "[{");
	nfilter_write(&out, f);
	assert_buf(out, "[{{\"limit\":1}");
	nfilter_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_match_or_do_not),
		cmocka_unit_test(only_the_first_value_of_a_tag_counts),
		cmocka_unit_test(what_is_no_filter_is_refused_by_name),
		cmocka_unit_test(values_of_all_lists_together_have_a_limit),
		cmocka_unit_test(filters_are_written_as_they_are_read),
		cmocka_unit_test(a_filter_is_appended_behind_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
