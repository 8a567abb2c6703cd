/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/keyset.h"

#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

/* The small keyset of NUT-02 and its ids. */
#define KEY1 "03a40f20667ed53513075dc51e715ff2046cad64eb68960632269ba7f0210e38bc"
#define KEY2 "03fd4ce5a16b65576145949e6f99f445f8249fee17c606b688b504a849cdc452de"
#define KEY4 "02648eccfa4c026960966276fa5a4cae46ce0fd432211a4f449bf84f13aa5f8303"
#define KEY8 "02fdfd6796bfeac490cbee12f778f867f0a2c68f6508d17c649759ea0dc3547528"
#define SMALL \
	"{\"8\":\"" KEY8 "\",\"1\":\"" KEY1 "\",\"4\":\"" KEY4 "\",\"2\":\"" KEY2 "\"}"
#define SMALL_V1 "00456a94ab4e1c46"
#define SMALL_V2 "015ba18a8adcd02e715a58358eb618da4a4b3791151a4bee5e968bb88406ccf76a"
#define SMALL_SHORT "015ba18a8adcd02e"

static enum lerr_code read_keys(struct keyset *k, const char *json, struct lerr *err)
{
	json_t auto_json *keys = NULL;

	assert_int_equal(jsonx_load(&keys, str_of(json), 65536, JSONX_ANY_NUMBERS, NULL),
			 LERR_OK);
	return keyset_read_keys(k, keys, err);
}

static struct keyset_id id(const char *hex)
{
	struct keyset_id out;

	assert_int_equal(keyset_id_parse(&out, str_of(hex), NULL), LERR_OK);
	return out;
}

/* Amounts alone are enough to split. */
static struct keyset of_amounts(const uint64_t *amounts, size_t n, uint64_t ppk)
{
	struct keyset k = {.n = n, .ppk = ppk};

	memcpy(k.amounts, amounts, n * sizeof(*amounts));
	return k;
}

static struct keyset powers(size_t n, uint64_t ppk)
{
	uint64_t amounts[KEYSET_KEYS];

	for (size_t i = 0; i < n; i++)
		amounts[i] = UINT64_C(1) << i;
	return of_amounts(amounts, n, ppk);
}

/* ---- ids */

static void ids_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum keyset_kind kind;
	} cases[] = {
		{SMALL_V1, KEYSET_V1},
		{SMALL_V2, KEYSET_V2},
		{SMALL_SHORT, KEYSET_SHORT},
		{"00456A94AB4E1C46", KEYSET_V1},
		{"", KEYSET_BAD},
		{"00", KEYSET_BAD},
		{"00456a94ab4e1c4", KEYSET_BAD},
		{"00456a94ab4e1c4g", KEYSET_BAD},
		{"00456a94ab4e1c460", KEYSET_BAD},
		{"005ba18a8adcd02e715a58358eb618da4a4b3791151a4bee5e968bb88406ccf76a",
		 KEYSET_BAD},
		{"015ba18a8adcd02e715a58358eb618da4a4b3791151a4bee5e968bb88406ccf7",
		 KEYSET_BAD},
		{"025ba18a8adcd02e715a58358eb618da4a4b3791151a4bee5e968bb88406ccf76a",
		 KEYSET_OTHER},
		{"02456a94ab4e1c46", KEYSET_OTHER},
		{"ff456a94ab4e1c46", KEYSET_OTHER},
		{"I2yN+iRYfkzT", KEYSET_OTHER},
		{"I2yN_iRYfk-T", KEYSET_OTHER},
		{"I2yN iRYfkzT", KEYSET_BAD},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(keyset_id_kind(str_of(cases[i].text)), cases[i].kind);
	assert_int_equal(keyset_id_kind((struct str){"I2yN\0iRYfkzT", 12}), KEYSET_BAD);
}

