/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/lnurl.h"

#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "tests/unit/unit.h"

#include <string.h>

/* The metadata of the server in these tests, and as it stands in its answer. */
#define METADATA \
	"[[\"text/plain\",\"to alice\"],[\"text/identifier\",\"alice@pay.example\"]]"
#define METADATA_JSON                                                      \
	"[[\\\"text/plain\\\",\\\"to alice\\\"],[\\\"text/identifier\\\"," \
	"\\\"alice@pay.example\\\"]]"
#define PAY(callback)                                                                 \
	"{\"tag\":\"payRequest\",\"callback\":\"" callback "\",\"minSendable\":1000," \
	"\"maxSendable\":500000000,\"metadata\":\"" METADATA_JSON "\","               \
	"\"commentAllowed\":32,\"allowsNostr\":true,\"rate\":1.5}"

/* clang-format off */
/* Invoices made for these tests: 21 sat with the hash of METADATA; with a text in place of
 * it; with the hash of something else; 22 sat; without an amount. */
#define HASHED \
	"lnbc210n1p4tzwuqpp5qs8l6kf96s8pr3nmwgu20lye27zshzu6gm5h98at3rpy665" \
	"c4leqsp59wuq65mmrk378z7nqds64p2ks677p6kdw930aa4ztl5hhaf85fdshp54ad" \
	"cdzvejfu7s7puv5lxxhj2n3vncse09rnsgtc2wvej6sfx049sxqrrssqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqcvddcs"
#define DESCRIBED \
	"lnbc210n1p4tzwuqpp5qs8l6kf96s8pr3nmwgu20lye27zshzu6gm5h98at3rpy665" \
	"c4leqsp59wuq65mmrk378z7nqds64p2ks677p6kdw930aa4ztl5hhaf85fdsdqdw3h" \
	"jqctvd93k2xqrrssqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqn2n634"
#define OTHER_HASH \
	"lnbc210n1p4tzwuqpp5qs8l6kf96s8pr3nmwgu20lye27zshzu6gm5h98at3rpy665" \
	"c4leqsp59wuq65mmrk378z7nqds64p2ks677p6kdw930aa4ztl5hhaf85fdshp594c" \
	"3vs4hy6cygqtz0j5lhtpj7hy9xra3jq7vfkczykr30ys6fzqsxqrrssqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqde4u3"
#define MORE \
	"lnbc220n1p4tzwuqpp5qs8l6kf96s8pr3nmwgu20lye27zshzu6gm5h98at3rpy665" \
	"c4leqsp59wuq65mmrk378z7nqds64p2ks677p6kdw930aa4ztl5hhaf85fdshp54ad" \
	"cdzvejfu7s7puv5lxxhj2n3vncse09rnsgtc2wvej6sfx049sxqrrssqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqk4jxh7"
#define NO_AMOUNT \
	"lnbc1p4tzwuqpp5qs8l6kf96s8pr3nmwgu20lye27zshzu6gm5h98at3rpy665c4le" \
	"qsp59wuq65mmrk378z7nqds64p2ks677p6kdw930aa4ztl5hhaf85fdshp54adcdzv" \
	"ejfu7s7puv5lxxhj2n3vncse09rnsgtc2wvej6sfx049sxqrrssqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" \
	"qqqqqqqqqqqqqqqqqqqqqqqc4g2l3"
/* clang-format on */

static enum lerr_code address(struct lnurl_url *out, const char *text, struct lerr *err)
{
	return lnurl_address(out, str_of(text), err);
}

