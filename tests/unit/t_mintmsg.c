/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/mintmsg.h"

#include "lib/base/caps.h"
#include "lib/proto/hash.h"
#include "lib/proto/outset.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ID "00b365994885c32b"
#define POINT1 "02" FACT_PUB1
#define POINT2 "02" FACT_PUB2

static struct ecpoint point_of(const char *x)
{
	struct id32 id = unit_id(x);

	return ecpoint_from_x(&id);
}

/* ---- requests */

static char secret1[] = "[\"P2PK\",{}]";
static char secret2[] = "two";

static void fill(struct cashuproof p[2], struct mintmsg_input in[2])
{
	p[0] = (struct cashuproof){.amount = 1,
				   .id = {ID},
				   .secret = secret1,
				   .c = point_of(FACT_PUB1),
				   .has_dleq = true,
				   .has_ephemeral = true};
	p[0].dleq.has_r = true;
	p[1] = (struct cashuproof){
		.amount = 4, .id = {ID}, .secret = secret2, .c = point_of(FACT_PUB2)};
	in[0] = (struct mintmsg_input){&p[0], "{\"signatures\":[\"00\"]}"};
	in[1] = (struct mintmsg_input){&p[1], NULL};
}

#define INPUTS                                                                      \
	"\"inputs\":[{\"amount\":1,\"id\":\"" ID "\",\"secret\":\"[\\\"P2PK\\\","   \
	"{}]\",\"C\":\"" POINT1 "\",\"witness\":\"{\\\"signatures\\\":[\\\"00\\\"]" \
	"}\"},{\"amount\":4,\"id\":\"" ID "\",\"secret\":\"two\",\"C\":\"" POINT2 "\"}]"
#define OUTPUTS                                                                \
	"\"outputs\":[{\"amount\":1,\"id\":\"" ID "\",\"B_\":\"" POINT2 "\"}," \
	"{\"amount\":0,\"id\":\"" ID "\",\"B_\":\"" POINT1 "\"}]"

static struct outset outputs(struct outset_one v[2])
{
	memset(v, 0, 2 * sizeof(*v));
	v[0] = (struct outset_one){.amount = 1, .blinded = point_of(FACT_PUB2)};
	v[1] = (struct outset_one){.amount = 0, .blinded = point_of(FACT_PUB1)};
	return (struct outset){.id = {ID}, .v = v, .n = 2};
}

static void a_swap_sends_no_dleq_and_no_ephemeral_key(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_MINT_REQUEST);
	struct cashuproof p[2];
	struct mintmsg_input in[2];
	struct outset_one v[2];
	struct outset s = outputs(v);

	(void)state;
	fill(p, in);
	mintmsg_swap(&out, in, 2, &s);
	assert_buf(out, "{" INPUTS "," OUTPUTS "}");
}

static void a_melt_may_have_no_blanks(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_MINT_REQUEST);
	struct cashuproof p[2];
	struct mintmsg_input in[2];
	struct outset_one v[2];
	struct outset s = outputs(v);

	(void)state;
	fill(p, in);
	mintmsg_melt(&out, STR_LIT("q\"1"), in, 2, &s);
	assert_buf(out,
		   "{\"quote\":\"q\\\"1\"," INPUTS "," OUTPUTS ",\"prefer_async\":true}");
	buf_reset(&out);
	mintmsg_melt(&out, STR_LIT("q"), in, 2, NULL);
	assert_buf(out, "{\"quote\":\"q\"," INPUTS ",\"prefer_async\":true}");
	buf_reset(&out);
	s.n = 0;
	mintmsg_melt(&out, STR_LIT("q"), in, 2, &s);
	assert_buf(out, "{\"quote\":\"q\"," INPUTS ",\"prefer_async\":true}");
}

