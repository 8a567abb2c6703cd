/* SPDX-License-Identifier: MIT */
/* The mint of the tests, in this process: what it refuses, and that its books balance. */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/bolt11.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "tests/peers/mintcore.h"
#include "tests/peers/mintfault.h"
#include "tests/peers/mintinv.h"
#include "tests/peers/purse.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

struct world {
	struct mintcore *m;
	struct mintfault *f;
	struct purse *p;
	struct mintfault_answer last;
};

/* A dropped connection is no answer. */
static unsigned int send_to_mint(void *ctx, const char *method, const char *path,
				 struct str body, struct buf *answer)
{
	struct world *w = ctx;

	buf_free(&w->last.body);
	buf_init(&w->last.body, 4 * 1024 * 1024);
	mintfault_handle(w->f, str_of(method), str_of(path), body, &w->last);
	if (w->last.how == MINTFAULT_DROP || w->last.how == MINTFAULT_DIE)
		return 0;
	if (w->last.body.n)
		buf_add_str(answer, buf_str(&w->last.body));
	return w->last.status;
}

static void open_at(struct world *w, const char *path, const struct mintcore_options *o)
{
	struct lerr err = {0};

	if (mintcore_open(&w->m, path, o, &err))
		fail_msg("%s", err.msg);
	w->f = mintfault_new(w->m);
	buf_init(&w->last.body, 4 * 1024 * 1024);
	if (purse_new(&w->p, send_to_mint, w, &err))
		fail_msg("%s", err.msg);
}

static void close_it(struct world *w)
{
	purse_free(w->p);
	mintfault_free(w->f);
	mintcore_close(w->m);
	buf_free(&w->last.body);
}

static struct mintcore_options seeded(void)
{
	struct mintcore_options o = mintcore_defaults();

	o.seed = "a unit test";
	return o;
}

static int make_world(void **state)
{
	struct mintcore_options o = seeded();
	struct world *w = mem_zalloc(sizeof(*w));

	open_at(w, ":memory:", &o);
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;

	close_it(w);
	mem_free(w);
	return 0;
}

/* ---- what tests do over and over */

static void assert_balanced(struct world *w)
{
	struct mintcore_sums s = mintcore_sums(w->m);

	assert_int_equal(s.minted,
			 s.issued - s.redeemed + s.melted + s.ln_fees + s.fees + s.kept);
}

