/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "keyd/p2psign.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/p2pk.h"
#include "lib/proto/schnorr.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define NONCE "859d4935c4907062a6297cf4e663e2835d90d97ecdd510745d32f6816323a41f"
#define LOCK(data, tags) \
	"[\"P2PK\",{\"nonce\":\"" NONCE "\",\"data\":\"" data "\",\"tags\":[" tags "]}]"
#define MINE "02" FACT_PUB1
#define OTHER "02" FACT_PUB2
/* two more points */
#define POINT1 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define POINT2 "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
#define ALL "[\"sigflag\",\"SIG_ALL\"]"

static struct keyring *keys;
static struct id32 worker;

static int make(void **state)
{
	struct nsign_key key;

	(void)state;
	if (keyring_new(&keys, NULL) || nsign_parse(&key, STR_LIT(FACT_KEY1), NULL) ||
	    keyring_set(&keys->worker, &key, NULL))
		return -1;
	worker = unit_id(FACT_PUB1);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	keyring_free(keys);
	return 0;
}

/* ---- asking */

static enum lerr_code ask(struct ipckey_p2pk_signed *out, const char *secret,
			  const char *ephemeral, struct lerr *err)
{
	auto_free char *s = mem_strdup(secret);
	auto_free char *e = mem_strdup(ephemeral);
	struct ipckey_p2pk req = {{&s, 1}, {&e, 1}};

	return p2psign_inputs(out, keys, &req, err);
}

static bool is_by(const char *hex, const struct id32 *pubkey, const struct id32 *msg)
{
	uint8_t sig[64];

	assert_true(hex_decode(sig, sizeof(sig), str_of(hex)));
	return schnorr_verify(pubkey, sig, msg->b, sizeof(msg->b));
}

static void assert_signed(const char *secret, const char *ephemeral,
			  const struct id32 *pubkey)
{
	struct ipckey_p2pk_signed out = {{NULL, 0}};
	struct id32 msg = hash_sha256(secret, strlen(secret));
	struct lerr err = {0};

	if (ask(&out, secret, ephemeral, &err))
		fail_msg("%s: %s", secret, err.msg);
	assert_int_equal(out.signatures.n, 1);
	assert_true(is_by(out.signatures.v[0], pubkey, &msg));
	ipc_texts_wipe(&out.signatures);
}

static void assert_refused(const char *secret, const char *ephemeral, enum lerr_code code,
			   const char *why)
{
	struct ipckey_p2pk_signed out = {{NULL, 0}};
	struct lerr err = {0};

	if (ask(&out, secret, ephemeral, &err) != code || !strstr(err.msg, why))
		fail_msg("%s: %s", secret, err.msg);
	assert_null(out.signatures.v);
}

/* ---- SIG_INPUTS */

static void a_lock_to_our_key_is_signed_as_it_is_spelled(void **state)
{
	(void)state;
	assert_signed(LOCK(MINE, ""), "", &worker);
	assert_signed(LOCK("03" FACT_PUB1, "[\"sigflag\",\"SIG_INPUTS\"]"), "", &worker);
	/* without tags, with blanks, members in another order, an unknown tag */
	assert_signed("[\"P2PK\",{\"nonce\":\"x\",\"data\":\"" MINE "\"}]", "", &worker);
	assert_signed(" [ \"P2PK\", {\"data\": \"" MINE
		      "\", \"nonce\": \"x\", \"tags\": [[\"a\",\"b\"]]} ]",
		      "", &worker);
}

static void our_key_may_stand_among_others(void **state)
{
	(void)state;
	assert_signed(LOCK(OTHER, "[\"pubkeys\",\"" POINT1 "\",\"" MINE "\"]"), "",
		      &worker);
	/* whether one is enough is the mint's question */
	assert_signed(LOCK(MINE, "[\"pubkeys\",\"" OTHER "\"],[\"n_sigs\",\"2\"]"), "",
		      &worker);
	assert_signed(LOCK(MINE, "[\"locktime\",\"21\"],[\"refund\",\"" OTHER "\"]"), "",
		      &worker);
}

