/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/mintread.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ID_V1 "00b365994885c32b"
#define ID_V2 "01a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define POINT1 "02" FACT_PUB1
#define POINT2 "02" FACT_PUB2
#define SCALAR FACT_KEY1
#define SAT STR_LIT("sat")

enum { MOST = 4 };

static struct ecpoint point_of(const char *x)
{
	struct id32 id = unit_id(x);

	return ecpoint_from_x(&id);
}

/* ---- refusals */

static void a_refusal_is_read_as_far_as_it_is_one(void **state)
{
	static const struct {
		const char *body;
		uint64_t code;
		const char *detail;
	} cases[] = {
		{"{\"detail\":\"Token already spent.\",\"code\":11001}", 11001,
		 "Token already spent."},
		{"{\"detail\":\"Rate limit exceeded.\"}", 0, "Rate limit exceeded."},
		{"{\"code\":11002,\"detail\":null,\"x\":1.5}", 11002, ""},
		{"{\"code\":-5,\"detail\":\"a\\nb\\u00e9\\u0000\"}", 0, "a?b???"},
		{"{\"code\":1.5}", 0, ""},
		{"{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}", 0,
		 "field required"},
		{"{\"detail\":[]}", 0, ""},
		{"<html>502</html>", 0, ""},
		{"[11001]", 0, ""},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mintread_refusal r;

		memset(&r, 0xff, sizeof(r));
		mintread_refusal(&r, str_of(cases[i].body));
		assert_int_equal(r.code, cases[i].code);
		assert_string_equal(r.detail, cases[i].detail);
	}
}

static void a_long_detail_is_cut(void **state)
{
	auto_buf struct buf body = BUF_INIT(1000);
	struct mintread_refusal r;

	(void)state;
	buf_add_c(&body, "{\"detail\":\"");
	for (size_t i = 0; i < sizeof(r.detail); i++)
		buf_add_char(&body, 'x');
	buf_add_c(&body, "\"}");
	mintread_refusal(&r, buf_str(&body));
	assert_int_equal(strlen(r.detail), sizeof(r.detail) - 1);
}

/* ---- info */

static void info_says_what_the_mint_can(void **state)
{
	static const char body[] =
		"{\"name\":\"A \\u001b "
		"mint\",\"pubkey\":\"02\",\"version\":\"Mint/0.20\","
		"\"contact\":[{\"method\":\"x\",\"info\":\"y\"}],\"time\":1.5,"
		"\"max_array_length\":500,\"nuts\":{"
		"\"4\":{\"methods\":[{\"method\":\"bolt12\",\"unit\":\"sat\"},"
		"{\"method\":\"bolt11\",\"unit\":\"usd\"},{\"method\":\"bolt11\","
		"\"unit\":\"sat\",\"min_amount\":null}],\"disabled\":false},"
		"\"5\":{\"methods\":[{\"method\":\"bolt11\",\"unit\":\"sat\","
		"\"min_amount\":2,\"max_amount\":100000}],\"disabled\":false},"
		"\"7\":{\"supported\":true},\"8\":{\"supported\":true},"
		"\"9\":{\"supported\":false},\"10\":{},\"11\":{\"supported\":true},"
		"\"12\":{\"supported\":true},\"17\":{\"supported\":[{\"method\":"
		"\"bolt11\",\"unit\":\"sat\",\"commands\":[\"x\"]}]},"
		"\"20\":{\"supported\":true},\"21\":null}}";
	struct mintread_info info;

	(void)state;
	assert_int_equal(mintread_info(&info, STR_LIT(body), SAT, NULL), LERR_OK);
	assert_string_equal(info.name, "A ? mint");
	assert_string_equal(info.version, "Mint/0.20");
	assert_true(info.mint_bolt11 && info.melt_bolt11);
	assert_int_equal(info.melt_min, 2);
	assert_int_equal(info.melt_max, 100000);
	assert_true(info.nut7 && info.nut8 && !info.nut9 && !info.nut10 && info.nut11 &&
		    info.nut12 && info.nut20);
	assert_false(info.wants_auth);
	assert_int_equal(info.max_inputs, 500);
	assert_int_equal(mintread_info(&info, STR_LIT(body), STR_LIT("usd"), NULL),
			 LERR_OK);
	assert_true(info.mint_bolt11 && !info.melt_bolt11);
	assert_int_equal(info.melt_max, 0);
}