static struct purse_coins get(struct world *w, uint64_t amount,
			      const struct purse_lock *lock)
{
	struct purse_coins c = {.n = 0};
	struct lerr err = {0};

	if (purse_mint(w->p, &c, amount, NULL, 0, lock, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(purse_sum(&c), amount);
	return c;
}

static struct purse_coins swap(struct world *w, const struct purse_coins *in,
			       const struct nsign_key *key)
{
	struct purse_coins c = {.n = 0};
	struct lerr err = {0};

	if (purse_swap(w->p, &c, in, key, NULL, &err))
		fail_msg("%s", err.msg);
	return c;
}

static void assert_swap_refused(struct world *w, const struct purse_coins *in,
				const struct nsign_key *key, uint64_t code)
{
	struct purse_coins c = {.n = 0};

	assert_int_equal(purse_swap(w->p, &c, in, key, NULL, NULL), LERR_INPUT);
	assert_int_equal(w->p->status, 400);
	assert_int_equal(w->p->refusal.code, code);
}

static void assert_all(struct world *w, const struct purse_coins *c,
		       enum mintread_state want)
{
	auto_free enum mintread_state *states = mem_array(c->n, sizeof(*states));

	assert_int_equal(purse_states(w->p, states, c, NULL), LERR_OK);
	for (size_t i = 0; i < c->n; i++)
		assert_int_equal(states[i], want);
}

/* POST; the answer as JSON (a new reference), with its status in w->p->status. */
static json_t *post(struct world *w, const char *path, struct str body)
{
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	json_t *v;

	if (purse_call(w->p, "POST", path, body, &answer, NULL) == LERR_TEMP)
		return NULL;
	v = json_loadb(answer.p, answer.n, 0, NULL);
	assert_non_null(v);
	return v;
}

static void fault(struct world *w, const char *name, const char *path)
{
	struct mintfault_order o = {
		.name = str_of(name), .path = str_of(path), .times = 1};

	assert_true(mintfault_add(w->f, &o));
}

/* ---- swaps */

static void ecash_is_neither_made_nor_lost(void **state)
{
	struct world *w = *state;
	auto_coins struct purse_coins first = get(w, 1000, NULL);
	auto_coins struct purse_coins second = swap(w, &first, NULL);
	struct mintcore_sums s = mintcore_sums(w->m);

	/* six coins at 100 ppk cost 1 */
	assert_int_equal(first.n, 6);
	assert_int_equal(purse_sum(&second), 999);
	assert_int_equal(s.minted, 1000);
	assert_int_equal(s.issued, 1999);
	assert_int_equal(s.redeemed, 1000);
	assert_int_equal(s.fees, 1);
	assert_balanced(w);
	assert_all(w, &first, MINTREAD_SPENT);
	assert_all(w, &second, MINTREAD_UNSPENT);
	assert_swap_refused(w, &first, NULL, 11001);
	assert_balanced(w);
}

/* A swap of these coins, to be spoilt. */
static json_t *good_swap(struct world *w, const struct purse_coins *in)
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
	struct world *w = *state;
	auto_coins struct purse_coins in = get(w, 37, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_json json_t *v = good_swap(w, &in);
		auto_json json_t *answer = NULL;
		char *text;

		rows[i].spoil(v);
		text = json_dumps(v, JSON_COMPACT);
		answer = post(w, "/v1/swap", str_of(text));
		if (w->p->status != rows[i].status ||
		    json_integer_value(json_object_get(answer, "code")) != rows[i].code)
			fail_msg("%s: %u, %.*s", rows[i].what, w->p->status,
				 (int)w->last.body.n, w->last.body.p);
		free(text);
	}
	assert_all(w, &in, MINTREAD_UNSPENT);
	assert_balanced(w);
}

static void an_output_is_signed_once(void **state)
{
	struct world *w = *state;
	auto_coins struct purse_coins a = get(w, 8, NULL);
	auto_coins struct purse_coins b = get(w, 8, NULL);
	auto_json json_t *first = good_swap(w, &a);
	auto_json json_t *second = good_swap(w, &b);
	auto_json json_t *answer = NULL;
	auto_json json_t *refusal = NULL;
	char *text = json_dumps(first, JSON_COMPACT);

	answer = post(w, "/v1/swap", str_of(text));
	assert_int_equal(w->p->status, 200);
	free(text);
	(void)json_object_set(second, "outputs", json_object_get(first, "outputs"));
	text = json_dumps(second, JSON_COMPACT);
	refusal = post(w, "/v1/swap", str_of(text));
	assert_int_equal(w->p->refusal.code, 11003);
	free(text);
	assert_all(w, &b, MINTREAD_UNSPENT);
}

/* ---- locks */

static void a_lock_opens_for_its_key_only(void **state)
{
	struct world *w = *state;
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
		auto_coins struct purse_coins in = get(w, 100, &lock);
		auto_coins struct purse_coins out = {.n = 0};

		assert_swap_refused(w, &in, NULL, 20008);
		assert_swap_refused(w, &in, &other, 20008);
		out = swap(w, &in, &key);
		assert_int_equal(purse_sum(&out), 99);
	}
	assert_balanced(w);
}

static void after_its_locktime_a_lock_opens_for_the_refund_or_all(void **state)
{
	struct world *w = *state;
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
		auto_coins struct purse_coins in = get(w, 100, &lock);
		auto_coins struct purse_coins out = {.n = 0};

		assert_swap_refused(w, &in, NULL, 20008);
		assert_swap_refused(w, &in, &refund, 20008);
		clock_shift_wall_ms(200000);
		if (i < 2)
			assert_swap_refused(w, &in, NULL, 20008);
		out = swap(w, &in, opens[i]);
		clock_shift_wall_ms(-200000);
	}
}

/* ---- keysets */

static void rotate(struct world *w, unsigned int version, uint64_t ppk, uint64_t expiry)
{
	struct mintcore_keyset k = {
		.version = version, .ppk = ppk, .final_expiry = expiry, .nkeys = 64};
	struct keyset_id id;

	mintcore_rotate(w->m, &k, &id);
}

