/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "keyd/dispatch.h"
#include "keyd/signev.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"
#include "lib/proto/schnorr.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define NOW 1790000000u
#define E "[\"e\",\"" FACT_PUB1 "\"]"
#define P "[\"p\",\"" FACT_PUB2 "\"]"
#define D "[\"d\",\"" FACT_PUB1 "\"]"
#define X "[\"x\",\"" FACT_PUB1 "\"]"
#define T "[\"t\",\"upload\"]"
#define EXPIRES "[\"expiration\",\"1790003600\"]"

static struct keyring *keys;

static int make(void **state)
{
	struct nsign_key key;

	(void)state;
	if (keyring_new(&keys, NULL) || nsign_parse(&key, STR_LIT(FACT_KEY1), NULL) ||
	    keyring_set(&keys->worker, &key, NULL) ||
	    nsign_parse(&key, STR_LIT(FACT_KEY2), NULL) ||
	    keyring_set(&keys->upload, &key, NULL))
		return -1;
	return 0;
}

static int drop(void **state)
{
	(void)state;
	keyring_free(keys);
	return 0;
}

static enum lerr_code sign(struct ipckey_signed *out, uint64_t kind, uint64_t created_at,
			   const char *tags, const char *content, struct lerr *err)
{
	auto_free char *tags_copy = mem_strdup(tags);
	auto_free char *content_copy = mem_strdup(content);
	struct ipckey_sign req = {kind, created_at, tags_copy, content_copy};

	return signev_sign(out, keys, &req, NOW, err);
}

static void accepts(uint64_t kind, const char *tags, const char *content)
{
	struct ipckey_signed out;
	struct lerr err = {0};

	if (sign(&out, kind, NOW, tags, content, &err))
		fail_msg("%u %s: %s", (unsigned int)kind, tags, err.msg);
}

static void refuses(uint64_t kind, const char *tags, const char *content)
{
	struct ipckey_signed out;
	struct lerr err = {0};

	if (sign(&out, kind, NOW, tags, content, &err) != LERR_INPUT)
		fail_msg("%u takes %s %s", (unsigned int)kind, tags, content);
	assert_true(err.msg[0] != '\0');
}

static void the_signature_is_of_the_event_that_the_fields_make(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	struct ipckey_signed out;

	(void)state;
	assert_int_equal(sign(&out, NKIND_RESULT, NOW,
			      "[" E "," P ",[\"error\",\"a\\n\\u00e9\"]]", "", NULL),
			 LERR_OK);
	ntags_add_c(tags, "e", FACT_PUB1, NULL);
	ntags_add_c(tags, "p", FACT_PUB2, NULL);
	ntags_add_c(tags, "error", "a\n\xc3\xa9", NULL);
	ev = nevent_make(&keys->worker.pubkey, NOW, NKIND_RESULT, tags, STR_LIT(""));
	assert_true(id32_eq(&ev->id, &out.id));
	nevent_set_sig(ev, out.sig.b);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
}

static void asked_again_it_signs_the_same_id(void **state)
{
	struct ipckey_signed a;
	struct ipckey_signed b;

	(void)state;
	assert_int_equal(sign(&a, NKIND_RESULT, NOW, "[" E "," P "]", "", NULL), LERR_OK);
	assert_int_equal(sign(&b, NKIND_RESULT, NOW, "[" E "," P "]", "", NULL), LERR_OK);
	assert_true(id32_eq(&a.id, &b.id));
}

static void a_result_has_one_e_and_one_p(void **state)
{
	(void)state;
	accepts(5101, "[" E "," P "]", "");
	accepts(5101, "[[\"success\",\"true\"]," P "," E "]", "text");
	refuses(5101, "[]", "");
	refuses(5101, "[" E "]", "");
	refuses(5101, "[" P "]", "");
	refuses(5101, "[" E "," E "," P "]", "");
	refuses(5101, "[" E "," P "," P "]", "");
	refuses(5101, "[" E ",[\"p\"]]", "");
	refuses(5101, "[" E ",[\"p\",\"alice\"]]", "");
	refuses(5101, "[[\"e\",\"\"]," P "]", "");
}

