/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/cashutok.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/cbor.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ID_V1 "00b365994885c32b"
#define ID_V2 "01a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define ID_SHORT "01a1b2c3d4e5f607"
#define POINT "02" FACT_PUB1
#define SCALAR FACT_KEY1

enum { ROOM = 1024 * 1024 };

static struct keyset_id id_of(const char *hex)
{
	struct keyset_id id = {{0}};

	assert_int_equal(keyset_id_parse(&id, str_of(hex), NULL), LERR_OK);
	return id;
}

static struct ecpoint point_of(const char *x)
{
	struct id32 id = unit_id(x);

	return ecpoint_from_x(&id);
}

static struct cashuproof proof(uint64_t amount, const char *id, const char *secret)
{
	return (struct cashuproof){.amount = amount,
				   .id = id_of(id),
				   .secret = mem_strdup(secret),
				   .c = point_of(FACT_PUB1)};
}

static void add_dleq(struct cashuproof *p)
{
	p->has_dleq = true;
	memset(p->dleq.e.b, 0x11, 32);
	memset(p->dleq.s.b, 0x22, 32);
	memset(p->dleq.r.b, 0x33, 32);
	p->dleq.has_r = true;
}

static struct cashutok *parse(struct str text)
{
	struct cashutok *t = NULL;
	enum cashutok_fault why;
	struct lerr err = {0};

	if (cashutok_parse(&t, text, CAP_TOKEN_PROOFS, &why, &err))
		fail_msg("%s", err.msg);
	return t;
}

static void refused(struct str text, size_t most, enum cashutok_fault want,
		    const char *part)
{
	struct cashutok *t = NULL;
	enum cashutok_fault why = (enum cashutok_fault)99;
	struct lerr err = {0};
	enum lerr_code rc = cashutok_parse(&t, text, most, &why, &err);

	if (!rc)
		fail_msg("read, though %s", part);
	assert_null(t);
	assert_int_equal(rc, want == CASHUTOK_MANY_PROOFS ? LERR_LIMIT : LERR_INPUT);
	assert_has(err.msg, part);
	assert_int_equal(why, want);
}

/* ---- there and back */

static void same_proof(const struct cashuproof *a, const struct cashuproof *b)
{
	assert_int_equal(a->amount, b->amount);
	assert_string_equal(a->id.c, b->id.c);
	assert_string_equal(a->secret, b->secret);
	assert_true(ecpoint_eq(&a->c, &b->c));
	assert_int_equal(a->has_dleq, b->has_dleq);
	assert_memory_equal(&a->dleq, &b->dleq, sizeof(a->dleq));
	assert_int_equal(a->has_ephemeral, b->has_ephemeral);
	assert_memory_equal(&a->ephemeral, &b->ephemeral, sizeof(a->ephemeral));
}

static void tokens_go_both_ways_in_both_formats(void **state)
{
	/* two keysets in turn: V4 sorts them together */
	struct cashuproof p[4] = {proof(1, ID_V1, "one \xc3\xa9\""),
				  proof(2, ID_V2, "[\"P2PK\",{}]"),
				  proof(4, ID_V1, "three"), proof(8, ID_V2, "four")};
	const size_t places[2][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}};

	(void)state;
	add_dleq(&p[1]);
	p[2].has_ephemeral = true;
	p[2].ephemeral = point_of(FACT_PUB2);
	for (size_t v = 0; v < 2; v++) {
		auto_buf struct buf text = BUF_INIT(ROOM);
		auto_cashutok struct cashutok *t = NULL;

		if (v == 0)
			cashutok_write_v3(&text, STR_LIT("https://mint.example/Bitcoin"),
					  STR_LIT("sat"), STR_LIT("a \"memo\""), p, 4,
					  true);
		else
			cashutok_write_v4(&text, STR_LIT("https://mint.example/Bitcoin"),
					  STR_LIT("sat"), STR_LIT("a \"memo\""), p, 4,
					  true, false);
		t = parse(buf_str(&text));
		assert_string_equal(t->mint, "https://mint.example/Bitcoin");
		assert_string_equal(t->unit, "sat");
		assert_string_equal(t->memo, "a \"memo\"");
		assert_int_equal(t->n, 4);
		assert_int_equal(t->sum, 15);
		for (size_t i = 0; i < 4; i++)
			same_proof(&t->proofs[i], &p[places[v][i]]);
	}
	for (size_t i = 0; i < 4; i++)
		cashutok_wipe_proof(&p[i]);
	assert_null(p[0].secret);
}

