/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nframe.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/utf8.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ID "891440638b5d6158c12ab88d213ff26601bd4b52e21b0e4c877157d143820a2d"

struct parsed {
	struct nframe f;
	struct nframe_fault fault;
	struct lerr err;
	enum lerr_code rc;
};

static struct parsed parse(enum nframe_side side, const char *text)
{
	struct parsed p = {0};

	p.rc = nframe_parse(&p.f, &p.fault, side, str_of(text), CAP_FRAME_BYTES, &p.err);
	return p;
}

static struct parsed parse_good(enum nframe_side side, const char *text,
				enum nframe_type want)
{
	struct parsed p = parse(side, text);

	if (p.rc)
		fail_msg("%s: %s", text, p.err.msg);
	assert_int_equal(p.f.type, want);
	return p;
}

static void clients_say_six_things(void **state)
{
	struct parsed p = parse_good(NFRAME_FROM_CLIENT, "[\"EVENT\"," FACT_EVENT_JOB "]",
				     NFRAME_C_EVENT);

	(void)state;
	assert_int_equal(p.f.event->kind, 5100);
	assert_int_equal(nevent_verify(p.f.event, NULL), LERR_OK);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_CLIENT, "[\"AUTH\"," FACT_EVENT_PLAIN "]",
		       NFRAME_C_AUTH);
	assert_non_null(p.f.event);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_CLIENT,
		       " [ \"REQ\" , \"s:\\\"1\" , {\"kinds\":[1]} , {} ]", NFRAME_C_REQ);
	assert_str(p.f.sub, "s:\"1");
	assert_int_equal(p.f.nfilters, 2);
	assert_int_equal(p.f.filters[0]->nkinds, 1);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_CLIENT, "[\"CLOSE\",\"s\"]", NFRAME_C_CLOSE);
	assert_str(p.f.sub, "s");
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_CLIENT, "[\"COUNT\",\"s\",{\"search\":1}]",
		       NFRAME_C_COUNT);
	assert_str(p.f.sub, "s");
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_CLIENT, "[\"NEG-OPEN\",\"s\",{},\"61\"]",
		       NFRAME_C_NEG);
	assert_str(p.f.sub, "s");
	nframe_wipe(&p.f);
}

static void relays_say_six_things(void **state)
{
	struct parsed p =
		parse_good(NFRAME_FROM_RELAY, "[\"EVENT\",\"s\"," FACT_EVENT_PLAIN "]",
			   NFRAME_R_EVENT);

	(void)state;
	assert_str(p.f.sub, "s");
	assert_str(p.f.event->content, "hello");
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"OK\",\"" ID "\",false,\"blocked: no\"]",
		       NFRAME_R_OK);
	assert_string_equal(id32_hex(&p.f.id).c, ID);
	assert_false(p.f.accepted);
	assert_str(p.f.text, "blocked: no");
	nframe_wipe(&p.f);
	/* not every relay sends the fourth element */
	p = parse_good(NFRAME_FROM_RELAY, "[\"OK\",\"" ID "\",true]", NFRAME_R_OK);
	assert_true(p.f.accepted);
	assert_int_equal(p.f.text.n, 0);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"EOSE\",\"s\"]", NFRAME_R_EOSE);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"CLOSED\",\"s\",\"error: x\"]",
		       NFRAME_R_CLOSED);
	assert_str(p.f.text, "error: x");
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"CLOSED\",\"s\"]", NFRAME_R_CLOSED);
	assert_int_equal(p.f.text.n, 0);
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"NOTICE\",\"hi\"]", NFRAME_R_NOTICE);
	assert_str(p.f.text, "hi");
	nframe_wipe(&p.f);
	p = parse_good(NFRAME_FROM_RELAY, "[\"AUTH\",\"c1\"]", NFRAME_R_AUTH);
	assert_str(p.f.text, "c1");
	nframe_wipe(&p.f);
}

static void other_words_are_unknown_not_wrong(void **state)
{
	static const enum nframe_side sides[] = {NFRAME_FROM_CLIENT, NFRAME_FROM_RELAY};
	static const char *const words[] = {"[\"HELLO\",1,{}]", "[\"event\"]", "[\"\"]"};

	(void)state;
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			struct parsed p = parse_good(sides[s], words[i], NFRAME_UNKNOWN);

			nframe_wipe(&p.f);
		}
	}
	{
		/* one side's words are unknown to the other */
		struct parsed p = parse_good(NFRAME_FROM_RELAY, "[\"REQ\",\"s\",{}]",
					     NFRAME_UNKNOWN);

		assert_str(p.f.text, "REQ");
		nframe_wipe(&p.f);
	}
}

static void what_is_no_frame_is_refused(void **state)
{
	static const char *const bad[] = {"",    "{}",   "1",      "\"EVENT\"",  "[]",
					  "[1]", "[[]]", "[null]", "[\"EVENT\"", "x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct parsed p = parse(NFRAME_FROM_CLIENT, bad[i]);

		assert_int_equal(p.rc, LERR_INPUT);
		assert_false(p.fault.has_type || p.fault.has_sub || p.fault.has_id);
		nframe_wipe(&p.f);
	}
}