static void keysets_rotate_and_expire(void **state)
{
	struct world *w = *state;
	auto_coins struct purse_coins first = get(w, 100, NULL);
	auto_coins struct purse_coins other = get(w, 4, NULL);
	auto_coins struct purse_coins second = {.n = 0};
	struct keyset old = *purse_active(w->p);

	rotate(w, 1, 500, clock_wall_s() + 100);
	/* the purse has not heard of it */
	assert_swap_refused(w, &first, NULL, 12002);
	assert_int_equal(purse_load(w->p, NULL), LERR_OK);
	assert_int_equal(w->p->n, 2);
	assert_int_equal(keyset_id_kind(str_of(purse_active(w->p)->id.c)), KEYSET_V2);
	assert_false(keyset_id_eq(&old.id, &purse_active(w->p)->id));
	second = swap(w, &first, NULL);
	/* 99 is four coins: two units at 500 ppk */
	assert_int_equal(purse_sum(&second), 99);
	clock_shift_wall_ms(200000);
	assert_swap_refused(w, &second, NULL, 12003);
	assert_swap_refused(w, &other, NULL, 12003);
	clock_shift_wall_ms(-200000);
	assert_balanced(w);
}

static void a_mint_comes_back_as_it_was(void **state)
{
	auto_free char *path = unit_path(state, "mint.db");
	auto_free enum mintread_state *states = NULL;
	struct mintcore_options o = seeded();
	struct world *w = mem_zalloc(sizeof(*w));
	auto_coins struct purse_coins spent = {.n = 0};
	auto_coins struct purse_coins held = {.n = 0};
	auto_coins struct purse_coins again = {.n = 0};
	struct keyset_id id;

	open_at(w, path, &o);
	spent = get(w, 64, NULL);
	held = swap(w, &spent, NULL);
	rotate(w, 1, 7, 4000000000);
	assert_int_equal(purse_load(w->p, NULL), LERR_OK);
	id = purse_active(w->p)->id;
	close_it(w);
	o.seed = "of another mint";
	o.keyset.ppk = 999;
	open_at(w, path, &o);
	assert_true(keyset_id_eq(&id, &purse_active(w->p)->id));
	assert_int_equal(purse_active(w->p)->ppk, 7);
	assert_all(w, &spent, MINTREAD_SPENT);
	again = swap(w, &held, NULL);
	assert_balanced(w);
	close_it(w);
	mem_free(w);
}

/* ---- mint quotes */

static json_t *new_quote(struct world *w, uint64_t amount, const char *pubkey)
{
	auto_buf struct buf body = BUF_INIT(4096);
	json_t *v;

	mintmsg_mint_quote(&body, amount, STR_LIT("sat"), str_of(pubkey));
	v = post(w, "/v1/mint/quote/bolt11", buf_str(&body));
	assert_int_equal(w->p->status, 200);
	return v;
}

static struct str id_of(const json_t *quote)
{
	struct str id;

	assert_true(jsonx_get_str(quote, "quote", &id));
	return id;
}

static void assert_quote_state(struct world *w, struct str id, const char *want)
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
static uint64_t mint_for(struct world *w, struct str id, uint64_t amount,
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
		for (size_t i = 0; i < sizeof(sig); i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", sig[i]);
	}
	mintmsg_mint(&body, id, &out, str_of(hex));
	answer = post(w, "/v1/mint/bolt11", buf_str(&body));
	return w->p->status == 200 ? 0 : w->p->refusal.code;
}

static void a_quote_is_paid_when_it_was_asked_about(void **state)
{
	struct world *w = *state;
	auto_json json_t *v = NULL;

	mintcore_set_pay_after(w->m, 2);
	v = new_quote(w, 10, "");
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 20001);
	assert_quote_state(w, id_of(v), "UNPAID");
	assert_quote_state(w, id_of(v), "PAID");
	assert_int_equal(mint_for(w, id_of(v), 11, NULL), 11005);
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 0);
	assert_quote_state(w, id_of(v), "ISSUED");
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 20002);
	assert_balanced(w);
}

