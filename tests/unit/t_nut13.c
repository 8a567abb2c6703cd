/* SPDX-License-Identifier: MIT */
/* Numbers of NUT-13. */
#include "config.h"

#include "lib/proto/nut13.h"

#include "lib/base/hex.h"
#include "tests/unit/unit.h"

#include <string.h>

#define SEED                                                               \
	"dd44ee516b0647e80b488e8dcc56d736a148f15276bef588b37057476d4b2b25" \
	"780d3688a32b37353d6995997842c0fd8b412475c891c16310471fbc86dcbda8"
#define ID_V1 "009a1f293253e41e"
#define ID_V2 "015ba18a8adcd02e715a58358eb618da4a4b3791151a4bee5e968bb88406ccf76a"

static struct nut13_seed seed(void)
{
	struct nut13_seed s;

	assert_true(hex_decode(s.b, sizeof(s.b), STR_LIT(SEED)));
	return s;
}

static struct keyset_id id(const char *hex)
{
	struct keyset_id out;

	assert_int_equal(keyset_id_parse(&out, str_of(hex), NULL), LERR_OK);
	return out;
}

static void assert_derives(const char *keyset, uint64_t counter, const char *secret,
			   const char *r)
{
	struct nut13_seed s = seed();
	struct keyset_id k = id(keyset);
	struct nut13_pair pair;
	char hex[65];

	assert_true(nut13_derive(&pair, &s, &k, counter));
	assert_string_equal(pair.secret, secret);
	hex_encode(hex, pair.r.b, sizeof(pair.r.b));
	assert_string_equal(hex, r);
}

static void keysets_of_version_00_go_by_bip_32(void **state)
{
	(void)state;
	assert_derives(
		ID_V1, 0,
		"485875df74771877439ac06339e284c3acfcd9be7abf3bc20b516faeadfe77ae",
		"ad00d431add9c673e843d4c2bf9a778a5f402b985b8da2d5550bf39cda41d679");
	assert_derives(
		ID_V1, 4,
		"576c23393a8b31cc8da6688d9c9a96394ec74b40fdaf1f693a6bb84284334ea0",
		"5f09bfbfe27c439a597719321e061e2e40aad4a36768bb2bcc3de547c9644bf9");
}

static void keysets_of_version_01_go_by_hmac(void **state)
{
	(void)state;
	assert_derives(
		ID_V2, 0,
		"db5561a07a6e6490f8dadeef5be4e92f7cebaecf2f245356b5b2a4ec40687298",
		"6d26181a3695e32e9f88b80f039ba1ae2ab5a200ad4ce9dbc72c6d3769f2b035");
	assert_derives(
		ID_V2, 4,
		"5e89fc5d30d0bf307ddf0a3ac34aa7a8ee3702169dafa3d3fe1d0cae70ecd5ef",
		"5550337312d223ba62e3f75cfe2ab70477b046d98e3e71804eade3956c7b98cf");
}

static void a_keyset_has_its_number(void **state)
{
	struct keyset_id k = id(ID_V1);
	uint32_t number = 7;

	(void)state;
	assert_true(nut13_keyset_number(&number, &k));
	assert_int_equal(number, 864559728);
	/* the modulus itself */
	k = id("000000007fffffff");
	assert_true(nut13_keyset_number(&number, &k));
	assert_int_equal(number, 0);
	k = id(ID_V2);
	assert_false(nut13_keyset_number(&number, &k));
	k = id("015ba18a8adcd02e");
	assert_false(nut13_keyset_number(&number, &k));
	assert_int_equal(number, 0);
}

static void counters_end_where_bip_32_ends(void **state)
{
	struct nut13_seed s = seed();
	struct keyset_id k = id(ID_V1);
	struct nut13_pair last;
	struct nut13_pair none = {.secret = "x"};

	(void)state;
	assert_true(nut13_derive(&last, &s, &k, 0x7fffffff));
	assert_false(nut13_derive(&none, &s, &k, 0x80000000));
	assert_false(nut13_derive(&none, &s, &k, UINT64_C(1) << 32));
	assert_string_equal(none.secret, "x");
	k = id(ID_V2);
	assert_true(nut13_derive(&none, &s, &k, UINT64_MAX));
	assert_string_not_equal(none.secret, last.secret);
}

static void only_full_ids_have_secrets(void **state)
{
	struct nut13_seed s = seed();
	struct keyset_id k = id("015ba18a8adcd02e");
	struct nut13_pair pair;

	(void)state;
	assert_false(nut13_derive(&pair, &s, &k, 0));
	memset(&k, 0, sizeof(k));
	assert_false(nut13_derive(&pair, &s, &k, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keysets_of_version_00_go_by_bip_32),
		cmocka_unit_test(keysets_of_version_01_go_by_hmac),
		cmocka_unit_test(a_keyset_has_its_number),
		cmocka_unit_test(counters_end_where_bip_32_ends),
		cmocka_unit_test(only_full_ids_have_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
