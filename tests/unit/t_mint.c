/* SPDX-License-Identifier: MIT */
/* The mint of the tests: swaps, locks, keysets, quotes. What it refuses, and that its
 * books balance. */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/bolt11.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "tests/peers/mintinv.h"
#include "tests/unit/mintworld.h"

#include <string.h>

/* ---- swaps */

static void ecash_is_neither_made_nor_lost(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins first = mintworld_get(w, 1000, NULL);
	auto_coins struct purse_coins second = mintworld_swap(w, &first, NULL);
	struct mintcore_sums s = mintcore_sums(w->m);

	/* six coins at 100 ppk cost 1 */
	assert_int_equal(first.n, 6);
	assert_int_equal(purse_sum(&second), 999);
	assert_int_equal(s.minted, 1000);
	assert_int_equal(s.issued, 1999);
	assert_int_equal(s.redeemed, 1000);
	assert_int_equal(s.fees, 1);
	mintworld_is_balanced(w);
	mintworld_all_are(w, &first, MINTREAD_SPENT);
	mintworld_all_are(w, &second, MINTREAD_UNSPENT);
	mintworld_is_refused(w, &first, NULL, 11001);
	mintworld_is_balanced(w);
}

/* A swap of these coins, to be spoilt. */
static json_t *good_swap(struct mintworld *w, const struct purse_coins *in)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_outset struct outset out = {.n = 0};
	json_t *v;
	uint64_t fee;

	assert_true(purse_fee(w->p, in, &fee));
	assert_int_equal(
		purse_outputs(&out, w->p, purse_sum(in) - fee, NULL, 0, NULL, NULL),
		LERR_OK);
	assert_int_equal(purse_write_swap(w->p, &body, in, &out, NULL, NULL), LERR_OK);
	v = json_loadb(body.p, body.n, 0, NULL);
	assert_non_null(v);
	return v;
}

static json_t *first_of(json_t *v, const char *list)
{
	return json_array_get(json_object_get(v, list), 0);
}

static void twice(json_t *v, const char *list)
{
	(void)json_array_append(json_object_get(v, list), first_of(v, list));
}

static void forge(json_t *v)
{
	(void)json_object_set_new(first_of(v, "inputs"), "secret",
				  json_string("another"));
}

static void claim_more(json_t *v)
{
	json_t *in = first_of(v, "inputs");

	(void)json_object_set_new(
		in, "amount",
		json_integer(2 * json_integer_value(json_object_get(in, "amount"))));
}

static void ask_more(json_t *v)
{
	json_t *o = json_array_get(json_object_get(v, "outputs"),
				   json_array_size(json_object_get(v, "outputs")) - 1);

	(void)json_object_set_new(
		o, "amount",
		json_integer(2 * json_integer_value(json_object_get(o, "amount"))));
}

static void ask_less(json_t *v)
{
	(void)json_array_remove(json_object_get(v, "outputs"), 0);
}

static void ask_three(json_t *v)
{
	(void)json_object_set_new(first_of(v, "outputs"), "amount", json_integer(3));
}

static void same_input(json_t *v)
{
	twice(v, "inputs");
}

static void same_output(json_t *v)
{
	twice(v, "outputs");
}

static void strange_input(json_t *v)
{
	(void)json_object_set_new(first_of(v, "inputs"), "id",
				  json_string("00ffffffffffffff"));
}

static void strange_output(json_t *v)
{
	(void)json_object_set_new(first_of(v, "outputs"), "id",
				  json_string("00ffffffffffffff"));
}

static void no_point(json_t *v)
{
	(void)json_object_set_new(first_of(v, "outputs"), "B_", json_string("02"));
}

static void many_inputs(json_t *v)
{
	while (json_array_size(json_object_get(v, "inputs")) <= MINTCORE_ARRAY)
		twice(v, "inputs");
}