static void a_quote_that_nobody_pays_expires(void **state)
{
	struct world *w = *state;
	auto_json json_t *v = NULL;

	mintcore_set_pay_after(w->m, MINTCORE_NEVER);
	v = new_quote(w, 10, "");
	for (int i = 0; i < 20; i++)
		assert_quote_state(w, id_of(v), "UNPAID");
	clock_shift_wall_ms(4000000);
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 20007);
	clock_shift_wall_ms(-4000000);
	assert_true(mintcore_pay(w->m, id_of(v)));
	assert_false(mintcore_pay(w->m, id_of(v)));
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 0);
}

static void a_locked_quote_wants_its_signature(void **state)
{
	struct world *w = *state;
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
	assert_int_equal(mint_for(w, id_of(v), 10, NULL), 20008);
	assert_int_equal(mint_for(w, id_of(v), 10, &other), 20008);
	assert_int_equal(mint_for(w, id_of(v), 10, &key), 0);
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

/* ---- melts */

struct melt {
	json_t *quote;
	struct purse_coins in;
	struct outset blanks;
};

static json_t *melt_quote(struct world *w, struct str invoice)
{
	auto_buf struct buf body = BUF_INIT(8192);
	json_t *v;

	mintmsg_melt_quote(&body, invoice, STR_LIT("sat"));
	v = post(w, "/v1/melt/quote/bolt11", buf_str(&body));
	assert_int_equal(w->p->status, 200);
	return v;
}

/* A quote for so much, so many coins' worth of inputs, so many blanks. */
static struct melt prepare(struct world *w, uint64_t amount, uint64_t in, size_t blanks)
{
	auto_buf struct buf invoice = BUF_INIT(2000);
	struct melt t;

	mintcore_foreign_invoice(w->m, &invoice, amount, 3600);
	t.quote = melt_quote(w, buf_str(&invoice));
	t.in = get(w, in, NULL);
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
static json_t *melt(struct world *w, const struct melt *t, bool later)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *in = mem_array(t->in.n, sizeof(*in));
	json_t *v;
	json_t *answer;
	char *text;

	for (size_t i = 0; i < t->in.n; i++)
		in[i] = (struct mintmsg_input){&t->in.v[i], NULL};
	mintmsg_melt(&body, id_of(t->quote), in, t->in.n, &t->blanks);
	v = json_loadb(body.p, body.n, 0, NULL);
	assert_non_null(v);
	if (!later)
		(void)json_object_del(v, "prefer_async");
	text = json_dumps(v, JSON_COMPACT);
	answer = post(w, "/v1/melt/bolt11", str_of(text));
	free(text);
	json_decref(v);
	return answer;
}

static json_t *look(struct world *w, const struct melt *t)
{
	auto_buf struct buf path = BUF_INIT(256);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	json_t *v;

	buf_addf(&path, "/v1/melt/quote/bolt11/%.*s", STR_ARG(id_of(t->quote)));
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
static uint64_t change_of(struct world *w, const struct melt *t, const json_t *v)
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
	struct world *w = *state;
	struct melt t = prepare(w, 500, 600, 8);
	auto_json json_t *paid = melt(w, &t, false);
	auto_json json_t *later = look(w, &t);
	auto_json json_t *again = NULL;

	assert_int_equal(json_integer_value(json_object_get(t.quote, "fee_reserve")), 5);
	assert_state(paid, "PAID");
	/* 600 is 4 coins: 1 for the inputs, 1 for Lightning */
	assert_int_equal(change_of(w, &t, paid), 98);
	assert_int_equal(change_of(w, &t, later), 98);
	assert_all(w, &t.in, MINTREAD_SPENT);
	again = melt(w, &t, false);
	assert_int_equal(w->p->refusal.code, 20006);
	assert_balanced(w);
	assert_int_equal(mintcore_sums(w->m).kept, 0);
	end_melt(&t);
}

static void with_too_few_blanks_the_rest_is_kept(void **state)
{
	struct world *w = *state;
	struct melt t = prepare(w, 500, 600, 2);
	auto_json json_t *paid = melt(w, &t, false);

	/* 98 = 64 + 32 + 2 */
	assert_int_equal(change_of(w, &t, paid), 96);
	assert_int_equal(mintcore_sums(w->m).kept, 2);
	assert_balanced(w);
	end_melt(&t);
}

static void a_melt_wants_amount_reserve_and_fee(void **state)
{
	struct world *w = *state;
	/* 505 is 7 coins: 500 + 5 + 1 are needed */
	struct melt t = prepare(w, 500, 505, 3);
	auto_json json_t *v = melt(w, &t, false);

	assert_int_equal(w->p->refusal.code, 11005);
	assert_all(w, &t.in, MINTREAD_UNSPENT);
	end_melt(&t);
}

static void a_melt_that_is_answered_at_once_ends_later(void **state)
{
	struct world *w = *state;
	struct melt good = prepare(w, 500, 600, 8);
	struct melt bad = prepare(w, 500, 600, 8);
	auto_json json_t *first = melt(w, &good, true);
	auto_json json_t *second = NULL;
	auto_json json_t *now = NULL;
	auto_json json_t *failed = NULL;

	assert_state(first, "PENDING");
	now = look(w, &good);
	assert_int_equal(change_of(w, &good, now), 98);
	fault(w, "melt-fail", "/v1/melt/bolt11");
	second = melt(w, &bad, true);
	assert_state(second, "PENDING");
	failed = look(w, &bad);
	assert_state(failed, "UNPAID");
	assert_all(w, &bad.in, MINTREAD_UNSPENT);
	assert_balanced(w);
	end_melt(&good);
	end_melt(&bad);
}

static void a_melt_that_fails_takes_nothing(void **state)
{
	struct world *w = *state;
	struct melt t = prepare(w, 100, 128, 4);
	auto_json json_t *refusal = NULL;
	auto_json json_t *v = NULL;
	auto_json json_t *paid = NULL;

	fault(w, "melt-fail", "/v1/melt/bolt11");
	refusal = melt(w, &t, false);
	assert_int_equal(w->p->refusal.code, 20004);
	v = look(w, &t);
	assert_state(v, "UNPAID");
	assert_all(w, &t.in, MINTREAD_UNSPENT);
	paid = melt(w, &t, false);
	assert_state(paid, "PAID");
	assert_balanced(w);
	end_melt(&t);
}

static void a_melt_hangs_until_it_is_settled(void **state)
{
	static const char *const faults[] = {"pending", "melt-unknown"};
	struct world *w = *state;

	for (int paid = 0; paid < 2; paid++)
		for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
			struct melt t = prepare(w, 100, 128, 4);
			auto_json json_t *first = NULL;
			auto_json json_t *again = NULL;
			auto_json json_t *end = NULL;

			fault(w, faults[i], "/v1/melt/bolt11");
			first = melt(w, &t, false);
			assert_int_equal(w->p->status, i == 0 ? 200 : 400);
			assert_int_equal(w->p->refusal.code, i == 0 ? 0 : 20004);
			assert_all(w, &t.in, MINTREAD_PENDING);
			assert_swap_refused(w, &t.in, NULL, 11002);
			again = melt(w, &t, false);
			assert_int_equal(w->p->refusal.code, 20005);
			assert_balanced(w);
			assert_true(mintcore_settle(w->m, id_of(t.quote), paid));
			assert_false(mintcore_settle(w->m, id_of(t.quote), paid));
			end = look(w, &t);
			assert_state(end, paid ? "PAID" : "UNPAID");
			assert_all(w, &t.in, paid ? MINTREAD_SPENT : MINTREAD_UNSPENT);
			assert_balanced(w);
			end_melt(&t);
		}
}

