/* SPDX-License-Identifier: MIT */
/* The mint of the tests: melts and their change. */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/mintworld.h"

/* ---- melts */

struct melt {
	json_t *quote;
	struct purse_coins in;
	struct outset blanks;
};

static json_t *melt_quote(struct mintworld *w, struct str invoice)
{
	auto_buf struct buf body = BUF_INIT(8192);
	json_t *v;

	mintmsg_melt_quote(&body, invoice, STR_LIT("sat"));
	v = mintworld_post(w, "/v1/melt/quote/bolt11", buf_str(&body));
	assert_int_equal(w->p->status, 200);
	return v;
}

/* A quote for so much, so many coins' worth of inputs, so many blanks. */
static struct melt prepare(struct mintworld *w, uint64_t amount, uint64_t in,
			   size_t blanks)
{
	auto_buf struct buf invoice = BUF_INIT(2000);
	struct melt t;

	mintcore_foreign_invoice(w->m, &invoice, amount, 3600);
	t.quote = melt_quote(w, buf_str(&invoice));
	t.in = mintworld_get(w, in, NULL);
	outset_init(&t.blanks, &purse_active(w->p)->id);
	for (size_t i = 0; i < blanks; i++)
		outset_add_random(&t.blanks, 0, false);
	return t;
}

static void end_melt(struct melt *t)
{
	json_decref(t->quote);
	purse_free_coins(&t->in);
	outset_wipe(&t->blanks);
}

/* mintmsg_melt() prefers to be answered at once; later: false takes that out. */
static json_t *melt(struct mintworld *w, const struct melt *t, bool later)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *in = mem_array(t->in.n, sizeof(*in));
	json_t *v;
	json_t *answer;
	char *text;

	for (size_t i = 0; i < t->in.n; i++)
		in[i] = (struct mintmsg_input){&t->in.v[i], NULL};
	mintmsg_melt(&body, mintworld_quote(t->quote), in, t->in.n, &t->blanks);
	v = json_loadb(body.p, body.n, 0, NULL);
	assert_non_null(v);
	if (!later)
		(void)json_object_del(v, "prefer_async");
	text = json_dumps(v, JSON_COMPACT);
	answer = mintworld_post(w, "/v1/melt/bolt11", str_of(text));
	free(text);
	json_decref(v);
	return answer;
}

static json_t *look(struct mintworld *w, const struct melt *t)
{
	auto_buf struct buf path = BUF_INIT(256);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	json_t *v;

	buf_addf(&path, "/v1/melt/quote/bolt11/%.*s", STR_ARG(mintworld_quote(t->quote)));
	assert_int_equal(
		purse_call(w->p, "GET", path.p, (struct str){"", 0}, &answer, NULL),
		LERR_OK);
	v = json_loadb(answer.p, answer.n, 0, NULL);
	assert_non_null(v);
	return v;
}

static void assert_state(const json_t *v, const char *want)
{
	struct str got;

	assert_true(jsonx_get_str(v, "state", &got));
	assert_str(got, want);
}

/* The change of a PAID answer, unblinded by index; its sum. */
static uint64_t change_of(struct mintworld *w, const struct melt *t, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);
	struct mintread_quote q;
	struct lerr err = {0};
	uint64_t sum = 0;

	assert_int_equal(mintread_quote(&q, str_of(text), STR_LIT("sat"), NULL), LERR_OK);
	assert_int_equal(q.state, MINTREAD_QUOTE_PAID);
	for (size_t i = 0; i < q.nchange; i++) {
		struct cashuproof p;

		if (outset_unblind(&p, &t->blanks, i, &q.change[i], purse_active(w->p),
				   true, &err))
			fail_msg("change %zu: %s", i, err.msg);
		sum += p.amount;
		cashutok_wipe_proof(&p);
	}
	mintread_free_quote(&q);
	free(text);
	return sum;
}

static void a_melt_pays_and_gives_change(void **state)
{
	struct mintworld *w = *state;
	struct melt t = prepare(w, 500, 600, 8);
	auto_json json_t *paid = melt(w, &t, false);
	auto_json json_t *later = look(w, &t);
	auto_json json_t *again = NULL;

	assert_int_equal(json_integer_value(json_object_get(t.quote, "fee_reserve")), 5);
	assert_state(paid, "PAID");
	/* 600 is 4 coins: 1 for the inputs, 1 for Lightning */
	assert_int_equal(change_of(w, &t, paid), 98);
	assert_int_equal(change_of(w, &t, later), 98);
	mintworld_all_are(w, &t.in, MINTREAD_SPENT);
	again = melt(w, &t, false);
	assert_int_equal(w->p->refusal.code, 20006);
	mintworld_is_balanced(w);
	assert_int_equal(mintcore_sums(w->m).kept, 0);
	end_melt(&t);
}

static void with_too_few_blanks_the_rest_is_kept(void **state)
{
	struct mintworld *w = *state;
	struct melt t = prepare(w, 500, 600, 2);
	auto_json json_t *paid = melt(w, &t, false);

	/* 98 = 64 + 32 + 2 */
	assert_int_equal(change_of(w, &t, paid), 96);
	assert_int_equal(mintcore_sums(w->m).kept, 2);
	mintworld_is_balanced(w);
	end_melt(&t);
}

static void a_melt_wants_amount_reserve_and_fee(void **state)
{
	struct mintworld *w = *state;
	/* 505 is 7 coins: 500 + 5 + 1 are needed */
	struct melt t = prepare(w, 500, 505, 3);
	auto_json json_t *v = melt(w, &t, false);

	assert_int_equal(w->p->refusal.code, 11005);
	mintworld_all_are(w, &t.in, MINTREAD_UNSPENT);
	end_melt(&t);
}