static void dleq_goes_along_only_when_it_is_wanted_and_whole(void **state)
{
	struct cashuproof p[2] = {proof(1, ID_V1, "a"), proof(1, ID_V1, "b")};

	(void)state;
	add_dleq(&p[0]);
	add_dleq(&p[1]);
	p[1].dleq.has_r = false;
	for (unsigned int want = 0; want < 2; want++) {
		for (unsigned int v = 0; v < 2; v++) {
			auto_buf struct buf text = BUF_INIT(ROOM);
			auto_cashutok struct cashutok *t = NULL;

			if (v)
				cashutok_write_v4(&text, STR_LIT("http://m"),
						  STR_LIT("sat"), STR_LIT(""), p, 2, want,
						  false);
			else
				cashutok_write_v3(&text, STR_LIT("http://m"),
						  STR_LIT("sat"), STR_LIT(""), p, 2,
						  want);
			t = parse(buf_str(&text));
			assert_int_equal(t->proofs[0].has_dleq, want);
			assert_int_equal(t->proofs[0].dleq.has_r, want);
			assert_false(t->proofs[1].has_dleq);
			assert_null(t->memo);
		}
	}
	cashutok_wipe_proof(&p[0]);
	cashutok_wipe_proof(&p[1]);
}

static void the_format_follows_from_the_keysets(void **state)
{
	struct cashuproof p[2] = {proof(1, ID_V1, "a"), proof(1, ID_V2, "b")};
	auto_buf struct buf text = BUF_INIT(ROOM);
	auto_cashutok struct cashutok *t = NULL;

	(void)state;
	cashutok_write(&text, STR_LIT("http://m"), STR_LIT("sat"), p, 1, true);
	assert_true(str_starts(buf_str(&text), "cashuB"));
	buf_reset(&text);
	cashutok_write(&text, STR_LIT("http://m"), STR_LIT("sat"), p, 2, true);
	assert_true(str_starts(buf_str(&text), "cashuA"));
	buf_reset(&text);
	cashutok_write_v4(&text, STR_LIT("http://m"), STR_LIT("sat"), STR_LIT(""), p, 2,
			  true, true);
	t = parse(buf_str(&text));
	assert_string_equal(t->proofs[0].id.c, ID_V1);
	assert_string_equal(t->proofs[1].id.c, ID_SHORT);
	cashutok_wipe_proof(&p[0]);
	cashutok_wipe_proof(&p[1]);
}

static void what_does_not_fit_poisons_the_buffer(void **state)
{
	struct cashuproof p = proof(1, ID_V1, "a");
	auto_buf struct buf whole = BUF_INIT(ROOM);
	struct buf text = BUF_INIT(50);

	(void)state;
	cashutok_write(&whole, STR_LIT("http://m"), STR_LIT("sat"), &p, 1, false);
	cashutok_write(&text, STR_LIT("http://m"), STR_LIT("sat"), &p, 1, false);
	assert_true(buf_over(&text));
	/* one byte too few, so that only the base64 does not fit */
	for (size_t less = 0; less < 2; less++) {
		buf_init(&text, whole.n - less);
		cashutok_write(&text, STR_LIT("http://m"), STR_LIT("sat"), &p, 1, false);
		assert_int_equal(buf_over(&text), less);
		buf_free(&text);
	}
	cashutok_wipe_proof(&p);
}