static void ids_are_kept_in_lower_case(void **state)
{
	struct keyset_id out = {"x"};
	struct lerr err;

	(void)state;
	assert_int_equal(keyset_id_parse(&out, STR_LIT("I2yN+iRYfkzT"), &err),
			 LERR_INPUT);
	assert_has(err.msg, "not supported");
	assert_int_equal(keyset_id_parse(&out, STR_LIT("0x"), &err), LERR_INPUT);
	assert_string_equal(out.c, "x");
	assert_int_equal(keyset_id_parse(&out, STR_LIT("00456A94AB4E1C46"), &err),
			 LERR_OK);
	assert_string_equal(out.c, SMALL_V1);
}

static void a_short_id_names_the_full_one(void **state)
{
	struct keyset_id full = id(SMALL_V2);
	struct keyset_id brief = id(SMALL_SHORT);
	struct keyset_id other = id("015ba18a8adcd02f");
	struct keyset_id old = id(SMALL_V1);

	(void)state;
	assert_true(keyset_id_names(&full, &full));
	assert_true(keyset_id_names(&brief, &full));
	assert_true(keyset_id_names(&old, &old));
	assert_false(keyset_id_names(&other, &full));
	assert_false(keyset_id_names(&old, &full));
	/* what is named is never a short one */
	assert_false(keyset_id_names(&brief, &brief));
	assert_false(keyset_id_names(&full, &brief));
	assert_true(keyset_id_eq(&full, &full));
	assert_false(keyset_id_eq(&full, &brief));
}

/* ---- keys */

static void keys_are_read_in_order_of_their_amounts(void **state)
{
	struct keyset k = {.ppk = 5};

	(void)state;
	assert_int_equal(read_keys(&k, SMALL, NULL), LERR_OK);
	assert_int_equal(k.n, 4);
	assert_int_equal(k.ppk, 5);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(k.amounts[i], 1 << i);
	assert_string_equal(ecpoint_hex(keyset_key(&k, 1)).c, KEY1);
	assert_string_equal(ecpoint_hex(keyset_key(&k, 8)).c, KEY8);
	assert_null(keyset_key(&k, 3));
	assert_null(keyset_key(&k, 0));
}

static void the_largest_amount_is_read(void **state)
{
	struct keyset k = {0};

	(void)state;
	assert_int_equal(read_keys(&k, "{\"18446744073709551615\":\"" KEY1 "\"}", NULL),
			 LERR_OK);
	assert_int_equal(k.amounts[0], UINT64_MAX);
	assert_int_equal(read_keys(&k, "{\"18446744073709551616\":\"" KEY1 "\"}", NULL),
			 LERR_INPUT);
}

static void keys_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"0\":\"" KEY1 "\"}",
		"{\"01\":\"" KEY1 "\"}",
		"{\"1\":\"" KEY1 "\",\"01\":\"" KEY1 "\"}",
		"{\"-1\":\"" KEY1 "\"}",
		"{\"1.5\":\"" KEY1 "\"}",
		"{\" 1\":\"" KEY1 "\"}",
		"{\"\":\"" KEY1 "\"}",
		"{\"1\":7}",
		"{\"1\":null}",
		"{\"1\":\"\"}",
		"{\"1\":\"" KEY1 "00\"}",
	};
	struct keyset k = {.n = 3, .amounts = {5}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_keys(&k, bad[i], NULL), LERR_INPUT);
	assert_int_equal(k.n, 3);
	assert_int_equal(k.amounts[0], 5);
}

static void no_more_keys_than_there_is_room_for(void **state)
{
	struct keyset k = {0};

	(void)state;
	for (int n = KEYSET_KEYS; n <= KEYSET_KEYS + 1; n++) {
		auto_buf struct buf json = BUF_INIT(65536);

		buf_add_c(&json, "{");
		for (int i = 1; i <= n; i++)
			buf_addf(&json, "%s\"%d\":\"%s\"", i == 1 ? "" : ",", i, KEY1);
		buf_add_c(&json, "}");
		assert_int_equal(read_keys(&k, json.p, NULL),
				 n == KEYSET_KEYS ? LERR_OK : LERR_LIMIT);
	}
	assert_int_equal(k.n, KEYSET_KEYS);
}

