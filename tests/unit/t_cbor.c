/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/cbor.h"

#include "tests/unit/unit.h"

#include <string.h>

static struct cbor_item only(struct str bytes)
{
	struct cbor c;
	struct cbor_item item;

	cbor_open(&c, bytes);
	assert_true(cbor_next(&c, &item));
	assert_true(cbor_at_end(&c));
	assert_int_equal(c.depth, 0);
	return item;
}

static void numbers_are_read_in_every_width(void **state)
{
	(void)state;
	assert_int_equal(only(STR_LIT("\x00")).u, 0);
	assert_int_equal(only(STR_LIT("\x17")).u, 23);
	assert_int_equal(only(STR_LIT("\x18\x18")).u, 24);
	assert_int_equal(only(STR_LIT("\x19\x01\x02")).u, 0x102);
	assert_int_equal(only(STR_LIT("\x1a\x01\x02\x03\x04")).u, 0x1020304);
	assert_int_equal(only(STR_LIT("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")).u,
			 UINT64_MAX);
	/* longer than it must be is still the same number */
	assert_int_equal(only(STR_LIT("\x1b\0\0\0\0\0\0\0\x07")).u, 7);
	assert_int_equal(only(STR_LIT("\x1b\0\0\0\0\0\0\0\x07")).type, CBOR_UINT);
}

static void strings_borrow_from_the_input(void **state)
{
	const struct str text = {"\x63"
				 "\xc3\xa9x",
				 4};
	struct cbor_item item = only(text);

	(void)state;
	assert_int_equal(item.type, CBOR_TEXT);
	assert_ptr_equal(item.s.p, text.p + 1);
	assert_str(item.s, "\xc3\xa9x");
	item = only(STR_LIT("\x42\xff\x00"));
	assert_int_equal(item.type, CBOR_BYTES);
	assert_int_equal(item.s.n, 2);
	assert_int_equal(only(STR_LIT("\x40")).s.n, 0);
}

