/* SPDX-License-Identifier: MIT */
/* Each rule about a token that can be told without asking its mint. */
#include "config.h"

#include "engine/money/paycheck.h"

#include "engine/money/mints.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "tests/unit/payer.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct rig {
	struct payer payer;
	struct mint mint;
	struct paycheck_rules rules;
	struct nsign_key other;
	struct ecpoint us;
	struct ecpoint them;
	struct payer_coins coins;
};

static void learn(struct rig *r)
{
	payer_look(&r->payer);
	r->mint.keysets = r->payer.sets;
	r->mint.n = r->payer.n;
}

static int build(void **state)
{
	struct mintcore_options o = mintcore_defaults();
	struct rig *r = mem_zalloc(sizeof(*r));
	struct mintcore *core;
	struct nsign_key key;
	struct id32 x;

	*state = r;
	o.keyset = (struct mintcore_keyset){.version = 1, .ppk = 250, .nkeys = 16};
	if (mintcore_open(&core, ":memory:", &o, NULL))
		return -1;
	payer_init(&r->payer, core);
	learn(r);
	r->mint.word = MINTS_ADMITTED;
	r->mint.info.nut11 = true;
	nsign_generate(&key);
	if (nsign_pubkey(&r->rules.worker, &key, NULL))
		return -1;
	nsign_generate(&r->other);
	if (nsign_pubkey(&x, &r->other, NULL))
		return -1;
	r->us = ecpoint_from_x(&r->rules.worker);
	r->them = ecpoint_from_x(&x);
	r->rules.max_sum = 1000;
	r->rules.now_s = clock_wall_s();
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	payer_free_coins(&r->coins);
	mintcore_close(r->payer.core);
	mem_free(r);
	return 0;
}

static void issue(struct rig *r, uint64_t a, uint64_t b, const struct payer_lock *lock)
{
	uint64_t parts[2] = {a, b};

	payer_issue(&r->payer, &r->coins, parts, b ? 2 : 1, lock);
}

/* What is said of the coins. */
static struct paycheck check(struct rig *r)
{
	struct cashutok t = {
		.unit = (char[]){"sat"}, .proofs = r->coins.v, .n = r->coins.n};
	struct paycheck out;

	memset(&out, 0, sizeof(out));
	t.sum = payer_sum(&r->coins);
	paycheck_token(&out, &t, &r->mint, &r->rules);
	return out;
}

static void assert_bad(struct rig *r, enum outcome outcome, const char *text)
{
	struct paycheck got = check(r);

	if (got.word != PAYCHECK_BAD || got.outcome != outcome ||
	    strncmp(got.text, text, strlen(text)) != 0)
		fail_msg("word %d, outcome %s: %s", (int)got.word,
			 outcome_table[got.outcome].code, got.text);
}

/* ---- plain */

static void a_plain_token_is_good_and_its_fee_is_known(void **state)
{
	struct rig *r = *state;
	struct paycheck got;

	issue(r, 64, 8, NULL);
	issue(r, 4, 2, NULL);
	issue(r, 1, 0, NULL);
	got = check(r);
	assert_int_equal(got.word, PAYCHECK_GOOD);
	assert_int_equal(got.fee, 2);
	assert_false(got.locked);
}

static void another_unit_is_refused(void **state)
{
	struct rig *r = *state;
	struct cashutok t = {.unit = (char[]){"usd"}};
	struct paycheck got = {.word = PAYCHECK_GOOD};

	paycheck_token(&got, &t, &r->mint, &r->rules);
	assert_int_equal(got.word, PAYCHECK_BAD);
	assert_int_equal(got.outcome, OUTCOME_PAYMENT_INVALID);
	assert_has(got.text, "unit_not_accepted: ");
}

static void more_than_the_most_for_one_job_is_refused(void **state)
{
	struct rig *r = *state;

	issue(r, 512, 256, NULL);
	issue(r, 128, 64, NULL);
	issue(r, 32, 8, NULL);
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
	issue(r, 1, 0, NULL);
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "bad_amount: at most 1000 sat");
}

