/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nsign.h"
#include "lib/proto/schnorr.h"

#include "lib/base/hex.h"
#include "lib/proto/ecpoint.h"
#include "lib/proto/nip19.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

/* The order of the group, one less, and the field's prime. */
#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define LAST "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define PRIME "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"

static struct nsign_key parse_key(const char *hex)
{
	struct nsign_key key;

	assert_int_equal(nsign_parse(&key, str_of(hex), NULL), LERR_OK);
	return key;
}

static void a_known_signature_verifies_and_an_altered_one_does_not(void **state)
{
	struct id32 pub = unit_id(FACT_PUB1);
	struct id32 other = unit_id(FACT_PUB2);
	uint8_t msg[32];
	uint8_t sig[64];

	(void)state;
	memset(msg, 0x11, sizeof(msg));
	assert_true(hex_decode(sig, 64, STR_LIT(FACT_SIG1)));
	assert_true(schnorr_verify(&pub, sig, msg, sizeof(msg)));
	assert_false(schnorr_verify(&other, sig, msg, sizeof(msg)));
	assert_false(schnorr_verify(&pub, sig, msg, sizeof(msg) - 1));
	for (size_t i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		assert_false(schnorr_verify(&pub, sig, msg, sizeof(msg)));
		sig[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(msg); i++) {
		msg[i] ^= 1;
		assert_false(schnorr_verify(&pub, sig, msg, sizeof(msg)));
		msg[i] ^= 1;
	}
}

static void public_keys_are_points_of_the_curve(void **state)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		/* x = 5 has no y */
		"0000000000000000000000000000000000000000000000000000000000000005",
		PRIME,
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	struct id32 pub = unit_id(FACT_PUB1);

	(void)state;
	assert_true(schnorr_is_pubkey(&pub));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct id32 id = unit_id(bad[i]);

		assert_false(schnorr_is_pubkey(&id));
	}
}

static void a_public_key_belongs_to_its_secret(void **state)
{
	struct nsign_key key = parse_key(FACT_KEY1);
	struct id32 want = unit_id(FACT_PUB1);
	struct id32 got;

	(void)state;
	assert_int_equal(nsign_pubkey(&got, &key, NULL), LERR_OK);
	assert_true(id32_eq(&got, &want));
}

static void signatures_differ_each_time_and_all_verify(void **state)
{
	struct nsign_key key = parse_key(FACT_KEY2);
	struct id32 pub = unit_id(FACT_PUB2);
	struct id32 msg = unit_small_id(1);
	uint8_t a[64];
	uint8_t b[64];

	(void)state;
	nsign_sign(a, &key, &msg);
	nsign_sign(b, &key, &msg);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(schnorr_verify(&pub, a, msg.b, sizeof(msg.b)));
	assert_true(schnorr_verify(&pub, b, msg.b, sizeof(msg.b)));
}

static void keys_are_read_as_hex_or_nsec_with_blanks_around(void **state)
{
	struct nip19 n = {.type = NIP19_NSEC, .id = unit_id(FACT_KEY1)};
	auto_buf struct buf text = BUF_INIT(200);
	auto_buf struct buf padded = BUF_INIT(200);
	struct nsign_key key;

	(void)state;
	nip19_add(&text, &n);
	buf_addf(&padded, " \t%s\n", text.p);
	assert_int_equal(nsign_parse(&key, buf_str(&padded), NULL), LERR_OK);
	assert_memory_equal(key.b, n.id.b, 32);
	key = parse_key("\n" FACT_KEY2 "\r\n");
	assert_memory_equal(key.b, unit_id(FACT_KEY2).b, 32);
	key = parse_key(LAST);
	assert_int_equal(key.b[31], 0x40);
}

static void assert_bad_key(const char *text, const char *why)
{
	struct nsign_key key = {{7}};
	struct lerr err = {0};

	assert_int_equal(nsign_parse(&key, str_of(text), &err), LERR_INPUT);
	assert_has(err.msg, why);
	assert_int_equal(key.b[0], 7);
	assert_true(strlen(text) < 30 || !strstr(err.msg, text));
	assert_null(strstr(err.msg, "0725eb71"));
}

static void what_is_wrong_with_a_key_is_said_without_repeating_it(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"", "0 characters"},
		{"nsec", "no prefix"},
		{"0725eb710a78eba6350fc8252f0c4852abe03e2e4a0a37efb0bbfc7f9f84b1",
		 "62 characters"},
		{"090725EB710A78EBA6350FC8252F0C4852ABE03E2E4A0A37EFB0BBFC7F9F84B1",
		 "lower-case hex"},
		{"zz0725eb710a78eba6350fc8252f0c4852abe03e2e4a0a37efb0bbfc7f9f84b1",
		 "lower-case hex"},
		{"0000000000000000000000000000000000000000000000000000000000000000",
		 "not zero and below the group order"},
		{ORDER, "not zero and below the group order"},
		{"nsec1qqqqqq", "checksum"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_bad_key(bad[i].text, bad[i].why);
}

