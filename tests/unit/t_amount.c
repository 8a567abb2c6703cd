/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/amount.h"

#include "tests/unit/unit.h"

static void amounts_are_added_up_to_the_largest(void **state)
{
	uint64_t v = 40;

	(void)state;
	assert_true(amount_add(&v, 2));
	assert_int_equal(v, 42);
	assert_true(amount_add(&v, AMOUNT_MAX - 42));
	assert_int_equal(v, AMOUNT_MAX);
	assert_true(amount_add(&v, 0));
	assert_false(amount_add(&v, 1));
	assert_false(amount_add(&v, UINT64_MAX));
	assert_int_equal(v, AMOUNT_MAX);
}

static void nothing_goes_below_zero(void **state)
{
	uint64_t v = 42;

	(void)state;
	assert_true(amount_sub(&v, 2));
	assert_int_equal(v, 40);
	assert_false(amount_sub(&v, 41));
	assert_int_equal(v, 40);
	assert_true(amount_sub(&v, 40));
	assert_int_equal(v, 0);
	assert_false(amount_sub(&v, UINT64_MAX));
	assert_int_equal(v, 0);
}

static void amounts_are_multiplied_up_to_the_largest(void **state)
{
	uint64_t v = 6;

	(void)state;
	assert_true(amount_mul(&v, 7));
	assert_int_equal(v, 42);
	/* above 2^63, and above 2^64 */
	assert_false(amount_mul(&v, AMOUNT_MAX / 42 + 1));
	assert_false(amount_mul(&v, UINT64_MAX));
	assert_int_equal(v, 42);
	assert_true(amount_mul(&v, AMOUNT_MAX / 42));
	assert_true(amount_mul(&v, 0));
	assert_int_equal(v, 0);
}

static void what_is_no_amount_stays_none(void **state)
{
	uint64_t v = AMOUNT_MAX + 1;

	(void)state;
	assert_false(amount_add(&v, 0));
	assert_false(amount_sub(&v, 0));
	assert_false(amount_mul(&v, 1));
	assert_int_equal(v, AMOUNT_MAX + 1);
}

static void what_is_left_is_at_least_zero(void **state)
{
	(void)state;
	assert_int_equal(amount_left(5, 3), 2);
	assert_int_equal(amount_left(5, 5), 0);
	assert_int_equal(amount_left(5, 6), 0);
	assert_int_equal(amount_left(0, UINT64_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_are_added_up_to_the_largest),
		cmocka_unit_test(nothing_goes_below_zero),
		cmocka_unit_test(amounts_are_multiplied_up_to_the_largest),
		cmocka_unit_test(what_is_no_amount_stays_none),
		cmocka_unit_test(what_is_left_is_at_least_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
