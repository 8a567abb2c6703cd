/* SPDX-License-Identifier: MIT */
/* Which mints are used: what they must be able to do, what is said when they change. */
#include "config.h"

#include "engine/money/mints.h"

#include "engine/money/change.h"
#include "engine/money/money.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/dbmint.h"
#include "tests/unit/till.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define NUTS(more)                                                                \
	"{\"name\":\"m\",\"nuts\":{\"4\":{\"methods\":[{\"method\":\"bolt11\","   \
	"\"unit\":\"sat\"}],\"disabled\":false},\"5\":{\"methods\":[{\"method\":" \
	"\"bolt11\",\"unit\":\"sat\"}],\"disabled\":false}" more "}}"
#define YES(n) ",\"" n "\":{\"supported\":true}"

static const struct mintcore_keyset cheap[2] = {{.ppk = 100, .nkeys = 32},
						{.ppk = 100, .nkeys = 32}};

static int build(void **state)
{
	*state = till_new(2, cheap, "MIN_JOB_DURATION=10\n");
	return 0;
}

static int tear_down(void **state)
{
	till_free(*state);
	return 0;
}

static struct mint *first(struct till *t)
{
	return mints_at(t->e.money->mints, 0);
}

static bool has_answered(struct till *t)
{
	return !first(t)->asking;
}

/* The next round of questions to the first mint. */
static void ask(struct till *t, const char *info)
{
	t->mints[0].info = info;
	mints_ask(t->e.money->mints, first(t));
	assert_true(till_until(t, 10, has_answered));
}

static uint64_t pay(struct till *t, size_t mint, struct payer_coins *coins)
{
	static const uint64_t parts[] = {32, 16};
	auto_free char *token = till_token(t, mint, parts, 2, NULL, coins);
	struct till_job job = {.payment = token};
	uint64_t seq = till_submit(t, &job);

	assert_true(till_settle(t));
	return seq;
}

static void assert_refused(struct till *t, const char *why)
{
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	uint64_t seq = pay(t, 0, &coins);

	assert_has(till_why(t, seq), why);
	assert_int_equal(payer_count_spent(&t->mints[0].payer, &coins), 0);
}

static void what_a_mint_must_be_able_to_do(void **state)
{
	static const struct {
		const char *info;
		const char *why;
	} rows[] = {
		{NUTS(YES("7") YES("9") YES("12") ",\"21\":{\"openid_discovery\":\"x\"}"),
		 "log in"},
		{NUTS(YES("7") YES("9") YES("12") ",\"22\":{\"bat_max_mint\":1}"),
		 "log in"},
		{NUTS(YES("9") YES("12")), "NUT-07"},
		{NUTS(YES("7") YES("12")), "NUT-09"},
		{NUTS(YES("7") ",\"9\":{\"supported\":false}" YES("12")), "NUT-09"},
		{NUTS(YES("7") YES("9")), "NUT-12"},
	};
	struct till *t = *state;

	assert_int_equal(first(t)->word, MINTS_ADMITTED);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(t, rows[i].info);
		assert_int_equal(first(t)->word, MINTS_REFUSED);
		assert_has(first(t)->why, rows[i].why);
		assert_refused(t, "mint_not_accepted: ");
		assert_has(till_why(t, 1 + i), rows[i].why);
	}
	ask(t, NUTS(YES("7") YES("9") YES("12")));
	assert_int_equal(first(t)->word, MINTS_ADMITTED);
	assert_int_equal(till_bill(t, pay(t, 0, NULL)).state, DBBILL_CLAIMED);
}

static void nonsense_changes_nothing_that_is_known(void **state)
{
	static const char *const rows[] = {"", "nonsense", "[]", "{\"nuts\":7}"};
	struct till *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(t, rows[i]);
		assert_int_equal(first(t)->word, MINTS_ADMITTED);
		assert_int_equal(mints_health(first(t)), MINTS_DEGRADED);
	}
	assert_int_equal(till_bill(t, pay(t, 0, NULL)).state, DBBILL_CLAIMED);
}