static void its_own_invoice_costs_nothing(void **state)
{
	struct world *w = *state;
	auto_json json_t *mine = NULL;
	auto_json json_t *paid = NULL;
	struct melt t;
	struct str request;

	mintcore_set_pay_after(w->m, MINTCORE_NEVER);
	mine = new_quote(w, 100, "");
	mintcore_set_pay_after(w->m, 0);
	t = prepare(w, 1, 128, 4);
	mintcore_set_pay_after(w->m, MINTCORE_NEVER);
	json_decref(t.quote);
	assert_true(jsonx_get_str(mine, "request", &request));
	t.quote = melt_quote(w, request);
	assert_int_equal(json_integer_value(json_object_get(t.quote, "fee_reserve")), 0);
	paid = melt(w, &t, false);
	assert_int_equal(change_of(w, &t, paid), 27);
	assert_quote_state(w, id_of(mine), "PAID");
	assert_int_equal(mint_for(w, id_of(mine), 100, NULL), 0);
	assert_balanced(w);
	end_melt(&t);
}

/* ---- restore */

static struct mintread_restored restore(struct world *w, const struct outset *out)
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

static size_t count_restored(struct world *w, const struct outset *out)
{
	struct mintread_restored r = restore(w, out);
	size_t n = r.n;

	mintread_free_restored(&r);
	return n;
}

