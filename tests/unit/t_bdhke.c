/* SPDX-License-Identifier: MIT */
/* Numbers of NUT-00 and NUT-12, and a mint of one key. */
#include "config.h"

#include "lib/proto/bdhke.h"

#include "lib/base/hex.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct ecpoint point(const char *hex)
{
	struct ecpoint p;

	assert_true(ecpoint_parse(&p, str_of(hex)));
	return p;
}

static struct ecscalar scalar(const char *hex)
{
	struct ecscalar k;

	assert_true(hex_decode(k.b, sizeof(k.b), str_of(hex)));
	return k;
}

static void assert_point(const struct ecpoint *got, const char *want)
{
	assert_string_equal(ecpoint_hex(got).c, want);
}

static void secrets_become_points(void **state)
{
	char bytes[32] = {0};
	struct ecpoint y;

	(void)state;
	assert_true(bdhke_hash_to_curve(&y, (struct str){bytes, sizeof(bytes)}));
	assert_point(
		&y, "024cce997d3b518f739663b757deaec95bcd9473c30a14ac2fd04023a739d1a725");
	/* four tries */
	bytes[31] = 1;
	assert_true(bdhke_hash_to_curve(&y, (struct str){bytes, sizeof(bytes)}));
	assert_point(
		&y, "022e7158e11c9506f1aa4248bf531298daa7febd6194f003edcd9b93ade6253acf");
	/* hex is text like any other */
	assert_true(bdhke_hash_to_curve(&y, STR_LIT("daf4dd00a2b68a0858a80450f52c8a7d2ccf"
						    "87d375e43e216e0c571f089f63e9")));
	assert_point(
		&y, "024369d2d22a80ecf78f3937da9d5f30c1b9f74f0c32684d583cca0fa6a61cdcfc");
	assert_true(bdhke_hash_to_curve(&y, STR_LIT("")));
}

static void blinding_is_the_one_of_the_standard(void **state)
{
	struct ecscalar one = {{0}};
	struct ecpoint key = point("02000000000000000000000000000000000000000000000000000"
				   "0000000000001");
	struct ecpoint p;

	(void)state;
	one.b[31] = 1;
	assert_true(bdhke_blind(&p, STR_LIT("test_message"), &one));
	assert_point(
		&p, "025cc16fe33b953e2ace39653efb3e7a7049711ae1d8a2f7a9108753f1cdea742b");
	p = point("02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc074209b107ba2");
	assert_true(bdhke_unblind(&p, &p, &one, &key));
	assert_point(
		&p, "03c724d7e6a5443b39ac8acf11f40420adc4f99a02e7cc1b57703d9391f6d129cd");
}

static void a_signature_without_its_blinding_is_the_secret_times_the_key(void **state)
{
	struct str secret = STR_LIT("a secret");
	struct ecscalar k;
	struct ecscalar r;
	struct ecpoint key;
	struct ecpoint blinded;
	struct ecpoint c;
	struct ecpoint want;

	(void)state;
	ecpoint_random_scalar(&k);
	ecpoint_random_scalar(&r);
	assert_true(ecpoint_base(&key, &k));
	assert_true(bdhke_blind(&blinded, secret, &r));
	assert_true(ecpoint_mul(&c, &blinded, &k));
	assert_true(bdhke_unblind(&c, &c, &r, &key));
	assert_true(bdhke_hash_to_curve(&want, secret));
	assert_false(ecpoint_eq(&blinded, &want));
	assert_true(ecpoint_mul(&want, &want, &k));
	assert_true(ecpoint_eq(&c, &want));
}

static void what_cannot_be_blinded_is_refused(void **state)
{
	struct ecscalar zero = {{0}};
	struct ecpoint bad = {{0x02}};
	struct ecpoint g = point("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f28"
				 "15b16f81798");
	struct ecscalar one = zero;
	struct ecpoint p = g;

	(void)state;
	one.b[31] = 1;
	assert_false(bdhke_blind(&p, STR_LIT("x"), &zero));
	assert_false(bdhke_unblind(&p, &g, &zero, &g));
	assert_false(bdhke_unblind(&p, &bad, &one, &g));
	assert_false(bdhke_unblind(&p, &g, &one, &bad));
	/* G - 1 * G */
	assert_false(bdhke_unblind(&p, &g, &one, &g));
	assert_true(ecpoint_eq(&p, &g));
}