static void an_amount_without_a_key_is_refused(void **state)
{
	struct rig *r = *state;

	issue(r, 64, 0, NULL);
	r->coins.v[0].amount = 63;
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "bad_amount: keyset ");
}

static void a_short_id_becomes_the_whole_one(void **state)
{
	struct rig *r = *state;

	issue(r, 64, 0, NULL);
	r->coins.v[0].id.c[16] = 0;
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
	assert_int_equal(strlen(r->coins.v[0].id.c), 66);
}

static void a_keyset_that_is_not_known_is_asked_for(void **state)
{
	struct rig *r = *state;
	struct mintcore_keyset next = {.version = 1, .ppk = 100, .nkeys = 16};
	struct paycheck got;
	struct keyset_id id;

	mintcore_rotate(r->payer.core, &next, &id);
	payer_look(&r->payer);
	r->mint.n = 1;
	for (size_t i = 0; i < r->payer.n; i++)
		if (!keyset_id_eq(&r->payer.sets[i].id, &id))
			r->mint.keysets = &r->payer.sets[i];
	issue(r, 64, 0, NULL);
	got = check(r);
	assert_int_equal(got.word, PAYCHECK_ASK);
	assert_has(got.text, "keyset_unknown: ");
	learn(r);
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
}

static void a_keyset_that_is_put_away_still_pays(void **state)
{
	struct rig *r = *state;
	struct mintcore_keyset next = {.version = 0, .ppk = 1000, .nkeys = 16};
	struct keyset_id id;

	issue(r, 64, 32, NULL);
	mintcore_rotate(r->payer.core, &next, &id);
	learn(r);
	issue(r, 64, 32, NULL);
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
	/* 2 x 250 and 2 x 1000, summed before they are rounded */
	assert_int_equal(check(r).fee, 3);
}

static void a_keyset_at_its_end_is_refused(void **state)
{
	struct rig *r = *state;

	issue(r, 64, 0, NULL);
	r->payer.sets[0].final_expiry = r->rules.now_s + 3601;
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
	r->payer.sets[0].final_expiry = r->rules.now_s + 3600;
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "keyset_expired: ");
}

static void a_signature_that_is_there_must_be_right(void **state)
{
	struct rig *r = *state;

	issue(r, 64, 32, NULL);
	r->coins.v[1].dleq.s.b[31] ^= 1;
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "invalid_signature: ");
	r->coins.v[1].dleq.s.b[31] ^= 1;
	/* right for another coin */
	r->coins.v[1].c = r->coins.v[0].c;
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "invalid_signature: ");
	/* it was looked at before */
	r->rules.was_checked = true;
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
}

static void a_signature_may_be_missing_unless_it_is_required(void **state)
{
	struct rig *r = *state;

	issue(r, 64, 32, NULL);
	r->coins.v[1].has_dleq = false;
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
	r->rules.need_dleq = true;
	assert_bad(r, OUTCOME_PAYMENT_INVALID, "invalid_signature: ");
}

static void what_the_fee_takes_is_too_small(void **state)
{
	struct rig *r = *state;

	issue(r, 1, 0, NULL);
	assert_bad(r, OUTCOME_PAYMENT_TOO_SMALL, "insufficient: ");
	issue(r, 1, 0, NULL);
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
}

/* ---- locked */

static void locked_to_us_is_good(void **state)
{
	struct rig *r = *state;
	struct payer_lock lock = {.key = r->us};
	struct paycheck got;

	issue(r, 64, 32, &lock);
	got = check(r);
	assert_int_equal(got.word, PAYCHECK_GOOD);
	assert_true(got.locked && got.names_only_us);
	assert_false(got.has_way_back || got.has_refund || got.sig_all);
}

static void locked_to_others_is_refused(void **state)
{
	struct rig *r = *state;
	struct payer_lock lock = {.key = r->them};

	issue(r, 64, 0, &lock);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: it is locked to another key");
}

static void our_key_may_be_one_of_several(void **state)
{
	struct rig *r = *state;
	struct ecpointhex us = ecpoint_hex(&r->us);
	char tags[256];
	struct payer_lock lock = {.key = r->them, .tags = tags};
	struct paycheck got;

	/* the same key with the other sign */
	us.c[1] = us.c[1] == '2' ? '3' : '2';
	(void)snprintf(tags, sizeof(tags), "[\"pubkeys\",\"%s\"]", us.c);
	issue(r, 64, 0, &lock);
	got = check(r);
	assert_int_equal(got.word, PAYCHECK_GOOD);
	assert_false(got.names_only_us);
}