static void many_outputs(json_t *v)
{
	while (json_array_size(json_object_get(v, "outputs")) <= MINTCORE_ARRAY)
		twice(v, "outputs");
}

static void long_secret(json_t *v)
{
	char text[1026];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)json_object_set_new(first_of(v, "inputs"), "secret", json_string(text));
}

static void no_outputs(json_t *v)
{
	(void)json_array_clear(json_object_get(v, "outputs"));
}

static void no_inputs(json_t *v)
{
	(void)json_object_del(v, "inputs");
}

static void witness_object(json_t *v)
{
	(void)json_object_set_new(first_of(v, "inputs"), "witness", json_object());
}

static void every_wrong_swap_is_refused_by_its_code(void **state)
{
	static const struct {
		const char *what;
		void (*spoil)(json_t *v);
		unsigned int status;
		long long code;
	} rows[] = {
		{"forged", forge, 400, 10001},
		{"a coin said to be worth more", claim_more, 400, 10001},
		{"more out than in", ask_more, 400, 11005},
		{"less out than in", ask_less, 400, 11005},
		{"an amount without a key", ask_three, 400, 11006},
		{"an input twice", same_input, 400, 11007},
		{"an output twice", same_output, 400, 11008},
		{"an input of an unknown keyset", strange_input, 400, 12001},
		{"an output of an unknown keyset", strange_output, 400, 12001},
		{"an output that is no point", no_point, 400, 10001},
		{"too many inputs", many_inputs, 400, 11014},
		{"too many outputs", many_outputs, 400, 11015},
		{"a secret that is too long", long_secret, 400, 11003},
		{"no outputs", no_outputs, 422, 0},
		{"no inputs", no_inputs, 422, 0},
		{"a witness that is no string", witness_object, 422, 0},
	};
	struct mintworld *w = *state;
	auto_coins struct purse_coins in = mintworld_get(w, 37, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_json json_t *v = good_swap(w, &in);
		auto_json json_t *answer = NULL;
		char *text;

		rows[i].spoil(v);
		text = json_dumps(v, JSON_COMPACT);
		answer = mintworld_post(w, "/v1/swap", str_of(text));
		if (w->p->status != rows[i].status ||
		    json_integer_value(json_object_get(answer, "code")) != rows[i].code)
			fail_msg("%s: %u, %.*s", rows[i].what, w->p->status,
				 (int)w->last.body.n, w->last.body.p);
		free(text);
	}
	mintworld_all_are(w, &in, MINTREAD_UNSPENT);
	mintworld_is_balanced(w);
}

static void an_output_is_signed_once(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins a = mintworld_get(w, 8, NULL);
	auto_coins struct purse_coins b = mintworld_get(w, 8, NULL);
	auto_json json_t *first = good_swap(w, &a);
	auto_json json_t *second = good_swap(w, &b);
	auto_json json_t *answer = NULL;
	auto_json json_t *refusal = NULL;
	char *text = json_dumps(first, JSON_COMPACT);

	answer = mintworld_post(w, "/v1/swap", str_of(text));
	assert_int_equal(w->p->status, 200);
	free(text);
	(void)json_object_set(second, "outputs", json_object_get(first, "outputs"));
	text = json_dumps(second, JSON_COMPACT);
	refusal = mintworld_post(w, "/v1/swap", str_of(text));
	assert_int_equal(w->p->refusal.code, 11003);
	free(text);
	mintworld_all_are(w, &b, MINTREAD_UNSPENT);
}

/* ---- locks */

static void a_lock_opens_for_its_key_only(void **state)
{
	struct mintworld *w = *state;
	struct nsign_key auto_key key = {{0}};
	struct nsign_key auto_key other = {{0}};
	struct id32 x;
	struct ecpoint point;

	nsign_generate(&key);
	nsign_generate(&other);
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	point = ecpoint_from_x(&x);
	for (int all = 0; all < 2; all++) {
		struct purse_lock lock = {.key = &point, .sig_all = all};
		auto_coins struct purse_coins in = mintworld_get(w, 100, &lock);
		auto_coins struct purse_coins out = {.n = 0};

		mintworld_is_refused(w, &in, NULL, 20008);
		mintworld_is_refused(w, &in, &other, 20008);
		out = mintworld_swap(w, &in, &key);
		assert_int_equal(purse_sum(&out), 99);
	}
	mintworld_is_balanced(w);
}