static void a_lightning_address_is_a_url(void **state)
{
	static const struct {
		const char *text;
		const char *url;
		bool is_local;
	} cases[] = {
		{"alice@pay.example", "https://pay.example/.well-known/lnurlp/alice",
		 false},
		{" lightning:a-b_c.d+e9@Pay.Example:8443\n",
		 "https://pay.example:8443/.well-known/lnurlp/a-b_c.d+e9", false},
		{"LIGHTNING:a@x.org", "https://x.org/.well-known/lnurlp/a", false},
		{"a@localhost", "http://localhost/.well-known/lnurlp/a", true},
		{"a@127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/lnurlp/a", true},
		/* looks like it, is not */
		{"a@127.0.0.1.evil.example",
		 "https://127.0.0.1.evil.example/.well-known/lnurlp/a", false},
		{"a@localhost.example", "https://localhost.example/.well-known/lnurlp/a",
		 false},
		{"a@10.0.0.1", "https://10.0.0.1/.well-known/lnurlp/a", false},
		{"a@onion.example", "https://onion.example/.well-known/lnurlp/a", false},
		{"a@xonion", "https://xonion/.well-known/lnurlp/a", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lnurl_url u = {.text = ""};
		struct lerr err = {0};

		if (address(&u, cases[i].text, &err))
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_string_equal(u.text, cases[i].url);
		assert_int_equal(u.is_local, cases[i].is_local);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"", "Lightning address"},
		{"alice", "Lightning address"},
		{"https://pay.example/", "Lightning address"},
		{"@pay.example", "before the @"},
		{"Alice@pay.example", "lower case"},
		{"al ice@pay.example", "before the @"},
		{"a/b@pay.example", "before the @"},
		{"a%2e@pay.example", "before the @"},
		{".@pay.example", "before the @"},
		{"..@pay.example", "before the @"},
		{"a@", "host name"},
		{"a@b@c", "host name"},
		{"a@pay.example/x", "host name"},
		{"a@pay.example?x", "host name"},
		{"a@pay..example", "host name"},
		{"a@.example", "host name"},
		{"a@example.", "host name"},
		{"a@-x.example", "host name"},
		{"a@x y.example", "host name"},
		{"a@[::1]", "host name"},
		{"a@pay.example:", "port"},
		{"a@pay.example:0", "port"},
		{"a@pay.example:65536", "port"},
		{"a@pay.example:1x", "port"},
		{"a@pay.example:80/x", "port"},
		{"a@abc.onion", "onion"},
		{"a@ABC.Onion:80", "onion"},
		{"a@onion", "onion"},
	};
	static const char nul[] = "alice\0pay.example";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lnurl_url u = {.text = "untouched"};
		struct lerr err = {0};

		if (address(&u, cases[i].text, &err) != LERR_INPUT ||
		    !strstr(err.msg, cases[i].why))
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_string_equal(u.text, "untouched");
	}
	assert_int_equal(lnurl_address(&(struct lnurl_url){.text = ""},
				       (struct str){nul, sizeof(nul) - 1}, NULL),
			 LERR_INPUT);
}

static void names_and_hosts_have_an_end(void **state)
{
	auto_buf struct buf text = BUF_INIT(100000);
	struct lnurl_url u;

	(void)state;
	for (int i = 0; i < 65; i++)
		buf_add_char(&text, 'a');
	buf_add_c(&text, "@x.example");
	assert_int_equal(address(&u, text.p, NULL), LERR_INPUT);
	buf_eat(&text, 1);
	assert_int_equal(address(&u, text.p, NULL), LERR_OK);
	buf_reset(&text);
	buf_add_c(&text, "a@");
	for (int i = 0; i < 254; i++)
		buf_add_char(&text, i % 2 ? '.' : 'a');
	assert_int_equal(address(&u, text.p, NULL), LERR_INPUT);
	buf_reset(&text);
	buf_add_c(&text, "a@");
	for (int i = 0; i < 64; i++)
		buf_add_char(&text, 'a');
	buf_add_c(&text, ".example");
	assert_int_equal(address(&u, text.p, NULL), LERR_INPUT);
	buf_reset(&text);
	for (int i = 0; i < 6000; i++)
		buf_add_char(&text, 'a');
	assert_int_equal(address(&u, text.p, NULL), LERR_LIMIT);
}

