/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/coins.h"

#include "lib/proto/keyset.h"
#include "tests/unit/unit.h"

enum { COINS = 12 };

static uint64_t sum_of(const bool *take, const uint64_t *v, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (take[i])
			sum += v[i];
	return sum;
}

static size_t count(const bool *take, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += take[i];
	return c;
}

/* Powers of two, largest first, from the bits of a number: some twice, some not there. */
static size_t coins_of(uint64_t *v, unsigned int seed)
{
	size_t n = 0;

	for (unsigned int bit = 6; bit-- > 0;)
		for (unsigned int k = 0; k < (seed >> (2 * bit) & 3) && n < COINS; k++)
			v[n++] = UINT64_C(1) << bit;
	return n;
}

/* Can some of them be that amount? By trying all. */
static bool can_pay(const uint64_t *v, size_t n, uint64_t amount)
{
	for (unsigned int set = 0; set < 1U << n; set++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < n; i++)
			if (set >> i & 1)
				sum += v[i];
		if (sum == amount)
			return true;
	}
	return false;
}

static void powers_of_two_are_paid_exactly_whenever_that_is_possible(void **state)
{
	uint64_t v[COINS];
	bool take[COINS];

	(void)state;
	for (unsigned int seed = 0; seed < 4096; seed += 7) {
		size_t n = coins_of(v, seed);

		for (uint64_t amount = 0; amount < 70; amount += 3) {
			bool paid = coins_exact(take, v, n, amount);

			assert_int_equal(paid, can_pay(v, n, amount));
			if (paid)
				assert_int_equal(sum_of(take, v, n), amount);
		}
	}
}

/* What is left of all of them, at that fee for each. */
static uint64_t most_of(const uint64_t *v, size_t n, uint64_t ppk)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum > keyset_fee(n * ppk) ? sum - keyset_fee(n * ppk) : 0;
}

static void coins_to_swap_are_enough_and_not_one_too_many(void **state)
{
	uint64_t v[COINS];
	uint64_t ppks[COINS];
	bool take[COINS];

	(void)state;
	for (unsigned int seed = 1; seed < 4096; seed += 11) {
		size_t n = coins_of(v, seed);

		for (size_t i = 0; i < n; i++)
			ppks[i] = 100;
		for (uint64_t amount = 1; amount < 80; amount += 5) {
			bool good = coins_cover(take, v, ppks, n, COINS, amount);
			size_t k = count(take, n);
			uint64_t sum = sum_of(take, v, n);

			if (!good) {
				assert_true(most_of(v, n, 100) < amount);
				continue;
			}
			assert_true(sum >= amount + keyset_fee(k * 100));
			/* k - 1 of the largest would not do */
			assert_true(k == 0 || most_of(v, k - 1, 100) < amount);
		}
	}
}

static void the_smallest_last_coin_that_does_is_broken_up(void **state)
{
	static const uint64_t v[] = {64, 32, 8, 8, 2, 1};
	static const uint64_t ppks[6] = {0};
	bool take[6];

	(void)state;
	assert_true(coins_cover(take, v, ppks, 6, 6, 5));
	assert_int_equal(count(take, 6), 1);
	assert_int_equal(sum_of(take, v, 6), 8);
	assert_true(coins_cover(take, v, ppks, 6, 6, 70));
	assert_int_equal(sum_of(take, v, 6), 72);
}

static void fees_of_the_coins_are_paid_from_them(void **state)
{
	static const uint64_t v[] = {4, 4, 4};
	static const uint64_t ppks[] = {1000, 1000, 1000};
	bool take[3];

	(void)state;
	assert_true(coins_cover(take, v, ppks, 3, 3, 3));
	assert_int_equal(count(take, 3), 1);
	assert_true(coins_cover(take, v, ppks, 3, 3, 4));
	assert_int_equal(count(take, 3), 2);
	assert_true(coins_cover(take, v, ppks, 3, 3, 9));
	assert_false(coins_cover(take, v, ppks, 3, 3, 10));
}

static void no_more_coins_are_taken_than_a_request_holds(void **state)
{
	static const uint64_t v[] = {4, 4, 4};
	static const uint64_t ppks[3] = {0};
	bool take[3];

	(void)state;
	assert_true(coins_cover(take, v, ppks, 3, 2, 8));
	assert_false(coins_cover(take, v, ppks, 3, 2, 9));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			powers_of_two_are_paid_exactly_whenever_that_is_possible),
		cmocka_unit_test(coins_to_swap_are_enough_and_not_one_too_many),
		cmocka_unit_test(the_smallest_last_coin_that_does_is_broken_up),
		cmocka_unit_test(fees_of_the_coins_are_paid_from_them),
		cmocka_unit_test(no_more_coins_are_taken_than_a_request_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