static void what_tokens_do_not_use_is_read_as_other(void **state)
{
	const struct str others[] = {
		STR_LIT("\x20"),                                 /* -1 */
		STR_LIT("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"), /* -2^64 */
		STR_LIT("\xf4"),                                 /* false */
		STR_LIT("\xf5"),                                 /* true */
		STR_LIT("\xf8\x20"),                             /* simple(32) */
		STR_LIT("\xf9\x3c\x00"),                         /* 1.0 */
		STR_LIT("\xfb\0\0\0\0\0\0\0\0"),                 /* 0.0 */
		STR_LIT("\xc1\x05"),             /* a tag and its number */
		STR_LIT("\xc1\xc2\x82\x01\x02"), /* tags and an array */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(only(others[i]).type, CBOR_OTHER);
	assert_int_equal(only(STR_LIT("\xf6")).type, CBOR_NULL);
	assert_int_equal(only(STR_LIT("\xf7")).type, CBOR_NULL);
}

static void what_is_no_cbor_of_ours_is_refused(void **state)
{
	const struct str bad[] = {
		STR_LIT(""),
		STR_LIT("\x18"),
		STR_LIT("\x19\x01"),
		STR_LIT("\x1b\0\0\0\0\0\0\0"),
		STR_LIT("\x1c"), /* reserved widths */
		STR_LIT("\x1e\0\0\0\0\0\0\0\0"),
		STR_LIT("\x1f"),
		STR_LIT("\x5f\x41x\xff"), /* indefinite lengths */
		STR_LIT("\x7f\xff"),
		STR_LIT("\x9f\xff"),
		STR_LIT("\xbf\xff"),
		STR_LIT("\xff"),
		STR_LIT("\x42x"), /* lengths above what is there */
		STR_LIT("\x62x"),
		STR_LIT("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),
		STR_LIT("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
		STR_LIT("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
		STR_LIT("\xbb\x80\0\0\0\0\0\0\0\x01\x01"),
		STR_LIT("\x82\x01"),
		STR_LIT("\xa1\x01"),
		STR_LIT("\x61\xff"), /* text that is no UTF-8 */
		STR_LIT("\x62\xc3"
			"\x28"),
		STR_LIT("\xf8\x16"), /* null in two bytes */
		STR_LIT("\xc1"),     /* a tag of nothing */
		STR_LIT("\xc1\x82\x01"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cbor_item item;
		struct cbor c;

		cbor_open(&c, bad[i]);
		if (cbor_next(&c, &item))
			fail_msg("%zu is read", i);
		cbor_open(&c, bad[i]);
		if (cbor_skip(&c))
			fail_msg("%zu is skipped", i);
	}
}

static void containers_are_walked_and_skipped(void **state)
{
	/* [1, {"a": [], "b": [2, 3]}, 4], 5 */
	const struct str nested = STR_LIT("\x83\x01\xa2\x61"
					  "a\x80\x61"
					  "b\x82\x02\x03\x04\x05");
	struct cbor_item item;
	struct cbor c;

	(void)state;
	cbor_open(&c, nested);
	assert_true(cbor_next(&c, &item));
	assert_int_equal(item.type, CBOR_ARRAY);
	assert_int_equal(item.count, 3);
	assert_true(cbor_next(&c, &item));
	assert_true(cbor_next(&c, &item));
	assert_int_equal(item.type, CBOR_MAP);
	assert_int_equal(item.count, 2);
	assert_int_equal(c.depth, 2);
	assert_true(cbor_skip(&c)); /* "a" */
	assert_true(cbor_skip(&c)); /* [] */
	assert_int_equal(c.depth, 2);
	assert_true(cbor_next(&c, &item));
	assert_str(item.s, "b");
	assert_true(cbor_skip(&c)); /* [2, 3], and with it the map */
	assert_int_equal(c.depth, 1);
	assert_true(cbor_next(&c, &item));
	assert_int_equal(item.u, 4);
	assert_int_equal(c.depth, 0);
	assert_false(cbor_at_end(&c));
	cbor_open(&c, nested);
	assert_true(cbor_skip(&c));
	assert_true(cbor_next(&c, &item));
	assert_int_equal(item.u, 5);
	assert_true(cbor_at_end(&c));
}

static void a_container_is_cut_off_where_its_bytes_end(void **state)
{
	struct cbor_item item;
	struct cbor c;

	(void)state;
	/* three items are announced and three bytes are left, but one item takes two */
	cbor_open(&c, STR_LIT("\x83\x01\x18\x20"));
	assert_true(cbor_next(&c, &item));
	assert_true(cbor_next(&c, &item));
	assert_true(cbor_next(&c, &item));
	assert_false(cbor_next(&c, &item));
	cbor_open(&c, STR_LIT("\x83\x01\x18\x20"));
	assert_false(cbor_skip(&c));
}

static void nesting_ends_at_the_cap(void **state)
{
	/* arrays, maps and tags in turn */
	static const char heads[] = {'\x81', '\xa1', '\xc1'};

	(void)state;
	for (size_t deep = CAP_CBOR_DEPTH; deep <= CAP_CBOR_DEPTH + 1; deep++) {
		auto_buf struct buf b = BUF_INIT(1000);
		struct cbor c;

		for (size_t i = 0; i < deep; i++) {
			buf_add_char(&b, heads[i % 3]);
			if (i % 3 == 1)
				buf_add_char(&b, 0); /* the key of the map */
		}
		buf_add_char(&b, 1);
		cbor_open(&c, buf_str(&b));
		assert_int_equal(cbor_skip(&c), deep == CAP_CBOR_DEPTH);
	}
}

static void numbers_are_written_in_the_shortest_form(void **state)
{
	const struct {
		uint64_t v;
		struct str want;
	} cases[] = {
		{0, STR_LIT("\x00")},
		{23, STR_LIT("\x17")},
		{24, STR_LIT("\x18\x18")},
		{255, STR_LIT("\x18\xff")},
		{256, STR_LIT("\x19\x01\x00")},
		{65535, STR_LIT("\x19\xff\xff")},
		{65536, STR_LIT("\x1a\x00\x01\x00\x00")},
		{0xffffffff, STR_LIT("\x1a\xff\xff\xff\xff")},
		{0x100000000, STR_LIT("\x1b\0\0\0\x01\0\0\0\0")},
		{UINT64_MAX, STR_LIT("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf b = BUF_INIT(100);

		cbor_add_uint(&b, cases[i].v);
		assert_true(str_eq(buf_str(&b), cases[i].want));
		assert_int_equal(only(buf_str(&b)).u, cases[i].v);
	}
}

static void what_is_written_is_read(void **state)
{
	auto_buf struct buf b = BUF_INIT(1000);
	struct cbor_item item;
	struct cbor c;

	(void)state;
	cbor_add_map(&b, 1);
	cbor_add_text(&b, STR_LIT("k"));
	cbor_add_array(&b, 2);
	cbor_add_bytes(&b, "\0\xff", 2);
	cbor_add_uint(&b, 1000);
	assert_true(str_eq(buf_str(&b), STR_LIT("\xa1\x61k\x82\x42\0\xff\x19\x03\xe8")));
	cbor_open(&c, buf_str(&b));
	assert_true(cbor_next(&c, &item) && item.type == CBOR_MAP && item.count == 1);
	assert_true(cbor_next(&c, &item) && str_eq_c(item.s, "k"));
	assert_true(cbor_next(&c, &item) && item.type == CBOR_ARRAY && item.count == 2);
	assert_true(cbor_next(&c, &item) && item.type == CBOR_BYTES && item.s.n == 2);
	assert_true(cbor_next(&c, &item) && item.u == 1000);
	assert_true(cbor_at_end(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_every_width),
		cmocka_unit_test(strings_borrow_from_the_input),
		cmocka_unit_test(what_tokens_do_not_use_is_read_as_other),
		cmocka_unit_test(what_is_no_cbor_of_ours_is_refused),
		cmocka_unit_test(containers_are_walked_and_skipped),
		cmocka_unit_test(a_container_is_cut_off_where_its_bytes_end),
		cmocka_unit_test(nesting_ends_at_the_cap),
		cmocka_unit_test(numbers_are_written_in_the_shortest_form),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