static void what_is_disabled_or_wants_auth_is_seen(void **state)
{
	struct mintread_info info;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		mintread_info(&info,
			      STR_LIT("{\"nuts\":{\"4\":{\"methods\":[{\"method\":"
				      "\"bolt11\",\"unit\":\"sat\"}],\"disabled\":true},"
				      "\"22\":{\"bat_max_mint\":10}}}"),
			      SAT, NULL),
		LERR_OK);
	assert_false(info.mint_bolt11);
	assert_true(info.wants_auth);
	assert_string_equal(info.name, "");
	assert_int_equal(info.max_inputs, 0);
	assert_int_equal(mintread_info(&info, STR_LIT("{\"name\":\"x\"}"), SAT, &err),
			 LERR_INPUT);
	assert_has(err.msg, "nuts");
	assert_int_equal(mintread_info(&info, STR_LIT("[]"), SAT, &err), LERR_INPUT);
	assert_int_equal(mintread_info(&info, STR_LIT("<html>"), SAT, &err), LERR_INPUT);
	assert_has(err.msg, "not JSON");
}

static void an_answer_over_the_cap_is_not_read(void **state)
{
	auto_buf struct buf body = BUF_INIT(2 * CAP_MINT_ANSWER);
	struct mintread_info info;
	struct lerr err = {0};

	(void)state;
	buf_add_c(&body, "{\"nuts\":{}}");
	while (body.n < CAP_MINT_ANSWER)
		buf_add_char(&body, ' ');
	assert_int_equal(mintread_info(&info, buf_str(&body), SAT, &err), LERR_OK);
	buf_add_char(&body, ' ');
	assert_int_equal(mintread_info(&info, buf_str(&body), SAT, &err), LERR_INPUT);
	assert_has(err.msg, "at most");
}

/* ---- keysets */

static void our_keysets_are_kept_and_others_left_out(void **state)
{
	static const char body[] =
		"{\"keysets\":["
		"{\"id\":\"" ID_V1 "\",\"unit\":\"sat\",\"active\":false,"
		"\"input_fee_ppk\":null,\"final_expiry\":null},"
		"{\"id\":\"009a1f293253e41e\",\"unit\":\"usd\",\"active\":\"x\"},"
		"{\"id\":\"I2yN+iRYfkzT\",\"unit\":\"sat\",\"active\":true},"
		"{\"id\":\"02b365994885c32b\",\"unit\":\"sat\",\"active\":true},"
		"{\"id\":\"01b365994885c32b\",\"unit\":\"sat\",\"active\":true},"
		"{\"id\":\"01A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D"
		"7E8F90\",\"unit\":\"sat\",\"active\":true,\"input_fee_ppk\":100,"
		"\"final_expiry\":2059210353,\"new\":[1.5]},"
		"{\"id\":\"00ffd48b8f5ecf80\",\"unit\":\"sat\",\"active\":true},5]}";
	struct keyset k[MOST];
	size_t n;

	(void)state;
	assert_int_equal(mintread_keysets(k, MOST, &n, STR_LIT(body), SAT, NULL),
			 LERR_OK);
	assert_int_equal(n, 3);
	assert_string_equal(k[0].id.c, ID_V1);
	assert_string_equal(k[0].unit, "sat");
	assert_true(!k[0].active && k[0].ppk == 0 && k[0].final_expiry == 0);
	assert_string_equal(k[1].id.c, ID_V2);
	assert_true(k[1].active && k[1].ppk == 100 && k[1].final_expiry == 2059210353);
	assert_int_equal(k[1].n, 0);
	assert_int_equal(mintread_keysets(k, 2, &n, STR_LIT(body), SAT, NULL),
			 LERR_LIMIT);
	assert_int_equal(n, 3);
	assert_int_equal(
		mintread_keysets(k, 2, &n, STR_LIT("{\"keysets\":[]}"), SAT, NULL),
		LERR_OK);
	assert_int_equal(n, 0);
}

