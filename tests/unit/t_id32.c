/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/hex.h"
#include "lib/base/id32.h"

#include "tests/unit/unit.h"

#include <string.h>

#define ID "00ff1234567890abcdef00112233445566778899aabbccddeeff0123456789ab"

static void hex_goes_both_ways(void **state)
{
	const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
	uint8_t back[4] = {0};
	char text[9];

	(void)state;
	hex_encode(text, bytes, sizeof(bytes));
	assert_string_equal(text, "000fa5ff");
	assert_true(hex_decode(back, 4, str_of(text)));
	assert_memory_equal(back, bytes, 4);
}

static void other_hex_is_refused_and_leaves_the_output_alone(void **state)
{
	static const char *const bad[] = {"000fa5fF", "000fa5f", "000fa5ff0", "000fa5fg",
					  "000fa5f ", "",        "0x0fa5ff"};
	uint8_t out[4] = {1, 2, 3, 4};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(hex_decode(out, 4, str_of(bad[i])));
	assert_memory_equal(out, ((uint8_t[]){1, 2, 3, 4}), 4);
}

static void an_id_is_64_lower_case_digits(void **state)
{
	struct id32 id = unit_small_id(7);

	(void)state;
	assert_false(id32_parse(&id, STR_LIT("00FF1234567890abcdef0011223344556677889"
					     "9aabbccddeeff0123456789ab")));
	assert_false(id32_parse(&id, STR_LIT("00ff")));
	assert_int_equal(id.b[31], 7);
	assert_true(id32_parse(&id, STR_LIT(ID)));
	assert_string_equal(id32_hex(&id).c, ID);
	assert_string_equal(id32_short(&id).c, "00ff1234");
}

static void ids_have_the_order_of_their_text(void **state)
{
	struct id32 a = unit_small_id(1);
	struct id32 b = unit_small_id(0x80);
	struct id32 zero = unit_small_id(0);

	(void)state;
	assert_true(id32_cmp(&a, &b) < 0);
	assert_true(id32_cmp(&b, &a) > 0);
	assert_int_equal(id32_cmp(&a, &a), 0);
	assert_true(id32_eq(&a, &a));
	assert_false(id32_eq(&a, &b));
	assert_true(id32_is_zero(&zero));
	assert_false(id32_is_zero(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(other_hex_is_refused_and_leaves_the_output_alone),
		cmocka_unit_test(an_id_is_64_lower_case_digits),
		cmocka_unit_test(ids_have_the_order_of_their_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