static void two_signatures_are_one_too_many(void **state)
{
	struct rig *r = *state;
	struct ecpointhex them = ecpoint_hex(&r->them);
	char tags[256];
	struct payer_lock lock = {.key = r->us, .tags = tags};

	(void)snprintf(tags, sizeof(tags), "[\"pubkeys\",\"%s\"],[\"n_sigs\",\"2\"]",
		       them.c);
	issue(r, 64, 0, &lock);
	assert_bad(r, OUTCOME_LOCKED_TOKEN,
		   "locked_token: it wants more than one signature");
}

static void lock_until(struct rig *r, uint64_t locktime, bool refund)
{
	struct ecpointhex them = ecpoint_hex(&r->them);
	char tags[256];
	struct payer_lock lock = {.key = r->us, .tags = tags};

	(void)snprintf(tags, sizeof(tags), "[\"locktime\",\"%" PRIu64 "\"]%s%s%s",
		       locktime, refund ? ",[\"refund\",\"" : "", refund ? them.c : "",
		       refund ? "\"]" : "");
	payer_free_coins(&r->coins);
	issue(r, 64, 0, &lock);
}

static void a_lock_that_ends_soon_is_refused(void **state)
{
	struct rig *r = *state;
	struct paycheck got;

	lock_until(r, r->rules.now_s + 61, true);
	got = check(r);
	assert_int_equal(got.word, PAYCHECK_GOOD);
	assert_true(got.has_way_back && got.has_refund && !got.names_only_us);
	assert_true(ecpoint_eq(&got.refund, &r->them));
	lock_until(r, r->rules.now_s + 59, true);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its lock time");
	lock_until(r, r->rules.now_s - 1, true);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its lock time");
	/* without a refund key it is nobody's way back */
	lock_until(r, r->rules.now_s + 86400, false);
	got = check(r);
	assert_true(got.word == PAYCHECK_GOOD && !got.has_way_back && got.names_only_us);
}

static void other_conditions_are_refused(void **state)
{
	struct rig *r = *state;
	struct payer_lock htlc = {.key = r->us, .kind = "HTLC"};
	struct payer_lock malformed = {.key = r->us,
				       .tags = "[\"n_sigs\",\"1\"],[\"n_sigs\",\"1\"]"};

	issue(r, 64, 0, &htlc);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: unsupported condition");
	payer_free_coins(&r->coins);
	issue(r, 64, 0, &malformed);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: unsupported condition");
}

static void all_proofs_are_locked_in_one_way(void **state)
{
	struct rig *r = *state;
	struct payer_lock lock = {.key = r->us};
	struct payer_lock all = {.key = r->us, .tags = "[\"sigflag\",\"SIG_ALL\"]"};

	issue(r, 64, 0, &lock);
	issue(r, 64, 0, NULL);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its proofs");
	r->coins.n--;
	cashutok_wipe_proof(&r->coins.v[1]);
	issue(r, 64, 0, &all);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its proofs");
}

static void one_signature_for_all_wants_one_condition(void **state)
{
	struct rig *r = *state;
	char tags[256];
	struct payer_lock all = {.key = r->us, .tags = "[\"sigflag\",\"SIG_ALL\"]"};
	struct payer_lock more = {.key = r->us, .tags = tags};

	issue(r, 64, 32, &all);
	assert_true(check(r).word == PAYCHECK_GOOD && check(r).sig_all);
	(void)snprintf(tags, sizeof(tags),
		       "[\"sigflag\",\"SIG_ALL\"],[\"locktime\",\"%" PRIu64 "\"]",
		       r->rules.now_s + 86400);
	issue(r, 16, 0, &more);
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its proofs");
}

