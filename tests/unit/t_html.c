/* SPDX-License-Identifier: MIT */
/* html.c: nothing that is text becomes markup. */
#include "config.h"

#include "fcgi/html.h"

#include "tests/unit/unit.h"

static void text_stays_text(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} all[] = {
		{{"", 0}, ""},
		{{"plain", 5}, "plain"},
		{{"<script>", 8}, "&lt;script&gt;"},
		{{"a&b", 3}, "a&amp;b"},
		{{"&lt;", 4}, "&amp;lt;"},
		{{"\"'", 2}, "&quot;&#39;"},
		{{"<!--# x -->", 11}, "&lt;!--# x --&gt;"},
		{{"a\0b\x1f\x7f\n", 6}, "a b   "},
		{{"\xc3\xa9\xe2\x80\xae", 5}, "\xc3\xa9\xe2\x80\xae"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		auto_buf struct buf out = BUF_INIT(100);

		html_text(&out, all[i].in);
		assert_buf(out, all[i].out);
		buf_reset(&out);
		html_attr(&out, all[i].in);
		assert_buf(out, all[i].out);
	}
}

static void foreign_text_is_kept_apart(void **state)
{
	auto_buf struct buf out = BUF_INIT(100);

	(void)state;
	html_foreign(&out, STR_LIT("</bdi>"));
	assert_buf(out, "<bdi>&lt;/bdi&gt;</bdi>");
}

static void times_are_utc(void **state)
{
	static const struct {
		uint64_t t;
		const char *out;
	} all[] = {
		{1, "<time datetime=\"1970-01-01T00:00:01Z\">1970-01-01 00:00:01</time>"},
		{253402300799, "<time datetime=\"9999-12-31T23:59:59Z\">"
			       "9999-12-31 23:59:59</time>"},
		{0, "–"},
		{253402300800, "–"},
		{UINT64_MAX, "–"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		auto_buf struct buf out = BUF_INIT(100);

		html_time(&out, all[i].t);
		assert_buf(out, all[i].out);
	}
}

static void durations_have_two_units(void **state)
{
	static const struct {
		uint64_t s;
		const char *out;
	} all[] = {
		{0, "0 s"},         {59, "59 s"},           {60, "1 min"},
		{61, "1 min 1 s"},  {3599, "59 min 59 s"},  {3600, "1 h"},
		{3659, "1 h"},      {3660, "1 h 1 min"},    {86399, "23 h 59 min"},
		{90000, "1 d 1 h"}, {86400 * 400, "400 d"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		auto_buf struct buf out = BUF_INIT(100);

		html_duration(&out, all[i].s);
		assert_buf(out, all[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(foreign_text_is_kept_apart),
		cmocka_unit_test(times_are_utc),
		cmocka_unit_test(durations_have_two_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