static void a_melt_that_is_answered_at_once_ends_later(void **state)
{
	struct mintworld *w = *state;
	struct melt good = prepare(w, 500, 600, 8);
	struct melt bad = prepare(w, 500, 600, 8);
	auto_json json_t *first = melt(w, &good, true);
	auto_json json_t *second = NULL;
	auto_json json_t *now = NULL;
	auto_json json_t *failed = NULL;

	assert_state(first, "PENDING");
	now = look(w, &good);
	assert_int_equal(change_of(w, &good, now), 98);
	mintworld_fault(w, "melt-fail", "/v1/melt/bolt11");
	second = melt(w, &bad, true);
	assert_state(second, "PENDING");
	failed = look(w, &bad);
	assert_state(failed, "UNPAID");
	mintworld_all_are(w, &bad.in, MINTREAD_UNSPENT);
	mintworld_is_balanced(w);
	end_melt(&good);
	end_melt(&bad);
}

static void a_melt_that_fails_takes_nothing(void **state)
{
	struct mintworld *w = *state;
	struct melt t = prepare(w, 100, 128, 4);
	auto_json json_t *refusal = NULL;
	auto_json json_t *v = NULL;
	auto_json json_t *paid = NULL;

	mintworld_fault(w, "melt-fail", "/v1/melt/bolt11");
	refusal = melt(w, &t, false);
	assert_int_equal(w->p->refusal.code, 20004);
	v = look(w, &t);
	assert_state(v, "UNPAID");
	mintworld_all_are(w, &t.in, MINTREAD_UNSPENT);
	paid = melt(w, &t, false);
	assert_state(paid, "PAID");
	mintworld_is_balanced(w);
	end_melt(&t);
}

static void a_melt_hangs_until_it_is_settled(void **state)
{
	static const char *const faults[] = {"pending", "melt-unknown"};
	struct mintworld *w = *state;

	for (int paid = 0; paid < 2; paid++)
		for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
			struct melt t = prepare(w, 100, 128, 4);
			auto_json json_t *first = NULL;
			auto_json json_t *again = NULL;
			auto_json json_t *end = NULL;

			mintworld_fault(w, faults[i], "/v1/melt/bolt11");
			first = melt(w, &t, false);
			assert_int_equal(w->p->status, i == 0 ? 200 : 400);
			assert_int_equal(w->p->refusal.code, i == 0 ? 0 : 20004);
			mintworld_all_are(w, &t.in, MINTREAD_PENDING);
			mintworld_is_refused(w, &t.in, NULL, 11002);
			again = melt(w, &t, false);
			assert_int_equal(w->p->refusal.code, 20005);
			mintworld_is_balanced(w);
			assert_true(
				mintcore_settle(w->m, mintworld_quote(t.quote), paid));
			assert_false(
				mintcore_settle(w->m, mintworld_quote(t.quote), paid));
			end = look(w, &t);
			assert_state(end, paid ? "PAID" : "UNPAID");
			mintworld_all_are(w, &t.in,
					  paid ? MINTREAD_SPENT : MINTREAD_UNSPENT);
			mintworld_is_balanced(w);
			end_melt(&t);
		}
}

static void its_own_invoice_costs_nothing(void **state)
{
	struct mintworld *w = *state;
	auto_buf struct buf body = BUF_INIT(4096);
	struct melt t = prepare(w, 1, 128, 4);
	auto_json json_t *mine = NULL;
	auto_json json_t *paid = NULL;
	struct str request;

	mintcore_set_pay_after(w->m, MINTCORE_NEVER);
	mintmsg_mint_quote(&body, 100, STR_LIT("sat"), (struct str){"", 0});
	mine = mintworld_post(w, "/v1/mint/quote/bolt11", buf_str(&body));
	assert_true(jsonx_get_str(mine, "request", &request));
	json_decref(t.quote);
	t.quote = melt_quote(w, request);
	assert_int_equal(json_integer_value(json_object_get(t.quote, "fee_reserve")), 0);
	paid = melt(w, &t, false);
	assert_int_equal(change_of(w, &t, paid), 27);
	/* it is paid already */
	assert_false(mintcore_pay(w->m, mintworld_quote(mine)));
	mintworld_is_balanced(w);
	end_melt(&t);
}

static void change_is_bent(void **state)
{
	struct mintworld *w = *state;
	struct melt t = prepare(w, 500, 600, 8);
	auto_json json_t *paid = NULL;
	auto_json json_t *zero = NULL;
	const json_t *list;

	mintworld_fault(w, "unordered-change", "/v1/melt/");
	mintworld_fault(w, "zero-change", "/v1/melt/quote/bolt11/");
	paid = melt(w, &t, false);
	list = json_object_get(paid, "change");
	assert_int_equal(json_array_size(list), 3);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 0), "amount")),
		2);
	zero = look(w, &t);
	list = json_object_get(zero, "change");
	assert_int_equal(json_array_size(list), 4);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 3), "amount")),
		0);
	end_melt(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MINTWORLD(a_melt_pays_and_gives_change),
		IN_MINTWORLD(with_too_few_blanks_the_rest_is_kept),
		IN_MINTWORLD(a_melt_wants_amount_reserve_and_fee),
		IN_MINTWORLD(a_melt_that_is_answered_at_once_ends_later),
		IN_MINTWORLD(a_melt_that_fails_takes_nothing),
		IN_MINTWORLD(a_melt_hangs_until_it_is_settled),
		IN_MINTWORLD(its_own_invoice_costs_nothing),
		IN_MINTWORLD(change_is_bent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
