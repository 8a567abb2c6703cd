/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/ecpoint.h"

#include "lib/base/hex.h"
#include "tests/unit/unit.h"

#include <string.h>

/* G, 2G and 3G (SEC 2), and the order of the group. */
#define G1 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define G2 "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
#define G3 "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

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

static struct ecscalar small(uint8_t n)
{
	struct ecscalar k = {{0}};

	k.b[31] = n;
	return k;
}

static void assert_point(const struct ecpoint *got, const char *want)
{
	assert_string_equal(ecpoint_hex(got).c, want);
}

static void assert_scalar(const struct ecscalar *got, const struct ecscalar *want)
{
	assert_memory_equal(got->b, want->b, sizeof(want->b));
}

static void text_is_a_point_or_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		/* a digit short, one too many, no digit */
		"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179",
		"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f817980",
		"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179g",
		/* other first bytes */
		"0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		"0079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		/* no such x on the curve; an x that is the size of the field */
		"020000000000000000000000000000000000000000000000000000000000000005",
		"02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
		/* uncompressed */
		"0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
		"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
	};
	struct ecpoint p = {{7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(ecpoint_parse(&p, str_of(bad[i])));
	assert_int_equal(p.b[0], 7);
	assert_false(ecpoint_is_valid(&p));
	assert_true(ecpoint_parse(
		&p,
		STR_LIT("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F817"
			"98")));
	assert_true(ecpoint_is_valid(&p));
	assert_point(&p, G1);
}

static void sums_of_points_are_what_they_are(void **state)
{
	struct ecpoint g = point(G1);
	struct ecpoint g2 = point(G2);
	struct ecscalar two = small(2);
	struct ecscalar three = small(3);
	struct ecpoint p;

	(void)state;
	assert_true(ecpoint_base(&p, &three));
	assert_point(&p, G3);
	assert_true(ecpoint_mul(&p, &g, &two));
	assert_point(&p, G2);
	assert_true(ecpoint_add(&p, &g, &g2));
	assert_point(&p, G3);
	assert_true(ecpoint_sub(&p, &p, &g2));
	assert_point(&p, G1);
	assert_true(ecpoint_add_base(&p, &p, &two));
	assert_point(&p, G3);
	assert_true(ecpoint_add(&p, &g, &g));
	assert_point(&p, G2);
}

static void infinity_is_no_point(void **state)
{
	struct ecpoint g = point(G1);
	struct ecscalar minus = small(1);
	struct ecpoint p = point(G3);

	(void)state;
	assert_false(ecpoint_sub(&p, &g, &g));
	assert_true(ecpoint_scalar_negate(&minus));
	assert_false(ecpoint_add_base(&p, &g, &minus));
	assert_point(&p, G3);
}

static void what_is_no_scalar_is_refused(void **state)
{
	struct ecscalar none[] = {small(0), scalar(ORDER), {{0}}};
	struct ecscalar one = small(1);
	struct ecpoint g = point(G1);
	struct ecpoint p = point(G3);
	struct ecscalar k = one;

	(void)state;
	memset(none[2].b, 0xff, sizeof(none[2].b));
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		assert_false(ecpoint_is_scalar(&none[i]));
		assert_false(ecpoint_base(&p, &none[i]));
		assert_false(ecpoint_mul(&p, &g, &none[i]));
		assert_false(ecpoint_add_base(&p, &g, &none[i]));
		assert_false(ecpoint_scalar_add(&k, &one, &none[i]));
		assert_false(ecpoint_scalar_add(&k, &none[i], &one));
		assert_false(ecpoint_scalar_mul(&k, &one, &none[i]));
		assert_false(ecpoint_scalar_mul(&k, &none[i], &one));
		assert_false(ecpoint_scalar_negate(&none[i]));
	}
	assert_point(&p, G3);
	assert_scalar(&k, &one);
	k = scalar(ORDER);
	assert_scalar(&none[1], &k);
}

static void hex_of_either_case_is_read_as_a_number(void **state)
{
	static const char text[] =
		"00ffABCDEFabcdef000000000000000000000000000000000000000000000001";
	struct ecscalar k = small(7);
	struct ecscalar seven = k;

	(void)state;
	assert_false(ecpoint_parse_scalar(&k, (struct str){text, 63}));
	assert_false(ecpoint_parse_scalar(&k, STR_LIT("")));
	assert_false(ecpoint_parse_scalar(
		&k, STR_LIT("00fgABCDEFabcdef0000000000000000000000000000000000000000"
			    "00000001")));
	assert_scalar(&k, &seven);
	assert_true(ecpoint_parse_scalar(&k, STR_LIT(text)));
	assert_memory_equal(k.b, "\0\xff\xab\xcd\xef\xab\xcd\xef\0", 9);
	assert_int_equal(k.b[31], 1);
}

static void what_is_no_point_is_refused(void **state)
{
	struct ecpoint bad = {{0x02}};
	struct ecpoint g = point(G1);
	struct ecscalar one = small(1);
	struct ecpoint p = g;
	struct ecwide w;
	uint8_t bytes[65];

	(void)state;
	assert_false(ecpoint_mul(&p, &bad, &one));
	assert_false(ecpoint_add(&p, &bad, &g));
	assert_false(ecpoint_add(&p, &g, &bad));
	assert_false(ecpoint_sub(&p, &g, &bad));
	assert_false(ecpoint_add_base(&p, &bad, &one));
	assert_false(ecpoint_uncompressed(bytes, &bad));
	assert_false(ecpoint_widen(&w, &bad));
	assert_point(&p, G1);
}

