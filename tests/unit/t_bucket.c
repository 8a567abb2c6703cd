/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/bucket.h"

static void a_burst_is_taken_at_once_then_the_rate_counts(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 2, 10, 1000);
	for (int i = 0; i < 10; i++)
		assert_true(bucket_take(&b, 1000));
	assert_false(bucket_take(&b, 1000));
	assert_int_equal(bucket_wait_ms(&b, 1000), 500);
	assert_false(bucket_take(&b, 1499));
	assert_true(bucket_take(&b, 1500));
	assert_false(bucket_take(&b, 1500));
	/* never more than the burst, however long it rested */
	for (int i = 0; i < 10; i++)
		assert_true(bucket_take(&b, 10000000));
	assert_false(bucket_take(&b, 10000000));
}

static void a_rate_of_nothing_is_no_limit(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 0, 1);
	for (int i = 0; i < 100000; i++)
		assert_true(bucket_take(&b, 1));
}

static void debts_are_waited_off(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 10, 1, 0);
	for (int i = 0; i < 6; i++)
		bucket_charge(&b, 0);
	/* five below zero, one above is needed */
	assert_int_equal(bucket_wait_ms(&b, 0), 600);
	assert_int_equal(bucket_wait_ms(&b, 599), 1);
	assert_int_equal(bucket_wait_ms(&b, 600), 0);
}

static void small_steps_of_time_add_up(void **state)
{
	struct bucket b;
	uint64_t now = 0;
	int taken = 0;

	(void)state;
	bucket_init(&b, 3, 1, now);
	for (; now < 10000; now++)
		taken += bucket_take(&b, now);
	assert_in_range(taken, 29, 31);
}

static void halving_ends_somewhere_and_recovers(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 2, 1, 0);
	bucket_halve(&b);
	assert_true(bucket_take(&b, 0));
	assert_int_equal(bucket_wait_ms(&b, 0), 1000);
	for (int i = 0; i < 50; i++)
		bucket_halve(&b);
	assert_int_equal(bucket_wait_ms(&b, 0), 10000);
	for (int i = 0; i < 200; i++)
		bucket_recover(&b, 2);
	assert_int_equal(bucket_wait_ms(&b, 0), 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_taken_at_once_then_the_rate_counts),
		cmocka_unit_test(a_rate_of_nothing_is_no_limit),
		cmocka_unit_test(debts_are_waited_off),
		cmocka_unit_test(small_steps_of_time_add_up),
		cmocka_unit_test(halving_ends_somewhere_and_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
