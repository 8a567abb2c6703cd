/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "lib/base/backoff.h"

enum { ROUNDS = 2000 };

static void waits_lie_between_nothing_and_a_ceiling_that_doubles(void **state)
{
	static const uint64_t ceilings[] = {1000, 2000, 4000, 8000, 10000, 10000};
	uint64_t most[ARRAY_LEN(ceilings)] = {0};

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		struct backoff b;

		backoff_init(&b, 1000, 10000);
		for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
			uint64_t wait = backoff_next(&b);

			assert_true(wait <= ceilings[i]);
			if (wait > most[i])
				most[i] = wait;
		}
	}
	/* full jitter: of so many the largest comes near the ceiling */
	for (size_t i = 0; i < ARRAY_LEN(ceilings); i++)
		assert_true(most[i] > ceilings[i] * 9 / 10);
}

static void a_reset_starts_from_the_beginning(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 1000, 10000);
	for (int i = 0; i < 10; i++)
		(void)backoff_next(&b);
	backoff_reset(&b);
	assert_true(backoff_next(&b) <= 1000);
	assert_int_equal(b.ceiling_ms, 2000);
}

static void it_can_be_raised_but_not_above_its_maximum(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 1000, 10000);
	backoff_raise(&b, 5000);
	assert_int_equal(b.ceiling_ms, 5000);
	backoff_raise(&b, 2000);
	assert_int_equal(b.ceiling_ms, 5000);
	backoff_raise(&b, 60000);
	assert_int_equal(b.ceiling_ms, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_lie_between_nothing_and_a_ceiling_that_doubles),
		cmocka_unit_test(a_reset_starts_from_the_beginning),
		cmocka_unit_test(it_can_be_raised_but_not_above_its_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
