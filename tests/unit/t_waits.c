/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/waits.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

static int build(void **state)
{
	*state = mem_zalloc(sizeof(struct waits));
	return 0;
}

static int tear_down(void **state)
{
	mem_free(*state);
	return 0;
}

static void a_number_gives_back_what_it_was_about(void **state)
{
	struct waits *w = *state;
	struct waits_one one;
	uint64_t a = waits_add(w, 3, 70);
	uint64_t b = waits_add(w, 4, 71);

	assert_true(a != 0 && b != 0 && a != b);
	assert_true(waits_take(w, b, &one));
	assert_int_equal(one.kind, 4);
	assert_int_equal(one.ref, 71);
	assert_false(waits_take(w, b, &one));
	assert_false(waits_take(w, 0, &one));
	assert_false(waits_take(w, b + 1000, &one));
	assert_true(waits_take(w, a, &one));
}

static void it_has_a_cap_and_room_again(void **state)
{
	struct waits *w = *state;
	struct waits_one one;
	uint64_t first = waits_add(w, 0, 0);

	for (size_t i = 1; i < WAITS_MAX; i++)
		assert_true(waits_add(w, 0, i) != 0);
	assert_int_equal(waits_add(w, 0, 1), 0);
	assert_true(waits_take(w, first, &one));
	assert_true(waits_add(w, 0, 1) != 0);
	waits_clear(w);
	assert_false(waits_take(w, first + 1, &one));
	assert_true(waits_add(w, 0, 1) > first);
}

/* One that is never answered does not hold up the numbers that follow. */
static void a_lost_request_is_stepped_over(void **state)
{
	struct waits *w = *state;
	struct waits_one one;
	uint64_t lost = waits_add(w, 9, 9);

	for (int i = 0; i < 5000; i++) {
		uint64_t n = waits_add(w, 1, (uint64_t)i);

		assert_true(n != 0 && n != lost);
		assert_true(waits_take(w, n, &one));
	}
	assert_true(waits_take(w, lost, &one));
	assert_int_equal(one.kind, 9);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_gives_back_what_it_was_about),
		TEST(it_has_a_cap_and_room_again),
		TEST(a_lost_request_is_stepped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
