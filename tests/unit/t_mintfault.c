/* SPDX-License-Identifier: MIT */
/* The mint of the tests when it misbehaves: each fault does what its name says, and what
 * was done can be restored. */
#include "config.h"

#include "tests/unit/mintworld.h"

/* ---- restore */

static struct mintread_restored restore(struct mintworld *w, const struct outset *out)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	struct mintread_restored r = {.n = 0};

	mintmsg_restore(&body, out);
	assert_int_equal(
		purse_call(w->p, "POST", "/v1/restore", buf_str(&body), &answer, NULL),
		LERR_OK);
	assert_int_equal(mintread_restored(&r, buf_str(&answer), NULL), LERR_OK);
	return r;
}

static size_t count_restored(struct mintworld *w, const struct outset *out)
{
	struct mintread_restored r = restore(w, out);
	size_t n = r.n;

	mintread_free_restored(&r);
	return n;
}

/* A swap whose answer is lost; the outputs stay in *out. */
static void lose_a_swap(struct mintworld *w, struct outset *out,
			const struct purse_coins *in, const char *how)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	uint64_t fee;

	assert_true(purse_fee(w->p, in, &fee));
	assert_int_equal(
		purse_outputs(out, w->p, purse_sum(in) - fee, NULL, 0, NULL, NULL),
		LERR_OK);
	assert_int_equal(purse_write_swap(w->p, &body, in, out, NULL, NULL), LERR_OK);
	mintworld_fault(w, how, "/v1/swap");
	assert_int_equal(
		purse_call(w->p, "POST", "/v1/swap", buf_str(&body), &answer, NULL),
		LERR_TEMP);
}

static void a_lost_answer_can_be_restored(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 100, NULL);
	auto_outset struct outset out = {.n = 0};
	struct mintread_restored r;

	lose_a_swap(w, &out, &in, "drop-after");
	mintworld_all_are(w, &in, MINTREAD_SPENT);
	r = restore(w, &out);
	assert_int_equal(r.n, out.n);
	for (size_t i = 0; i < r.n; i++) {
		size_t at = outset_find(&out, &r.blinded[i]);
		struct cashuproof p;

		assert_int_not_equal(at, SIZE_MAX);
		assert_int_equal(outset_unblind(&p, &out, at, &r.signatures[i],
						purse_active(w->p), true, NULL),
				 LERR_OK);
		cashutok_wipe_proof(&p);
	}
	mintread_free_restored(&r);
	mintworld_fault(w, "restore-partial", "/v1/restore");
	assert_int_equal(count_restored(w, &out), out.n - 1);
	mintworld_fault(w, "restore-empty", "/v1/restore");
	assert_int_equal(count_restored(w, &out), 0);
	mintworld_fault(w, "restore-reordered", "/v1/restore");
	r = restore(w, &out);
	assert_int_equal(r.n, out.n);
	assert_true(ecpoint_eq(&r.blinded[0], &out.v[out.n - 1].blinded));
	mintread_free_restored(&r);
}

static void what_was_dropped_before_has_no_effect(void **state)
{
	static const char *const faults[] = {"drop-before", "die-before-commit"};
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 100, NULL);

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		auto_outset struct outset out = {.n = 0};

		lose_a_swap(w, &out, &in, faults[i]);
		assert_int_equal(w->last.how, i ? MINTFAULT_DIE : MINTFAULT_DROP);
		mintworld_all_are(w, &in, MINTREAD_UNSPENT);
		assert_int_equal(count_restored(w, &out), 0);
	}
	mintworld_is_balanced(w);
}

static void a_death_after_the_commit_keeps_it(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 100, NULL);
	auto_outset struct outset out = {.n = 0};

	lose_a_swap(w, &out, &in, "die-after-commit");
	assert_int_equal(w->last.how, MINTFAULT_DIE);
	mintworld_all_are(w, &in, MINTREAD_SPENT);
	assert_int_equal(count_restored(w, &out), out.n);
}

/* ---- faults */

static void answers_are_bent(void **state)
{
	static const struct {
		const char *fault;
		enum lerr_code want;
	} rows[] = {
		{"wrong-order", LERR_INPUT},    {"short", LERR_INPUT},
		{"wrong-amount", LERR_INPUT},   {"wrong-id", LERR_INPUT},
		{"bad-dleq", LERR_INPUT},       {"no-dleq", LERR_INPUT},
		{"truncated-json", LERR_INPUT},
	};
	struct mintworld *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_coins struct purse_coins in = mintworld_get(w, 101, NULL);
		struct purse_coins out = {.n = 0};
		struct mintcore_sums before = mintcore_sums(w->m);

		mintworld_fault(w, rows[i].fault, "/v1/swap");
		if (purse_swap(w->p, &out, &in, NULL, NULL, NULL) != rows[i].want)
			fail_msg("%s went well", rows[i].fault);
		assert_int_equal(w->last.status, 200);
		assert_int_equal(mintfault_left(w->f), 0);
		/* the swap was done all the same */
		assert_int_equal(mintcore_sums(w->m).redeemed, before.redeemed + 101);
	}
	mintworld_is_balanced(w);
}