static void a_code_is_a_url_in_bech32(void **state)
{
	char upper[] = "LNURL1DP68GURN8GHJ7URP0YHX27RPD4CXCEF0D3H82UNVWQLKJEPAXUS5RYPK";
	char lower[] = "lightning:"
		       "lnurl1dp68gurn8ghj7urp0yhx27rpd4cxcef0d3h82unvwqlkjepaxus5rypk";
	struct lnurl_url u;

	(void)state;
	assert_int_equal(address(&u, upper, NULL), LERR_OK);
	assert_string_equal(u.text, "https://pay.example/lnurlp?id=7");
	assert_false(u.is_local);
	assert_int_equal(address(&u, lower, NULL), LERR_OK);
	assert_string_equal(u.text, "https://pay.example/lnurlp?id=7");
	/* the scheme comes out as httpc wants it */
	assert_int_equal(
		address(&u, "lnurl1fp29g5zn8ghj75rp0yhx27rpd4cxcef0wqermgpz", NULL),
		LERR_OK);
	assert_string_equal(u.text, "https://Pay.example/p");
	assert_int_equal(
		address(&u, "lnurl1dp68gup69uhnzv3h9cczuvpwxyarsvpcxqhhqn5w2jm", NULL),
		LERR_OK);
	assert_true(u.is_local);
	lower[30] = lower[30] == 'q' ? 'p' : 'q';
	assert_int_equal(address(&u, lower, NULL), LERR_INPUT);
}

static void codes_of_other_urls_are_refused(void **state)
{
	static const char *const bad[] = {
		"lnurl1dp68gup69uhhqcte9ejhsctdwpkx2tmslh"
		"rvx6", /* http://pay.example/p */
		"lnurl1dp68gurn8ghj77pwdahxjmmw9acqav5k0"
		"2", /* https://x.onion/p */
		"lnurl1ve68qw309acxz7fwv4uxzmtsd3jj74nwj6"
		"e", /* ftp://pay.example/ */
		"lnurl1dp68gurn8ghj7af6wpq8qcte9ejhsctdwp"
		"kx2tcd7tgja", /* https://u:p@pay.example/ */
		"lnurl1dp68gurn8ghj7urp0yhx27rpd4cxcef0vy"
		"sxyzkcsvp", /* https://pay.example/a b */
		"lnurl1dp68gurn8ghj7urp0yhx27rpd4cxcef0yd"
		"nq72r74y",                  /* https://pay.example/#f */
		"lnurl1dp68gurn8ghj74tgry2", /* https:// */
		"lnurl1",
		"npub1dp68gurn8ghj7urp0yhx27rpd4cxcef0s64"
		"lkx",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lnurl_url u;

		if (address(&u, bad[i], NULL) != LERR_INPUT)
			fail_msg("taken: %s", bad[i]);
	}
}

/* ---- the first answer */

static struct lnurl_url from(const char *text)
{
	struct lnurl_url u;

	assert_int_equal(address(&u, text, NULL), LERR_OK);
	return u;
}

static enum lerr_code read_pay(struct lnurl_pay *out, const char *who, const char *body,
			       struct lerr *err)
{
	struct lnurl_url u = from(who);

	return lnurl_read_pay(out, &u, str_of(body), err);
}

static struct lnurl_pay pay(void)
{
	struct lnurl_pay p;
	struct lerr err = {0};

	if (read_pay(&p, "alice@pay.example", PAY("https://pay.example/cb"), &err))
		fail_msg("%s", err.msg);
	return p;
}

static void an_offer_is_read(void **state)
{
	struct lnurl_pay p = pay();
	struct id32 hash = hash_sha256(METADATA, strlen(METADATA));

	(void)state;
	assert_string_equal(p.callback.text, "https://pay.example/cb");
	assert_false(p.callback.is_local);
	assert_int_equal(p.min_msat, 1000);
	assert_int_equal(p.max_msat, 500000000);
	assert_int_equal(p.comment_max, 32);
	assert_true(id32_eq(&p.metadata_hash, &hash));
}