static void every_prefix_of_a_uri_is_skipped(void **state)
{
	static const char *const prefixes[] = {"", "cashu:", "cashu://", "web+cashu://"};
	struct cashuproof p = proof(1, ID_V1, "a");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		auto_buf struct buf text = BUF_INIT(ROOM);
		auto_cashutok struct cashutok *t = NULL;

		buf_add_c(&text, prefixes[i]);
		cashutok_write(&text, STR_LIT("http://m"), STR_LIT("sat"), &p, 1, false);
		t = parse(buf_str(&text));
		assert_int_equal(t->sum, 1);
	}
	cashutok_wipe_proof(&p);
}

/* ---- V3 */

#define PROOF(amount, secret)                                                    \
	"{\"amount\":" amount ",\"id\":\"" ID_V1 "\",\"secret\":\"" secret "\"," \
	"\"C\":\"" POINT "\""
#define TOKEN(proofs)                                                             \
	"{\"token\":[{\"mint\":\"https://m\",\"proofs\":[" proofs "]}],\"unit\":" \
	"\"sat\"}"

static struct buf v3(const char *json)
{
	struct buf text = BUF_INIT(ROOM);

	buf_add_c(&text, "cashuA");
	b64_encode(&text, json, strlen(json), B64_STD);
	return text;
}

static struct cashutok *parse_v3(const char *json)
{
	auto_buf struct buf text = v3(json);

	return parse(buf_str(&text));
}

static void v3_may_leave_out_and_hold_more_than_we_know(void **state)
{
	auto_cashutok struct cashutok *t =
		parse_v3("{\"future\":[1.5,-3],\"memo\":null,\"token\":[{\"x\":{},"
			 "\"proofs\":[" PROOF(
				 "1", "a") ",\"dleq\":null,\"witness\":7,"
					   "\"p2pk_e\":null}],\"mint\":\"https://m\"}]}");

	(void)state;
	assert_string_equal(t->unit, "sat");
	assert_null(t->memo);
	assert_false(t->proofs[0].has_dleq);
	assert_false(t->proofs[0].has_ephemeral);
	cashutok_free(t);
	/* an empty memo is none, upper-case hex is hex, a short id stays short */
	t = parse_v3("{\"token\":[{\"mint\":\"https://m\",\"proofs\":[{\"amount\":1,"
		     "\"id\":\"01A1B2C3D4E5F607\",\"secret\":\"a\",\"C\":\""
		     "02941528C133AD85E1667B3C5396FE176EF5A085F3E9A72701D1FCD74A88FFF054"
		     "\"}]}],\"unit\":\"usd\",\"memo\":\"\"}");
	assert_string_equal(t->unit, "usd");
	assert_null(t->memo);
	assert_string_equal(t->proofs[0].id.c, ID_SHORT);
}

static void a_dleq_without_r_counts_as_none(void **state)
{
	auto_cashutok struct cashutok *t = parse_v3(TOKEN(PROOF(
		"1", "a") ",\"dleq\":{\"e\":\"" SCALAR "\",\"s\":\"" SCALAR "\"}}"));

	(void)state;
	assert_false(t->proofs[0].has_dleq);
	cashutok_free(t);
	t = parse_v3(TOKEN(PROOF("1", "a") ",\"dleq\":{\"e\":\"" SCALAR
					   "\",\"s\":\"" SCALAR "\",\"r\":\"" SCALAR
					   "\"}}"));
	assert_true(t->proofs[0].has_dleq && t->proofs[0].dleq.has_r);
}