static void refusals_of_a_fault_are_after_or_before(void **state)
{
	static const struct {
		const char *fault;
		unsigned int status;
		uint64_t code;
		enum mintread_state left;
	} rows[] = {
		{"429", 429, 0, MINTREAD_UNSPENT},
		{"500-before", 500, 0, MINTREAD_UNSPENT},
		{"expired-keyset", 400, 12003, MINTREAD_UNSPENT},
		{"500-after", 500, 0, MINTREAD_SPENT},
		{"502-html-after", 502, 0, MINTREAD_SPENT},
		{"code0", 400, 0, MINTREAD_SPENT},
	};
	struct mintworld *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_coins struct purse_coins in = mintworld_get(w, 16, NULL);
		struct purse_coins out = {.n = 0};

		mintworld_fault(w, rows[i].fault, "/v1/swap");
		assert_int_equal(purse_swap(w->p, &out, &in, NULL, NULL, NULL),
				 LERR_INPUT);
		assert_int_equal(w->p->status, rows[i].status);
		assert_int_equal(w->p->refusal.code, rows[i].code);
		mintworld_all_are(w, &in, rows[i].left);
	}
}

static void a_swap_that_hangs_can_be_released(void **state)
{
	struct mintworld *w = *state;

	for (int done = 0; done < 2; done++) {
		auto_coins struct purse_coins in = mintworld_get(w, 16, NULL);

		mintworld_fault(w, "pending", "/v1/swap");
		mintworld_is_refused(w, &in, NULL, 11002);
		mintworld_is_refused(w, &in, NULL, 11002);
		mintworld_all_are(w, &in, MINTREAD_PENDING);
		mintworld_is_balanced(w);
		assert_int_equal(mintcore_release(w->m, done), 1);
		mintworld_all_are(w, &in, done ? MINTREAD_SPENT : MINTREAD_UNSPENT);
		mintworld_is_balanced(w);
	}
}

static void a_fault_waits_for_its_path_and_turn(void **state)
{
	struct mintworld *w = *state;
	struct mintfault_order o = {.name = STR_LIT("500-before"),
				    .path = STR_LIT("/v1/checkstate"),
				    .skip = 1,
				    .times = 2};
	auto_coins struct purse_coins c = mintworld_get(w, 1, NULL);
	enum mintread_state s;

	assert_true(mintfault_add(w->f, &o));
	for (int i = 0; i < 4; i++)
		assert_int_equal(purse_states(w->p, &s, &c, NULL),
				 i == 1 || i == 2 ? LERR_INPUT : LERR_OK);
	assert_int_equal(mintfault_left(w->f), 0);
	o.name = STR_LIT("no such fault");
	assert_false(mintfault_add(w->f, &o));
	mintworld_fault(w, "checkstate-pending", "/v1/");
	mintworld_all_are(w, &c, MINTREAD_PENDING);
	mintworld_all_are(w, &c, MINTREAD_UNSPENT);
}

static void a_request_that_comes_twice_is_told_of_the_second_time(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 100, NULL);

	mintworld_fault(w, "twice", "/v1/swap");
	mintworld_is_refused(w, &in, NULL, 11001);
	assert_int_equal(mintcore_sums(w->m).redeemed, 100);
	mintworld_is_balanced(w);
}

static void keysets_change_at_the_wrong_moment(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 100, NULL);
	auto_coins struct purse_coins out = {.n = 0};
	struct lerr err = {0};

	mintworld_fault(w, "rotate", "/v1/swap");
	mintworld_is_refused(w, &in, NULL, 12002);
	mintworld_fault(w, "bad-keys", "/v1/keys/");
	assert_int_equal(purse_load(w->p, &err), LERR_INPUT);
	assert_int_equal(purse_load(w->p, NULL), LERR_OK);
	assert_int_equal(w->p->n, 2);
	assert_int_equal(purse_active(w->p)->ppk, 100);
	out = mintworld_swap(w, &in, NULL);
	assert_int_equal(purse_sum(&out), 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MINTWORLD(a_lost_answer_can_be_restored),
		IN_MINTWORLD(what_was_dropped_before_has_no_effect),
		IN_MINTWORLD(a_death_after_the_commit_keeps_it),
		IN_MINTWORLD(answers_are_bent),
		IN_MINTWORLD(refusals_of_a_fault_are_after_or_before),
		IN_MINTWORLD(a_swap_that_hangs_can_be_released),
		IN_MINTWORLD(a_fault_waits_for_its_path_and_turn),
		IN_MINTWORLD(a_request_that_comes_twice_is_told_of_the_second_time),
		IN_MINTWORLD(keysets_change_at_the_wrong_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