static void the_id_follows_from_the_keys(void **state)
{
	struct keyset k = {.id = id(SMALL_V1), .unit = "sat"};
	struct lerr err;

	(void)state;
	assert_int_equal(keyset_check_id(&k, NULL), LERR_INPUT);
	assert_int_equal(read_keys(&k, SMALL, NULL), LERR_OK);
	assert_string_equal(keyset_id_v1(&k).c, SMALL_V1);
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	k.ppk = 100;
	k.final_expiry = 2059210353;
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	assert_string_equal(keyset_id_v2(&k).c, SMALL_V2);
	k.id = id(SMALL_V2);
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	k.id = id(SMALL_SHORT);
	assert_int_equal(keyset_check_id(&k, NULL), LERR_INPUT);
	k.id = id(SMALL_V2);
	str_copy(k.unit, sizeof(k.unit), STR_LIT("SAT"));
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	str_copy(k.unit, sizeof(k.unit), STR_LIT("usd"));
	assert_int_equal(keyset_check_id(&k, &err), LERR_INPUT);
	assert_has(err.msg, SMALL_V2);
	k.id = id("00456a94ab4e1c47");
	assert_int_equal(keyset_check_id(&k, NULL), LERR_INPUT);
}

/* ---- fees */

static void fees_are_rounded_up_once(void **state)
{
	struct keyset k = {.ppk = 100};

	(void)state;
	assert_int_equal(keyset_fee(0), 0);
	assert_int_equal(keyset_fee(1), 1);
	assert_int_equal(keyset_fee(1000), 1);
	assert_int_equal(keyset_fee(1001), 2);
	assert_int_equal(keyset_fee(UINT64_MAX), UINT64_MAX / 1000 + 1);
	assert_int_equal(keyset_fee_of(&k, 0), 0);
	assert_int_equal(keyset_fee_of(&k, 10), 1);
	assert_int_equal(keyset_fee_of(&k, 11), 2);
	k.ppk = 0;
	assert_int_equal(keyset_fee_of(&k, 1000), 0);
}

static void fee_of_too_much(void *arg)
{
	struct keyset *k = arg;

	(void)keyset_fee_of(k, SIZE_MAX);
}

static void a_fee_that_is_no_amount_panics(void **state)
{
	struct keyset k = {.ppk = KEYSET_PPK_MAX};

	(void)state;
	assert_true(unit_panics(fee_of_too_much, &k));
}

/* ---- parts */

static uint64_t sum(const uint64_t *parts, size_t n)
{
	uint64_t s = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || parts[i - 1] <= parts[i]);
		s += parts[i];
	}
	return s;
}

static void amounts_are_split_into_few_parts(void **state)
{
	struct keyset k = powers(4, 0);
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n = 7;

	(void)state;
	assert_true(keyset_split(&k, 0, parts, &n));
	assert_int_equal(n, 0);
	assert_true(keyset_split(&k, 13, parts, &n));
	assert_int_equal(n, 3);
	assert_int_equal(parts[0], 1);
	assert_int_equal(parts[1], 4);
	assert_int_equal(parts[2], 8);
	/* beyond the largest key it is taken several times */
	assert_true(keyset_split(&k, 30, parts, &n));
	assert_int_equal(n, 5);
	assert_int_equal(parts[4], 8);
	assert_int_equal(sum(parts, n), 30);
	assert_true(keyset_split(&k, 8 * KEYSET_PARTS_MAX, parts, &n));
	assert_int_equal(n, KEYSET_PARTS_MAX);
	assert_false(keyset_split(&k, 8 * KEYSET_PARTS_MAX + 1, parts, &n));
	assert_false(keyset_split(&k, UINT64_MAX, parts, &n));
	assert_int_equal(n, KEYSET_PARTS_MAX);
}

static void what_the_keys_do_not_add_up_to_is_refused(void **state)
{
	static const uint64_t amounts[] = {2, 8};
	struct keyset k = of_amounts(amounts, ARRAY_LEN(amounts), 0);
	struct keyset empty = {0};
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	(void)state;
	assert_true(keyset_split(&k, 12, parts, &n));
	assert_false(keyset_split(&k, 13, parts, &n));
	assert_false(keyset_split(&empty, 1, parts, &n));
	assert_false(keyset_split_all(&empty, 1, parts, &n));
	/* without a 1 there is only the plain split */
	assert_true(keyset_split_all(&k, 12, parts, &n));
	assert_int_equal(n, 3);
	assert_int_equal(sum(parts, n), 12);
}