/* What is said of a token holds for all of its proofs: so they are locked alike. */
static void no_single_proof_speaks_for_all(void **state)
{
	struct rig *r = *state;
	struct ecpointhex them = ecpoint_hex(&r->them);
	char tags[256];
	struct payer_lock plain = {.key = r->us};
	struct payer_lock back = {.key = r->us, .tags = tags};

	(void)snprintf(tags, sizeof(tags),
		       "[\"locktime\",\"%" PRIu64 "\"],[\"refund\",\"%s\"]",
		       r->rules.now_s + 86400, them.c);
	for (int i = 0; i < 2; i++) {
		issue(r, 64, 0, i ? &plain : &back);
		issue(r, 32, 0, i ? &back : &plain);
		assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its proofs");
		payer_free_coins(&r->coins);
	}
}

static void a_blinded_key_is_for_loom_keyd(void **state)
{
	struct rig *r = *state;
	struct payer_lock lock = {.key = r->us, .blinded = true};

	issue(r, 64, 32, &lock);
	assert_true(check(r).word == PAYCHECK_GOOD && check(r).locked);
	r->coins.v[0].has_ephemeral = false;
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: it is locked to another key");
}

static void locks_want_a_mint_that_knows_them(void **state)
{
	struct rig *r = *state;
	struct payer_lock lock = {.key = r->us};

	issue(r, 64, 0, &lock);
	r->mint.info.nut11 = false;
	assert_bad(r, OUTCOME_LOCKED_TOKEN, "locked_token: its mint does not know");
	/* it was never heard: that it does not is not known */
	r->mint.word = MINTS_NOT_ASKED;
	assert_int_equal(check(r).word, PAYCHECK_GOOD);
}

/* ---- what could not be read */

static void what_cannot_be_read_has_its_own_word(void **state)
{
	static const struct {
		enum cashutok_fault fault;
		enum outcome outcome;
		const char *text;
	} rows[] = {
		{CASHUTOK_BAD, OUTCOME_PAYMENT_INVALID, "bad_token: why"},
		{CASHUTOK_MANY_MINTS, OUTCOME_MINT_NOT_ACCEPTED,
		 "mint_not_accepted: why"},
		{CASHUTOK_MANY_PROOFS, OUTCOME_PAYMENT_INVALID, "too_many_proofs: why"},
		{CASHUTOK_AMOUNT, OUTCOME_PAYMENT_INVALID, "bad_amount: why"},
		{CASHUTOK_TWICE, OUTCOME_PAYMENT_INVALID, "duplicate_proof: why"},
		{CASHUTOK_KEYSET, OUTCOME_PAYMENT_INVALID,
		 "keyset_version_unsupported: why"},
	};
	const struct lerr err = {.msg = "why"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct paycheck got = {.word = PAYCHECK_GOOD};

		paycheck_unreadable(&got, rows[i].fault, &err);
		assert_int_equal(got.word, PAYCHECK_BAD);
		assert_int_equal(got.outcome, rows[i].outcome);
		assert_string_equal(got.text, rows[i].text);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plain_token_is_good_and_its_fee_is_known),
		TEST(another_unit_is_refused),
		TEST(more_than_the_most_for_one_job_is_refused),
		TEST(an_amount_without_a_key_is_refused),
		TEST(a_short_id_becomes_the_whole_one),
		TEST(a_keyset_that_is_not_known_is_asked_for),
		TEST(a_keyset_that_is_put_away_still_pays),
		TEST(a_keyset_at_its_end_is_refused),
		TEST(a_signature_that_is_there_must_be_right),
		TEST(a_signature_may_be_missing_unless_it_is_required),
		TEST(what_the_fee_takes_is_too_small),
		TEST(locked_to_us_is_good),
		TEST(locked_to_others_is_refused),
		TEST(our_key_may_be_one_of_several),
		TEST(two_signatures_are_one_too_many),
		TEST(a_lock_that_ends_soon_is_refused),
		TEST(other_conditions_are_refused),
		TEST(all_proofs_are_locked_in_one_way),
		TEST(one_signature_for_all_wants_one_condition),
		TEST(no_single_proof_speaks_for_all),
		TEST(a_blinded_key_is_for_loom_keyd),
		TEST(locks_want_a_mint_that_knows_them),
		TEST(what_cannot_be_read_has_its_own_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