static void a_fault_says_whom_to_answer(void **state)
{
	static const struct {
		enum nframe_side side;
		const char *text;
		enum nframe_type type;
		bool has_sub;
		bool has_id;
	} bad[] = {
		{NFRAME_FROM_CLIENT, "[\"EVENT\"]", NFRAME_C_EVENT, false, false},
		{NFRAME_FROM_CLIENT, "[\"EVENT\",1]", NFRAME_C_EVENT, false, false},
		{NFRAME_FROM_CLIENT, "[\"EVENT\",{}]", NFRAME_C_EVENT, false, false},
		{NFRAME_FROM_CLIENT, "[\"EVENT\",{\"id\":\"" ID "\"}]", NFRAME_C_EVENT,
		 false, true},
		{NFRAME_FROM_CLIENT, "[\"EVENT\",{\"id\":\"" ID "\",\"kind\":1.5}]",
		 NFRAME_C_EVENT, false, true},
		{NFRAME_FROM_CLIENT, "[\"AUTH\",{\"id\":\"" ID "\",\"kind\":-1}]",
		 NFRAME_C_AUTH, false, true},
		{NFRAME_FROM_CLIENT, "[\"REQ\"]", NFRAME_C_REQ, false, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",\"\",{}]", NFRAME_C_REQ, false, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",7,{}]", NFRAME_C_REQ, false, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",\"s\"]", NFRAME_C_REQ, true, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",\"s\",[]]", NFRAME_C_REQ, true, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",\"s\",{},{\"search\":\"x\"}]",
		 NFRAME_C_REQ, true, false},
		{NFRAME_FROM_CLIENT, "[\"REQ\",\"s\",{\"since\":1.5}]", NFRAME_C_REQ,
		 true, false},
		{NFRAME_FROM_CLIENT, "[\"CLOSE\",null]", NFRAME_C_CLOSE, false, false},
		{NFRAME_FROM_RELAY, "[\"EVENT\",\"s\",{\"id\":\"" ID "\"}]",
		 NFRAME_R_EVENT, true, true},
		{NFRAME_FROM_RELAY, "[\"OK\",\"" ID "\",\"true\",\"\"]", NFRAME_R_OK,
		 false, true},
		{NFRAME_FROM_RELAY, "[\"OK\",\"x\",true,\"\"]", NFRAME_R_OK, false,
		 false},
		{NFRAME_FROM_RELAY, "[\"NOTICE\"]", NFRAME_R_NOTICE, false, false},
		{NFRAME_FROM_RELAY, "[\"AUTH\",{}]", NFRAME_R_AUTH, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct parsed p = parse(bad[i].side, bad[i].text);

		if (p.rc != LERR_INPUT)
			fail_msg("taken: %s", bad[i].text);
		assert_true(p.fault.has_type);
		assert_int_equal(p.f.type, bad[i].type);
		if (p.fault.has_sub != bad[i].has_sub || p.fault.has_id != bad[i].has_id)
			fail_msg("fault of %s", bad[i].text);
		if (p.fault.has_sub)
			assert_str(p.f.sub, "s");
		if (p.fault.has_id)
			assert_string_equal(id32_hex(&p.f.id).c, ID);
		nframe_wipe(&p.f);
	}
}

static void a_subscription_id_has_at_most_64_bytes(void **state)
{
	char text[120];

	(void)state;
	for (size_t n = CAP_SUBID_BYTES; n <= CAP_SUBID_BYTES + 1; n++) {
		struct parsed p;

		memcpy(text, "[\"CLOSE\",\"", 10);
		memset(text + 10, 's', n);
		memcpy(text + 10 + n, "\"]", 3);
		p = parse(NFRAME_FROM_CLIENT, text);
		assert_int_equal(p.rc, n > CAP_SUBID_BYTES ? LERR_INPUT : LERR_OK);
		nframe_wipe(&p.f);
	}
}

static void filters_of_one_request_have_a_limit(void **state)
{
	auto_buf struct buf text = BUF_INIT(1000);
	struct parsed p;

	(void)state;
	buf_add_c(&text, "[\"REQ\",\"s\"");
	for (int i = 0; i < CAP_FILTERS; i++)
		buf_add_c(&text, ",{}");
	buf_add_c(&text, "]");
	p = parse_good(NFRAME_FROM_CLIENT, text.p, NFRAME_C_REQ);
	assert_int_equal(p.f.nfilters, CAP_FILTERS);
	nframe_wipe(&p.f);
	text.n--;
	buf_add_c(&text, ",{}]");
	p = parse(NFRAME_FROM_CLIENT, text.p);
	assert_int_equal(p.rc, LERR_LIMIT);
	assert_true(p.fault.has_sub);
	nframe_wipe(&p.f);
}

static void a_frame_over_the_given_size_is_refused(void **state)
{
	struct nframe f;
	struct nframe_fault fault;

	(void)state;
	assert_int_equal(nframe_parse(&f, &fault, NFRAME_FROM_RELAY,
				      STR_LIT("[\"NOTICE\",\"x\"]"), 13, NULL),
			 LERR_LIMIT);
	nframe_wipe(&f);
}

static void long_texts_are_clipped_at_a_character(void **state)
{
	auto_buf struct buf text = BUF_INIT(10000);
	struct parsed p;

	(void)state;
	buf_add_c(&text, "[\"NOTICE\",\"x");
	for (int i = 0; i < 1000; i++)
		buf_add_c(&text, "\xc3\xa9");
	buf_add_c(&text, "\"]");
	p = parse_good(NFRAME_FROM_RELAY, text.p, NFRAME_R_NOTICE);
	assert_int_equal(p.f.text.n, CAP_REASON_BYTES - 1);
	assert_true(utf8_valid(p.f.text));
	nframe_wipe(&p.f);
	memcpy(text.p, "[\"AUTH\"  ,", 10);
	p = parse_good(NFRAME_FROM_RELAY, text.p, NFRAME_R_AUTH);
	assert_int_equal(p.f.text.n, CAP_CHALLENGE_BYTES - 1);
	nframe_wipe(&p.f);
}

static void wiping_twice_is_safe(void **state)
{
	struct parsed p = parse(NFRAME_FROM_CLIENT, "[\"REQ\",\"s\",{},{\"x\":1}]");

	(void)state;
	assert_int_equal(p.f.nfilters, 1);
	nframe_wipe(&p.f);
	nframe_wipe(&p.f);
}

static void reasons_are_read_in_any_case(void **state)
{
	static const struct {
		const char *text;
		enum nframe_reason reason;
	} cases[] = {
		{"", NREASON_NONE},
		{"no prefix here", NREASON_NONE},
		{"something: else", NREASON_NONE},
		{":", NREASON_NONE},
		{"blocked", NREASON_NONE},
		{"blocked:", NREASON_BLOCKED},
		{"BLOCKED: x", NREASON_BLOCKED},
		{"blocked : x", NREASON_NONE},
		{"ERROR: bad req: x", NREASON_ERROR},
		{"Rate-Limited: x", NREASON_RATE_LIMITED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(nframe_reason(str_of(cases[i].text)), cases[i].reason);
	for (int r = NREASON_NONE + 1; r <= NREASON_DELETED; r++) {
		auto_buf struct buf text = BUF_INIT(100);

		buf_addf(&text, "%s: x", nframe_reason_word((enum nframe_reason)r));
		assert_int_equal(nframe_reason(buf_str(&text)), r);
	}
	assert_string_equal(nframe_reason_word(NREASON_NONE), "");
}

static void frames_are_written_without_blanks(void **state)
{
	auto_buf struct buf out = BUF_INIT(10000);
	struct id32 id = unit_id(ID);
	struct parsed req = parse_good(NFRAME_FROM_CLIENT,
				       "[\"REQ\",\"s\",{\"limit\":1},{}]", NFRAME_C_REQ);

	(void)state;
	nframe_write_event(&out, STR_LIT("{}"));
	nframe_write_sub_event(&out, STR_LIT("a\"b"), STR_LIT("{\"id\":1}"));
	nframe_write_req(&out, STR_LIT("s"), req.f.filters, req.f.nfilters);
	nframe_write_close(&out, STR_LIT("s"));
	nframe_write_auth(&out, STR_LIT("{}"));
	nframe_write_challenge(&out, STR_LIT("c"));
	nframe_write_ok(&out, &id, true, STR_LIT(""));
	nframe_write_ok(&out, &id, false, STR_LIT("error: \n"));
	nframe_write_eose(&out, STR_LIT("s"));
	nframe_write_closed(&out, STR_LIT("s"), STR_LIT("t"));
	nframe_write_notice(&out, STR_LIT("n"));
	assert_buf(out, "[\"EVENT\",{}]"
			"[\"EVENT\",\"a\\\"b\",{\"id\":1}]"
			"[\"REQ\",\"s\",{\"limit\":1},{}]"
			"[\"CLOSE\",\"s\"]"
			"[\"AUTH\",{}]"
			"[\"AUTH\",\"c\"]"
			"[\"OK\",\"" ID "\",true,\"\"]"
			"[\"OK\",\"" ID "\",false,\"error: \\n\"]"
			"[\"EOSE\",\"s\"]"
			"[\"CLOSED\",\"s\",\"t\"]"
			"[\"NOTICE\",\"n\"]");
	nframe_wipe(&req.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_say_six_things),
		cmocka_unit_test(relays_say_six_things),
		cmocka_unit_test(other_words_are_unknown_not_wrong),
		cmocka_unit_test(what_is_no_frame_is_refused),
		cmocka_unit_test(a_fault_says_whom_to_answer),
		cmocka_unit_test(a_subscription_id_has_at_most_64_bytes),
		cmocka_unit_test(filters_of_one_request_have_a_limit),
		cmocka_unit_test(a_frame_over_the_given_size_is_refused),
		cmocka_unit_test(long_texts_are_clipped_at_a_character),
		cmocka_unit_test(wiping_twice_is_safe),
		cmocka_unit_test(reasons_are_read_in_any_case),
		cmocka_unit_test(frames_are_written_without_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
