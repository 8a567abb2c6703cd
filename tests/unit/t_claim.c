/* SPDX-License-Identifier: MIT */
/* Being paid: whose token it is, when it is claimed, what is said when it is not. */
#include "config.h"

#include "engine/access.h"
#include "engine/money/change.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/p2pk.h"
#include "lib/store/dbpay.h"
#include "tests/unit/till.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct mintcore_keyset cheap = {.ppk = 100, .nkeys = 32};
static const uint64_t sixty[] = {32, 16, 8, 4};

static int build(void **state)
{
	*state = till_new(1, &cheap, "MIN_JOB_DURATION=10\nPRICE_PER_SECOND=2\n");
	return 0;
}

static int tear_down(void **state)
{
	till_check_books(*state);
	clock_shift_wall_ms(0);
	till_free(*state);
	return 0;
}

static uint64_t pay(struct till *t, size_t customer, const char *token)
{
	struct till_job job = {.customer = customer, .payment = token};
	uint64_t seq = till_submit(t, &job);

	assert_int_not_equal(seq, 0);
	return seq;
}

static uint64_t pay_at(struct till *t, size_t customer, const char *token,
		       uint64_t created_at)
{
	struct till_job job = {
		.customer = customer, .payment = token, .created_at = created_at};

	return till_submit(t, &job);
}

static struct payer_lock lock_to_worker(struct till *t, const char *tags)
{
	return (struct payer_lock){.key = ecpoint_from_x(&t->e.worker), .tags = tags};
}

static char *locked_token(struct till *t, struct payer_coins *keep)
{
	struct payer_lock lock = lock_to_worker(t, NULL);

	return till_token(t, 0, sixty, ARRAY_LEN(sixty), &lock, keep);
}

static bool is_claimed(struct till *t, uint64_t job)
{
	return till_get(t, job).state == JOB_QUEUED &&
	       till_bill(t, job).state == DBBILL_CLAIMED;
}

static void assert_refused(struct till *t, uint64_t job, const char *why)
{
	assert_int_equal(till_get(t, job).state, JOB_DONE);
	assert_has(till_why(t, job), why);
}

static void assert_untouched(struct till *t, const struct payer_coins *coins)
{
	assert_int_equal(payer_count_spent(&t->mints[0].payer, coins), 0);
}

/* ---- whose token it is */

static void of_two_copies_the_one_first_seen_and_first_signed_is_paid(void **state)
{
	struct till *t = *state;
	uint64_t now = clock_wall_s();

	/* who copies a token can date his job as he likes: that alone wins nothing */
	for (uint64_t i = 0; i < 2; i++) {
		auto_free char *token = locked_token(t, NULL);
		uint64_t a = pay_at(t, 0, token, now - i);
		uint64_t b = pay_at(t, 1, token, now - 1 + i);

		assert_true(till_settle(t));
		if (i == 0)
			assert_refused(t, a, "token_spent: contested");
		else
			assert_true(is_claimed(t, a));
		assert_refused(t, b, "token_spent: contested");
	}
}

static void of_two_copies_of_one_second_nobody_is_paid(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_free char *token = locked_token(t, &coins);
	auto_free char *log = NULL;
	uint64_t now = clock_wall_s();
	uint64_t a = pay_at(t, 0, token, now);
	uint64_t b = pay_at(t, 1, token, now);

	unit_stderr_start();
	assert_true(till_settle(t));
	log = unit_stderr_stop();
	assert_refused(t, a, "token_spent: contested: two jobs");
	assert_refused(t, b, "token_spent: contested: two jobs");
	assert_has(log, "ev=pay.contested");
	assert_untouched(t, &coins);
	/* their owner can try again */
	a = pay(t, 0, token);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, a));
}

static void a_locked_token_is_held_back_and_a_plain_one_is_not(void **state)
{
	struct till *t = *state;
	auto_free char *locked = locked_token(t, NULL);
	auto_free char *plain = till_token(t, 0, sixty, 4, NULL, NULL);
	uint64_t a, b;

	t->keep_log = true;
	a = pay(t, 0, locked);
	turn_flush(t->e.turn);
	assert_int_equal(till_count(t, 0, "POST /v1/swap"), 0);
	b = pay(t, 0, plain);
	turn_flush(t->e.turn);
	assert_int_equal(till_count(t, 0, "POST /v1/swap"), 1);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, a) && is_claimed(t, b));
}