static void a_status_has_one_d_one_e_of_the_same_job_and_one_p(void **state)
{
	(void)state;
	accepts(30100, "[" D "," E "," P ",[\"status\",\"running\"]]", "");
	refuses(30100, "[" D "," E "]", "");
	refuses(30100, "[" D "," P "]", "");
	refuses(30100, "[" E "," P "]", "");
	refuses(30100, "[" D "," D "," E "," P "]", "");
	refuses(30100, "[[\"d\",\"" FACT_PUB2 "\"]," E "," P "]", "");
}

static void an_advertisement_has_an_object_as_content(void **state)
{
	(void)state;
	accepts(10100, "[]", "{\"name\":\"x\",\"load\":0.5}");
	refuses(10100, "[]", "");
	refuses(10100, "[]", "[]");
	refuses(10100, "[]", "{");
	refuses(10100, "[]", "{}x");
}

static void a_relay_list_has_relays_and_nothing_else(void **state)
{
	(void)state;
	accepts(10002,
		"[[\"r\",\"wss://a.example\"],[\"r\",\"ws://127.0.0.1:1\",\"write\"]]",
		"");
	refuses(10002, "[]", "");
	refuses(10002, "[[\"r\",\"wss://a\"]]", "text");
	refuses(10002, "[[\"r\"]]", "");
	refuses(10002, "[[\"r\",\"https://a\"]]", "");
	refuses(10002, "[[\"r\",\"wss://a b\"]]", "");
	refuses(10002, "[[\"r\",\"wss://a\"],[\"p\",\"x\"]]", "");
}

static void an_upload_is_bounded_in_what_and_when(void **state)
{
	(void)state;
	accepts(24242, "[" T "," X "," EXPIRES "]", "Upload");
	accepts(24242, "[" T ",[\"t\",\"media\"]," X "," X "," EXPIRES "]", "Upload");
	refuses(24242, "[" T "," X "," EXPIRES "]", "");
	refuses(24242, "[" X "," EXPIRES "]", "Upload");
	refuses(24242, "[" T "," EXPIRES "]", "Upload");
	refuses(24242, "[" T "," X "]", "Upload");
	refuses(24242, "[[\"t\",\"delete\"]," X "," EXPIRES "]", "Upload");
	refuses(24242, "[" T ",[\"t\",\"delete\"]," X "," EXPIRES "]", "Upload");
	refuses(24242, "[" T ",[\"t\"]," X "," EXPIRES "]", "Upload");
	refuses(24242, "[" T ",[\"x\",\"abc\"]," EXPIRES "]", "Upload");
	refuses(24242, "[" T "," X ",[\"expiration\",\"1790003601\"]]", "Upload");
	refuses(24242, "[" T "," X ",[\"expiration\",\"-1\"]]", "Upload");
	refuses(24242, "[" T "," X "," EXPIRES "," EXPIRES "]", "Upload");
}

static void uploads_are_signed_by_their_own_key(void **state)
{
	struct ipckey_signed out;

	(void)state;
	assert_int_equal(
		sign(&out, 24242, NOW, "[" T "," X "," EXPIRES "]", "Upload", NULL),
		LERR_OK);
	assert_true(schnorr_verify(&keys->upload.pubkey, out.sig.b, out.id.b, 32));
	assert_false(schnorr_verify(&keys->worker.pubkey, out.sig.b, out.id.b, 32));
}

static void other_kinds_are_not_signed(void **state)
{
	static const uint64_t bad[] = {0, 1, 5, 5100, 5102, 22242, 27235, 10000, 65535};
	struct ipckey_signed out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(signev_is_known(bad[i]));
		assert_int_equal(
			sign(&out, bad[i], NOW, "[" E "," P "," D "]", "{}", NULL),
			LERR_DENIED);
	}
	assert_true(signev_is_known(5101));
}