static void other_bech32_than_a_right_nsec_is_no_key(void **state)
{
	static const struct {
		enum nip19_type type;
		const char *why;
	} bad[] = {{NIP19_NPUB, "npub is a public key"}, {NIP19_NOTE, "no nsec"}};
	struct nip19 n = {.id = unit_id(FACT_KEY1)};
	auto_buf struct buf mistyped = BUF_INIT(200);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf text = BUF_INIT(200);

		n.type = bad[i].type;
		nip19_add(&text, &n);
		assert_bad_key(text.p, bad[i].why);
	}
	n.type = NIP19_NSEC;
	nip19_add(&mistyped, &n);
	mistyped.p[20] = mistyped.p[20] == 'q' ? 'p' : 'q';
	assert_bad_key(mistyped.p, "checksum");
}

static void generated_keys_are_good_and_differ(void **state)
{
	struct nsign_key a;
	struct nsign_key b;
	struct id32 pub;

	(void)state;
	nsign_generate(&a);
	nsign_generate(&b);
	assert_memory_not_equal(a.b, b.b, 32);
	assert_int_equal(nsign_pubkey(&pub, &a, NULL), LERR_OK);
	assert_true(schnorr_is_pubkey(&pub));
	nsign_wipe(&a);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(a.b[i], 0);
}

static void sign_with_zero(void *arg)
{
	struct nsign_key zero = {{0}};
	struct id32 msg = {{1}};

	nsign_sign(arg, &zero, &msg);
}

static void signing_with_a_key_that_is_none_panics(void **state)
{
	uint8_t sig[64];

	(void)state;
	assert_true(unit_panics(sign_with_zero, sig));
}

static void ecdh_wants_a_point_and_a_key(void **state)
{
	struct nsign_key key = parse_key(FACT_KEY1);
	struct nsign_key zero = {{0}};
	struct id32 five = unit_small_id(5);
	struct id32 peer = unit_id(FACT_PUB2);
	uint8_t out[32] = {7};

	(void)state;
	assert_int_equal(nsign_ecdh_x(out, &key, &five, NULL), LERR_INPUT);
	assert_int_equal(nsign_ecdh_x(out, &zero, &peer, NULL), LERR_INPUT);
	assert_int_equal(out[0], 7);
	assert_int_equal(nsign_ecdh_x(out, &key, &peer, NULL), LERR_OK);
	assert_memory_equal(out, unit_id(FACT_SHARED).b, 32);
}

/* The point with this secret key is P + tG, whichever of its two points P is. */
static void assert_tweaked(uint8_t secret, bool odd)
{
	struct nsign_key key = {{0}};
	struct nsign_key tweaked;
	struct ecscalar t = {{0}};
	struct ecscalar k;
	struct ecpoint p;
	struct ecpoint want;
	struct ecpoint got;
	struct id32 x;

	key.b[31] = secret;
	memset(t.b, 0x5a, sizeof(t.b));
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	p = ecpoint_from_x(&x);
	p.b[0] = odd ? 0x03 : 0x02;
	assert_true(ecpoint_add_base(&want, &p, &t));
	assert_int_equal(nsign_tweak(&tweaked, &key, odd, t.b, NULL), LERR_OK);
	memcpy(k.b, tweaked.b, sizeof(k.b));
	assert_true(ecpoint_base(&got, &k));
	assert_true(ecpoint_eq(&got, &want));
}

static void a_tweaked_key_belongs_to_the_tweaked_point(void **state)
{
	(void)state;
	for (uint8_t secret = 1; secret < 20; secret++) {
		assert_tweaked(secret, false);
		assert_tweaked(secret, true);
	}
}

static void a_tweak_that_gives_no_key_is_refused(void **state)
{
	struct nsign_key key = {{0}};
	struct nsign_key out = {{7}};
	uint8_t tweak[32] = {0};
	struct ecscalar minus = {{0}};

	(void)state;
	key.b[31] = 1; /* its point has an even y */
	minus.b[31] = 1;
	assert_int_equal(nsign_tweak(&out, &key, false, tweak, NULL), LERR_INPUT);
	memset(tweak, 0xff, sizeof(tweak));
	assert_int_equal(nsign_tweak(&out, &key, false, tweak, NULL), LERR_INPUT);
	assert_true(ecpoint_scalar_negate(&minus));
	assert_int_equal(nsign_tweak(&out, &key, false, minus.b, NULL), LERR_INPUT);
	assert_int_equal(out.b[0], 7);
	assert_int_equal(nsign_tweak(&out, &key, true, minus.b, NULL), LERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_signature_verifies_and_an_altered_one_does_not),
		cmocka_unit_test(public_keys_are_points_of_the_curve),
		cmocka_unit_test(a_public_key_belongs_to_its_secret),
		cmocka_unit_test(signatures_differ_each_time_and_all_verify),
		cmocka_unit_test(keys_are_read_as_hex_or_nsec_with_blanks_around),
		cmocka_unit_test(what_is_wrong_with_a_key_is_said_without_repeating_it),
		cmocka_unit_test(other_bech32_than_a_right_nsec_is_no_key),
		cmocka_unit_test(generated_keys_are_good_and_differ),
		cmocka_unit_test(signing_with_a_key_that_is_none_panics),
		cmocka_unit_test(ecdh_wants_a_point_and_a_key),
		cmocka_unit_test(a_tweaked_key_belongs_to_the_tweaked_point),
		cmocka_unit_test(a_tweak_that_gives_no_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