static void the_other_requests_are_as_the_rules_have_them(void **state)
{
	const struct ecpoint ys[2] = {point_of(FACT_PUB1), point_of(FACT_PUB2)};
	auto_buf struct buf out = BUF_INIT(CAP_MINT_REQUEST);
	struct outset_one v[2];
	struct outset s = outputs(v);

	(void)state;
	mintmsg_mint(&out, STR_LIT("q"), &s, STR_LIT(""));
	assert_buf(out, "{\"quote\":\"q\"," OUTPUTS "}");
	buf_reset(&out);
	mintmsg_mint(&out, STR_LIT("q"), &s, STR_LIT("abcd"));
	assert_buf(out, "{\"quote\":\"q\"," OUTPUTS ",\"signature\":\"abcd\"}");
	buf_reset(&out);
	mintmsg_restore(&out, &s);
	assert_buf(out, "{" OUTPUTS "}");
	buf_reset(&out);
	mintmsg_checkstate(&out, ys, 2);
	assert_buf(out, "{\"Ys\":[\"" POINT1 "\",\"" POINT2 "\"]}");
	buf_reset(&out);
	mintmsg_mint_quote(&out, 21, STR_LIT("sat"), STR_LIT(""));
	assert_buf(out, "{\"amount\":21,\"unit\":\"sat\"}");
	buf_reset(&out);
	mintmsg_mint_quote(&out, 21, STR_LIT("sat"), STR_LIT(POINT1));
	assert_buf(out, "{\"amount\":21,\"unit\":\"sat\",\"pubkey\":\"" POINT1 "\"}");
	buf_reset(&out);
	mintmsg_melt_quote(&out, STR_LIT("lnbc1"), STR_LIT("sat"));
	assert_buf(out, "{\"request\":\"lnbc1\",\"unit\":\"sat\"}");
}

static void a_quote_is_signed_with_its_outputs(void **state)
{
	static const char text[] = "quote" POINT2 POINT1;
	struct id32 want = hash_sha256(text, strlen(text));
	struct outset_one v[2];
	struct outset s = outputs(v);
	struct id32 got = mintmsg_quote_message(STR_LIT("quote"), &s);

	(void)state;
	assert_true(id32_eq(&got, &want));
}

/* ---- URLs */

