/* SPDX-License-Identifier: MIT */
/* The file of a purse, and that it has the tables of a ledger where both are used by the
 * same code. */
#include "config.h"

#include "ctl/pursedb.h"
#include "ctl/pursejob.h"
#include "ctl/pursequote.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbproof.h"
#include "lib/store/dbschema.h"
#include "tests/unit/madetoken.h"
#include "tests/unit/unit.h"

#include <string.h>

static int open_it(void **state)
{
	struct db *d = NULL;

	if (pursedb_open(&d, ":memory:", NULL))
		return -1;
	*state = d;
	return 0;
}

static int close_it(void **state)
{
	db_close(*state);
	return 0;
}

/* Columns of a table and its constraints; indexes that are for speed may differ. */
static void shape_of(struct buf *out, struct db *d, const char *table)
{
	struct dbq *q = db_query(d, "SELECT group_concat(name || ' ' || type || ' ' ||"
				    " \"notnull\" || ' ' || pk || ' ' ||"
				    " coalesce(dflt_value, ''), ', ')"
				    " FROM pragma_table_info(?1)");

	db_bind_text(q, 1, str_of(table));
	while (db_row(q))
		buf_add_str(out, db_col_text(q, 0));
	q = db_query(d, "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql LIKE"
			" 'CREATE UNIQUE INDEX%' ORDER BY name");
	db_bind_text(q, 1, str_of(table));
	while (db_row(q)) {
		buf_add_c(out, "\n");
		buf_add_str(out, db_col_text(q, 0));
	}
}

static void tables_that_a_ledger_has_too_are_the_same(void **state)
{
	static const char *const tables[] = {"meta",    "mints",      "keysets",
					     "pays",    "pay_inputs", "pay_outputs",
					     "pay_log", "proofs",     "tokens"};
	struct db *ledger = NULL;

	assert_int_equal(dbschema_open(&ledger, ":memory:", NULL), LERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		auto_buf struct buf ours = BUF_INIT(16384);
		auto_buf struct buf theirs = BUF_INIT(16384);

		shape_of(&ours, *state, tables[i]);
		shape_of(&theirs, ledger, tables[i]);
		assert_true(ours.n > 0);
		assert_string_equal(ours.p, theirs.p);
	}
	db_close(ledger);
}

static void a_key_is_found_by_either_sign_of_its_point(void **state)
{
	struct db *d = *state;
	struct nsign_key auto_key key = {{0}};
	struct ecpoint pub;
	struct ecpoint stranger = madetoken_key(9);
	struct id32 x;

	pursedb_make_key(d, &pub, 5);
	assert_true(pursedb_get_key(d, &key, &pub));
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	pub.b[0] ^= 1;
	assert_true(pursedb_get_key(d, &key, &pub));
	assert_false(pursedb_get_key(d, &key, &stranger));
}

static void an_invoice_is_open_until_it_is_said_not_to_be(void **state)
{
	struct db *d = *state;
	struct pursequote q = {.mint = dbmint_number(d, STR_LIT("http://m")),
			       .id = "abc",
			       .amount = 21,
			       .request = mem_strdup("lnbc..."),
			       .expiry_s = 99,
			       .has_key = true,
			       .key = madetoken_key(3),
			       .state = PURSEQUOTE_OPEN};
	auto_quote struct pursequote got = {.request = NULL};
	auto_quote struct pursequote other = {.request = NULL};

	pursequote_insert(d, &q);
	assert_true(pursequote_next_open(d, &got, q.mint, 21, 0));
	assert_string_equal(got.id, "abc");
	assert_string_equal(got.request, "lnbc...");
	assert_int_equal(got.expiry_s, 99);
	assert_true(got.has_key && ecpoint_eq(&got.key, &q.key));
	assert_false(pursequote_next_open(d, &other, q.mint, 22, 0));
	assert_false(pursequote_next_open(d, &other, q.mint + 1, 0, 0));
	assert_false(pursequote_next_open(d, &other, q.mint, 0, q.seq));
	q.state = PURSEQUOTE_MINTED;
	q.op = 7;
	pursequote_set(d, &q);
	assert_false(pursequote_next_open(d, &other, q.mint, 0, 0));
	assert_true(pursequote_of_op(d, &other, 7));
	assert_int_equal(other.state, PURSEQUOTE_MINTED);
	pursequote_wipe(&q);
}

static struct pursejob add_job(struct db *d, uint8_t id, enum pursejob_state state)
{
	struct pursejob j = {.id = unit_small_id(id),
			     .worker = unit_small_id(100),
			     .customer = unit_small_id(101),
			     .relays = "ws://a ws://b",
			     .mint = 1,
			     .token = id,
			     .rate = "2",
			     .seconds = 60,
			     .paid = 120,
			     .state = state,
			     .locktime_s = 1000,
			     .made_at_s = 5};