#define KEYSET(rest) "{\"keysets\":[{\"id\":\"" ID_V1 "\",\"unit\":\"sat\"" rest "}]}"

static void broken_keysets_are_refused(void **state)
{
	static const struct {
		const char *body;
		const char *why;
	} bad[] = {
		{"{}", "keysets"},
		{"{\"keysets\":{}}", "keysets"},
		{KEYSET(""), "active"},
		{KEYSET(",\"active\":1"), "active"},
		{KEYSET(",\"active\":true,\"input_fee_ppk\":-1"), "fee"},
		{KEYSET(",\"active\":true,\"input_fee_ppk\":\"1\""), "fee"},
		{KEYSET(",\"active\":true,\"input_fee_ppk\":1.0"), "fee"},
		{KEYSET(",\"active\":true,\"input_fee_ppk\":1000001"), "fee"},
		{KEYSET(",\"active\":true,\"final_expiry\":\"x\""), "time"},
		{"{\"keysets\":[{\"id\":\"" ID_V1 "\",\"unit\":\"sat\",\"active\":true},"
		 "{\"id\":\"" ID_V1 "\",\"unit\":\"sat\",\"active\":false}]}",
		 "one id"},
		{"{\"keysets\":[{\"id\":\"" ID_V2 "\",\"unit\":\"sat\",\"active\":true},"
		 "{\"id\":\"01a1b2c3d4e5f60700000000000000000000000000000000000000000000"
		 "000000\",\"unit\":\"sat\",\"active\":true}]}",
		 "one id"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct keyset k[MOST];
		struct lerr err = {0};
		size_t n = 77;

		assert_int_equal(
			mintread_keysets(k, MOST, &n, str_of(bad[i].body), SAT, &err),
			LERR_INPUT);
		assert_has(err.msg, bad[i].why);
		assert_int_equal(n, 77);
	}
}

/* Two keys, their ids computed here. */
static struct keyset two_keys(void)
{
	struct keyset k = {.n = 2, .unit = "sat", .ppk = 100, .amounts = {1, 2}};

	k.keys[0] = point_of(FACT_PUB1);
	k.keys[1] = point_of(FACT_PUB2);
	return k;
}

static enum lerr_code read_two(struct keyset *k, const char *id, const char *second,
			       struct lerr *err)
{
	auto_buf struct buf body = BUF_INIT(10000);

	buf_addf(&body,
		 "{\"keysets\":[{\"id\":\"00ffd48b8f5ecf80\",\"unit\":\"sat\",\"keys\":{}"
		 "},"
		 "{\"unit\":\"sat\",\"keys\":{\"2\":\"%s\",\"1\":\"" POINT1
		 "\"},\"id\":\"%s\"}]}",
		 second, id);
	return mintread_keys(k, buf_str(&body), err);
}

static void keys_are_taken_when_the_id_follows_from_them(void **state)
{
	struct keyset whole = two_keys();
	struct lerr err = {0};

	(void)state;
	for (unsigned int v = 1; v <= 2; v++) {
		struct keyset k = {.unit = "sat", .ppk = 100};

		k.id = v == 1 ? keyset_id_v1(&whole) : keyset_id_v2(&whole);
		if (read_two(&k, k.id.c, POINT2, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(k.n, 2);
		assert_int_equal(k.amounts[0], 1);
		assert_true(ecpoint_eq(&k.keys[1], &whole.keys[1]));
		k.n = 0;
		assert_int_equal(read_two(&k, k.id.c, POINT1, &err), LERR_INPUT);
		assert_int_equal(read_two(&k, k.id.c, "02", &err), LERR_INPUT);
		assert_int_equal(read_two(&k, ID_V1, POINT2, &err), LERR_INPUT);
		assert_has(err.msg, "another keyset");
		assert_int_equal(k.n, 0);
		assert_int_equal(mintread_keys(&k, STR_LIT("{}"), &err), LERR_INPUT);
		assert_int_equal(mintread_keys(&k, STR_LIT("{\"keysets\":[]}"), &err),
				 LERR_INPUT);
	}
}

/* ---- signatures */

#define SIGNATURE(amount, rest) \
	"{\"amount\":" amount ",\"id\":\"" ID_V1 "\",\"C_\":\"" POINT1 "\"" rest "}"
#define DLEQ ",\"dleq\":{\"e\":\"" SCALAR "\",\"s\":\"" FACT_KEY2 "\"}"

static void signatures_are_read_in_order(void **state)
{
	struct mintmsg_signature *auto_free s = NULL;
	size_t n;

	(void)state;
	assert_int_equal(
		mintread_signatures(
			&s, &n,
			STR_LIT("{\"signatures\":[" SIGNATURE("4", DLEQ) "," SIGNATURE(
				"0", ",\"dleq\":null") "]}"),
			NULL),
		LERR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].amount, 4);
	assert_string_equal(s[0].id.c, ID_V1);
	assert_true(s[0].has_dleq && !s[0].dleq.has_r);
	assert_int_equal(s[0].dleq.e.b[0], 0x09);
	assert_int_equal(s[0].dleq.s.b[0], 0x1d);
	assert_int_equal(s[1].amount, 0);
	assert_false(s[1].has_dleq);
}

static void broken_signatures_are_refused(void **state)
{
	static const struct {
		const char *body;
		const char *why;
	} bad[] = {
		{"{}", "signatures"},
		{"{\"signatures\":null}", "signatures"},
		{"{\"signatures\":[5]}", "amount"},
		{"{\"signatures\":[" SIGNATURE("-1", "") "]}", "amount"},
		{"{\"signatures\":[" SIGNATURE("1.0", "") "]}", "amount"},
		{"{\"signatures\":[" SIGNATURE("\"1\"", "") "]}", "amount"},
		{"{\"signatures\":[" SIGNATURE("1", ",\"dleq\":5") "]}", "DLEQ"},
		{"{\"signatures\":[" SIGNATURE("1",
					       ",\"dleq\":{\"e\":\"" SCALAR "\"}") "]}",
		 "DLEQ"},
		{"{\"signatures\":[{\"amount\":1,\"id\":\"01b365994885c32b\",\"C_\":"
		 "\"" POINT1 "\"}]}",
		 "keyset id"},
		{"{\"signatures\":[{\"amount\":1,\"id\":\"I2yN+iRYfkzT\",\"C_\":\"" POINT1
		 "\"}]}",
		 "keyset id"},
		{"{\"signatures\":[{\"amount\":1,\"C_\":\"" POINT1 "\"}]}", "keyset id"},
		{"{\"signatures\":[{\"amount\":1,\"id\":\"" ID_V1 "\",\"C_\":\"02\"}]}",
		 "C_"},
		{"{\"signatures\":[{\"amount\":1,\"id\":\"" ID_V1 "\"}]}", "C_"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mintmsg_signature *s = NULL;
		struct lerr err = {0};
		size_t n = 77;

		assert_int_equal(mintread_signatures(&s, &n, str_of(bad[i].body), &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].why);
		assert_null(s);
		assert_int_equal(n, 77);
	}
}

static void more_than_a_thousand_are_refused(void **state)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_ANSWER);
	struct mintmsg_signature *s = NULL;
	struct lerr err = {0};
	size_t n;

	(void)state;
	buf_add_c(&body, "{\"signatures\":[0");
	for (size_t i = 0; i < CAP_TOKEN_PROOFS; i++)
		buf_add_c(&body, ",0");
	buf_add_c(&body, "]}");
	assert_int_equal(mintread_signatures(&s, &n, buf_str(&body), &err), LERR_INPUT);
	assert_has(err.msg, "1001 elements");
}

static void restored_outputs_go_in_pairs(void **state)
{
	struct mintread_restored r = {.n = 77};
	struct ecpoint want = point_of(FACT_PUB2);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		mintread_restored(
			&r,
			STR_LIT("{\"outputs\":[{\"amount\":0,\"B_\":\"" POINT2
				"\"}],\"signatures\":[" SIGNATURE("8", DLEQ) "]}"),
			&err),
		LERR_OK);
	assert_int_equal(r.n, 1);
	assert_true(ecpoint_eq(&r.blinded[0], &want));
	assert_int_equal(r.signatures[0].amount, 8);
	mintread_free_restored(&r);
	assert_int_equal(r.n, 0);
	assert_int_equal(mintread_restored(
				 &r, STR_LIT("{\"outputs\":[],\"signatures\":[]}"), NULL),
			 LERR_OK);
	assert_int_equal(r.n, 0);
	mintread_free_restored(&r);
	assert_int_equal(
		mintread_restored(&r,
				  STR_LIT("{\"outputs\":[],\"signatures\":[" SIGNATURE(
					  "8", "") "]}"),
				  &err),
		LERR_INPUT);
	assert_has(err.msg, "as many");
	assert_int_equal(
		mintread_restored(&r,
				  STR_LIT("{\"outputs\":[{\"B_\":\"zz\"}],\"signatures\":"
					  "[" SIGNATURE("8", "") "]}"),
				  &err),
		LERR_INPUT);
	assert_has(err.msg, "B_");
	assert_int_equal(mintread_restored(&r, STR_LIT("{\"signatures\":[]}"), &err),
			 LERR_INPUT);
}