static void after_its_locktime_a_lock_opens_for_the_refund_or_all(void **state)
{
	struct mintworld *w = *state;
	struct nsign_key auto_key key = {{0}};
	struct nsign_key auto_key refund = {{0}};
	struct ecpoint points[2];
	struct id32 x;

	nsign_generate(&key);
	nsign_generate(&refund);
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	points[0] = ecpoint_from_x(&x);
	assert_int_equal(nsign_pubkey(&x, &refund, NULL), LERR_OK);
	points[1] = ecpoint_from_x(&x);
	for (int i = 0; i < 3; i++) {
		struct purse_lock lock = {.key = &points[0],
					  .locktime = clock_wall_s() + 100,
					  .refund = i < 2 ? &points[1] : NULL};
		const struct nsign_key *opens[] = {&key, &refund, NULL};
		auto_coins struct purse_coins in = mintworld_get(w, 100, &lock);
		auto_coins struct purse_coins out = {.n = 0};

		mintworld_is_refused(w, &in, NULL, 20008);
		mintworld_is_refused(w, &in, &refund, 20008);
		clock_shift_wall_ms(200000);
		if (i < 2)
			mintworld_is_refused(w, &in, NULL, 20008);
		out = mintworld_swap(w, &in, opens[i]);
		clock_shift_wall_ms(0);
	}
}

/* ---- keysets */

static void rotate(struct mintworld *w, unsigned int version, uint64_t ppk,
		   uint64_t expiry)
{
	struct mintcore_keyset k = {
		.version = version, .ppk = ppk, .final_expiry = expiry, .nkeys = 64};
	struct keyset_id id;

	mintcore_rotate(w->m, &k, &id);
}

static void keysets_rotate_and_expire(void **state)
{
	struct mintworld *w = *state;
	auto_coins struct purse_coins first = mintworld_get(w, 100, NULL);
	auto_coins struct purse_coins other = mintworld_get(w, 4, NULL);
	auto_coins struct purse_coins second = {.n = 0};
	struct keyset old = *purse_active(w->p);

	rotate(w, 1, 500, clock_wall_s() + 100);
	/* the purse has not heard of it */
	mintworld_is_refused(w, &first, NULL, 12002);
	assert_int_equal(purse_load(w->p, NULL), LERR_OK);
	assert_int_equal(w->p->n, 2);
	assert_int_equal(keyset_id_kind(str_of(purse_active(w->p)->id.c)), KEYSET_V2);
	assert_false(keyset_id_eq(&old.id, &purse_active(w->p)->id));
	second = mintworld_swap(w, &first, NULL);
	/* 99 is four coins: two units at 500 ppk */
	assert_int_equal(purse_sum(&second), 99);
	clock_shift_wall_ms(200000);
	mintworld_is_refused(w, &second, NULL, 12003);
	mintworld_is_refused(w, &other, NULL, 12003);
	clock_shift_wall_ms(0);
	mintworld_is_balanced(w);
}