static void a_mint_without_locks_makes_no_locked_change(void **state)
{
	static const uint64_t parts[] = {32, 16};
	struct till *t = *state;
	struct payer_lock lock = {.key = ecpoint_from_x(&t->e.worker)};
	auto_free char *token = NULL;
	struct till_job job = {.customer = 0};

	ask(t, NUTS(YES("7") YES("9") YES("12")));
	token = till_token(t, 0, parts, 2, &lock, NULL);
	job.payment = token;
	assert_has(till_why(t, till_submit(t, &job)), "locked_token: its mint");
}

static void a_mint_without_keys_for_us_is_refused(void **state)
{
	struct till *t = *state;
	struct mintcore_keyset over = {
		.version = 1, .ppk = 1, .nkeys = 4, .final_expiry = clock_wall_s() + 60};
	struct keyset_id id;

	/* its only active keyset is at its end within the minute */
	mintcore_rotate(t->mints[0].payer.core, &over, &id);
	ask(t, NULL);
	assert_int_equal(first(t)->word, MINTS_REFUSED);
	assert_has(first(t)->why, "no active keyset");
}

static void a_new_fee_is_told(void **state)
{
	struct till *t = *state;
	struct mintcore_keyset dear = {.version = 0, .ppk = 700, .nkeys = 32};
	auto_free char *log = NULL;
	struct keyset_id id;

	mintcore_rotate(t->mints[0].payer.core, &dear, &id);
	unit_stderr_start();
	ask(t, NULL);
	log = unit_stderr_stop();
	assert_has(log, "ev=mint.fee mint=https://mint0.example/sat was=100 is=700");
	assert_int_equal(mints_output_keyset(first(t))->ppk, 700);
}

/* No two keysets of whatever mint share their short id: it names keys and derivation. */
static void a_keyset_of_another_mint_is_not_taken(void **state)
{
	struct till *t = *state;
	struct keyset stolen = mints_at(t->e.money->mints, 1)->keysets[0];
	size_t n = first(t)->n;

	stolen.active = true;
	assert_int_equal(n, 1);
	assert_false(dbmint_put_keyset(t->e.db, first(t)->number, &stolen));
}

static void each_mint_is_paid_and_changes_by_itself(void **state)
{
	struct till *t = *state;
	uint64_t jobs[2];

	/* one of them is away: the other one notices nothing */
	t->mints[0].is_down = true;
	jobs[1] = pay(t, 1, NULL);
	t->mints[0].is_down = false;
	jobs[0] = pay(t, 0, NULL);
	for (size_t i = 0; i < 2; i++) {
		auto_cashutok struct cashutok *c = NULL;
		struct change_told told;
		enum cashutok_fault why;

		till_run(t, jobs[i], OUTCOME_OK, 10000);
		assert_true(till_settle(t));
		change_tell(t->e.money, &told, jobs[i]);
		assert_string_equal(told.mint, t->mints[i].url);
		assert_int_equal(
			cashutok_parse(&c, buf_str(&told.token), 100, &why, NULL),
			LERR_OK);
		assert_string_equal(c->mint, t->mints[i].url);
		assert_int_equal(told.change, 48 - 1 - 10);
		assert_int_equal(till_bill(t, jobs[i]).rate, till_bill(t, jobs[0]).rate);
		buf_wipe(&told.token);
	}
	till_check_books(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_mint_must_be_able_to_do),
		TEST(nonsense_changes_nothing_that_is_known),
		TEST(a_mint_without_locks_makes_no_locked_change),
		TEST(a_mint_without_keys_for_us_is_refused),
		TEST(a_new_fee_is_told),
		TEST(a_keyset_of_another_mint_is_not_taken),
		TEST(each_mint_is_paid_and_changes_by_itself),
	};

	/* patience with mints, where the build allows it */
	(void)setenv("LOOM_TEST_HURRY", "20", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