/* ---- states */

#define STATE(y, s) "{\"Y\":\"" y "\",\"state\":\"" s "\",\"witness\":null}"

static void states_are_those_that_were_asked_for(void **state)
{
	const struct ecpoint ys[2] = {point_of(FACT_PUB1), point_of(FACT_PUB2)};
	static const struct {
		const char *body;
		const char *why;
	} bad[] = {
		{"{}", "states"},
		{"{\"states\":[]}", "fewer or more"},
		{"{\"states\":[" STATE(POINT1, "SPENT") "]}", "fewer or more"},
		{"{\"states\":[" STATE(POINT1, "SPENT") "," STATE(
			 POINT2, "SPENT") "," STATE(POINT2, "SPENT") "]}",
		 "fewer or more"},
		{"{\"states\":[" STATE(POINT2, "SPENT") "," STATE(POINT1, "SPENT") "]}",
		 "another proof"},
		{"{\"states\":[" STATE(POINT1, "spent") "," STATE(POINT2, "SPENT") "]}",
		 "do not know"},
		{"{\"states\":[5,5]}", "another proof"},
	};
	enum mintread_state got[2];
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		mintread_states(
			got, ys, 2,
			STR_LIT("{\"states\":[" STATE(POINT1, "PENDING") "," STATE(
				POINT2, "SPENT") "]}"),
			NULL),
		LERR_OK);
	assert_int_equal(got[0], MINTREAD_PENDING);
	assert_int_equal(got[1], MINTREAD_SPENT);
	assert_int_equal(
		mintread_states(got, ys, 1,
				STR_LIT("{\"states\":[" STATE(POINT1, "UNSPENT") "]}"),
				NULL),
		LERR_OK);
	assert_int_equal(got[0], MINTREAD_UNSPENT);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(mintread_states(got, ys, 2, str_of(bad[i].body), &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].why);
		assert_int_equal(got[0], MINTREAD_UNSPENT);
	}
}