static void a_mint_comes_back_as_it_was(void **state)
{
	auto_free char *path = unit_path(state, "mint.db");
	auto_free enum mintread_state *states = NULL;
	struct mintcore_options o = mintworld_options();
	struct mintworld *w = mem_zalloc(sizeof(*w));
	auto_coins struct purse_coins spent = {.n = 0};
	auto_coins struct purse_coins held = {.n = 0};
	auto_coins struct purse_coins again = {.n = 0};
	struct keyset_id id;

	mintworld_open(w, path, &o);
	spent = mintworld_get(w, 64, NULL);
	held = mintworld_swap(w, &spent, NULL);
	rotate(w, 1, 7, 4000000000);
	assert_int_equal(purse_load(w->p, NULL), LERR_OK);
	id = purse_active(w->p)->id;
	mintworld_close(w);
	o.seed = "of another mint";
	o.keyset.ppk = 999;
	mintworld_open(w, path, &o);
	assert_true(keyset_id_eq(&id, &purse_active(w->p)->id));
	assert_int_equal(purse_active(w->p)->ppk, 7);
	mintworld_all_are(w, &spent, MINTREAD_SPENT);
	again = mintworld_swap(w, &held, NULL);
	mintworld_is_balanced(w);
	mintworld_close(w);
	mem_free(w);
}

static void a_mint_can_be_like_others(void **state)
{
	static const struct {
		enum mintcore_like like;
		uint64_t unbalanced, locked;
	} rows[] = {{MINTCORE_REGISTRY, 11005, 20008},
		    {MINTCORE_NUTSHELL, 11000, 11000},
		    {MINTCORE_CDK, 11005, 20008}};
	struct mintworld *w = *state;
	struct ecpoint point = w->p->keysets[0].keys[0];
	struct purse_lock lock = {.key = &point};
	auto_coins struct purse_coins in = mintworld_get(w, 37, NULL);
	auto_coins struct purse_coins locked = mintworld_get(w, 37, &lock);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_json json_t *v = good_swap(w, &in);
		auto_json json_t *answer = NULL;
		char *text;

		mintcore_set_like(w->m, rows[i].like);
		ask_less(v);
		text = json_dumps(v, JSON_COMPACT);
		answer = mintworld_post(w, "/v1/swap", str_of(text));
		assert_int_equal(w->p->refusal.code, rows[i].unbalanced);
		free(text);
		mintworld_is_refused(w, &locked, NULL, rows[i].locked);
	}
}

/* ---- mint quotes */

static json_t *new_quote(struct mintworld *w, uint64_t amount, const char *pubkey)
{
	auto_buf struct buf body = BUF_INIT(4096);
	json_t *v;

	mintmsg_mint_quote(&body, amount, STR_LIT("sat"), str_of(pubkey));
	v = mintworld_post(w, "/v1/mint/quote/bolt11", buf_str(&body));
	assert_int_equal(w->p->status, 200);
	return v;
}

static void assert_quote_state(struct mintworld *w, struct str id, const char *want)
{
	auto_buf struct buf path = BUF_INIT(256);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_json json_t *v = NULL;
	struct str got;

	buf_addf(&path, "/v1/mint/quote/bolt11/%.*s", STR_ARG(id));
	assert_int_equal(
		purse_call(w->p, "GET", path.p, (struct str){"", 0}, &answer, NULL),
		LERR_OK);
	v = json_loadb(answer.p, answer.n, 0, NULL);
	assert_true(jsonx_get_str(v, "state", &got));
	assert_str(got, want);
}

/* Mint amount for a quote; the code of the refusal, 0: done. */
static uint64_t mint_for(struct mintworld *w, struct str id, uint64_t amount,
			 const struct nsign_key *key)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_outset struct outset out = {.n = 0};
	auto_json json_t *answer = NULL;
	char hex[129] = "";

	assert_int_equal(purse_outputs(&out, w->p, amount, NULL, 0, NULL, NULL), LERR_OK);
	if (key) {
		struct id32 msg = mintmsg_quote_message(id, &out);
		uint8_t sig[64];

		nsign_sign(sig, key, &msg);
		hex_encode(hex, sig, sizeof(sig));
	}
	mintmsg_mint(&body, id, &out, str_of(hex));
	answer = mintworld_post(w, "/v1/mint/bolt11", buf_str(&body));
	return w->p->status == 200 ? 0 : w->p->refusal.code;
}

