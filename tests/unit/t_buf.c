/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/buf.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

static void pieces_follow_each_other(void **state)
{
	auto_buf struct buf b = BUF_INIT(100);

	(void)state;
	buf_add_c(&b, "a=");
	buf_add_u64(&b, UINT64_MAX);
	buf_add_char(&b, ' ');
	buf_addf(&b, "%s-%d", "x", 7);
	buf_add_str(&b, STR_LIT("."));
	buf_add(&b, "", 0);
	assert_buf(b, "a=18446744073709551615 x-7.");
	assert_int_equal(b.p[b.n], '\0');
}

static void exactly_the_cap_fits(void **state)
{
	auto_buf struct buf b = BUF_INIT(4);

	(void)state;
	buf_add_c(&b, "1234");
	assert_false(buf_over(&b));
	assert_buf(b, "1234");
}

static void one_byte_more_poisons_it(void **state)
{
	auto_buf struct buf b = BUF_INIT(4);

	(void)state;
	buf_add_c(&b, "12345");
	assert_true(buf_over(&b));
	assert_int_equal(b.n, 0);
	/* it takes nothing more, however small */
	buf_add_c(&b, "1");
	buf_addf(&b, "%d", 1);
	assert_null(buf_space(&b, 1));
	assert_true(buf_over(&b));
	assert_int_equal(b.n, 0);
}

static void reset_and_free_heal_it(void **state)
{
	auto_buf struct buf b = BUF_INIT(2);

	(void)state;
	buf_add_c(&b, "123");
	buf_reset(&b);
	buf_add_c(&b, "12");
	assert_buf(b, "12");
	buf_add_c(&b, "3");
	buf_free(&b);
	assert_false(buf_over(&b));
	buf_add_c(&b, "45");
	assert_buf(b, "45");
}

static void read_over(void *arg)
{
	(void)buf_str(arg);
}

static void reading_a_poisoned_one_panics(void **state)
{
	auto_buf struct buf b = BUF_INIT(1);

	(void)state;
	buf_add_c(&b, "12");
	assert_true(unit_panics(read_over, &b));
}

static void grow_too_much(void *arg)
{
	struct buf *b = arg;

	assert_non_null(buf_space(b, 3));
	buf_grew(b, b->room);
}

static void growing_past_the_space_panics(void **state)
{
	auto_buf struct buf b = BUF_INIT(1000);

	(void)state;
	assert_true(unit_panics(grow_too_much, &b));
}

static void an_overflowing_length_poisons_it(void **state)
{
	auto_buf struct buf b = BUF_INIT(100);

	(void)state;
	buf_add_c(&b, "x");
	assert_null(buf_space(&b, SIZE_MAX));
	assert_true(buf_over(&b));
}

static void eating_drops_the_front(void **state)
{
	auto_buf struct buf b = BUF_INIT(10);

	(void)state;
	buf_add_c(&b, "abcdef");
	buf_eat(&b, 0);
	buf_eat(&b, 2);
	assert_buf(b, "cdef");
	assert_int_equal(b.p[b.n], '\0');
	buf_eat(&b, 4);
	assert_buf(b, "");
}

static void taking_hands_the_bytes_over(void **state)
{
	struct buf b = BUF_INIT(10);
	char *text;

	(void)state;
	buf_add_c(&b, "mine");
	text = buf_take(&b);
	assert_string_equal(text, "mine");
	assert_int_equal(b.n, 0);
	mem_free(text);
	text = buf_take(&b);
	assert_string_equal(text, "");
	mem_free(text);
}

static void an_empty_one_reads_as_empty_text(void **state)
{
	struct buf b = BUF_INIT(0);

	(void)state;
	assert_buf(b, "");
	assert_non_null(buf_str(&b).p);
}

static void it_grows_over_many_small_pieces(void **state)
{
	auto_buf struct buf b = BUF_INIT(100000);

	(void)state;
	for (int i = 0; i < 50000; i++)
		buf_add(&b, &(char[]){'a', 'b'}, 2);
	assert_int_equal(b.n, 100000);
	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(b.p[i], i % 2 ? 'b' : 'a');
	buf_add_char(&b, 'c');
	assert_true(buf_over(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_follow_each_other),
		cmocka_unit_test(exactly_the_cap_fits),
		cmocka_unit_test(one_byte_more_poisons_it),
		cmocka_unit_test(reset_and_free_heal_it),
		cmocka_unit_test(reading_a_poisoned_one_panics),
		cmocka_unit_test(growing_past_the_space_panics),
		cmocka_unit_test(an_overflowing_length_poisons_it),
		cmocka_unit_test(eating_drops_the_front),
		cmocka_unit_test(taking_hands_the_bytes_over),
		cmocka_unit_test(an_empty_one_reads_as_empty_text),
		cmocka_unit_test(it_grows_over_many_small_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