static void a_url_has_one_spelling(void **state)
{
	static const struct {
		const char *url;
		const char *want;
	} cases[] = {
		{"https://mint.example", "https://mint.example"},
		{"HTTPS://Mint.Example/", "https://mint.example"},
		{"https://mint.example:443//", "https://mint.example"},
		{"https://mint.example:0443", "https://mint.example"},
		{"https://mint.example:80", "https://mint.example:80"},
		{"https://mint.example:8443/Bitcoin/",
		 "https://mint.example:8443/Bitcoin"},
		{"https://mint.example/a/B/c///", "https://mint.example/a/B/c"},
		{"https://mint.example/a@b", "https://mint.example/a@b"},
		{"https://mint.example/...", "https://mint.example/..."},
		{"https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"},
		{"https://127.0.0.1", "https://127.0.0.1"},
		{"http://localhost:3338", "http://localhost:3338"},
		{"http://LOCALHOST:80/", "http://localhost"},
		{"http://127.0.0.1:3338/", "http://127.0.0.1:3338"},
		{"http://127.255.3.99:1", "http://127.255.3.99:1"},
		{"http://[::1]:3338", "http://[::1]:3338"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = BUF_INIT(CAP_URL_BYTES);
		struct lerr err = {0};

		if (mintmsg_url(&out, str_of(cases[i].url), &err))
			fail_msg("%s: %s", cases[i].url, err.msg);
		assert_buf(out, cases[i].want);
		/* what is normal stays so */
		buf_reset(&out);
		assert_int_equal(mintmsg_url(&out, str_of(cases[i].want), NULL), LERR_OK);
		assert_buf(out, cases[i].want);
	}
}

static void other_urls_are_refused(void **state)
{
	static const struct {
		const char *url;
		const char *why;
	} bad[] = {
		{"", "https://"},
		{"mint.example", "https://"},
		{"ftp://mint.example", "https://"},
		{"https:/mint.example", "https://"},
		{" https://mint.example", "https://"},
		{"https://", "host"},
		{"https:///x", "host"},
		{"https://:443", "host"},
		{"https://user@mint.example", "host"},
		{"https://user:pass@mint.example", "port"},
		{"https://mint.example@evil.example/", "host"},
		{"https://mint example/", "host"},
		{"https://mint.example\\@evil", "host"},
		{"https://m\xc3\xafnt.example", "host"},
		{"https://mint%2eexample", "host"},
		{"https://mint.example?x", "host"},
		{"https://mint.example#x", "host"},
		{"https://[::1", "host"},
		{"https://[]", "host"},
		{"https://[::1%25eth0]", "host"},
		{"https://[::1]x", "port"},
		{"https://mint.example:", "port"},
		{"https://mint.example:0", "port"},
		{"https://mint.example:65536", "port"},
		{"https://mint.example:+1", "port"},
		{"https://mint.example:1:2", "port"},
		{"https://mint.example/?x=1", "query"},
		{"https://mint.example/#x", "query"},
		{"https://mint.example/%41", "escape"},
		{"https://mint.example/a b", "character"},
		{"https://mint.example/a\n", "character"},
		{"https://mint.example/./a", "dot"},
		{"https://mint.example/a/../b", "dot"},
		{"https://mint.example/..", "dot"},
		{"http://mint.example", "TLS"},
		{"http://localhost.example", "TLS"},
		{"http://localhos", "TLS"},
		{"http://128.0.0.1", "TLS"},
		{"http://127.0.0.256", "TLS"},
		{"http://127.0.0.01", "TLS"},
		{"http://127.1", "TLS"},
		{"http://127.0.0.1.5", "TLS"},
		{"http://127.0.0.1.", "host"},
		{"https://mint.example./x", "host"},
		{"http://127..0.1", "TLS"},
		{"http://0127.0.0.1", "TLS"},
		{"http://[::2]", "TLS"},
		{"http://[0:0:0:0:0:0:0:1]", "TLS"},
		{"http://10.0.0.1", "TLS"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf out = BUF_INIT(CAP_URL_BYTES);
		struct lerr err = {0};

		if (mintmsg_url(&out, str_of(bad[i].url), &err) != LERR_INPUT)
			fail_msg("%s is taken", bad[i].url);
		assert_has(err.msg, bad[i].why);
		assert_int_equal(out.n, 0);
	}
}

static void a_url_ends_at_the_cap(void **state)
{
	auto_buf struct buf url = BUF_INIT(2 * CAP_URL_BYTES);
	auto_buf struct buf out = BUF_INIT(CAP_URL_BYTES);

	(void)state;
	buf_add_c(&url, "https://mint.example/");
	while (url.n < CAP_URL_BYTES)
		buf_add_char(&url, 'x');
	assert_int_equal(mintmsg_url(&out, buf_str(&url), NULL), LERR_OK);
	assert_int_equal(out.n, CAP_URL_BYTES);
	buf_add_char(&url, 'x');
	assert_int_equal(mintmsg_url(&out, buf_str(&url), NULL), LERR_LIMIT);
	assert_int_equal(mintmsg_url(&out, (struct str){"https://m\0x", 11}, NULL),
			 LERR_INPUT);
	assert_int_equal(mintmsg_url(&out, (struct str){"https://m/\0", 11}, NULL),
			 LERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_swap_sends_no_dleq_and_no_ephemeral_key),
		cmocka_unit_test(a_melt_may_have_no_blanks),
		cmocka_unit_test(the_other_requests_are_as_the_rules_have_them),
		cmocka_unit_test(a_quote_is_signed_with_its_outputs),
		cmocka_unit_test(a_url_has_one_spelling),
		cmocka_unit_test(other_urls_are_refused),
		cmocka_unit_test(a_url_ends_at_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