/* A swap whose answer is lost; the outputs stay in *out. */
static void lose_a_swap(struct world *w, struct outset *out, const struct purse_coins *in,
			const char *how)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	uint64_t fee;

	assert_true(purse_fee(w->p, in, &fee));
	assert_int_equal(
		purse_outputs(out, w->p, purse_sum(in) - fee, NULL, 0, NULL, NULL),
		LERR_OK);
	assert_int_equal(purse_write_swap(w->p, &body, in, out, NULL, NULL), LERR_OK);
	fault(w, how, "/v1/swap");
	assert_int_equal(
		purse_call(w->p, "POST", "/v1/swap", buf_str(&body), &answer, NULL),
		LERR_TEMP);
}

static void a_lost_answer_can_be_restored(void **state)
{
	struct world *w = *state;
	auto_coins struct purse_coins in = get(w, 100, NULL);
	auto_outset struct outset out = {.n = 0};
	struct mintread_restored r;

	lose_a_swap(w, &out, &in, "drop-after");
	assert_all(w, &in, MINTREAD_SPENT);
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
	fault(w, "restore-partial", "/v1/restore");
	assert_int_equal(count_restored(w, &out), out.n - 1);
	fault(w, "restore-empty", "/v1/restore");
	assert_int_equal(count_restored(w, &out), 0);
	fault(w, "restore-reordered", "/v1/restore");
	r = restore(w, &out);
	assert_int_equal(r.n, out.n);
	assert_true(ecpoint_eq(&r.blinded[0], &out.v[out.n - 1].blinded));
	mintread_free_restored(&r);
}

static void what_was_dropped_before_has_no_effect(void **state)
{
	static const char *const faults[] = {"drop-before", "die-before-commit"};
	struct world *w = *state;
	auto_coins struct purse_coins in = get(w, 100, NULL);

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		auto_outset struct outset out = {.n = 0};

		lose_a_swap(w, &out, &in, faults[i]);
		assert_int_equal(w->last.how, i ? MINTFAULT_DIE : MINTFAULT_DROP);
		assert_all(w, &in, MINTREAD_UNSPENT);
		assert_int_equal(count_restored(w, &out), 0);
	}
	assert_balanced(w);
}

static void a_death_after_the_commit_keeps_it(void **state)
{
	struct world *w = *state;
	auto_coins struct purse_coins in = get(w, 100, NULL);
	auto_outset struct outset out = {.n = 0};

	lose_a_swap(w, &out, &in, "die-after-commit");
	assert_int_equal(w->last.how, MINTFAULT_DIE);
	assert_all(w, &in, MINTREAD_SPENT);
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
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_coins struct purse_coins in = get(w, 101, NULL);
		struct purse_coins out = {.n = 0};
		struct mintcore_sums before = mintcore_sums(w->m);

		fault(w, rows[i].fault, "/v1/swap");
		if (purse_swap(w->p, &out, &in, NULL, NULL, NULL) != rows[i].want)
			fail_msg("%s went well", rows[i].fault);
		assert_int_equal(w->last.status, 200);
		assert_int_equal(mintfault_left(w->f), 0);
		/* the swap was done all the same */
		assert_int_equal(mintcore_sums(w->m).redeemed, before.redeemed + 101);
	}
	assert_balanced(w);
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
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_coins struct purse_coins in = get(w, 16, NULL);
		struct purse_coins out = {.n = 0};

		fault(w, rows[i].fault, "/v1/swap");
		assert_int_equal(purse_swap(w->p, &out, &in, NULL, NULL, NULL),
				 LERR_INPUT);
		assert_int_equal(w->p->status, rows[i].status);
		assert_int_equal(w->p->refusal.code, rows[i].code);
		assert_all(w, &in, rows[i].left);
	}
}