static void a_quote_is_paid_when_it_was_asked_about(void **state)
{
	struct mintworld *w = *state;
	auto_json json_t *v = NULL;

	mintcore_set_pay_after(w->m, 2);
	v = new_quote(w, 10, "");
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 20001);
	assert_quote_state(w, mintworld_quote(v), "UNPAID");
	assert_quote_state(w, mintworld_quote(v), "PAID");
	assert_int_equal(mint_for(w, mintworld_quote(v), 11, NULL), 11005);
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 0);
	assert_quote_state(w, mintworld_quote(v), "ISSUED");
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 20002);
	mintworld_is_balanced(w);
}

static void a_quote_that_nobody_pays_expires(void **state)
{
	struct mintworld *w = *state;
	auto_json json_t *v = NULL;

	mintcore_set_pay_after(w->m, MINTCORE_NEVER);
	v = new_quote(w, 10, "");
	for (int i = 0; i < 20; i++)
		assert_quote_state(w, mintworld_quote(v), "UNPAID");
	clock_shift_wall_ms(4000000);
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 20007);
	clock_shift_wall_ms(0);
	assert_true(mintcore_pay(w->m, mintworld_quote(v)));
	assert_false(mintcore_pay(w->m, mintworld_quote(v)));
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 0);
}

static void a_locked_quote_wants_its_signature(void **state)
{
	struct mintworld *w = *state;
	struct nsign_key auto_key key = {{0}};
	struct nsign_key auto_key other = {{0}};
	auto_json json_t *v = NULL;
	struct ecpoint point;
	struct id32 x;

	nsign_generate(&key);
	nsign_generate(&other);
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	point = ecpoint_from_x(&x);
	v = new_quote(w, 10, ecpoint_hex(&point).c);
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, NULL), 20008);
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, &other), 20008);
	assert_int_equal(mint_for(w, mintworld_quote(v), 10, &key), 0);
}

static void invoices_read_as_bolt11(void **state)
{
	static const uint64_t amounts[] = {1,    9,    10,        100,
					   1000, 1234, 100000000, 123456789};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
		auto_buf struct buf text = BUF_INIT(2000);
		struct id32 preimage, hash;
		struct lerr err = {0};
		struct bolt11 inv;

		mintinv_write(&text, amounts[i], 1700000000, 3600 + i, "memo");
		if (bolt11_parse(&inv, buf_str(&text), &err))
			fail_msg("%s: %s", text.p, err.msg);
		assert_true(inv.has_amount);
		assert_int_equal(inv.amount_msat, amounts[i] * 1000);
		assert_int_equal(inv.made_at, 1700000000);
		assert_int_equal(inv.expires_at, 1700003600 + i);
		assert_has(inv.description, "memo ");
		preimage = mintinv_preimage(str_of(inv.description));
		hash = hash_sha256(preimage.b, sizeof(preimage.b));
		assert_true(id32_eq(&hash, &inv.payment_hash));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MINTWORLD(ecash_is_neither_made_nor_lost),
		IN_MINTWORLD(every_wrong_swap_is_refused_by_its_code),
		IN_MINTWORLD(an_output_is_signed_once),
		IN_MINTWORLD(a_lock_opens_for_its_key_only),
		IN_MINTWORLD(after_its_locktime_a_lock_opens_for_the_refund_or_all),
		IN_MINTWORLD(keysets_rotate_and_expire),
		cmocka_unit_test_setup_teardown(a_mint_comes_back_as_it_was,
						unit_folder_make, unit_folder_remove),
		IN_MINTWORLD(a_mint_can_be_like_others),
		IN_MINTWORLD(a_quote_is_paid_when_it_was_asked_about),
		IN_MINTWORLD(a_quote_that_nobody_pays_expires),
		IN_MINTWORLD(a_locked_quote_wants_its_signature),
		cmocka_unit_test(invoices_read_as_bolt11),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