static void times_are_near_now(void **state)
{
	static const struct {
		uint64_t created_at;
		enum lerr_code rc;
	} cases[] = {
		{NOW + 600, LERR_OK},    {NOW + 601, LERR_DENIED},
		{NOW - 604800, LERR_OK}, {NOW - 604801, LERR_DENIED},
		{0, LERR_DENIED},        {CAP_CREATED_AT, LERR_DENIED},
	};
	struct ipckey_signed out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
			sign(&out, 5101, cases[i].created_at, "[" E "," P "]", "", NULL),
			cases[i].rc);
}

static void what_is_no_list_of_tags_is_refused(void **state)
{
	static const char *const bad[] = {
		"",        "{}",       "7",          "[1]",
		"[\"e\"]", "[[]]",     "[[1]]",      "[[\"e\",1]]",
		"[[[]]]",  "[[\"e\"]", "[[\"e\"]]x", "[[\"\\ud800\"]]",
		"[null]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refuses(5101, bad[i], "");
}

static void too_many_tags_are_refused(void **state)
{
	auto_buf struct buf many = BUF_INIT(100000);
	auto_buf struct buf wide = BUF_INIT(100000);
	struct ipckey_signed out;

	(void)state;
	buf_add_c(&many, "[" E "," P);
	for (int i = 0; i < CAP_EVENT_TAGS; i++)
		buf_add_c(&many, ",[\"a\"]");
	buf_add_c(&many, "]");
	assert_int_equal(sign(&out, 5101, NOW, many.p, "", NULL), LERR_LIMIT);
	buf_add_c(&wide, "[" E "," P ",[\"a\"");
	for (int i = 0; i < CAP_EVENT_TAG_ITEMS; i++)
		buf_add_c(&wide, ",\"\"");
	buf_add_c(&wide, "]]");
	assert_int_equal(sign(&out, 5101, NOW, wide.p, "", NULL), LERR_LIMIT);
}

/* ---- relay challenges */

static enum lerr_code auth(struct ipckey_authed *out, const char *relay,
			   const char *challenge)
{
	auto_free char *relay_copy = mem_strdup(relay);
	auto_free char *challenge_copy = mem_strdup(challenge);
	struct ipckey_auth req = {relay_copy, challenge_copy};

	return signev_auth(out, keys, &req, NOW, NULL);
}

static void a_challenge_is_answered_with_a_whole_event(void **state)
{
	auto_nevent struct nevent *ev = NULL;
	struct ipckey_authed out;
	struct str v;

	(void)state;
	assert_int_equal(auth(&out, "wss://r.example/x", "c\"1"), LERR_OK);
	assert_int_equal(nevent_parse(&ev, str_of(out.event), NULL), LERR_OK);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
	assert_true(id32_eq(&ev->pubkey, &keys->worker.pubkey));
	assert_int_equal(ev->kind, NKIND_AUTH);
	assert_int_equal(ev->created_at, NOW);
	assert_int_equal(ev->ntags, 2);
	assert_true(nevent_tag(ev, "relay", &v));
	assert_str(v, "wss://r.example/x");
	assert_true(nevent_tag(ev, "challenge", &v));
	assert_str(v, "c\"1");
	assert_int_equal(ev->content.n, 0);
	mem_free(out.event);
}

static void odd_challenges_are_not_answered(void **state)
{
	struct ipckey_authed out;

	(void)state;
	assert_int_equal(auth(&out, "https://r", "c"), LERR_INPUT);
	assert_int_equal(auth(&out, "", "c"), LERR_INPUT);
	assert_int_equal(auth(&out, "wss://r\n", "c"), LERR_INPUT);
	assert_int_equal(auth(&out, "wss://r", ""), LERR_INPUT);
}

/* ---- the table of requests */

static enum dispatch_verdict run(unsigned int may, size_t type, void *body,
				 struct lerr *err)
{
	struct ipcmsg m = {type, 1, body, &ipckey_types[type]};
	struct dispatch_answer a;
	enum dispatch_verdict verdict = dispatch_run(&a, keys, may, &m, NOW, err);

	if (verdict == DISPATCH_ANSWERED)
		dispatch_wipe(&a);
	return verdict;
}

static void each_request_needs_its_capability(void **state)
{
	char e_and_p[] = "[" E "," P "]";
	char job[] = FACT_EVENT_JOB;
	char relay[] = "wss://r";
	char text[] = "c";
	struct ipckey_sign sign_body = {5101, NOW, e_and_p, text};
	struct ipckey_open open_body = {job};
	struct ipckey_auth auth_body = {relay, text};
	struct {
		size_t type;
		unsigned int need;
		void *body;
	} requests[] = {
		{IPCKEY_PUBKEY, DISPATCH_PUBKEY, text},
		{IPCKEY_SIGN, DISPATCH_SIGN, &sign_body},
		{IPCKEY_OPEN, DISPATCH_OPEN, &open_body},
		{IPCKEY_AUTH, DISPATCH_AUTH, &auth_body},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		for (unsigned int may = 0; may < 16; may++) {
			bool allowed = (may & requests[i].need) != 0;
			struct lerr err = {0};

			assert_int_equal(
				run(may, requests[i].type, requests[i].body, &err),
				allowed ? DISPATCH_ANSWERED : DISPATCH_ILLEGAL);
			if (!allowed)
				assert_has(err.msg, "may not ask");
		}
	}
}

static void answers_and_errors_are_no_requests(void **state)
{
	static const size_t bad[] = {IPCKEY_PUBKEY_IS, IPCKEY_SIGNED, IPCKEY_OPENED,
				     IPCKEY_AUTHED, IPCKEY_ERROR};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lerr err = {0};
		uint64_t body[64] = {0};

		assert_int_equal(run(15, bad[i], body, &err), DISPATCH_ILLEGAL);
		assert_has(err.msg, "no request");
	}
}