static void an_offer_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *body;
		enum lerr_code code;
		const char *why;
	} cases[] = {
		{"", LERR_INPUT, "JSON"},
		{"[]", LERR_INPUT, "payments"},
		{"{\"status\":\"ERROR\",\"reason\":\"no such user\"}", LERR_DENIED,
		 "no such user"},
		{"{\"status\":\"error\"}", LERR_DENIED, "no reason"},
		{"{\"status\":\"ERROR\",\"reason\":\"a\\nb\"}", LERR_DENIED, "a\\x0ab"},
		{"{\"tag\":\"withdrawRequest\"}", LERR_INPUT, "payments"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":1,\"metadata\":\"\"}",
		 LERR_INPUT, "maxSendable"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":1,\"maxSendable\":\"2\",\"metadata\":\"\"}",
		 LERR_INPUT, "maxSendable"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":1,\"maxSendable\":2.5,\"metadata\":\"\"}",
		 LERR_INPUT, "maxSendable"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":-1,\"maxSendable\":2,\"metadata\":\"\"}",
		 LERR_INPUT, "minSendable"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":3,\"maxSendable\":2,\"metadata\":\"\"}",
		 LERR_INPUT, "minSendable"},
		{"{\"tag\":\"payRequest\",\"callback\":\"https://x.org\","
		 "\"minSendable\":1,\"maxSendable\":2,\"metadata\":[]}",
		 LERR_INPUT, "metadata"},
		{"{\"tag\":\"payRequest\",\"minSendable\":1,\"maxSendable\":2,"
		 "\"metadata\":\"\"}",
		 LERR_INPUT, "callback"},
		{PAY("http://pay.example/cb"), LERR_INPUT, "this machine alone"},
		{PAY("https://abc.onion/cb"), LERR_INPUT, "onion"},
		{PAY("ftp://pay.example/cb"), LERR_INPUT, "https"},
		{PAY("https://u@pay.example/cb"), LERR_INPUT, "user name"},
		{PAY("https://pay.example/a b"), LERR_INPUT, "character"},
		{PAY("https://pay.example\\u0000/"), LERR_INPUT, "character"},
		{PAY("https://[::1/"), LERR_INPUT, "']'"},
		{PAY("https://[1::g]/"), LERR_INPUT, "IPv6"},
		/* from outside to this machine */
		{PAY("http://127.0.0.1/cb"), LERR_INPUT, "this machine"},
		{PAY("https://127.0.0.1/cb"), LERR_INPUT, "this machine"},
		{PAY("https://[::1]/cb"), LERR_INPUT, "this machine"},
		{PAY("https://[::ffff:127.0.0.1]:80/cb"), LERR_INPUT, "this machine"},
		{PAY("https://LocalHost:7/cb"), LERR_INPUT, "this machine"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lnurl_pay p = {.min_msat = 7};
		struct lerr err = {0};

		if (read_pay(&p, "a@pay.example", cases[i].body, &err) != cases[i].code ||
		    !strstr(err.msg, cases[i].why))
			fail_msg("%zu: %s", i, err.msg);
		assert_int_equal(p.min_msat, 7);
	}
}

static void a_local_server_may_stay_local(void **state)
{
	struct lnurl_pay p;

	(void)state;
	assert_int_equal(
		read_pay(&p, "a@127.0.0.1:8000", PAY("http://127.0.0.1:8000/cb"), NULL),
		LERR_OK);
	assert_true(p.callback.is_local);
}

/* ---- the callback */

static void assert_callback(const char *callback, const char *want)
{
	struct lnurl_pay p = pay();
	struct lnurl_url u;

	str_copy(p.callback.text, sizeof(p.callback.text), str_of(callback));
	assert_int_equal(lnurl_callback(&u, &p, 21000, NULL), LERR_OK);
	assert_string_equal(u.text, want);
	assert_false(u.is_local);
}

static void the_amount_is_put_behind_the_callback(void **state)
{
	(void)state;
	assert_callback("https://x.org/cb", "https://x.org/cb?amount=21000");
	assert_callback("https://x.org", "https://x.org?amount=21000");
	assert_callback("https://x.org/cb?", "https://x.org/cb?amount=21000");
	assert_callback("https://x.org/cb?id=1", "https://x.org/cb?id=1&amount=21000");
	assert_callback("https://x.org/cb?id=1&", "https://x.org/cb?id=1&amount=21000");
}

