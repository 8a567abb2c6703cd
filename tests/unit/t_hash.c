/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/hash.h"

#include "lib/base/hex.h"
#include "tests/unit/unit.h"

#include <string.h>

static void assert_hex(const uint8_t *got, size_t n, const char *want)
{
	char hex[300];

	hex_encode(hex, got, n);
	assert_string_equal(hex, want);
}

/* FIPS 180-4 examples. */
static void sha256_is_sha256(void **state)
{
	struct id32 h = hash_sha256("abc", 3);

	(void)state;
	assert_hex(h.b, 32,
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	h = hash_sha256("", 0);
	assert_hex(h.b, 32,
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void pieces_give_the_same_as_the_whole(void **state)
{
	struct hash_state *h = hash_new();
	struct id32 whole = hash_sha256("abcdef", 6);
	struct id32 pieces;

	(void)state;
	hash_add(h, "ab", 2);
	hash_add(h, "", 0);
	hash_add(h, "cdef", 4);
	pieces = hash_done(h);
	assert_true(id32_eq(&whole, &pieces));
	h = hash_new();
	hash_add(h, "x", 1);
	hash_free(h);
	hash_free(NULL);
}

/* RFC 4231, case 2. */
static void hmac_is_hmac(void **state)
{
	uint8_t out[32];

	(void)state;
	hash_hmac(out, (const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28);
	assert_hex(out, 32,
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 5869, appendix A.1 and A.2. */
static void hkdf_is_hkdf(void **state)
{
	uint8_t ikm[80];
	uint8_t salt[80];
	uint8_t info[80];
	uint8_t prk[32];
	uint8_t okm[82];

	(void)state;
	memset(ikm, 0x0b, 22);
	for (uint8_t i = 0; i < 80; i++) {
		salt[i] = i;
		info[i] = (uint8_t)(0xf0 + i);
	}
	hash_hkdf_extract(prk, salt, 13, ikm, 22);
	assert_hex(prk, 32,
		   "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	hash_hkdf_expand(okm, 42, prk, info, 10);
	assert_hex(okm, 42,
		   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007"
		   "208d5b887185865");
	for (uint8_t i = 0; i < 80; i++) {
		ikm[i] = i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	hash_hkdf_extract(prk, salt, 80, ikm, 80);
	hash_hkdf_expand(okm, 82, prk, info, 80);
	assert_hex(okm, 82,
		   "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045"
		   "a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179"
		   "ec3e87c14c01d5c1f3434f1d87");
}

/* RFC 4231, case 2. */
static void hmac_of_sha512_is_hmac(void **state)
{
	uint8_t out[64];

	(void)state;
	hash_hmac512(out, (const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28);
	assert_hex(
		out, 64,
		"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf"
		"75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

/* Numbers from an implementation in another language. */
static void pbkdf2_is_pbkdf2(void **state)
{
	uint8_t out[64];

	(void)state;
	hash_pbkdf2_512(out, 64, STR_LIT("password"), STR_LIT("salt"), 2);
	assert_hex(
		out, 64,
		"e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab"
		"2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e");
}

static void equality_looks_at_every_byte(void **state)
{
	uint8_t a[64];
	uint8_t b[64];

	(void)state;
	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	assert_true(hash_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		assert_false(hash_equal(a, b, sizeof(a)));
		b[i] ^= 0x80;
	}
	assert_true(hash_equal(a, b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_sha256),
		cmocka_unit_test(pieces_give_the_same_as_the_whole),
		cmocka_unit_test(hmac_is_hmac),
		cmocka_unit_test(hkdf_is_hkdf),
		cmocka_unit_test(hmac_of_sha512_is_hmac),
		cmocka_unit_test(pbkdf2_is_pbkdf2),
		cmocka_unit_test(equality_looks_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
