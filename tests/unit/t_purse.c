/* SPDX-License-Identifier: MIT */
/* Which coins of ours pay an amount. */
#include "config.h"

#include "engine/money/purse.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { MOST = 12 };

static int largest_first(const void *a, const void *b)
{
	const struct dbproof *x = a;
	const struct dbproof *y = b;

	return (x->proof.amount < y->proof.amount) - (x->proof.amount > y->proof.amount);
}

static struct dbproof_list random_coins(void)
{
	struct dbproof_list list = {mem_array(MOST, sizeof(*list.v)),
				    rng_below(MOST + 1)};

	for (size_t i = 0; i < list.n; i++)
		list.v[i].proof.amount = (uint64_t)1 << rng_below(8);
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), largest_first);
	return list;
}

static uint64_t all_of(const struct dbproof_list *list)
{
	return purse_sum(list->v, list->n);
}

/* Can any choice of them be that amount? */
static bool is_possible(const struct dbproof_list *list, uint64_t amount)
{
	for (size_t set = 0; set < (size_t)1 << list->n; set++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < list->n; i++)
			sum += set >> i & 1 ? list->v[i].proof.amount : 0;
		if (sum == amount)
			return true;
	}
	return false;
}

static void exact_coins_are_found_whenever_there_are_some(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		auto_proofs struct dbproof_list list = random_coins();
		uint64_t before = all_of(&list);
		uint64_t amount = 1 + rng_below(before + 2);
		bool possible = is_possible(&list, amount);
		size_t n = purse_exact(&list, amount);

		assert_int_equal(n != 0, possible);
		if (n)
			assert_int_equal(purse_sum(list.v, n), amount);
		/* none is gone */
		assert_int_equal(all_of(&list), before);
	}
}

static void nothing_is_paid_with_nothing(void **state)
{
	auto_proofs struct dbproof_list list = {mem_array(1, sizeof(*list.v)), 0};

	(void)state;
	assert_int_equal(purse_exact(&list, 1), 0);
	list.n = 1;
	list.v[0].proof.amount = 4;
	assert_int_equal(purse_exact(&list, 0), 0);
	assert_int_equal(purse_exact(&list, 3), 0);
	assert_int_equal(purse_exact(&list, 4), 1);
}

static void at_least_takes_none_in_vain(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		auto_proofs struct dbproof_list list = random_coins();
		uint64_t before = all_of(&list);
		uint64_t amount = 1 + rng_below(before + 2);
		size_t n = purse_at_least(&list, amount);
		uint64_t sum = purse_sum(list.v, n);

		assert_int_equal(n != 0, before >= amount);
		assert_int_equal(all_of(&list), before);
		for (size_t i = 0; i < n; i++)
			assert_true(sum >= amount &&
				    sum - list.v[i].proof.amount < amount);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_coins_are_found_whenever_there_are_some),
		cmocka_unit_test(nothing_is_paid_with_nothing),
		cmocka_unit_test(at_least_takes_none_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
