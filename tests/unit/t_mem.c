/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"

#include "tests/unit/unit.h"

#include <string.h>

static void new_memory_is_zero(void **state)
{
	uint8_t *p = mem_array(100, 3);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	mem_free(p);
	p = mem_zalloc(0);
	assert_non_null(p);
	mem_free(p);
}

static void copies_end_with_a_nul(void **state)
{
	char *copy = mem_copy("abc", 2);

	(void)state;
	assert_string_equal(copy, "ab");
	mem_free(copy);
	copy = mem_strdup("abc");
	assert_string_equal(copy, "abc");
	mem_free(copy);
	assert_null(mem_strdup(NULL));
}

static void overflow_array(void *arg)
{
	(void)arg;
	mem_free(mem_array(SIZE_MAX / 2, 3));
}

static void overflow_resize(void *arg)
{
	(void)arg;
	mem_free(mem_resize(NULL, SIZE_MAX / 2, 3));
}

static void a_size_that_overflows_panics(void **state)
{
	(void)state;
	assert_true(unit_panics(overflow_array, NULL));
	assert_true(unit_panics(overflow_resize, NULL));
}

static void stealing_leaves_null_behind(void **state)
{
	char *auto_free a = mem_strdup("x");
	char *b = MEM_STEAL(a);

	(void)state;
	assert_null(a);
	assert_string_equal(b, "x");
	mem_free(b);
}

static void wiping_overwrites(void **state)
{
	char secret[] = "secret";

	(void)state;
	mem_wipe(secret, 0);
	assert_string_equal(secret, "secret");
	mem_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		assert_int_equal(secret[i], 0);
}

static void panic_long(void *arg)
{
	panic("%s", (const char *)arg);
}

static void a_panic_with_a_long_text_still_aborts(void **state)
{
	char big[5000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_true(unit_panics(panic_long, big));
}

static void random_numbers_stay_below_and_differ(void **state)
{
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};

	(void)state;
	rng_fill(a, sizeof(a));
	rng_fill(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (int i = 0; i < 1000; i++)
		assert_true(rng_below(3) < 3);
	assert_int_equal(rng_below(1), 0);
}

static void clocks_go_forward_and_the_door_for_tests_shifts_one(void **state)
{
	uint64_t mono = clock_mono_ms();
	uint64_t boot = clock_boot_ms();
	uint64_t wall = clock_wall_s();

	(void)state;
	assert_true(clock_mono_ms() >= mono);
	assert_true(clock_boot_ms() >= boot);
	assert_true(wall > 1700000000);
	clock_shift_wall_ms(86400000);
	assert_true(clock_wall_s() >= wall + 86400);
	assert_true(clock_wall_ms() / 1000 >= wall + 86400);
	clock_shift_wall_ms(0);
	assert_true(clock_wall_s() < wall + 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_memory_is_zero),
		cmocka_unit_test(copies_end_with_a_nul),
		cmocka_unit_test(a_size_that_overflows_panics),
		cmocka_unit_test(stealing_leaves_null_behind),
		cmocka_unit_test(wiping_overwrites),
		cmocka_unit_test(a_panic_with_a_long_text_still_aborts),
		cmocka_unit_test(random_numbers_stay_below_and_differ),
		cmocka_unit_test(clocks_go_forward_and_the_door_for_tests_shifts_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