static void broken_v3_tokens_are_refused(void **state)
{
	const struct {
		const char *json;
		enum cashutok_fault why;
		const char *part;
	} bad[] = {
		{"", CASHUTOK_BAD, "not JSON"},
		{"[]", CASHUTOK_BAD, "list of mints"},
		{"{}", CASHUTOK_BAD, "list of mints"},
		{"{\"token\":[]}", CASHUTOK_BAD, "list of mints"},
		{"{\"token\":[3]}", CASHUTOK_BAD, "list of mints"},
		{"{\"token\":[{\"proofs\":[]}]}", CASHUTOK_BAD, "no mint"},
		{"{\"token\":[{\"mint\":\"\",\"proofs\":[]}]}", CASHUTOK_BAD, "empty"},
		{"{\"token\":[{\"mint\":\"a\\u0000b\",\"proofs\":[]}]}", CASHUTOK_BAD,
		 "NUL"},
		{"{\"token\":[{\"mint\":\"https://m\"}]}", CASHUTOK_BAD,
		 "list of proofs"},
		{"{\"token\":[{\"mint\":\"https://m\",\"proofs\":[]},{}]}",
		 CASHUTOK_MANY_MINTS, "more than one mint"},
		{"{\"token\":[{\"mint\":\"https://m\",\"proofs\":[]}],\"unit\":1}",
		 CASHUTOK_BAD, "no text"},
		{"{\"token\":[{\"mint\":\"https://m\",\"proofs\":[]}],\"memo\":[]}",
		 CASHUTOK_BAD, "no text"},
		{TOKEN(""), CASHUTOK_BAD, "no proofs"},
		{TOKEN("[]"), CASHUTOK_BAD, "no object"},
		{TOKEN(PROOF("0", "a") "}"), CASHUTOK_AMOUNT, "amount is 0"},
		{TOKEN(PROOF("-1", "a") "}"), CASHUTOK_AMOUNT, "whole number"},
		{TOKEN(PROOF("1.0", "a") "}"), CASHUTOK_AMOUNT, "whole number"},
		{TOKEN(PROOF("1e3", "a") "}"), CASHUTOK_AMOUNT, "whole number"},
		{TOKEN(PROOF("\"1\"", "a") "}"), CASHUTOK_AMOUNT, "whole number"},
		{TOKEN(PROOF("null", "a") "}"), CASHUTOK_AMOUNT, "whole number"},
		{TOKEN(PROOF("18446744073709551616", "a") "}"), CASHUTOK_BAD, "JSON"},
		{TOKEN(PROOF("9223372036854775807", "a") "}," PROOF("1", "b") "}"),
		 CASHUTOK_AMOUNT, "sum"},
		{TOKEN(PROOF("1", "a") "}," PROOF("2", "b") "}," PROOF("4", "a") "}"),
		 CASHUTOK_TWICE, "same secret"},
		{TOKEN(PROOF("1", "") "}"), CASHUTOK_BAD, "proof 1"},
		{TOKEN(PROOF("1", "a") "}," PROOF("1", "\\u0000") "}"), CASHUTOK_BAD,
		 "proof 2"},
		{TOKEN(PROOF("1", "a") ",\"secret\":\"b\"}"), CASHUTOK_BAD, "duplicate"},
		{TOKEN(PROOF("1", "a") ",\"p2pk_e\":\"02\"}"), CASHUTOK_BAD, "p2pk_e"},
		{TOKEN(PROOF("1", "a") ",\"dleq\":5}"), CASHUTOK_BAD, "DLEQ"},
		{TOKEN(PROOF("1", "a") ",\"dleq\":{\"r\":\"" SCALAR "\"}}"), CASHUTOK_BAD,
		 "DLEQ"},
		{TOKEN(PROOF("1", "a") ",\"dleq\":{\"e\":\"" SCALAR "\",\"s\":\"" SCALAR
				       "\",\"r\":\"zz\"}}"),
		 CASHUTOK_BAD, "DLEQ"},
		{TOKEN("{\"amount\":1,\"secret\":\"a\",\"C\":\"" POINT "\"}"),
		 CASHUTOK_BAD, "no keyset"},
		{TOKEN("{\"amount\":1,\"id\":\"" ID_V1 "\",\"C\":\"" POINT "\"}"),
		 CASHUTOK_BAD, "no secret"},
		{TOKEN("{\"amount\":1,\"id\":\"" ID_V1 "\",\"secret\":\"a\"}"),
		 CASHUTOK_BAD, "its C"},
		{TOKEN("{\"amount\":1,\"id\":\"" ID_V1
		       "\",\"secret\":\"a\",\"C\":\"020000000000000000"
		       "000000000000000000000000000000000000000000000005\"}"),
		 CASHUTOK_BAD, "its C"},
		{TOKEN("{\"amount\":1,\"id\":\"I2yN+iRYfkzT\",\"secret\":\"a\","
		       "\"C\":\"" POINT "\"}"),
		 CASHUTOK_KEYSET, "proof 1"},
		{TOKEN("{\"amount\":1,\"id\":\"02b365994885c32b\",\"secret\":\"a\","
		       "\"C\":\"" POINT "\"}"),
		 CASHUTOK_KEYSET, "proof 1"},
		{TOKEN("{\"amount\":1,\"id\":\"00b3\",\"secret\":\"a\",\"C\":\"" POINT
		       "\"}"),
		 CASHUTOK_BAD, "proof 1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf text = v3(bad[i].json);

		refused(buf_str(&text), CAP_TOKEN_PROOFS, bad[i].why, bad[i].part);
	}
}

/* ---- V4 */

static struct buf v4(const struct buf *cbor)
{
	struct buf text = BUF_INIT(ROOM);

	buf_add_c(&text, "cashuB");
	b64_encode(&text, cbor->p, cbor->n, B64_URL);
	return text;
}

static void add_head(struct buf *b, size_t keys)
{
	cbor_add_map(b, keys);
	cbor_add_text(b, STR_LIT("m"));
	cbor_add_text(b, STR_LIT("https://m"));
	cbor_add_text(b, STR_LIT("u"));
	cbor_add_text(b, STR_LIT("sat"));
	cbor_add_text(b, STR_LIT("t"));
	cbor_add_array(b, 1);
	cbor_add_map(b, 2);
	cbor_add_text(b, STR_LIT("i"));
	cbor_add_bytes(b, "\0\xb3\x65\x99\x48\x85\xc3\x2b", 8);
	cbor_add_text(b, STR_LIT("p"));
	cbor_add_array(b, 1);
}

static void add_c(struct buf *b)
{
	struct ecpoint c = point_of(FACT_PUB1);

	cbor_add_text(b, STR_LIT("c"));
	cbor_add_bytes(b, c.b, sizeof(c.b));
}

/* A proof with `more` keys to come. */
static void add_proof(struct buf *b, size_t more)
{
	cbor_add_map(b, 3 + more);
	cbor_add_text(b, STR_LIT("a"));
	cbor_add_uint(b, 1);
	cbor_add_text(b, STR_LIT("s"));
	cbor_add_text(b, STR_LIT("a"));
	add_c(b);
}

static void v4_may_hold_null_and_keys_that_we_do_not_know(void **state)
{
	auto_buf struct buf b = BUF_INIT(ROOM);
	auto_cashutok struct cashutok *t = NULL;

	(void)state;
	add_head(&b, 5);
	add_proof(&b, 4);
	cbor_add_text(&b, STR_LIT("d"));
	buf_add(&b, "\xf6", 1);
	cbor_add_text(&b, STR_LIT("pe"));
	buf_add(&b, "\xf7", 1);
	cbor_add_text(&b, STR_LIT("w"));
	cbor_add_uint(&b, 5);
	cbor_add_text(&b, STR_LIT("new"));
	buf_add(&b, "\x82\xf9\x3c\x00\xa1\x20\xf4", 7);
	cbor_add_text(&b, STR_LIT("d"));
	buf_add(&b, "\xf6", 1);
	cbor_add_text(&b, STR_LIT("v"));
	buf_add(&b, "\x20", 1);
	{
		auto_buf struct buf text = v4(&b);

		t = parse(buf_str(&text));
	}
	assert_int_equal(t->n, 1);
	assert_false(t->proofs[0].has_dleq);
	assert_false(t->proofs[0].has_ephemeral);
	assert_null(t->memo);
}

static void the_keyset_id_may_stand_behind_the_proofs(void **state)
{
	auto_buf struct buf b = BUF_INIT(ROOM);
	auto_cashutok struct cashutok *t = NULL;

	(void)state;
	cbor_add_map(&b, 3);
	cbor_add_text(&b, STR_LIT("t"));
	cbor_add_array(&b, 1);
	cbor_add_map(&b, 2);
	cbor_add_text(&b, STR_LIT("p"));
	cbor_add_array(&b, 1);
	add_proof(&b, 0);
	cbor_add_text(&b, STR_LIT("i"));
	cbor_add_bytes(&b, "\x01\xa1\xb2\xc3\xd4\xe5\xf6\x07", 8);
	cbor_add_text(&b, STR_LIT("u"));
	cbor_add_text(&b, STR_LIT("sat"));
	cbor_add_text(&b, STR_LIT("m"));
	cbor_add_text(&b, STR_LIT("https://m"));
	{
		auto_buf struct buf text = v4(&b);

		t = parse(buf_str(&text));
	}
	assert_string_equal(t->proofs[0].id.c, ID_SHORT);
}

/* A token whose proof, or what follows it, is spoilt. */
static void spoil(struct buf *b, size_t which)
{
	struct ecpoint c = point_of(FACT_PUB1);

	add_head(b, which == 10 ? 4 : 3);
	switch (which) {
	case 0:
		cbor_add_map(b, 0);
		break;
	case 1:
		cbor_add_map(b, 1);
		cbor_add_text(b, STR_LIT("a"));
		buf_add(b, "\x20", 1);
		break;
	case 2:
		cbor_add_map(b, 1);
		cbor_add_text(b, STR_LIT("a"));
		cbor_add_uint(b, AMOUNT_MAX + 1);
		break;
	case 3:
		cbor_add_map(b, 1);
		cbor_add_text(b, STR_LIT("s"));
		cbor_add_bytes(b, "a", 1);
		break;
	case 4:
		add_proof(b, 1);
		add_c(b);
		break;
	case 5:
		add_proof(b, 1);
		cbor_add_uint(b, 1);
		cbor_add_uint(b, 1);
		break;
	case 6:
		add_proof(b, 1);
		cbor_add_text(b, STR_LIT("pe"));
		memset(c.b + 1, 0, 32);
		cbor_add_bytes(b, c.b, sizeof(c.b));
		break;
	case 7:
		add_proof(b, 1);
		cbor_add_text(b, STR_LIT("d"));
		cbor_add_map(b, 1);
		cbor_add_text(b, STR_LIT("r"));
		cbor_add_bytes(b, c.b, 32);
		break;
	case 8:
		add_proof(b, 1);
		cbor_add_text(b, STR_LIT("d"));
		cbor_add_map(b, 1);
		cbor_add_text(b, STR_LIT("e"));
		cbor_add_bytes(b, c.b, 31);
		break;
	case 9:
		add_proof(b, 0);
		buf_add_char(b, 0);
		break;
	case 10:
		add_proof(b, 0);
		cbor_add_text(b, STR_LIT("u"));
		cbor_add_text(b, STR_LIT("sat"));
		break;
	case 11:
		cbor_add_uint(b, 1);
		break;
	case 12:
		cbor_add_map(b, 33);
		for (unsigned int i = 0; i < 33; i++) {
			char key[2] = {'A', (char)('A' + i)};

			cbor_add_text(b, (struct str){key, 2});
			cbor_add_uint(b, i);
		}
		break;
	default:
		fail();
	}
}

static void broken_v4_tokens_are_refused(void **state)
{
	static const struct {
		enum cashutok_fault why;
		const char *part;
	} bad[] = {
		{CASHUTOK_AMOUNT, "no amount"},  {CASHUTOK_AMOUNT, "whole number"},
		{CASHUTOK_AMOUNT, "too large"},  {CASHUTOK_BAD, "secret is no text"},
		{CASHUTOK_BAD, "twice"},         {CASHUTOK_BAD, "key that is no text"},
		{CASHUTOK_BAD, "no point"},      {CASHUTOK_BAD, "DLEQ"},
		{CASHUTOK_BAD, "wrong length"},  {CASHUTOK_BAD, "behind its end"},
		{CASHUTOK_BAD, "twice"},         {CASHUTOK_BAD, "map should be"},
		{CASHUTOK_BAD, "too many keys"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf b = BUF_INIT(ROOM);
		auto_buf struct buf text = BUF_INIT(0);

		spoil(&b, i);
		text = v4(&b);
		refused(buf_str(&text), CAP_TOKEN_PROOFS, bad[i].why, bad[i].part);
	}
}

static void nesting_is_counted_from_the_token_on(void **state)
{
	(void)state;
	/* token, keysets, keyset, proofs, proof: five; three arrays more are the cap */
	for (size_t more = 3; more <= 4; more++) {
		auto_buf struct buf b = BUF_INIT(ROOM);
		auto_buf struct buf text = BUF_INIT(0);

		add_head(&b, 3);
		add_proof(&b, 1);
		cbor_add_text(&b, STR_LIT("x"));
		for (size_t i = 0; i < more; i++)
			cbor_add_array(&b, 1);
		cbor_add_uint(&b, 1);
		text = v4(&b);
		if (more == 3)
			cashutok_free(parse(buf_str(&text)));
		else
			refused(buf_str(&text), CAP_TOKEN_PROOFS, CASHUTOK_BAD,
				"nested too deep");
	}
}

static void a_token_cut_off_anywhere_is_refused(void **state)
{
	auto_buf struct buf whole = BUF_INIT(ROOM);

	(void)state;
	add_head(&whole, 3);
	add_proof(&whole, 0);
	for (size_t n = 0; n < whole.n; n++) {
		struct buf part = {.p = whole.p, .n = n};
		auto_buf struct buf text = v4(&part);

		refused(buf_str(&text), CAP_TOKEN_PROOFS, CASHUTOK_BAD, "token");
	}
}

/* ---- limits */

static void add_many(struct buf *text, size_t n, bool is_v4)
{
	struct cashuproof *p = mem_array(n, sizeof(*p));

	for (size_t i = 0; i < n; i++) {
		auto_buf struct buf secret = BUF_INIT(20);

		buf_add_u64(&secret, i);
		p[i] = proof(1, ID_V1, secret.p);
	}
	if (is_v4)
		cashutok_write_v4(text, STR_LIT("http://m"), STR_LIT("sat"), STR_LIT(""),
				  p, n, false, false);
	else
		cashutok_write_v3(text, STR_LIT("http://m"), STR_LIT("sat"), STR_LIT(""),
				  p, n, false);
	for (size_t i = 0; i < n; i++)
		cashutok_wipe_proof(&p[i]);
	mem_free(p);
}

static void more_proofs_than_allowed_are_refused_by_number(void **state)
{
	(void)state;
	for (unsigned int v = 0; v < 2; v++) {
		auto_buf struct buf text = BUF_INIT(ROOM);
		auto_cashutok struct cashutok *t = NULL;

		add_many(&text, 101, v);
		refused(buf_str(&text), 100, CASHUTOK_MANY_PROOFS, "more than 100");
		t = parse(buf_str(&text));
		assert_int_equal(t->n, 101);
		assert_int_equal(t->sum, 101);
	}
}

static void a_thousand_proofs_fit_into_the_longest_token(void **state)
{
	auto_buf struct buf text = BUF_INIT(ROOM);
	auto_cashutok struct cashutok *t = NULL;

	(void)state;
	add_many(&text, CAP_TOKEN_PROOFS, true);
	if (text.n <= CAP_TOKEN_BYTES) {
		t = parse(buf_str(&text));
		assert_int_equal(t->sum, CAP_TOKEN_PROOFS);
	} else {
		fail_msg("%zu bytes", text.n);
	}
}

static void texts_that_are_no_tokens_are_refused(void **state)
{
	auto_buf struct buf text = BUF_INIT(ROOM);
	struct cashutok *t = NULL;
	enum cashutok_fault why;

	(void)state;
	refused(STR_LIT(""), 10, CASHUTOK_BAD, "neither cashuA nor cashuB");
	refused(STR_LIT("cashu"), 10, CASHUTOK_BAD, "neither");
	refused(STR_LIT("cashuCo2Ft"), 10, CASHUTOK_BAD, "neither");
	refused(STR_LIT("CASHUAabcd"), 10, CASHUTOK_BAD, "neither");
	refused(STR_LIT("cashu:cashu:cashuA"), 10, CASHUTOK_BAD, "neither");
	refused(STR_LIT("cashuB"), 10, CASHUTOK_BAD, "CBOR");
	refused(STR_LIT("cashuA!!!!"), 10, CASHUTOK_BAD, "base64");
	refused(STR_LIT("cashuBoA =="), 10, CASHUTOK_BAD, "base64");
	buf_add_c(&text, "cashuA");
	while (text.n <= CAP_TOKEN_BYTES)
		buf_add_char(&text, 'A');
	assert_int_equal(cashutok_parse(&t, buf_str(&text), 10, &why, NULL), LERR_LIMIT);
	assert_int_equal(why, CASHUTOK_BAD);
}

static void a_secret_may_have_1024_bytes_and_no_more(void **state)
{
	(void)state;
	for (size_t n = CAP_CASHU_SECRET; n <= CAP_CASHU_SECRET + 1; n++) {
		for (unsigned int v = 0; v < 2; v++) {
			auto_buf struct buf text = BUF_INIT(ROOM);
			struct cashuproof p = proof(1, ID_V1, "");

			mem_free(p.secret);
			p.secret = mem_zalloc(n + 1);
			memset(p.secret, 'x', n);
			if (v)
				cashutok_write_v4(&text, STR_LIT("http://m"),
						  STR_LIT("sat"), STR_LIT(""), &p, 1,
						  false, false);
			else
				cashutok_write_v3(&text, STR_LIT("http://m"),
						  STR_LIT("sat"), STR_LIT(""), &p, 1,
						  false);
			if (n == CAP_CASHU_SECRET)
				cashutok_free(parse(buf_str(&text)));
			else
				refused(buf_str(&text), 10, CASHUTOK_BAD, "too long");
			cashutok_wipe_proof(&p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_go_both_ways_in_both_formats),
		cmocka_unit_test(dleq_goes_along_only_when_it_is_wanted_and_whole),
		cmocka_unit_test(the_format_follows_from_the_keysets),
		cmocka_unit_test(what_does_not_fit_poisons_the_buffer),
		cmocka_unit_test(every_prefix_of_a_uri_is_skipped),
		cmocka_unit_test(v3_may_leave_out_and_hold_more_than_we_know),
		cmocka_unit_test(a_dleq_without_r_counts_as_none),
		cmocka_unit_test(broken_v3_tokens_are_refused),
		cmocka_unit_test(v4_may_hold_null_and_keys_that_we_do_not_know),
		cmocka_unit_test(the_keyset_id_may_stand_behind_the_proofs),
		cmocka_unit_test(broken_v4_tokens_are_refused),
		cmocka_unit_test(nesting_is_counted_from_the_token_on),
		cmocka_unit_test(a_token_cut_off_anywhere_is_refused),
		cmocka_unit_test(more_proofs_than_allowed_are_refused_by_number),
		cmocka_unit_test(a_thousand_proofs_fit_into_the_longest_token),
		cmocka_unit_test(texts_that_are_no_tokens_are_refused),
		cmocka_unit_test(a_secret_may_have_1024_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