static void a_copy_that_comes_late_gets_nothing(void **state)
{
	struct till *t = *state;
	auto_free char *token = locked_token(t, NULL);
	uint64_t first = pay(t, 0, token);
	uint64_t copy;

	/* whatever time it claims to be of */
	clock_shift_wall_ms(3000);
	copy = pay_at(t, 1, token, clock_wall_s() - 600);
	assert_refused(t, copy, "token_spent: token_already_used: another job");
	assert_true(till_settle(t));
	assert_true(is_claimed(t, first));
}

/* The mint is away, and time goes by, until all claims were given up. */
static void wait_in_vain(struct till *t)
{
	int64_t later = 0;

	t->mints[0].is_down = true;
	turn_flush(t->e.turn);
	while (!till_is_quiet(t)) {
		clock_shift_wall_ms(later += 5000);
		(void)uv_run(&t->loop, UV_RUN_ONCE);
		turn_flush(t->e.turn);
	}
	t->mints[0].is_down = false;
}

static void what_was_left_untouched_can_be_used_again(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_free char *locked = locked_token(t, &coins);
	auto_free char *plain = till_token(t, 0, sixty, 4, NULL, &coins);
	uint64_t a, b;

	a = pay(t, 0, locked);
	b = pay(t, 0, plain);
	wait_in_vain(t);
	assert_refused(t, a, "mint_unavailable");
	assert_refused(t, b, "mint_unavailable");
	assert_untouched(t, &coins);
	/* nobody else can, with a copy of the locked one; of a plain one nobody can tell */
	assert_refused(t, pay(t, 1, locked), "token_already_used: it is locked");
	a = pay(t, 0, locked);
	b = pay(t, 1, plain);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, a));
	assert_true(is_claimed(t, b));
}

static void a_token_pays_once(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_payer_coins struct payer_coins part = {NULL, 0};
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	auto_free char *token = till_token(t, 0, sixty, 4, NULL, &coins);
	uint64_t a = pay(t, 0, token);

	/* while it is being claimed, and afterwards; as a whole, and in part */
	assert_refused(t, pay(t, 1, token), "token_spent: token_already_used");
	assert_true(till_settle(t));
	assert_true(is_claimed(t, a));
	assert_refused(t, pay(t, 1, token), "token_spent: token_already_used");
	part = payer_copy(&coins, 0, 1);
	payer_issue(&t->mints[0].payer, &part, sixty, 1, NULL);
	payer_write(&text, t->mints[0].url, &part);
	assert_refused(t, pay(t, 1, text.p), "token_spent: token_already_used");
	assert_int_equal(payer_count_spent(&t->mints[0].payer, &part), 1);
}

static void change_pays_for_the_next_job(void **state)
{
	struct till *t = *state;
	auto_free char *token = till_token(t, 0, sixty, 4, NULL, NULL);
	uint64_t a = pay(t, 0, token);
	struct change_told told;
	uint64_t b;

	assert_true(till_settle(t));
	till_run(t, a, OUTCOME_OK, 5000);
	assert_true(till_settle(t));
	change_tell(t->e.money, &told, a);
	assert_int_equal(told.change, 60 - 1 - 10);
	b = pay(t, 0, told.token.p);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, b));
	assert_refused(t, pay(t, 0, told.token.p), "token_already_used");
	buf_wipe(&told.token);
}

/* ---- locked, and refused */