/* ---- quotes */

static void a_mint_quote_is_read(void **state)
{
	struct mintread_quote q;

	(void)state;
	assert_int_equal(
		mintread_quote(&q,
			       STR_LIT("{\"quote\":\"DSGLX9kevM-_=~+\",\"request\":"
				       "\"lnbc100n1\",\"amount\":10,\"unit\":\"sat\","
				       "\"state\":\"ISSUED\",\"expiry\":1701704757,"
				       "\"updated_at\":1.5}"),
			       SAT, NULL),
		LERR_OK);
	assert_string_equal(q.id, "DSGLX9kevM-_=~+");
	assert_string_equal(q.request, "lnbc100n1");
	assert_int_equal(q.amount, 10);
	assert_int_equal(q.fee_reserve, 0);
	assert_int_equal(q.expiry, 1701704757);
	assert_int_equal(q.state, MINTREAD_QUOTE_ISSUED);
	assert_string_equal(q.preimage, "");
	assert_int_equal(q.nchange, 0);
	mintread_free_quote(&q);
}

static void a_paid_melt_brings_preimage_and_change(void **state)
{
	struct mintread_quote q;

	(void)state;
	assert_int_equal(
		mintread_quote(
			&q,
			STR_LIT("{\"quote\":\"q1\",\"amount\":10,\"fee_reserve\":2,"
				"\"state\":\"PAID\",\"expiry\":null,"
				"\"payment_preimage\":\"" FACT_KEY1
				"\",\"change\":[" SIGNATURE("1", DLEQ) "," SIGNATURE(
					"0", "") "]}"),
			SAT, NULL),
		LERR_OK);
	assert_null(q.request);
	assert_int_equal(q.fee_reserve, 2);
	assert_int_equal(q.expiry, 0);
	assert_string_equal(q.preimage, FACT_KEY1);
	assert_int_equal(q.nchange, 2);
	assert_int_equal(q.change[0].amount, 1);
	mintread_free_quote(&q);
	assert_null(q.change);
}