	pursejob_insert(d, &j);
	return j;
}

static void a_paid_job_comes_back_whole(void **state)
{
	struct db *d = *state;
	struct pursejob j = add_job(d, 1, PURSEJOB_MADE);
	struct pursejob got;

	j.state = PURSEJOB_OWED;
	j.change = 0;
	j.owed = 115;
	pursejob_set(d, &j);
	assert_true(pursejob_get(d, &got, &j.id));
	assert_memory_equal(&got.id, &j.id, sizeof(j.id));
	assert_memory_equal(&got.worker, &j.worker, sizeof(j.worker));
	assert_string_equal(got.relays, "ws://a ws://b");
	assert_string_equal(got.rate, "2");
	assert_int_equal(got.state, PURSEJOB_OWED);
	assert_int_equal(got.owed, 115);
	assert_int_equal(got.locktime_s, 1000);
	assert_true(pursejob_of_token(d, &got, 1));
	assert_int_equal(got.seq, j.seq);
	assert_false(pursejob_of_token(d, &got, 2));
}

static void jobs_that_are_closed_are_not_looked_at_again(void **state)
{
	struct db *d = *state;
	struct pursejob got;
	struct pursejob first = add_job(d, 1, PURSEJOB_SENT);
	struct pursejob last;

	(void)add_job(d, 2, PURSEJOB_CLOSED);
	(void)add_job(d, 3, PURSEJOB_BACK);
	last = add_job(d, 4, PURSEJOB_OWED);
	assert_true(pursejob_next_open(d, &got, 0));
	assert_int_equal(got.seq, first.seq);
	assert_true(pursejob_next_open(d, &got, got.seq));
	assert_int_equal(got.seq, last.seq);
	assert_false(pursejob_next_open(d, &got, got.seq));
}

static void add_coin(struct db *d, uint64_t mint, uint64_t amount, const char *secret,
		     uint64_t token)
{
	struct cashuproof p = {.amount = amount, .c = madetoken_key(3)};
	const struct dbproof_origin from = {.mint = mint, .token = token};

	p.secret = mem_strdup(secret);
	dbproof_insert(d, &p, &from, 5);
	cashutok_wipe_proof(&p);
}

static void a_balance_tells_coins_from_tokens(void **state)
{
	struct db *d = *state;
	uint64_t mint = dbmint_number(d, STR_LIT("http://m"));
	struct dbbill_token t = {.kind = DBBILL_TOKEN_EXPORT,
				 .state = DBBILL_TOKEN_OUT,
				 .mint = mint,
				 .amount = 4};
	struct pursedb_sums s;

	dbbill_add_token(d, &t);
	add_coin(d, mint, 1, "one", 0);
	add_coin(d, mint, 2, "two", 0);
	add_coin(d, mint, 4, "four", t.token);
	s = pursedb_sums(d, mint);
	assert_int_equal(s.free, 3);
	assert_int_equal(s.held, 0);
	assert_int_equal(s.out, 4);
	pursedb_set_redeemed(d, t.token);
	assert_int_equal(pursedb_sums(d, mint).out, 0);
	assert_int_equal(pursedb_sums(d, mint + 1).free, 0);
}

static void see(void *ctx, const struct pursedb_row *row)
{
	buf_addf(ctx, "%s %llu %llu;", pursedb_what_name(row->what),
		 (unsigned long long)row->gave, (unsigned long long)row->job);
}

static void a_token_that_was_sent_may_turn_out_to_pay_for_a_job(void **state)
{
	struct db *d = *state;
	auto_buf struct buf seen = BUF_INIT(256);
	const struct pursedb_row sent = {.what = PURSEDB_SENT, .gave = 5, .token = 3};
	const struct pursedb_row other = {.what = PURSEDB_SENT, .gave = 6, .token = 4};

	pursedb_add(d, &sent);
	pursedb_add(d, &other);
	pursedb_set_paid(d, 3, 9);
	pursedb_each(d, 0, see, &seen);
	assert_buf(seen, "paid 5 9;sent 6 0;");
}

#define ON_A_PURSE(fn) cmocka_unit_test_setup_teardown(fn, open_it, close_it)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_A_PURSE(tables_that_a_ledger_has_too_are_the_same),
		ON_A_PURSE(a_key_is_found_by_either_sign_of_its_point),
		ON_A_PURSE(an_invoice_is_open_until_it_is_said_not_to_be),
		ON_A_PURSE(a_paid_job_comes_back_whole),
		ON_A_PURSE(jobs_that_are_closed_are_not_looked_at_again),
		ON_A_PURSE(a_balance_tells_coins_from_tokens),
		ON_A_PURSE(a_token_that_was_sent_may_turn_out_to_pay_for_a_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
