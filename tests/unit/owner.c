/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/owner.h"

#include "engine/money/export.h"
#include "engine/money/import.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/tokwatch.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "tests/unit/unit.h"

enum { TOKEN_AGE_MS = 700000 };

static const struct mintcore_keyset keyset = {.version = 0, .ppk = 100, .nkeys = 32};

/* What ends behind a turn ends no wait of the loop: this does. */
static uv_timer_t pulse;

static void on_pulse(uv_timer_t *timer)
{
	(void)timer;
}

int owner_set_up(void **state)
{
	struct mintcore_keyset two[2] = {keyset, keyset};
	struct till *t;

	two[1].version = 1;
	t = till_new(2, two, "PRICE_PER_SECOND=1\n");
	*state = t;
	if (uv_timer_init(&t->loop, &pulse) || uv_timer_start(&pulse, on_pulse, 2, 2))
		return -1;
	uv_unref((uv_handle_t *)&pulse);
	return 0;
}

int owner_tear_down(void **state)
{
	clock_shift_wall_ms(0);
	uv_close((uv_handle_t *)&pulse, NULL);
	till_free(*state);
	return 0;
}

/* ---- what is there */

bool owner_is_idle(struct till *t)
{
	return !t->calls && lane_count(t->e.money->lane, 0, 0) == 0;
}

void owner_settle(struct till *t)
{
	assert_true(till_until(t, OWNER_WAIT_S, owner_is_idle));
}

uint64_t owner_earned(struct till *t, size_t mint)
{
	return dbbook_held(t->e.db, mints_at(t->e.money->mints, mint)->number,
			   DBBOOK_EARNED);
}

/* What ever went from one account to another. */
uint64_t owner_moved(struct till *t, enum dbbook_account src, enum dbbook_account dst)
{
	return till_number(
		t,
		src == DBBOOK_EARNED
			? "SELECT coalesce(sum(amount), 0) FROM transfers WHERE "
			  "src = 3 AND dst = ?1"
		: src == DBBOOK_EXPORTED
			? "SELECT coalesce(sum(amount), 0) FROM transfers WHERE "
			  "src = 6 AND dst = ?1"
		: src == DBBOOK_LOST
			? "SELECT coalesce(sum(amount), 0) FROM transfers WHERE "
			  "src = 10 AND dst = ?1"
			: "SELECT coalesce(sum(amount), 0) FROM transfers WHERE "
			  "src = 9 AND dst = ?1",
		dst);
}

uint64_t owner_pays(struct till *t)
{
	return till_number(t, "SELECT count(*) FROM pays WHERE ?1", 1);
}

struct dbpay owner_pay(struct till *t, uint64_t op)
{
	struct dbpay p;

	assert_true(dbpay_get(t->e.db, &p, op));
	return p;
}

struct dbbill_token owner_token(struct till *t, uint64_t n)
{
	struct dbbill_token tok;

	assert_true(dbbill_get_token(t->e.db, &tok, n));
	return tok;
}

uint64_t owner_token_of(struct till *t, uint64_t op)
{
	struct dbbill_token tok;

	assert_true(dbbill_token_of_op(t->e.db, &tok, op));
	return tok.token;
}

/* ---- what is done */

enum lerr_code owner_bring(struct till *t, uint64_t *op, const char *text,
			   struct lerr *err)
{
	enum lerr_code rc;

	turn_enter(t->e.turn);
	rc = import_token(t->e.money, op, str_of(text), err);
	turn_leave(t->e.turn, rc == LERR_OK);
	return rc;
}

/* A token of new coins. */
void owner_make_token(struct till *t, size_t mint, uint64_t amount, struct buf *out)
{
	struct payer *p = &t->mints[mint].payer;
	auto_payer_coins struct payer_coins c = {0};
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	assert_true(keyset_split(payer_active(p), amount, parts, &n));
	payer_issue(p, &c, parts, n, NULL);
	payer_write(out, t->mints[mint].url, &c);
}

void owner_put_in(struct till *t, size_t mint, uint64_t amount)
{
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	uint64_t before = owner_earned(t, mint);
	struct lerr err = {0};
	uint64_t op = 0;

	owner_make_token(t, mint, amount, &text);
	if (owner_bring(t, &op, text.p, &err))
		fail_msg("%s", err.msg);
	owner_settle(t);
	assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	assert_int_equal(owner_earned(t, mint), before + amount - owner_pay(t, op).fee);
}

enum lerr_code owner_take_out(struct till *t, uint64_t *op, uint64_t *tok, size_t mint,
			      uint64_t amount, struct lerr *err)
{
	enum lerr_code rc;

	turn_enter(t->e.turn);
	rc = export_amount(t->e.money, op, tok, str_of(t->mints[mint].url), amount, err);
	turn_leave(t->e.turn, rc == LERR_OK);
	return rc;
}

/* Its number, when it is there. */
uint64_t owner_export(struct till *t, size_t mint, uint64_t amount)
{
	struct lerr err = {0};
	uint64_t op = 0;
	uint64_t n = 0;

	if (owner_take_out(t, &op, &n, mint, amount, &err))
		fail_msg("%s", err.msg);
	owner_settle(t);
	if (op)
		assert_int_equal(owner_pay(t, op).state, PAY_SETTLED);
	return op ? owner_token_of(t, op) : n;
}

enum lerr_code owner_take_back(struct till *t, uint64_t *op, uint64_t n, struct lerr *err)
{
	enum lerr_code rc;

	turn_enter(t->e.turn);
	rc = export_reclaim(t->e.money, op, n, err);
	turn_leave(t->e.turn, rc == LERR_OK);
	if (!rc)
		owner_settle(t);
	return rc;
}

/* The coins of a token of ours, as whoever has its text sees them. */
struct payer_coins owner_read_token(struct till *t, uint64_t n)
{
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	auto_cashutok struct cashutok *tok = NULL;
	struct payer_coins all;
	struct payer_coins out;

	assert_true(dbbill_get_token_text(t->e.db, n, &text));
	assert_int_equal(
		cashutok_parse(&tok, buf_str(&text), CAP_TOKEN_PROOFS, NULL, NULL),
		LERR_OK);
	assert_int_equal(tok->sum, owner_token(t, n).amount);
	all = (struct payer_coins){tok->proofs, tok->n};
	out = payer_copy(&all, 0, all.n);
	return out;
}

void owner_redeem(struct till *t, size_t mint, const struct payer_coins *c)
{
	auto_payer_coins struct payer_coins out = {0};

	assert_true(payer_swap(&t->mints[mint].payer, &out, c, NULL, NULL));
}

/* Ask about tokens that are out, now. */
void owner_watch(struct till *t)
{
	clock_shift_wall_ms(TOKEN_AGE_MS);
	for (size_t i = 0; i < t->nmints; i++)
		mints_at(t->e.money->mints, i)->watch_ms = 0;
	tokwatch_tick(t->e.money);
	owner_settle(t);
	clock_shift_wall_ms(0);
}
