/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/adread.h"

#include "lib/proto/advert.h"
#include "tests/unit/unit.h"

static struct nevent *make(const struct ntags *tags, const char *content)
{
	struct id32 worker = unit_small_id(1);

	return nevent_make(&worker, 1795000000, NKIND_WORKER, tags, str_of(content));
}

static void our_own_advertisement_is_read(void **state)
{
	const struct advert_software software[] = {
		{STR_LIT("bash"), STR_LIT("5.2"), STR_LIT("/bin/bash")},
		{STR_LIT("git"), STR_LIT(""), STR_LIT("")}};
	struct advert a = {.worker = unit_small_id(1),
			   .created_at = 5,
			   .name = STR_LIT("w"),
			   .description = STR_LIT("text"),
			   .max_jobs = 2,
			   .queue_depth = 1,
			   .min_s = 10,
			   .max_s = 3600,
			   .software = software,
			   .nsoftware = 2,
			   .arch = STR_LIT("linux/amd64"),
			   .shell = STR_LIT("/bin/bash"),
			   .has_free_keys = true,
			   .free_s = 900,
			   .backend = STR_LIT("shell"),
			   .isolation = STR_LIT("x")};
	auto_nevent struct nevent *ev = advert_make(&a);
	struct adread_software s;
	struct adread_price p;
	struct adread ad;
	size_t at = 0;

	(void)state;
	assert_true(adread_parse(&ad, ev));
	assert_str(ad.name, "w");
	assert_str(ad.description, "text");
	assert_int_equal(ad.max_jobs, 2);
	assert_int_equal(ad.queue_depth, 1);
	assert_int_equal(ad.min_s, 10);
	assert_int_equal(ad.max_s, 3600);
	assert_int_equal(ad.free_s, 900);
	assert_str(ad.arch, "linux/amd64");
	assert_true(adread_next_software(&ad, &at, &s));
	assert_str(s.name, "bash");
	assert_str(s.path, "/bin/bash");
	assert_true(adread_next_software(&ad, &at, &s));
	assert_str(s.version, "");
	assert_false(adread_next_software(&ad, &at, &s));
	at = 0;
	assert_false(adread_next_price(&ad, &at, &p));
	adread_wipe(&ad);
}

static void parts_that_are_broken_are_left_out(void **state)
{
	auto_ntags struct ntags *t = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	struct adread_price p;
	struct adread ad;
	size_t at = 0;

	(void)state;
	ntags_add_c(t, "price", NULL);
	ntags_add_c(t, "price", "https://m.example", NULL);
	ntags_add_c(t, "max_duration", "1h", NULL);
	ev = make(t, "{\"name\":\"x\",\"description\":7,\"max_concurrent_jobs\":\"2\"}");
	assert_true(adread_parse(&ad, ev));
	assert_int_equal(ad.description.n, 0);
	assert_true(ad.max_jobs == ADREAD_NO_NUMBER);
	assert_true(ad.max_s == ADREAD_NO_NUMBER);
	assert_true(adread_next_price(&ad, &at, &p));
	assert_str(p.mint, "https://m.example");
	assert_str(p.rate, "");
	assert_false(adread_next_price(&ad, &at, &p));
	adread_wipe(&ad);
}

static void what_is_no_loom_advertisement_is_not_taken(void **state)
{
	static const char *const contents[] = {"",
					       "hello",
					       "[]",
					       "{}",
					       "{\"name\":\"\"}",
					       "{\"name\":1}",
					       "{\"name\":\"x\"} y"};
	auto_ntags struct ntags *loom = ntags_new();
	auto_ntags struct ntags *other = ntags_new();
	struct adread ad;

	(void)state;
	ntags_add_c(loom, "max_duration", "60", NULL);
	ntags_add_c(other, "t", "agent", NULL);
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		auto_nevent struct nevent *ev = make(loom, contents[i]);

		assert_false(adread_parse(&ad, ev));
		adread_wipe(&ad);
	}
	{
		/* an agent's profile, of the other project that uses the kind */
		auto_nevent struct nevent *ev = make(other, "{\"name\":\"agent\"}");

		assert_false(adread_parse(&ad, ev));
		adread_wipe(&ad);
	}
}

static void the_newest_counts_and_ties_go_to_the_lower_id(void **state)
{
	auto_ntags struct ntags *t = ntags_new();
	auto_nevent struct nevent *a = make(t, "a");
	auto_nevent struct nevent *b = make(t, "b");

	(void)state;
	assert_true(adread_is_newer(a, b) != adread_is_newer(b, a));
	assert_true(adread_is_newer(a, b) == (id32_cmp(&a->id, &b->id) < 0));
	b->created_at++;
	assert_true(adread_is_newer(b, a));
	assert_false(adread_is_newer(a, b));
}

static uint64_t cost(const char *rate, uint64_t seconds)
{
	uint64_t sat = 0;

	return adread_cost(&sat, str_of(rate), seconds) ? sat : 0;
}

static void a_price_is_rounded_up_to_whole_sat(void **state)
{
	(void)state;
	assert_int_equal(cost("2", 60), 120);
	assert_int_equal(cost("0.1", 60), 6);
	assert_int_equal(cost("0.1", 61), 7);
	assert_int_equal(cost("1.5", 3), 5);
	assert_int_equal(cost("0.000000001", 1), 1);
	assert_int_equal(cost("2.", 3), 6);
	assert_int_equal(cost("9223372036854775807", 1), INT64_MAX);
}

static void what_is_no_price_costs_nothing_and_is_not_paid(void **state)
{
	static const char *const rates[] = {"",
					    "0",
					    "0.0",
					    "-1",
					    "1e3",
					    ".5",
					    "1.2.3",
					    "1,5",
					    " 2",
					    "2 ",
					    "NaN",
					    "0.0000000001",
					    "9223372036854775808"};
	uint64_t sat = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		assert_false(adread_cost(&sat, str_of(rates[i]), 60));
	assert_false(adread_cost(&sat, STR_LIT("9223372036854775807"), 2));
	assert_int_equal(sat, 7);
}

static void the_mint_may_stand_in_the_last_place_alone(void **state)
{
	auto_ntags struct ntags *t = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	struct adread_price p;
	struct adread ad;
	size_t at = 0;

	(void)state;
	ntags_add_c(t, "price", "cashu", "2", "sat", "https://mint.example", NULL);
	ev = make(t, "{\"name\":\"w\"}");
	assert_true(adread_parse(&ad, ev));
	assert_true(adread_next_price(&ad, &at, &p));
	assert_str(p.mint, "cashu");
	assert_str(p.also_mint, "https://mint.example");
	adread_wipe(&ad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_advertisement_is_read),
		cmocka_unit_test(parts_that_are_broken_are_left_out),
		cmocka_unit_test(what_is_no_loom_advertisement_is_not_taken),
		cmocka_unit_test(the_newest_counts_and_ties_go_to_the_lower_id),
		cmocka_unit_test(a_price_is_rounded_up_to_whole_sat),
		cmocka_unit_test(what_is_no_price_costs_nothing_and_is_not_paid),
		cmocka_unit_test(the_mint_may_stand_in_the_last_place_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