static void all_parts_begin_with_the_chain(void **state)
{
	static const uint64_t want[] = {1, 1, 2, 4, 4, 8, 16, 32, 32};
	struct keyset k = powers(64, 0);
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	(void)state;
	assert_true(keyset_split_all(&k, 0, parts, &n));
	assert_int_equal(n, 0);
	assert_true(keyset_split_all(&k, 100, parts, &n));
	assert_int_equal(n, ARRAY_LEN(want));
	assert_memory_equal(parts, want, sizeof(want));
	assert_true(keyset_split_all(&k, 127, parts, &n));
	assert_int_equal(n, 7);
	assert_int_equal(parts[6], 64);
	assert_true(keyset_split_all(&k, AMOUNT_MAX, parts, &n));
	assert_int_equal(n, 63);
	assert_true(keyset_split_all(&k, UINT64_MAX, parts, &n));
	assert_int_equal(n, 64);
}

/* Which sums do the parts have? Tried out, for amounts below 512. */
static void assert_pays_all(const uint64_t *parts, size_t n, uint64_t amount)
{
	bool can[512] = {true};

	assert_int_equal(sum(parts, n), amount);
	for (size_t i = 0; i < n; i++)
		for (uint64_t v = amount; v >= parts[i]; v--)
			can[v] = can[v] || can[v - parts[i]];
	for (uint64_t v = 0; v <= amount; v++)
		if (!can[v])
			fail_msg("%d of %d cannot be paid", (int)v, (int)amount);
}

static void every_amount_can_be_paid_from_all_parts(void **state)
{
	static const uint64_t gaps[] = {1, 2, 8, 64};
	static const uint64_t fives[] = {1, 5, 25, 125};
	struct keyset sets[] = {
		powers(64, 0),
		powers(3, 0),
		of_amounts(gaps, ARRAY_LEN(gaps), 0),
		of_amounts(fives, ARRAY_LEN(fives), 0),
	};
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		for (uint64_t amount = 1; amount < 500; amount++) {
			assert_true(keyset_split_all(&sets[i], amount, parts, &n));
			assert_pays_all(parts, n, amount);
		}
	}
}

static void a_chain_that_is_too_long_gives_way(void **state)
{
	static const uint64_t amounts[] = {1, 1000000};
	struct keyset k = of_amounts(amounts, ARRAY_LEN(amounts), 0);
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	(void)state;
	assert_true(keyset_split_all(&k, 3000002, parts, &n));
	assert_int_equal(n, 5);
	assert_false(keyset_split_all(&k, 999999, parts, &n));
}

/* ---- net and gross */

static bool leaves(const struct keyset *k, uint64_t gross, uint64_t net)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	return keyset_split(k, gross, parts, &n) && gross >= net &&
	       gross - net >= keyset_fee_of(k, n);
}

static void gross_is_the_smallest_that_leaves_net(void **state)
{
	static const uint64_t fees[] = {0, 1, 100, 333, 1000, 100000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fees); i++) {
		struct keyset k = powers(i % 2 ? 64 : 7, fees[i]);
		uint64_t from = 0;

		for (uint64_t net = 1; net < 300; net++) {
			uint64_t gross = 0;

			assert_true(keyset_gross(&k, net, &gross));
			/* what left less does not leave more */
			while (!leaves(&k, from, net))
				from++;
			assert_int_equal(gross, from);
		}
	}
}

