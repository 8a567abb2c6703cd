/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/idlru.h"

#include <string.h>

static struct id32 numbered(uint64_t n)
{
	struct id32 id = {{0}};

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static void what_was_put_in_is_found_with_its_number(void **state)
{
	struct idlru *l = idlru_new(4);
	struct id32 a = numbered(1);
	struct id32 b = numbered(2);
	uint64_t v = 0;

	(void)state;
	assert_false(idlru_get(l, &a, &v));
	idlru_put(l, &a, 10);
	idlru_put(l, &b, 20);
	assert_true(idlru_get(l, &a, &v));
	assert_int_equal(v, 10);
	idlru_put(l, &a, 11);
	assert_true(idlru_get(l, &a, &v));
	assert_int_equal(v, 11);
	assert_int_equal(idlru_count(l), 2);
	idlru_drop(l, &a);
	idlru_drop(l, &a);
	assert_false(idlru_get(l, &a, NULL));
	assert_true(idlru_get(l, &b, NULL));
	idlru_free(l);
}

static void the_one_not_asked_for_the_longest_goes_first(void **state)
{
	struct idlru *l = idlru_new(3);

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		idlru_put(l, &(struct id32){{(uint8_t)i}}, i);
	assert_true(idlru_get(l, &(struct id32){{0}}, NULL));
	idlru_put(l, &(struct id32){{3}}, 3);
	assert_false(idlru_get(l, &(struct id32){{1}}, NULL));
	assert_true(idlru_get(l, &(struct id32){{0}}, NULL));
	assert_true(idlru_get(l, &(struct id32){{2}}, NULL));
	assert_true(idlru_get(l, &(struct id32){{3}}, NULL));
	idlru_free(l);
}

/* Against an array that remembers when each id was used last. */
static void it_agrees_with_a_simple_model_over_many_steps(void **state)
{
	enum { IDS = 40, MAX = 16, STEPS = 20000 };
	struct idlru *l = idlru_new(MAX);
	uint64_t used[IDS] = {0};
	uint64_t seed = 1;

	(void)state;
	for (uint64_t step = 1; step <= STEPS; step++) {
		size_t i;
		struct id32 id;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		i = (size_t)(seed >> 33) % IDS;
		id = numbered(i);
		if ((seed >> 20) % 7 == 0) {
			idlru_drop(l, &id);
			used[i] = 0;
		} else if ((seed >> 21) % 2) {
			assert_int_equal(idlru_get(l, &id, NULL), used[i] != 0);
			if (used[i])
				used[i] = step;
		} else if (!used[i]) {
			size_t oldest = IDS;
			size_t n = 0;

			for (size_t k = 0; k < IDS; k++) {
				n += used[k] != 0;
				if (used[k] && (oldest == IDS || used[k] < used[oldest]))
					oldest = k;
			}
			if (n == MAX)
				used[oldest] = 0;
			idlru_put(l, &id, i);
			used[i] = step;
		}
	}
	for (size_t i = 0; i < IDS; i++) {
		struct id32 id = numbered(i);

		assert_int_equal(idlru_get(l, &id, NULL), used[i] != 0);
	}
	idlru_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_in_is_found_with_its_number),
		cmocka_unit_test(the_one_not_asked_for_the_longest_goes_first),
		cmocka_unit_test(it_agrees_with_a_simple_model_over_many_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