static void what_nobody_could_take_back_is_given_back(void **state)
{
	struct till *t = *state;
	struct payer_lock lock = lock_to_worker(t, NULL);
	struct ecpoint key = ecpoint_from_x(&t->customers[2]);
	struct ecpointhex hex = ecpoint_hex(&key);
	uint64_t parts[] = {8, 4};
	auto_free char *token = till_token(t, 0, parts, 2, &lock, NULL);
	struct till_job job = {.payment = token, .cashu_pubkey = hex.c};
	uint64_t seq = till_submit(t, &job);
	auto_cashutok struct cashutok *back = NULL;
	struct change_told told;
	enum cashutok_fault why;
	struct p2pk got;

	assert_true(till_settle(t));
	assert_refused(t, seq, "payment_too_small: insufficient");
	assert_int_equal(till_bill(t, seq).earned, 0);
	change_tell(t->e.money, &told, seq);
	assert_int_equal(told.change + told.fees, 12);
	assert_int_equal(cashutok_parse(&back, buf_str(&told.token), 100, &why, NULL),
			 LERR_OK);
	assert_int_equal(p2pk_parse(&got, str_of(back->proofs[0].secret), NULL),
			 P2PK_LOCK);
	assert_true(ecpoint_eq(&got.keys[0], &key));
	buf_wipe(&told.token);
}

static void what_can_be_taken_back_is_left_untouched(void **state)
{
	struct till *t = *state;
	auto_buf struct buf tags = BUF_INIT(256);
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_free char *token = NULL;
	struct payer_lock lock;
	uint64_t parts[] = {8, 4};

	buf_addf(&tags, "[\"locktime\",\"%" PRIu64 "\"],[\"refund\",\"02%s\"]",
		 clock_wall_s() + 86400, id32_hex(&t->customers[0]).c);
	lock = lock_to_worker(t, tags.p);
	token = till_token(t, 0, parts, 2, &lock, &coins);
	assert_refused(t, pay(t, 0, token), "payment_too_small");
	assert_untouched(t, &coins);
}

static void a_cancelled_job_gets_all_of_its_payment_back(void **state)
{
	struct till *t = *state;
	auto_free char *token = till_token(t, 0, sixty, 4, NULL, NULL);
	uint64_t seq = pay(t, 0, token);
	struct dbjob j = till_get(t, seq);

	assert_int_equal(j.state, JOB_CLAIMING);
	turn_enter(t->e.turn);
	j.cancel_at = clock_wall_ms();
	dbjob_set_cancel(t->e.db, &j);
	turn_leave(t->e.turn, true);
	assert_true(till_settle(t));
	assert_refused(t, seq, "cancelled");
	assert_int_equal(till_bill(t, seq).earned, 0);
	assert_int_equal(till_bill(t, seq).change, 59);
}

/* ---- loom-keyd */

static void a_locked_payment_waits_for_loom_keyd(void **state)
{
	struct till *t = *state;
	auto_free char *token = locked_token(t, NULL);
	uint64_t seq;

	t->keyd_is_away = true;
	t->keep_log = true;
	seq = pay(t, 0, token);
	for (uint64_t end = clock_mono_ms() + 3500; clock_mono_ms() < end;)
		(void)uv_run(&t->loop, UV_RUN_ONCE);
	assert_int_equal(till_get(t, seq).state, JOB_CLAIMING);
	assert_int_equal(till_count(t, 0, "POST"), 0);
	t->keyd_is_away = false;
	money_keyd_up(t->e.money);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, seq));
}

static void a_blinded_lock_that_is_not_ours_is_refused(void **state)
{
	struct till *t = *state;
	struct payer_lock lock = {.key = ecpoint_from_x(&t->customers[3]),
				  .blinded = true};
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_free char *token = till_token(t, 0, sixty, 4, &lock, &coins);
	uint64_t seq = pay(t, 0, token);

	assert_true(till_settle(t));
	assert_refused(t, seq, "locked_token");
	assert_untouched(t, &coins);
}

/* ---- at the mint */

static uint64_t pay_sixty(struct till *t, const char *cashu_pubkey)
{
	auto_free char *token = till_token(t, 0, sixty, 4, NULL, NULL);
	struct till_job job = {.payment = token, .cashu_pubkey = cashu_pubkey};
	uint64_t seq = till_submit(t, &job);

	turn_flush(t->e.turn);
	return seq;
}

