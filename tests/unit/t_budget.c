/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/budget.h"

#include "lib/base/caps.h"
#include "tests/unit/unit.h"

#include <string.h>

static int build(void **state)
{
	*state = budget_new();
	return 0;
}

static int tear_down(void **state)
{
	budget_free(*state);
	return 0;
}

static struct id32 key(unsigned int n)
{
	struct id32 id = {{0}};

	memcpy(id.b + 8, &n, sizeof(n));
	return id;
}

static void one_key_is_told_no_a_few_times_a_minute(void **state)
{
	struct id32 k = key(1);

	for (int i = 0; i < CAP_REFUSALS_PER_MIN; i++)
		assert_true(budget_take_refusal(*state, &k, true, 1000));
	assert_false(budget_take_refusal(*state, &k, true, 2000));
	assert_true(budget_take_refusal(*state, &k, true, 61000));
}

/* A flood by fresh keys shares one budget, and keys on a list are not hit by it. */
static void fresh_keys_share_one_budget(void **state)
{
	struct id32 listed = key(100000);
	unsigned int answered = 0;

	for (unsigned int i = 0; i < 10000; i++) {
		struct id32 k = key(i);

		answered += budget_take_refusal(*state, &k, false, 1000);
	}
	assert_true(answered <= CAP_REFUSALS_UNKNOWN_PER_MIN);
	assert_true(answered > CAP_REFUSALS_UNKNOWN_PER_MIN / 2);
	assert_true(budget_take_refusal(*state, &listed, true, 1000));
}

/* Who pays is served as often as he pays; what is under way is counted. */
static void payments_count_until_they_are_claimed(void **state)
{
	struct id32 k = key(1);

	for (int i = 0; i < 10 * CAP_PAYMENTS_PER_MIN; i++) {
		assert_true(budget_take_payment(*state, &k, 1000));
		budget_claimed(*state, &k, 1000);
	}
	for (int i = 0; i < CAP_PAYMENTS_PER_MIN; i++)
		assert_true(budget_take_payment(*state, &k, 1000));
	assert_false(budget_take_payment(*state, &k, 1000));
	budget_claimed(*state, &k, 1000);
	assert_true(budget_take_payment(*state, &k, 1000));
	/* what is claimed in the next minute gives nothing back to that one */
	budget_claimed(*state, &k, 61000);
	for (int i = 0; i < CAP_PAYMENTS_PER_MIN; i++)
		assert_true(budget_take_payment(*state, &k, 61000));
	assert_false(budget_take_payment(*state, &k, 61000));
}

static void payments_that_come_to_nothing_are_a_flood(void **state)
{
	struct id32 k = key(1);
	struct id32 other = key(2);

	for (int i = 0; i < CAP_REFUSALS_PER_MIN; i++) {
		assert_true(budget_take_payment(*state, &k, 1000));
		budget_refused(*state, &k, 1000);
	}
	assert_false(budget_take_payment(*state, &k, 1000));
	assert_true(budget_take_payment(*state, &other, 1000));
	assert_true(budget_take_payment(*state, &k, 61000));
}

static void fresh_keys_that_pay_share_one_budget_too(void **state)
{
	unsigned int looked_at = 0;

	for (unsigned int i = 0; i < 10000; i++) {
		struct id32 k = key(i);

		looked_at += budget_take_payment(*state, &k, 1000);
	}
	assert_int_equal(looked_at, CAP_PAYMENTS_UNKNOWN_PER_MIN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_key_is_told_no_a_few_times_a_minute),
		TEST(fresh_keys_share_one_budget),
		TEST(payments_count_until_they_are_claimed),
		TEST(payments_that_come_to_nothing_are_a_flood),
		TEST(fresh_keys_that_pay_share_one_budget_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