#define QUOTE(rest) "{\"quote\":\"q\",\"state\":\"PAID\"" rest "}"

static void broken_quotes_are_refused(void **state)
{
	static const struct {
		const char *body;
		const char *why;
	} bad[] = {
		{"{}", "id"},
		{"{\"quote\":5,\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"a/b\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"..\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"a?b\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"a\\u0000\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"" FACT_KEY1 FACT_KEY1 "\",\"state\":\"PAID\"}", "id"},
		{"{\"quote\":\"q\"}", "state"},
		{"{\"quote\":\"q\",\"state\":\"paid\"}", "state"},
		{"{\"quote\":\"q\",\"state\":true}", "state"},
		{QUOTE(",\"unit\":\"usd\""), "unit"},
		{QUOTE(",\"unit\":5"), "unit"},
		{QUOTE(",\"amount\":-1"), "amount"},
		{QUOTE(",\"amount\":\"1\""), "amount"},
		{QUOTE(",\"fee_reserve\":0.5"), "amount or fee"},
		{QUOTE(",\"expiry\":\"x\""), "time"},
		{QUOTE(",\"request\":7"), "invoice"},
		{QUOTE(",\"request\":\"a\\u0000b\""), "invoice"},
		{QUOTE(",\"payment_preimage\":7"), "preimage"},
		{QUOTE(",\"request\":\"x\",\"change\":{}"), "change"},
		{QUOTE(",\"request\":\"x\",\"change\":[7]"), "amount"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mintread_quote q = {.amount = 77};
		struct lerr err = {0};

		if (mintread_quote(&q, str_of(bad[i].body), SAT, &err) != LERR_INPUT)
			fail_msg("%s is read", bad[i].body);
		assert_has(err.msg, bad[i].why);
		assert_int_equal(q.amount, 77);
	}
}

static void states_of_quotes_are_told_apart(void **state)
{
	static const char *const words[] = {"UNPAID", "PENDING", "PAID", "ISSUED"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		auto_buf struct buf body = BUF_INIT(1000);
		struct mintread_quote q;

		buf_addf(&body, "{\"quote\":\"q\",\"state\":\"%s\"}", words[i]);
		assert_int_equal(mintread_quote(&q, buf_str(&body), SAT, NULL), LERR_OK);
		assert_int_equal(q.state, i);
		mintread_free_quote(&q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_is_read_as_far_as_it_is_one),
		cmocka_unit_test(a_long_detail_is_cut),
		cmocka_unit_test(info_says_what_the_mint_can),
		cmocka_unit_test(what_is_disabled_or_wants_auth_is_seen),
		cmocka_unit_test(an_answer_over_the_cap_is_not_read),
		cmocka_unit_test(our_keysets_are_kept_and_others_left_out),
		cmocka_unit_test(broken_keysets_are_refused),
		cmocka_unit_test(keys_are_taken_when_the_id_follows_from_them),
		cmocka_unit_test(signatures_are_read_in_order),
		cmocka_unit_test(broken_signatures_are_refused),
		cmocka_unit_test(more_than_a_thousand_are_refused),
		cmocka_unit_test(restored_outputs_go_in_pairs),
		cmocka_unit_test(states_are_those_that_were_asked_for),
		cmocka_unit_test(a_mint_quote_is_read),
		cmocka_unit_test(a_paid_melt_brings_preimage_and_change),
		cmocka_unit_test(broken_quotes_are_refused),
		cmocka_unit_test(states_of_quotes_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
