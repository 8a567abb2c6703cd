/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/clockwatch.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#define DAY 86400000u

static int quiet(void **state)
{
	unit_stderr_start();
	*state = clockwatch_new();
	return 0;
}

static int loud(void **state)
{
	mem_free(unit_stderr_stop());
	clockwatch_free(*state);
	return 0;
}

static void a_steady_clock_is_believed(void **state)
{
	struct clockwatch *w = *state;

	for (uint64_t s = 0; s < 1000; s++)
		assert_false(clockwatch_look(w, 1791400000000u + s * 1000, s * 1000));
	assert_false(clockwatch_is_frozen(w));
}

static void slow_corrections_never_add_up(void **state)
{
	struct clockwatch *w = *state;

	/* half a second gained in each: 500 s in all */
	for (uint64_t s = 0; s < 1000; s++)
		(void)clockwatch_look(w, 1791400000000u + s * 1500, s * 1000);
	assert_false(clockwatch_is_frozen(w));
}

static void a_jump_freezes_until_it_is_steady(void **state)
{
	struct clockwatch *w = *state;
	uint64_t wall = 1791400000000u;

	(void)clockwatch_look(w, wall, 0);
	(void)clockwatch_look(w, wall + DAY, 1000);
	assert_true(clockwatch_is_frozen(w));
	assert_false(clockwatch_look(w, wall + DAY + 59000, 60000));
	assert_true(clockwatch_is_frozen(w));
	assert_true(clockwatch_look(w, wall + DAY + 60000, 61000));
	assert_false(clockwatch_is_frozen(w));
}

static void a_second_jump_begins_the_wait_anew(void **state)
{
	struct clockwatch *w = *state;
	uint64_t wall = 1791400000000u;

	(void)clockwatch_look(w, wall, 0);
	(void)clockwatch_look(w, wall + DAY, 1000);
	(void)clockwatch_look(w, wall + 50000, 50000);
	assert_true(clockwatch_is_frozen(w));
	assert_false(clockwatch_look(w, wall + 70000, 70000));
	assert_true(clockwatch_is_frozen(w));
	assert_true(clockwatch_look(w, wall + 110000, 110000));
}

static void backwards_is_a_jump_too(void **state)
{
	struct clockwatch *w = *state;

	(void)clockwatch_look(w, 1791400000000u, 0);
	(void)clockwatch_look(w, 1791400000000u - 61000, 100);
	assert_true(clockwatch_is_frozen(w));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, quiet, loud)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_steady_clock_is_believed),
		TEST(slow_corrections_never_add_up),
		TEST(a_jump_freezes_until_it_is_steady),
		TEST(a_second_jump_begins_the_wait_anew),
		TEST(backwards_is_a_jump_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