static void change_goes_before_claims(void **state)
{
	static const uint64_t want[] = {DBPAY_CLAIM, DBPAY_CLAIM, DBPAY_CHANGE,
					DBPAY_CLAIM, DBPAY_CLAIM};
	struct till *t = *state;
	struct ecpoint key = ecpoint_from_x(&t->customers[1]);
	struct ecpointhex hex = ecpoint_hex(&key);
	uint64_t first = pay_sixty(t, hex.c);
	uint64_t kinds[8];

	assert_true(till_settle(t));
	/* one claim is at the mint and two wait; then a job ends with change to be made */
	t->hold_answers = true;
	for (int i = 0; i < 3; i++)
		(void)pay_sixty(t, NULL);
	till_run(t, first, OUTCOME_OK, 1000);
	turn_flush(t->e.turn);
	till_release(t);
	assert_true(till_settle(t));
	assert_int_equal(till_column(t,
				     "SELECT kind FROM pay_log JOIN pays USING (op) "
				     "WHERE old = 1 AND new = 2 AND mint = ?1 ORDER BY "
				     "seq",
				     1, kinds, 8),
			 5);
	assert_memory_equal(kinds, want, sizeof(want));
	assert_int_equal(t->mints[0].most_in_flight, 1);
}

/* No 5101 while the mint may have taken the coins. */
static void a_claim_that_was_heard_waits_as_long_as_it_takes(void **state)
{
	struct till *t = *state;
	const struct mintfault_order lost = {
		.name = STR_LIT("drop-after"), .path = STR_LIT("/v1/swap"), .times = 1};
	const struct mintfault_order broken = {.name = STR_LIT("500-before"),
					       .path = STR_LIT("/v1/restore"),
					       .times = 1000};
	uint64_t seq;

	assert_true(mintfault_add(t->mints[0].faults, &lost));
	assert_true(mintfault_add(t->mints[0].faults, &broken));
	seq = pay_sixty(t, NULL);
	for (int64_t day = 1; mintfault_left(t->mints[0].faults) > 996; day++) {
		clock_shift_wall_ms(day * 86400000);
		(void)uv_run(&t->loop, UV_RUN_ONCE);
		turn_flush(t->e.turn);
	}
	assert_int_equal(till_get(t, seq).state, JOB_CLAIMING);
	assert_int_equal(till_number(t, "SELECT state FROM pays WHERE job = ?1", seq),
			 PAY_SUBMITTED);
	mintfault_clear(t->mints[0].faults);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, seq));
}

static void a_keyset_that_nobody_knows_is_asked_for_once(void **state)
{
	struct till *t = *state;
	struct mintcore_keyset next = {.ppk = 200, .nkeys = 32, .version = 1};
	struct payer other = {.core = NULL};
	struct mintcore_options o = mintcore_defaults();
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_buf struct buf foreign = BUF_INIT(CAP_TOKEN_BYTES);
	struct keyset_id id;
	struct mintcore *core;
	uint64_t seq;

	/* a new one of the mint: it is asked, and the job waits for that */
	mintcore_rotate(t->mints[0].payer.core, &next, &id);
	payer_look(&t->mints[0].payer);
	mints_at(t->e.money->mints, 0)->asked_ms = 0;
	t->keep_log = true;
	seq = pay_sixty(t, NULL);
	assert_true(till_settle(t));
	assert_true(is_claimed(t, seq));
	assert_int_equal(till_count(t, 0, "GET /v1/keysets"), 1);
	/* coins of a mint that is not this one: asked a moment ago, so not again */
	assert_int_equal(mintcore_open(&core, ":memory:", &o, NULL), LERR_OK);
	payer_init(&other, core);
	payer_issue(&other, &coins, sixty, 4, NULL);
	payer_write(&foreign, t->mints[0].url, &coins);
	for (int i = 0; i < 3; i++)
		assert_refused(t, pay(t, 0, foreign.p),
			       "payment_invalid: keyset_unknown");
	assert_int_equal(till_count(t, 0, "GET /v1/keysets"), 1);
	mintcore_close(core);
}

static void a_full_till_takes_no_more_of_that_mint(void **state)
{
	struct till *t = *state;
	auto_payer_coins struct payer_coins coins = {NULL, 0};
	auto_free char *token = till_token(t, 0, sixty, 4, NULL, &coins);

	(void)pay_sixty(t, NULL);
	assert_true(till_settle(t));
	till_configure(t, "MINT_EXPOSURE_MAX=50\n");
	assert_refused(t, pay(t, 0, token), "mint_not_accepted: this worker holds");
	assert_untouched(t, &coins);
}