/* ---- DLEQ */

static void hash_e_is_over_hex(void **state)
{
	struct ecpoint k = point("02000000000000000000000000000000000000000000000000000"
				 "0000000000001");
	struct ecpoint c = point("02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc07"
				 "4209b107ba2");
	const struct ecpoint *points[] = {&k, &k, &k, &c};
	struct ecscalar want = scalar(
		"a4dc034b74338c28c6bc3ea49731f2a24440fc7c4affc08b31a93fc9fbe6401e");
	struct ecpoint bad = {{0x02}};
	struct ecscalar e;

	(void)state;
	assert_true(bdhke_hash_e(&e, points, 4));
	assert_memory_equal(e.b, want.b, sizeof(want.b));
	points[3] = &bad;
	assert_false(bdhke_hash_e(&e, points, 4));
}

static void a_signature_is_the_mints_or_is_refused(void **state)
{
	struct ecpoint key = point("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f"
				   "2815b16f81798");
	struct ecpoint b = point("02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc07"
				 "4209b107ba2");
	struct ecpoint other;
	struct dleq good = {
		.e = scalar(
			"9818e061ee51d5c8edc3342369a554998ff7b4381c8652d724cdf46429be7"
			"3d9"),
		.s = scalar(
			"9818e061ee51d5c8edc3342369a554998ff7b4381c8652d724cdf46429be7"
			"3da"),
	};
	struct dleq d = good;

	(void)state;
	assert_true(bdhke_check_signature(&key, &b, &b, &d));
	assert_true(ecpoint_add(&other, &b, &key));
	assert_false(bdhke_check_signature(&key, &other, &b, &d));
	assert_false(bdhke_check_signature(&key, &b, &other, &d));
	assert_false(bdhke_check_signature(&b, &b, &b, &d));
	d.s.b[31] ^= 1;
	assert_false(bdhke_check_signature(&key, &b, &b, &d));
	d = good;
	d.e.b[31] ^= 1;
	assert_false(bdhke_check_signature(&key, &b, &b, &d));
	memset(d.e.b, 0, sizeof(d.e.b));
	assert_false(bdhke_check_signature(&key, &b, &b, &d));
	memset(d.e.b, 0xff, sizeof(d.e.b));
	assert_false(bdhke_check_signature(&key, &b, &b, &d));
}

static void a_proof_is_the_mints_or_is_refused(void **state)
{
	struct str secret =
		STR_LIT("daf4dd00a2b68a0858a80450f52c8a7d2ccf87d375e43e216e0c5"
			"71f089f63e9");
	struct ecpoint key = point("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f"
				   "2815b16f81798");
	struct ecpoint c = point("024369d2d22a80ecf78f3937da9d5f30c1b9f74f0c32684d583cca0"
				 "fa6a61cdcfc");
	struct dleq d = {
		.e = scalar(
			"b31e58ac6527f34975ffab13e70a48b6d2b0d35abc4b03f0151f09ee1a976"
			"3d4"),
		.s = scalar(
			"8fbae004c59e754d71df67e392b6ae4e29293113ddc2ec86592a0431d1630"
			"6d8"),
		.r = scalar(
			"a6d13fcd7a18442e6076f5e1e7c887ad5de40a019824bdfa9fe740d302e8d"
			"861"),
		.has_r = true,
	};

	(void)state;
	assert_true(bdhke_check_proof(&key, secret, &c, &d));
	assert_false(bdhke_check_proof(&key, STR_LIT("another"), &c, &d));
	assert_false(bdhke_check_proof(&key, secret, &key, &d));
	assert_false(bdhke_check_proof(&c, secret, &c, &d));
	d.has_r = false;
	assert_false(bdhke_check_proof(&key, secret, &c, &d));
	d.has_r = true;
	d.r.b[0] ^= 1;
	assert_false(bdhke_check_proof(&key, secret, &c, &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_become_points),
		cmocka_unit_test(blinding_is_the_one_of_the_standard),
		cmocka_unit_test(
			a_signature_without_its_blinding_is_the_secret_times_the_key),
		cmocka_unit_test(what_cannot_be_blinded_is_refused),
		cmocka_unit_test(hash_e_is_over_hex),
		cmocka_unit_test(a_signature_is_the_mints_or_is_refused),
		cmocka_unit_test(a_proof_is_the_mints_or_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
