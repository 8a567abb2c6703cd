/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/changeread.h"

#include "lib/base/caps.h"
#include "tests/unit/madetoken.h"
#include "tests/unit/unit.h"

#include <string.h>

#define MINT "http://127.0.0.1:3338"

static const uint64_t amounts[] = {1, 2, 16};

/* A result with these tags: name and value by turns, NULL at the end. */
static struct nevent *result(const char *success, const char *const *tags)
{
	auto_ntags struct ntags *t = ntags_new();
	struct id32 worker = unit_small_id(1);

	ntags_add_c(t, "success", success, NULL);
	for (size_t i = 0; tags && tags[i]; i += 2)
		ntags_add_c(t, tags[i], tags[i + 1], NULL);
	return nevent_make(&worker, 5, NKIND_RESULT, t, STR_LIT(""));
}

static enum changeread_word word_of(const char *success, const char *const *tags)
{
	auto_nevent struct nevent *ev = result(success, tags);
	struct changeread c;

	changeread_event(&c, ev);
	return c.word;
}

static void a_result_says_what_to_do(void **state)
{
	static const char *const token[] = {"change", "cashuA...", "change_owed", "5",
					    NULL};
	static const char *const owed[] = {"change_owed", "5", NULL};
	static const char *const empty[] = {"change", " ", NULL};
	static const char *const odd[] = {"change_owed", "much", NULL};

	(void)state;
	assert_int_equal(word_of("true", NULL), CHANGEREAD_ALL);
	assert_int_equal(word_of("false", NULL), CHANGEREAD_BACK);
	assert_int_equal(word_of("maybe", NULL), CHANGEREAD_BACK);
	assert_int_equal(word_of("true", token), CHANGEREAD_TOKEN);
	assert_int_equal(word_of("false", token), CHANGEREAD_TOKEN);
	assert_int_equal(word_of("true", owed), CHANGEREAD_OWED);
	assert_int_equal(word_of("false", owed), CHANGEREAD_OWED);
	assert_int_equal(word_of("false", empty), CHANGEREAD_BACK);
	assert_int_equal(word_of("true", odd), CHANGEREAD_ALL);
}

/* What is wrong with a token as change of a payment of `paid`; "" for nothing. */
static struct lerr checked(const char *mint, uint64_t paid, const char *says)
{
	auto_buf struct buf token = BUF_INIT(CAP_TOKEN_BYTES);
	const char *tags[] = {"change", NULL, "change_amount", says, NULL};
	struct nevent *ev;
	struct changeread c;
	struct lerr err = {0};
	enum lerr_code rc;

	madetoken_write(&token, mint, amounts, 3, NULL);
	tags[1] = token.p;
	if (!says)
		tags[2] = NULL;
	ev = result("true", tags);
	changeread_event(&c, ev);
	rc = changeread_check(&c, MINT, paid, &err);
	assert_int_equal(rc, err.code);
	nevent_free(ev);
	return err;
}

static void change_is_of_the_mint_that_was_paid_with(void **state)
{
	(void)state;
	assert_string_equal(checked(MINT, 20, NULL).msg, "");
	assert_string_equal(checked("HTTP://127.0.0.1:3338/", 20, "19").msg, "");
	assert_has(checked("https://other.example", 20, NULL).msg, "another mint");
	assert_has(checked("not a url", 20, NULL).msg, "another mint");
}

static void change_is_not_more_than_was_paid(void **state)
{
	(void)state;
	assert_string_equal(checked(MINT, 19, NULL).msg, "");
	assert_has(checked(MINT, 18, NULL).msg, "more than was paid");
}

static void change_is_what_the_worker_says(void **state)
{
	(void)state;
	assert_has(checked(MINT, 20, "18").msg, "says 18");
	assert_string_equal(checked(MINT, 20, "19").msg, "");
}

static void what_is_no_token_is_no_change(void **state)
{
	static const char *const tags[] = {"change", "cashuBnothing", NULL};
	auto_nevent struct nevent *ev = result("true", tags);
	struct changeread c;
	struct lerr err = {0};

	(void)state;
	changeread_event(&c, ev);
	assert_int_equal(changeread_check(&c, MINT, 20, &err), LERR_INPUT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_says_what_to_do),
		cmocka_unit_test(change_is_of_the_mint_that_was_paid_with),
		cmocka_unit_test(change_is_not_more_than_was_paid),
		cmocka_unit_test(change_is_what_the_worker_says),
		cmocka_unit_test(what_is_no_token_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