/* ---- the price */

static void the_lowest_price_of_a_quarter_of_an_hour_holds(void **state)
{
	struct till *t = *state;

	turn_enter(t->e.turn);
	dbbill_say_rate(t->e.db, 2, clock_wall_ms());
	turn_leave(t->e.turn, true);
	till_configure(t, "PRICE_PER_SECOND=10\nMIN_JOB_DURATION=10\n");
	assert_int_equal(till_bill(t, pay_sixty(t, NULL)).rate, 2);
	clock_shift_wall_ms(16 * 60000);
	assert_refused(t, pay_sixty(t, NULL), "payment_too_small");
	assert_true(till_settle(t));
}

static void what_is_paid_beyond_the_longest_job_comes_back(void **state)
{
	struct till *t = *state;
	uint64_t seq;

	till_configure(t, "PRICE_PER_SECOND=2\nMAX_JOB_DURATION=12\n");
	seq = pay_sixty(t, NULL);
	assert_true(till_settle(t));
	assert_int_equal(till_get(t, seq).limit_s, 12);
	till_run(t, seq, OUTCOME_TIME_LIMIT, 12400);
	assert_true(till_settle(t));
	assert_int_equal(till_bill(t, seq).earned, 24);
	assert_int_equal(till_bill(t, seq).change, 60 - 1 - 24);
}

/* ---- strangers */

static void a_stranger_who_pays_is_served_more_than_ten_times(void **state)
{
	struct till *t = *state;
	uint64_t seq = 0;

	access_free(t->e.access);
	till_configure(t, "ACCESS=open\n");
	assert_int_equal(access_new(&t->e.access, t->conf, NULL), LERR_OK);
	for (int i = 0; i < 3 * CAP_REFUSALS_PER_MIN; i++) {
		auto_free char *token = till_token(t, 0, sixty, 2, NULL, NULL);

		seq = pay(t, TILL_STRANGER, token);
		assert_true(till_settle(t));
		assert_true(is_claimed(t, seq));
	}
}

static void a_stranger_who_pays_with_nonsense_gets_silence(void **state)
{
	struct till *t = *state;
	const struct till_job job = {.customer = TILL_STRANGER,
				     .payment = "cashuAnothing"};
	uint64_t answered = 0;

	access_free(t->e.access);
	till_configure(t, "ACCESS=open\n");
	assert_int_equal(access_new(&t->e.access, t->conf, NULL), LERR_OK);
	for (int i = 0; i < 3 * CAP_REFUSALS_PER_MIN; i++)
		answered += till_submit(t, &job) != 0;
	/* the minute may end in between */
	assert_in_range(answered, CAP_REFUSALS_PER_MIN, 2 * CAP_REFUSALS_PER_MIN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_two_copies_the_one_first_seen_and_first_signed_is_paid),
		TEST(of_two_copies_of_one_second_nobody_is_paid),
		TEST(a_locked_token_is_held_back_and_a_plain_one_is_not),
		TEST(a_copy_that_comes_late_gets_nothing),
		TEST(what_was_left_untouched_can_be_used_again),
		TEST(a_token_pays_once),
		TEST(change_pays_for_the_next_job),
		TEST(what_nobody_could_take_back_is_given_back),
		TEST(what_can_be_taken_back_is_left_untouched),
		TEST(a_cancelled_job_gets_all_of_its_payment_back),
		TEST(a_locked_payment_waits_for_loom_keyd),
		TEST(a_blinded_lock_that_is_not_ours_is_refused),
		TEST(change_goes_before_claims),
		TEST(a_claim_that_was_heard_waits_as_long_as_it_takes),
		TEST(a_keyset_that_nobody_knows_is_asked_for_once),
		TEST(a_full_till_takes_no_more_of_that_mint),
		TEST(the_lowest_price_of_a_quarter_of_an_hour_holds),
		TEST(what_is_paid_beyond_the_longest_job_comes_back),
		TEST(a_stranger_who_pays_is_served_more_than_ten_times),
		TEST(a_stranger_who_pays_with_nonsense_gets_silence),
	};

	/* patience with mints, where the build allows it */
	(void)setenv("LOOM_TEST_HURRY", "20", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