static void a_point_has_a_key_of_nostr(void **state)
{
	struct ecpoint g = point(G1);
	struct ecpoint other = g;
	struct id32 x = ecpoint_x(&g);
	struct ecpoint back = ecpoint_from_x(&x);

	(void)state;
	assert_string_equal(id32_hex(&x).c, &G1[2]);
	assert_true(ecpoint_eq(&back, &g));
	other.b[0] = 0x03;
	assert_true(ecpoint_is_valid(&other));
	assert_false(ecpoint_eq(&other, &g));
	assert_true(ecpoint_same_x(&other, &g));
	other = point(G2);
	assert_false(ecpoint_same_x(&other, &g));
}

static void wide_points_are_the_same_points(void **state)
{
	struct ecpoint g = point(G1);
	struct ecscalar two = small(2);
	uint8_t bytes[65];
	uint8_t plain[65];
	struct ecpoint p;
	struct ecwide w;
	struct ecwide one;
	char hex[131];

	(void)state;
	assert_true(ecpoint_widen(&w, &g));
	one = w;
	ecpoint_wide_bytes(bytes, &w);
	hex_encode(hex, bytes, sizeof(bytes));
	assert_string_equal(
		hex, "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
		     "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
	assert_true(ecpoint_uncompressed(plain, &g));
	assert_memory_equal(plain, bytes, sizeof(plain));
	assert_true(ecpoint_wide_mul(&w, &two));
	assert_true(ecpoint_wide_add(&w, &one));
	p = ecpoint_narrow(&w);
	assert_point(&p, G3);
	assert_true(ecpoint_wide_sub(&w, &one));
	assert_true(ecpoint_wide_add_base(&w, &two));
	ecpoint_wide_negate(&one);
	assert_true(ecpoint_wide_add(&w, &one));
	p = ecpoint_narrow(&w);
	assert_point(&p, G3);
}

static void scalars_are_reckoned_modulo_the_order(void **state)
{
	struct ecscalar most = scalar(ORDER);
	struct ecscalar two = small(2);
	struct ecscalar three = small(3);
	struct ecscalar five = small(5);
	struct ecscalar six = small(6);
	struct ecscalar k = small(1);

	(void)state;
	most.b[31]--;
	assert_true(ecpoint_scalar_negate(&k));
	assert_scalar(&k, &most);
	assert_true(ecpoint_scalar_add(&k, &two, &three));
	assert_scalar(&k, &five);
	assert_true(ecpoint_scalar_mul(&k, &two, &three));
	assert_scalar(&k, &six);
	/* -1 + 6 and -1 * 6 = -6 */
	assert_true(ecpoint_scalar_add(&k, &k, &most));
	assert_scalar(&k, &five);
	k = six;
	assert_true(ecpoint_scalar_mul(&k, &k, &most));
	assert_true(ecpoint_scalar_negate(&k));
	assert_scalar(&k, &six);
	k = small(1);
	assert_false(ecpoint_scalar_add(&k, &k, &most));
	assert_int_equal(k.b[31], 1);
}

static void bytes_are_reduced_to_scalars(void **state)
{
	/* 2^256 - 1 - order */
	struct ecscalar rest = scalar(
		"000000000000000000000000000000014551231950b75fc4402da1732fc9bebe");
	struct ecscalar in = scalar(ORDER);
	struct ecscalar five = small(5);
	struct ecscalar k = small(9);

	(void)state;
	assert_false(ecpoint_scalar_reduce(&k, in.b));
	assert_false(ecpoint_scalar_reduce(&k, small(0).b));
	assert_int_equal(k.b[31], 9);
	in.b[31] = (uint8_t)(in.b[31] + 5);
	assert_true(ecpoint_scalar_reduce(&k, in.b));
	assert_scalar(&k, &five);
	memset(in.b, 0xff, sizeof(in.b));
	assert_true(ecpoint_scalar_reduce(&k, in.b));
	assert_scalar(&k, &rest);
	assert_true(ecpoint_scalar_reduce(&k, five.b));
	assert_scalar(&k, &five);
}

static void random_scalars_differ(void **state)
{
	struct ecscalar a;
	struct ecscalar b;

	(void)state;
	ecpoint_random_scalar(&a);
	ecpoint_random_scalar(&b);
	assert_true(ecpoint_is_scalar(&a));
	assert_true(ecpoint_is_scalar(&b));
	assert_memory_not_equal(a.b, b.b, sizeof(a.b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_a_point_or_is_refused),
		cmocka_unit_test(sums_of_points_are_what_they_are),
		cmocka_unit_test(infinity_is_no_point),
		cmocka_unit_test(what_is_no_scalar_is_refused),
		cmocka_unit_test(hex_of_either_case_is_read_as_a_number),
		cmocka_unit_test(what_is_no_point_is_refused),
		cmocka_unit_test(a_point_has_a_key_of_nostr),
		cmocka_unit_test(wide_points_are_the_same_points),
		cmocka_unit_test(scalars_are_reckoned_modulo_the_order),
		cmocka_unit_test(bytes_are_reduced_to_scalars),
		cmocka_unit_test(random_scalars_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