static void there_is_not_always_a_gross(void **state)
{
	static const uint64_t eights[] = {8};
	struct keyset k = of_amounts(eights, 1, 0);
	uint64_t gross = 5;

	(void)state;
	assert_false(keyset_gross(&k, 3, &gross));
	assert_int_equal(gross, 5);
	assert_true(keyset_gross(&k, 0, &gross));
	assert_int_equal(gross, 0);
	k = powers(64, 100);
	assert_false(keyset_gross(&k, AMOUNT_MAX, &gross));
	assert_false(keyset_gross(&k, UINT64_MAX, &gross));
	k.ppk = KEYSET_PPK_MAX + 1;
	assert_false(keyset_gross(&k, 1, &gross));
	k.ppk = KEYSET_PPK_MAX;
	assert_true(keyset_gross(&k, 1, &gross));
	assert_true(leaves(&k, gross, 1));
}

static void blanks_are_enough_for_any_refund(void **state)
{
	(void)state;
	assert_int_equal(keyset_blanks(0), 0);
	assert_int_equal(keyset_blanks(1), 1);
	assert_int_equal(keyset_blanks(2), 1);
	assert_int_equal(keyset_blanks(3), 2);
	assert_int_equal(keyset_blanks(1000), 10);
	assert_int_equal(keyset_blanks(1024), 10);
	assert_int_equal(keyset_blanks(1025), 11);
	assert_int_equal(keyset_blanks(UINT64_C(1) << 63), 63);
	assert_int_equal(keyset_blanks(UINT64_MAX), 64);
}

/* ---- lists */

static void a_keyset_is_found_by_its_id_and_by_its_short_one(void **state)
{
	struct keyset list[2] = {of_amounts((const uint64_t[]){1, 2}, 2, 0),
				 of_amounts((const uint64_t[]){1, 2}, 2, 0)};
	struct keyset_id full = id(SMALL_V2);
	struct keyset_id cut = id(SMALL_SHORT);
	struct keyset_id other = id(SMALL_V1);

	(void)state;
	list[0].id = id("00b365994885c32b");
	list[1].id = full;
	assert_ptr_equal(keyset_find(list, 2, &full), &list[1]);
	assert_ptr_equal(keyset_find(list, 2, &cut), &list[1]);
	assert_null(keyset_find(list, 2, &other));
	list[1].n = 0; /* its keys are not known */
	assert_null(keyset_find(list, 2, &full));
}

static void new_coins_are_of_the_cheapest_keyset_that_lasts(void **state)
{
	struct keyset list[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		list[i] = powers(4, 100 - 10 * i);
		list[i].active = true;
	}
	list[3].final_expiry = 1000;
	list[2].active = false;
	assert_ptr_equal(keyset_for_outputs(list, 4, 999), &list[3]);
	assert_ptr_equal(keyset_for_outputs(list, 4, 1000), &list[1]);
	list[1].n = 0;
	assert_ptr_equal(keyset_for_outputs(list, 4, 1000), &list[0]);
	list[0].active = false;
	assert_null(keyset_for_outputs(list, 4, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_told_apart),
		cmocka_unit_test(ids_are_kept_in_lower_case),
		cmocka_unit_test(a_short_id_names_the_full_one),
		cmocka_unit_test(keys_are_read_in_order_of_their_amounts),
		cmocka_unit_test(the_largest_amount_is_read),
		cmocka_unit_test(keys_that_are_none_are_refused),
		cmocka_unit_test(no_more_keys_than_there_is_room_for),
		cmocka_unit_test(the_id_follows_from_the_keys),
		cmocka_unit_test(fees_are_rounded_up_once),
		cmocka_unit_test(a_fee_that_is_no_amount_panics),
		cmocka_unit_test(amounts_are_split_into_few_parts),
		cmocka_unit_test(what_the_keys_do_not_add_up_to_is_refused),
		cmocka_unit_test(all_parts_begin_with_the_chain),
		cmocka_unit_test(every_amount_can_be_paid_from_all_parts),
		cmocka_unit_test(a_chain_that_is_too_long_gives_way),
		cmocka_unit_test(gross_is_the_smallest_that_leaves_net),
		cmocka_unit_test(there_is_not_always_a_gross),
		cmocka_unit_test(blanks_are_enough_for_any_refund),
		cmocka_unit_test(a_keyset_is_found_by_its_id_and_by_its_short_one),
		cmocka_unit_test(new_coins_are_of_the_cheapest_keyset_that_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