static void a_swap_that_hangs_can_be_released(void **state)
{
	struct world *w = *state;

	for (int done = 0; done < 2; done++) {
		auto_coins struct purse_coins in = get(w, 16, NULL);

		fault(w, "pending", "/v1/swap");
		assert_swap_refused(w, &in, NULL, 11002);
		assert_swap_refused(w, &in, NULL, 11002);
		assert_all(w, &in, MINTREAD_PENDING);
		assert_balanced(w);
		assert_int_equal(mintcore_release(w->m, done), 1);
		assert_all(w, &in, done ? MINTREAD_SPENT : MINTREAD_UNSPENT);
		assert_balanced(w);
	}
}

static void a_fault_waits_for_its_path_and_turn(void **state)
{
	struct world *w = *state;
	struct mintfault_order o = {.name = STR_LIT("500-before"),
				    .path = STR_LIT("/v1/checkstate"),
				    .skip = 1,
				    .times = 2};
	auto_coins struct purse_coins c = get(w, 1, NULL);
	enum mintread_state s;

	assert_true(mintfault_add(w->f, &o));
	for (int i = 0; i < 4; i++)
		assert_int_equal(purse_states(w->p, &s, &c, NULL),
				 i == 1 || i == 2 ? LERR_INPUT : LERR_OK);
	assert_int_equal(mintfault_left(w->f), 0);
	o.name = STR_LIT("no such fault");
	assert_false(mintfault_add(w->f, &o));
	fault(w, "checkstate-pending", "/v1/");
	assert_all(w, &c, MINTREAD_PENDING);
	assert_all(w, &c, MINTREAD_UNSPENT);
}

static void change_is_bent(void **state)
{
	struct world *w = *state;
	struct melt t = prepare(w, 500, 600, 8);
	auto_json json_t *paid = NULL;
	auto_json json_t *zero = NULL;
	const json_t *list;

	fault(w, "unordered-change", "/v1/melt/");
	fault(w, "zero-change", "/v1/melt/quote/bolt11/");
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

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, make_world, end_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(ecash_is_neither_made_nor_lost),
		IN_WORLD(every_wrong_swap_is_refused_by_its_code),
		IN_WORLD(an_output_is_signed_once),
		IN_WORLD(a_lock_opens_for_its_key_only),
		IN_WORLD(after_its_locktime_a_lock_opens_for_the_refund_or_all),
		IN_WORLD(keysets_rotate_and_expire),
		cmocka_unit_test_setup_teardown(a_mint_comes_back_as_it_was,
						unit_folder_make, unit_folder_remove),
		IN_WORLD(a_quote_is_paid_when_it_was_asked_about),
		IN_WORLD(a_quote_that_nobody_pays_expires),
		IN_WORLD(a_locked_quote_wants_its_signature),
		cmocka_unit_test(invoices_read_as_bolt11),
		IN_WORLD(a_melt_pays_and_gives_change),
		IN_WORLD(with_too_few_blanks_the_rest_is_kept),
		IN_WORLD(a_melt_wants_amount_reserve_and_fee),
		IN_WORLD(a_melt_that_is_answered_at_once_ends_later),
		IN_WORLD(a_melt_that_fails_takes_nothing),
		IN_WORLD(a_melt_hangs_until_it_is_settled),
		IN_WORLD(its_own_invoice_costs_nothing),
		IN_WORLD(a_lost_answer_can_be_restored),
		IN_WORLD(what_was_dropped_before_has_no_effect),
		IN_WORLD(a_death_after_the_commit_keeps_it),
		IN_WORLD(answers_are_bent),
		IN_WORLD(refusals_of_a_fault_are_after_or_before),
		IN_WORLD(a_swap_that_hangs_can_be_released),
		IN_WORLD(a_fault_waits_for_its_path_and_turn),
		IN_WORLD(change_is_bent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