static void locks_to_others_are_not_signed(void **state)
{
	(void)state;
	assert_refused(LOCK(OTHER, ""), "", LERR_DENIED, "other keys");
	assert_refused(LOCK(OTHER, "[\"pubkeys\",\"" POINT1 "\",\"" POINT2
				   "\"],[\"n_sigs\",\"2\"]"),
		       "", LERR_DENIED, "other keys");
	/* to get it back is not what we are paid for */
	assert_refused(LOCK(OTHER, "[\"locktime\",\"21\"],[\"refund\",\"" MINE "\"]"), "",
		       LERR_DENIED, "other keys");
}

static void another_sigflag_is_for_the_other_request(void **state)
{
	(void)state;
	assert_refused(LOCK(MINE, ALL), "", LERR_INPUT, "SIG_ALL");
}

static void what_is_no_lock_is_not_signed(void **state)
{
	/* the preimage of an event's id: nobody shall get that signed */
	static const char event[] = "[0,\"" FACT_PUB1 "\",1790000000,5101,[],\"\"]";
	static const struct {
		const char *secret;
		const char *why;
	} cases[] = {
		{"", "not locked"},
		{FACT_PUB1, "not locked"},
		{event, "not locked"},
		{"[]", "not locked"},
		{"{}", "not locked"},
		{"[\"P2PK\"]", "not locked"},
		{"[\"P2PK\",{\"nonce\":\"x\",\"data\":\"" MINE "\"}]x", "not locked"},
		{"[\"P2PK\",{\"nonce\":\"x\",\"data\":\"" MINE "\"}", "not locked"},
		{"[\"HTLC\",{\"nonce\":\"x\",\"data\":\"" FACT_PUB1
		 "\",\"tags\":[[\"pubkeys\",\"" MINE "\"]]}]",
		 "another condition"},
		{"[\"p2pk\",{\"nonce\":\"x\",\"data\":\"" MINE "\"}]",
		 "another condition"},
		{LOCK("", ""), "secret 1: "},
		{LOCK(FACT_PUB1, ""), "secret 1: "},
		{LOCK(MINE, "[\"n_sigs\",\"1\"],[\"n_sigs\",\"1\"]"), "secret 1: "},
		{LOCK(MINE, "[\"pubkeys\",\"03" FACT_PUB1 "\"]"), "secret 1: "},
		{LOCK(MINE, "[\"n_sigs\",\"2\"]"), "secret 1: "},
		{LOCK(MINE, "[\"sigflag\",\"SIG_SOME\"]"), "secret 1: "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(cases[i].secret, "", LERR_INPUT, cases[i].why);
}

static void a_secret_has_an_end(void **state)
{
	auto_buf struct buf text = BUF_INIT(5000);

	(void)state;
	buf_add_c(&text, LOCK(MINE, ""));
	while (text.n < CAP_CASHU_SECRET)
		buf_add_char(&text, ' ');
	assert_signed(text.p, "", &worker);
	buf_add_char(&text, ' ');
	assert_refused(text.p, "", LERR_LIMIT, "longer");
}

static void all_are_signed_or_none(void **state)
{
	char mine[] = LOCK(MINE, "");
	char other[] = LOCK(OTHER, "");
	char mine2[] = LOCK("03" FACT_PUB1, "");
	char none[] = "";
	char *good[] = {mine, mine2};
	char *bad[] = {mine, mine2, other};
	char *e[] = {none, none, none};
	struct ipckey_p2pk_signed out = {{NULL, 0}};
	struct id32 msg[2] = {hash_sha256(mine, strlen(mine)),
			      hash_sha256(mine2, strlen(mine2))};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		p2psign_inputs(&out, keys, &(struct ipckey_p2pk){{bad, 3}, {e, 3}}, &err),
		LERR_DENIED);
	assert_has(err.msg, "secret 3: ");
	assert_null(out.signatures.v);
	assert_int_equal(p2psign_inputs(&out, keys,
					&(struct ipckey_p2pk){{good, 2}, {e, 2}}, NULL),
			 LERR_OK);
	assert_int_equal(out.signatures.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(is_by(out.signatures.v[i], &worker, &msg[i]));
	ipc_texts_wipe(&out.signatures);
	/* lists of another length */
	assert_int_equal(p2psign_inputs(&out, keys,
					&(struct ipckey_p2pk){{good, 2}, {e, 1}}, NULL),
			 LERR_INPUT);
	assert_int_equal(p2psign_inputs(&out, keys,
					&(struct ipckey_p2pk){{good, 2}, {e, 3}}, NULL),
			 LERR_INPUT);
	assert_int_equal(p2psign_inputs(&out, keys,
					&(struct ipckey_p2pk){{good, 0}, {e, 0}}, NULL),
			 LERR_INPUT);
}

static void two_signatures_of_one_lock_differ(void **state)
{
	struct ipckey_p2pk_signed a;
	struct ipckey_p2pk_signed b;

	(void)state;
	assert_int_equal(ask(&a, LOCK(MINE, ""), "", NULL), LERR_OK);
	assert_int_equal(ask(&b, LOCK(MINE, ""), "", NULL), LERR_OK);
	assert_string_not_equal(a.signatures.v[0], b.signatures.v[0]);
	ipc_texts_wipe(&a.signatures);
	ipc_texts_wipe(&b.signatures);
}

/* ---- blinded locks, made on the payer's side with points alone */

struct blinded {
	struct ecpointhex e;
	struct ecpointhex key;
	struct id32 x;
};

static struct blinded blind(const struct ecpoint *to, size_t slot)
{
	struct blinded out;
	struct ecscalar e;
	struct ecscalar r;
	struct ecpoint p;
	struct id32 shared;

	ecpoint_random_scalar(&e);
	assert_true(ecpoint_base(&p, &e));
	out.e = ecpoint_hex(&p);
	assert_true(ecpoint_mul(&p, to, &e));
	shared = ecpoint_x(&p);
	assert_true(p2pk_blind_factor(&r, shared.b, slot));
	assert_true(ecpoint_add_base(&p, to, &r));
	out.key = ecpoint_hex(&p);
	out.x = ecpoint_x(&p);
	return out;
}

/* A lock whose slots are POINT1, POINT2, ... but for this one. */
static void write_lock(struct buf *out, size_t slot, const char *key)
{
	buf_addf(out, "[\"P2PK\",{\"nonce\":\"x\",\"data\":\"%s\",\"tags\":[[\"pubkeys\"",
		 slot == 0 ? key : POINT1);
	buf_addf(out, ",\"%s\",\"%s\"]]}]", slot == 1 ? key : POINT2,
		 slot == 2 ? key : OTHER);
}

/* Secret keys of both kinds: with the even and with the odd point. */
static void a_blinded_lock_is_signed_with_the_blinded_key(void **state)
{
	struct keyring_pair before = keys->worker;

	(void)state;
	for (uint8_t k = 11; k <= 18; k++) {
		struct nsign_key secret = {{0}};

		secret.b[31] = k;
		assert_int_equal(keyring_set(&keys->worker, &secret, NULL), LERR_OK);
		for (size_t n = 0; n < 6; n++) {
			auto_buf struct buf text = BUF_INIT(2000);
			struct ecpoint own = ecpoint_from_x(&keys->worker.pubkey);
			struct blinded b;

			own.b[0] = n % 2 ? 0x02 : 0x03;
			b = blind(&own, n / 2);
			write_lock(&text, n / 2, b.key.c);
			assert_signed(text.p, b.e.c, &b.x);
		}
	}
	keys->worker = before;
}

static void a_blinded_lock_of_others_is_not(void **state)
{
	struct id32 pub2 = unit_id(FACT_PUB2);
	struct ecpoint other = ecpoint_from_x(&pub2);
	struct ecpoint own = ecpoint_from_x(&worker);
	auto_buf struct buf text = BUF_INIT(2000);
	struct blinded b;

	(void)state;
	b = blind(&other, 0);
	write_lock(&text, 0, b.key.c);
	assert_refused(text.p, b.e.c, LERR_DENIED, "blinded");
	/* ours, in another slot than it was blinded for */
	b = blind(&own, 0);
	buf_reset(&text);
	write_lock(&text, 1, b.key.c);
	assert_refused(text.p, b.e.c, LERR_DENIED, "blinded");
	/* with another E, without, with nonsense */
	buf_reset(&text);
	write_lock(&text, 0, b.key.c);
	assert_refused(text.p, POINT1, LERR_DENIED, "blinded");
	assert_refused(text.p, "", LERR_DENIED, "other keys");
	assert_refused(text.p, "02", LERR_INPUT, "ephemeral");
	assert_refused(text.p, FACT_PUB1, LERR_INPUT, "ephemeral");
	assert_signed(text.p, b.e.c, &b.x);
	/* not blinded although there is an E */
	assert_signed(LOCK(MINE, ""), b.e.c, &worker);
}

/* ---- SIG_ALL */

struct all {
	char *secrets[3];
	char *cs[3];
	char *ephemerals[3];
	char *outputs[2];
	char *quote;
	struct ipckey_p2pk_all req;
};

static char none[] = "";

static struct all *two_inputs(void)
{
	static char s1[] = LOCK(MINE, ALL);
	static char s2[] =
		"[\"P2PK\",{\"data\":\"" MINE "\",\"tags\":[" ALL "],\"nonce\":\"y\"}]";
	static char c1[] = POINT1;
	static char c2[] = POINT2;
	static char o1[] = "1:" POINT2;
	static char o2[] = "18446744073709551:" POINT1;
	static struct all a;

	a = (struct all){{s1, s2, none}, {c1, c2, none}, {none, none, none},
			 {o1, o2},       none,           {.quote = none}};
	a.req = (struct ipckey_p2pk_all){
		{a.secrets, 2}, {a.cs, 2}, {a.ephemerals, 2}, {a.outputs, 2}, none};
	return &a;
}

/* The message of NUT-11, put together by hand. */
static void assert_all_signed(const struct all *a, const char *more)
{
	auto_buf struct buf text = BUF_INIT(5000);
	struct ipckey_p2pk_signed out;
	struct id32 msg;
	struct lerr err = {0};

	for (size_t i = 0; i < 2; i++) {
		buf_add_c(&text, a->secrets[i]);
		buf_add_c(&text, a->cs[i]);
	}
	buf_add_c(&text, more);
	msg = hash_sha256(text.p, text.n);
	if (p2psign_all(&out, keys, &a->req, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(out.signatures.n, 1);
	assert_true(is_by(out.signatures.v[0], &worker, &msg));
	ipc_texts_wipe(&out.signatures);
}

static void a_whole_request_is_signed_once(void **state)
{
	static char quote[] = "q-1";
	struct all *a = two_inputs();

	(void)state;
	assert_all_signed(a, "1" POINT2 "18446744073709551" POINT1);
	a->req.quote = quote;
	assert_all_signed(a, "1" POINT2 "18446744073709551" POINT1 "q-1");
	a->req.outputs.n = 0;
	assert_all_signed(a, "q-1");
}

static void assert_all_refused(const struct all *a, enum lerr_code code, const char *why)
{
	struct ipckey_p2pk_signed out = {{NULL, 0}};
	struct lerr err = {0};

	if (p2psign_all(&out, keys, &a->req, &err) != code || !strstr(err.msg, why))
		fail_msg("%s: %s", why, err.msg);
	assert_null(out.signatures.v);
}

static void assert_second_refused(const char *secret, enum lerr_code code,
				  const char *why)
{
	struct all *a = two_inputs();
	auto_free char *copy = mem_strdup(secret);

	a->secrets[1] = copy;
	assert_all_refused(a, code, why);
}

static void all_inputs_must_be_one_lock(void **state)
{
	(void)state;
	assert_second_refused(LOCK(MINE, ""), LERR_INPUT, "secret 2: wants SIG_INPUTS");
	assert_second_refused(LOCK("03" FACT_PUB1, ALL), LERR_INPUT,
			      "secret 2: another lock");
	assert_second_refused(LOCK(OTHER, ALL), LERR_INPUT, "secret 2: another lock");
	assert_second_refused(LOCK(MINE, ALL ",[\"locktime\",\"9\"]"), LERR_INPUT,
			      "secret 2: another lock");
	assert_second_refused(LOCK(MINE, ALL ",[\"pubkeys\",\"" OTHER "\"]"), LERR_INPUT,
			      "secret 2: another lock");
	assert_second_refused("[\"HTLC\",{\"nonce\":\"x\",\"data\":\"" MINE
			      "\",\"tags\":[" ALL "]}]",
			      LERR_INPUT, "secret 2: ");
	assert_second_refused(FACT_PUB1, LERR_INPUT, "secret 2: not locked");
}

static void a_whole_request_of_others_is_not_signed(void **state)
{
	static char other[] = LOCK(OTHER, ALL);
	struct all *a = two_inputs();

	(void)state;
	a->secrets[0] = other;
	a->secrets[1] = other;
	assert_all_refused(a, LERR_DENIED, "other keys");
}

static void a_request_that_is_none_is_refused(void **state)
{
	static char bad_c[] = "02";
	static const char *const bad_outputs[] = {
		"",
		"1",
		"1:",
		":" POINT1,
		"-1:" POINT1,
		"1:02",
		"1 :" POINT1,
		"1:" POINT1 "0",
		"9223372036854775808:" POINT1,
	};
	struct all *a = two_inputs();

	(void)state;
	a->cs[1] = bad_c;
	assert_all_refused(a, LERR_INPUT, "C 2 is no point");
	for (size_t i = 0; i < ARRAY_LEN(bad_outputs); i++) {
		auto_free char *copy = mem_strdup(bad_outputs[i]);

		a = two_inputs();
		a->outputs[1] = copy;
		assert_all_refused(a, LERR_INPUT, "output 2");
	}
	a = two_inputs();
	a->req.outputs.n = 0;
	assert_all_refused(a, LERR_INPUT, "neither");
	a = two_inputs();
	a->req.cs.n = 1;
	assert_all_refused(a, LERR_INPUT, "lengths");
	a = two_inputs();
	a->req.ephemerals.n = 3;
	assert_all_refused(a, LERR_INPUT, "lengths");
	a = two_inputs();
	a->req.secrets.n = a->req.cs.n = a->req.ephemerals.n = 0;
	assert_all_refused(a, LERR_INPUT, "lengths");
}

static void a_whole_blinded_request_is_signed(void **state)
{
	struct ecpoint own = ecpoint_from_x(&worker);
	struct blinded b = blind(&own, 0);
	auto_buf struct buf secret = BUF_INIT(2000);
	auto_buf struct buf text = BUF_INIT(5000);
	struct all *a = two_inputs();
	struct ipckey_p2pk_signed out;
	struct id32 msg;

	(void)state;
	buf_addf(&secret, LOCK("%s", ALL), b.key.c);
	a->secrets[0] = secret.p;
	a->secrets[1] = secret.p;
	a->ephemerals[0] = b.e.c;
	a->ephemerals[1] = b.e.c;
	assert_int_equal(p2psign_all(&out, keys, &a->req, NULL), LERR_OK);
	buf_addf(&text, "%s" POINT1 "%s" POINT2, secret.p, secret.p);
	buf_add_c(&text, "1" POINT2 "18446744073709551" POINT1);
	msg = hash_sha256(text.p, text.n);
	assert_true(is_by(out.signatures.v[0], &b.x, &msg));
	ipc_texts_wipe(&out.signatures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_to_our_key_is_signed_as_it_is_spelled),
		cmocka_unit_test(our_key_may_stand_among_others),
		cmocka_unit_test(locks_to_others_are_not_signed),
		cmocka_unit_test(another_sigflag_is_for_the_other_request),
		cmocka_unit_test(what_is_no_lock_is_not_signed),
		cmocka_unit_test(a_secret_has_an_end),
		cmocka_unit_test(all_are_signed_or_none),
		cmocka_unit_test(two_signatures_of_one_lock_differ),
		cmocka_unit_test(a_blinded_lock_is_signed_with_the_blinded_key),
		cmocka_unit_test(a_blinded_lock_of_others_is_not),
		cmocka_unit_test(a_whole_request_is_signed_once),
		cmocka_unit_test(all_inputs_must_be_one_lock),
		cmocka_unit_test(a_whole_request_of_others_is_not_signed),
		cmocka_unit_test(a_request_that_is_none_is_refused),
		cmocka_unit_test(a_whole_blinded_request_is_signed),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