static void amounts_that_it_does_not_take_are_not_asked_for(void **state)
{
	struct lnurl_pay p = pay();
	struct lnurl_url u;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(lnurl_callback(&u, &p, 999, &err), LERR_LIMIT);
	assert_has(err.msg, "1000 to 500000000 msat");
	assert_int_equal(lnurl_callback(&u, &p, 500000001, NULL), LERR_LIMIT);
	assert_int_equal(lnurl_callback(&u, &p, 1000, NULL), LERR_OK);
	assert_int_equal(lnurl_callback(&u, &p, 500000000, NULL), LERR_OK);
	memset(p.callback.text + 20, 'x', sizeof(p.callback.text) - 21);
	assert_int_equal(lnurl_callback(&u, &p, 1000, NULL), LERR_INPUT);
}

/* ---- the second answer */

static enum lerr_code read_invoice(struct buf *text, const char *body, struct lerr *err)
{
	struct lnurl_pay p = pay();
	struct bolt11 b = {.network = ""};
	enum lerr_code rc = lnurl_read_invoice(text, &b, &p, 21000, str_of(body), err);

	if (!rc) {
		assert_int_equal(b.amount_msat, 21000);
		assert_int_equal(b.made_at, 1790000000);
	}
	return rc;
}

static void an_invoice_for_this_is_taken(void **state)
{
	static const char *const bodies[] = {
		"{\"pr\":\"" HASHED "\",\"routes\":[]}",
		"{\"status\":\"OK\",\"pr\":\"lightning:" HASHED "\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		auto_buf struct buf text = BUF_INIT(CAP_INVOICE_BYTES);

		assert_int_equal(read_invoice(&text, bodies[i], NULL), LERR_OK);
		assert_buf(text, HASHED);
	}
	{
		auto_buf struct buf text = BUF_INIT(CAP_INVOICE_BYTES);

		assert_int_equal(read_invoice(&text,
					      "{\"pr\":\"" DESCRIBED "\",\"routes\":[]}",
					      NULL),
				 LERR_OK);
		assert_buf(text, DESCRIBED);
	}
}

static void another_invoice_is_refused(void **state)
{
	static const struct {
		const char *body;
		enum lerr_code code;
		const char *why;
	} cases[] = {
		{"{\"pr\":\"" MORE "\"}", LERR_INPUT, "over 22000 msat, not over 21000"},
		{"{\"pr\":\"" NO_AMOUNT "\"}", LERR_INPUT, "over 0 msat"},
		{"{\"pr\":\"" OTHER_HASH "\"}", LERR_INPUT, "something else"},
		{"{\"pr\":\"lnbc1\"}", LERR_INPUT, "its invoice: "},
		{"{\"pr\":\"\"}", LERR_INPUT, "its invoice: "},
		{"{\"pr\":7}", LERR_INPUT, "no pr"},
		{"{\"routes\":[]}", LERR_INPUT, "no pr"},
		{"nonsense", LERR_INPUT, "JSON"},
		{"{\"status\":\"ERROR\",\"reason\":\"too poor\"}", LERR_DENIED,
		 "too poor"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf text = BUF_INIT(CAP_INVOICE_BYTES);
		struct lerr err = {0};

		if (read_invoice(&text, cases[i].body, &err) != cases[i].code ||
		    !strstr(err.msg, cases[i].why))
			fail_msg("%zu: %s", i, err.msg);
		assert_int_equal(text.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lightning_address_is_a_url),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(names_and_hosts_have_an_end),
		cmocka_unit_test(a_code_is_a_url_in_bech32),
		cmocka_unit_test(codes_of_other_urls_are_refused),
		cmocka_unit_test(an_offer_is_read),
		cmocka_unit_test(an_offer_that_is_none_is_refused),
		cmocka_unit_test(a_local_server_may_stay_local),
		cmocka_unit_test(the_amount_is_put_behind_the_callback),
		cmocka_unit_test(amounts_that_it_does_not_take_are_not_asked_for),
		cmocka_unit_test(an_invoice_for_this_is_taken),
		cmocka_unit_test(another_invoice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