static void unknown_kinds_and_sizes_are_illegal_wrong_forms_are_not(void **state)
{
	char e_and_p[] = "[" E "," P "]";
	char empty[] = "[]";
	char text[] = "";
	auto_free char *big = mem_zalloc(CAP_OUR_EVENT_BYTES + 1);
	struct ipckey_sign body = {1, NOW, e_and_p, text};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(run(15, IPCKEY_SIGN, &body, &err), DISPATCH_ILLEGAL);
	body.kind = 5101;
	memset(big, 'x', CAP_OUR_EVENT_BYTES);
	body.content = big;
	assert_int_equal(run(15, IPCKEY_SIGN, &body, &err), DISPATCH_ILLEGAL);
	assert_int_equal(err.code, LERR_LIMIT);
	body.content = text;
	body.tags = empty;
	assert_int_equal(run(15, IPCKEY_SIGN, &body, &err), DISPATCH_REFUSED);
	assert_int_equal(err.code, LERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signature_is_of_the_event_that_the_fields_make),
		cmocka_unit_test(asked_again_it_signs_the_same_id),
		cmocka_unit_test(a_result_has_one_e_and_one_p),
		cmocka_unit_test(a_status_has_one_d_one_e_of_the_same_job_and_one_p),
		cmocka_unit_test(an_advertisement_has_an_object_as_content),
		cmocka_unit_test(a_relay_list_has_relays_and_nothing_else),
		cmocka_unit_test(an_upload_is_bounded_in_what_and_when),
		cmocka_unit_test(uploads_are_signed_by_their_own_key),
		cmocka_unit_test(other_kinds_are_not_signed),
		cmocka_unit_test(times_are_near_now),
		cmocka_unit_test(what_is_no_list_of_tags_is_refused),
		cmocka_unit_test(too_many_tags_are_refused),
		cmocka_unit_test(a_challenge_is_answered_with_a_whole_event),
		cmocka_unit_test(odd_challenges_are_not_answered),
		cmocka_unit_test(each_request_needs_its_capability),
		cmocka_unit_test(answers_and_errors_are_no_requests),
		cmocka_unit_test(unknown_kinds_and_sizes_are_illegal_wrong_forms_are_not),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
