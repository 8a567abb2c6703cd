/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand random paid jobs through the engine's money and out again: whatever is
 * paid, however it is locked, whatever it costs at the mint and however the job ends,
 * paid = earned + change + fees, to the last sat, in the bill, in the books, at the mint
 * and in the customer's hand.
 */
#include "config.h"

#include "tests/unit/till.h"

#include "engine/money/change.h"
#include "engine/money/lane.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/proto/p2pk.h"
#include "lib/store/dbproof.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ten thousand jobs; a thousand under sanitizers, which look for other mistakes. */
#ifdef __SANITIZE_ADDRESS__
enum { BATCHES = 10 };
#else
enum { BATCHES = 100 };
#endif
enum { BATCH = 100, MOST_SHORT = 4, MOST_LONG = 30 };

/* What we know of one job, and what must come of it. */
struct paid {
	uint64_t job;
	size_t mint;
	size_t customer;
	struct payer_coins coins;
	bool locked;
	bool names_key; /* its change must be locked to key */
	struct ecpoint key;
	uint64_t fee; /* of claiming it */
	enum outcome outcome;
	bool ran;
	uint64_t wall_ms;
};

struct rules {
	uint64_t rate;
	uint64_t least_s;
	uint64_t most_s;
	uint64_t change_min;
	bool always;
};

struct world {
	struct till *t;
	struct payer_coins pool[TILL_MINTS]; /* of all customers */
	uint64_t stuck[TILL_MINTS];          /* refused, and locked to the worker */
	struct rules rules;
	struct paid jobs[BATCH];
	size_t njobs;
	bool may_wait;       /* for a claim that is held back */
	bool may_be_unknown; /* a mint has a keyset that the engine has not heard of */
	uint64_t claimed, refused, swapped, given, dust, whole, locked;
};

static uint64_t between(uint64_t low, uint64_t high)
{
	return low + rng_below(high - low + 1);
}

static bool one_in(uint64_t n)
{
	return rng_below(n) == 0;
}

/* The first mint is a cheap one, so that everything happens often enough. */
static struct mintcore_keyset random_keyset(size_t mint)
{
	static const uint64_t usual[] = {0, 0, 1, 100, 100, 250, 999, 1000, 1001, 5000};
	struct mintcore_keyset k = {.version = (unsigned int)rng_below(2), .nkeys = 32};

	k.ppk = one_in(3) ? between(0, mint ? 5000 : 200)
			  : usual[rng_below(mint ? ARRAY_LEN(usual) : 5)];
	return k;
}

/* ---- a payment */

static uint64_t random_part(void)
{
	return UINT64_C(1) << (one_in(200) ? between(0, 20) : between(0, 4));
}

/* n coins out of the pool, which gets new ones when it is empty. */
static void take_coins(struct world *w, struct paid *p, size_t n)
{
	struct payer_coins *pool = &w->pool[p->mint];

	if (pool->n < n) {
		uint64_t parts[3 * MOST_LONG];

		for (size_t i = 0; i < ARRAY_LEN(parts); i++)
			parts[i] = random_part();
		payer_issue(&w->t->mints[p->mint].payer, pool, parts, ARRAY_LEN(parts),
			    NULL);
	}
	p->coins = (struct payer_coins){mem_array(n, sizeof(*p->coins.v)), n};
	for (size_t i = 0; i < n; i++) {
		size_t at = rng_below(pool->n);

		p->coins.v[i] = pool->v[at];
		p->coins.v[i].has_dleq = !w->t->without_dleq && p->coins.v[i].has_dleq;
		pool->v[at] = pool->v[--pool->n];
	}
}

/* Coins locked to the worker, in one of the ways that it takes. */
static void lock_coins(struct world *w, struct paid *p, size_t n)
{
	struct payer_lock lock = {.key = ecpoint_from_x(&w->t->e.worker)};
	struct ecpoint refund = ecpoint_from_x(&w->t->customers[p->customer]);
	auto_buf struct buf tags = BUF_INIT(256);
	uint64_t parts[MOST_LONG];

	for (size_t i = 0; i < n; i++)
		parts[i] = random_part();
	if (!w->may_wait || one_in(3)) {
		buf_addf(&tags, "[\"locktime\",\"%" PRIu64 "\"],[\"refund\",\"%s\"]",
			 clock_wall_s() + 86400, ecpoint_hex(&refund).c);
		p->names_key = true;
		p->key = refund;
	}
	if (one_in(4))
		buf_addf(&tags, "%s[\"sigflag\",\"SIG_ALL\"]", tags.n ? "," : "");
	else if (one_in(4))
		lock.blinded = true;
	if (tags.n)
		lock.tags = tags.p;
	p->locked = true;
	payer_issue(&w->t->mints[p->mint].payer, &p->coins, parts, n, &lock);
}

static void submit(struct world *w)
{
	struct paid *p = &w->jobs[w->njobs];
	struct till_job job = {.payment = NULL};
	auto_buf struct buf token = BUF_INIT(CAP_TOKEN_BYTES);
	size_t n = between(1, one_in(50) ? MOST_LONG : MOST_SHORT);
	struct ecpointhex hex;

	*p = (struct paid){.mint = rng_below(w->t->nmints),
			   .customer = rng_below(TILL_CUSTOMERS)};
	if (one_in(5))
		lock_coins(w, p, n);
	else
		take_coins(w, p, n);
	p->fee = payer_fee(&w->t->mints[p->mint].payer, &p->coins);
	if (w->rules.always && !p->names_key) {
		p->names_key = true;
		p->key = ecpoint_from_x(&w->t->customers[p->customer]);
	}
	if (one_in(5)) {
		p->names_key = true;
		p->key = ecpoint_from_x(&w->t->customers[rng_below(TILL_CUSTOMERS)]);
		hex = ecpoint_hex(&p->key);
		job.cashu_pubkey = hex.c;
	}
	payer_write(&token, w->t->mints[p->mint].url, &p->coins);
	job.customer = p->customer;
	job.payment = token.p;
	p->job = till_submit(w->t, &job);
	assert_int_not_equal(p->job, 0);
	w->njobs++;
}

/* ---- what becomes of it between claim and settlement */

static uint64_t random_wall(uint64_t limit_s)
{
	switch (rng_below(6)) {
	case 0:
		return rng_below(3);
	case 1:
		return limit_s * 1000;
	case 2:
		return between(limit_s * 1000, limit_s * 1250 + 2000);
	default:
		return rng_below(limit_s * 1000 + 1);
	}
}

static void end_somehow(struct till *t, uint64_t job)
{
	static const enum outcome ran[] = {
		OUTCOME_OK,     OUTCOME_OK,        OUTCOME_OK,
		OUTCOME_EXIT,   OUTCOME_SIGNAL,    OUTCOME_TIME_LIMIT,
		OUTCOME_MEMORY, OUTCOME_CANCELLED, OUTCOME_FAULT_STORAGE,
		OUTCOME_OUTPUT, OUTCOME_NOT_FOUND, OUTCOME_FAULT_HOST};
	struct world *w = t->test;
	struct paid *p = w->jobs;

	while (p->job != job)
		p++;
	p->ran = !one_in(10);
	if (!p->ran) {
		p->outcome = one_in(2) ? OUTCOME_CANCELLED : OUTCOME_FAULT_HOST;
		till_end_unrun(t, job, p->outcome);
		return;
	}
	p->outcome = ran[rng_below(ARRAY_LEN(ran))];
	p->wall_ms = random_wall(till_get(t, job).limit_s);
	till_run(t, job, p->outcome, p->wall_ms);
}

/* ---- what must come of it */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* By the rules of the price list, and not by the engine's own arithmetic. */
static uint64_t charge_of(const struct world *w, const struct paid *p, uint64_t face)
{
	uint64_t limit_s = least(face / w->rules.rate, w->rules.most_s);
	uint64_t s = (p->wall_ms + 999) / 1000;

	if (!p->ran || p->outcome == OUTCOME_FAULT_STORAGE ||
	    p->outcome == OUTCOME_FAULT_HOST || p->outcome == OUTCOME_NOT_FOUND)
		return 0;
	if (s == 0)
		s = 1;
	return least(s, limit_s) * w->rules.rate;
}

static bool is_bought(const struct world *w, const struct paid *p, uint64_t face)
{
	uint64_t s = face / w->rules.rate;

	return s > 0 && s >= w->rules.least_s && p->fee < face;
}

static uint64_t moved(struct world *w, const struct paid *p, const char *sql)
{
	return till_number(w->t, sql, p->job);
}

static void check_rows(struct world *w, const struct paid *p, const struct dbbill *b)
{
	auto_proofs struct dbproof_list left = {NULL, 0};

	assert_int_equal(moved(w, p,
			       "SELECT sum(amount) FROM transfers WHERE job = ?1 "
			       "AND src = 1"),
			 b->face);
	assert_int_equal(moved(w, p,
			       "SELECT coalesce(sum(amount), 0) FROM transfers "
			       "WHERE job = ?1 AND dst = 3"),
			 b->earned);
	assert_int_equal(moved(w, p,
			       "SELECT coalesce(sum(amount), 0) FROM transfers "
			       "WHERE job = ?1 AND dst = 4"),
			 b->change);
	assert_int_equal(moved(w, p,
			       "SELECT coalesce(sum(amount), 0) FROM transfers "
			       "WHERE job = ?1 AND dst = 5"),
			 b->fee_in + b->fee_out);
	dbproof_free_ones(w->t->e.db, &left, b->mint, p->job, 1);
	assert_int_equal(left.n, 0);
}

/* What the job's own coins are: all of one keyset, and its fee. */
struct own {
	uint64_t amounts[KEYSET_PARTS_MAX]; /* largest first */
	size_t n;
	uint64_t ppk;
};

static struct own own_coins(struct world *w, const struct paid *p)
{
	struct own own = {.n = 0};

	own.n = till_column(w->t,
			    "SELECT amount FROM pay_outputs WHERE op = (SELECT op FROM "
			    "pays WHERE job = ?1 AND kind = 1 AND state = 3) ORDER BY "
			    "amount DESC",
			    p->job, own.amounts, KEYSET_PARTS_MAX);
	own.ppk = moved(w, p,
			"SELECT ppk FROM keysets WHERE id = (SELECT keyset FROM "
			"pays WHERE job = ?1 AND kind = 1 AND state = 3)");
	return own;
}

static uint64_t fee_of(uint64_t n, uint64_t ppk)
{
	return (n * ppk + 999) / 1000;
}

/* The fewest coins that reach due, and the fee of spending them. */
static uint64_t fewest(const struct own *own, uint64_t due)
{
	uint64_t sum = 0;
	uint64_t n = 0;

	while (sum < due)
		sum += own->amounts[n++];
	return n;
}

/* Coins of a power of two each. */
static uint64_t parts_of(uint64_t amount)
{
	uint64_t n = 0;

	for (; amount; amount &= amount - 1)
		n++;
	return n;
}

static uint64_t left_of(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Nothing was given back although something was left: then no way of giving it would have
 * left the customer what is worth handing out. */
static void check_dust(struct world *w, const struct paid *p, uint64_t due)
{
	struct own own = own_coins(w, p);
	uint64_t ppk = payer_active(&w->t->mints[p->mint].payer)->ppk;
	uint64_t change = left_of(due, fee_of(fewest(&own, due), own.ppk));
	uint64_t net = left_of(change, fee_of(parts_of(change), ppk));

	w->dust++;
	if (net >= w->rules.change_min)
		fail_msg("job %" PRIu64 ": %" PRIu64 " was left, %" PRIu64
			 " could have been given and nothing was",
			 p->job, due, net);
}

static void check_change(struct world *w, const struct paid *p, const struct dbbill *b,
			 uint64_t due)
{
	struct own own = own_coins(w, p);
	uint64_t spent = moved(w, p,
			       "SELECT count(*) FROM pay_inputs WHERE op = (SELECT "
			       "op FROM pays WHERE job = ?1 AND kind = 2 AND "
			       "state = 3)");

	assert_int_equal(b->change + b->fee_out, due);
	if (spent == 0) {
		w->given++;
		assert_int_equal(b->fee_out, 0);
		assert_false(p->names_key);
		return;
	}
	w->swapped++;
	assert_int_equal(spent, fewest(&own, due));
	assert_int_equal(b->fee_out, fee_of(spent, own.ppk));
}

/* The key that opens the change of a job, NULL: it is open. */
static const struct nsign_key *key_of(struct world *w, const struct paid *p)
{
	for (size_t i = 0; p->names_key && i < TILL_CUSTOMERS; i++) {
		struct ecpoint key = ecpoint_from_x(&w->t->customers[i]);

		if (ecpoint_same_x(&key, &p->key))
			return &w->t->customer_keys[i];
	}
	return NULL;
}

static void check_locks(struct world *w, const struct paid *p, const struct cashutok *c)
{
	struct p2pk lock;

	for (size_t i = 0; i < c->n; i++) {
		enum p2pk_kind kind =
			p2pk_parse(&lock, str_of(c->proofs[i].secret), NULL);

		assert_int_equal(kind, p->names_key ? P2PK_LOCK : P2PK_PLAIN);
		if (!p->names_key)
			continue;
		w->locked++;
		assert_int_equal(lock.nmain + lock.nrefund, 1);
		assert_true(ecpoint_eq(&lock.keys[0], &p->key));
		assert_int_equal(c->proofs[i].has_dleq, !w->t->without_dleq);
	}
}

/* The customer takes the token to the mint. */
static void redeem(struct world *w, const struct paid *p, const struct change_told *told)
{
	struct payer *payer = &w->t->mints[p->mint].payer;
	struct payer_coins *pool = &w->pool[p->mint];
	auto_cashutok struct cashutok *c = NULL;
	struct payer_coins coins;
	size_t before = pool->n;
	uint64_t got = 0;
	struct lerr err = {0};
	enum cashutok_fault why;

	if (cashutok_parse(&c, buf_str(&told->token), CAP_TOKEN_PROOFS, &why, &err))
		fail_msg("change: %s", err.msg);
	assert_string_equal(c->mint, w->t->mints[p->mint].url);
	assert_int_equal(c->sum, told->change);
	check_locks(w, p, c);
	coins = (struct payer_coins){c->proofs, c->n};
	for (size_t i = 0; i < c->n; i++)
		c->proofs[i].id = payer_keyset(payer, &c->proofs[i].id)->id;
	if (!payer_swap(payer, pool, &coins, key_of(w, p), NULL))
		fail_msg("change of job %" PRIu64 ": the mint says %s", p->job,
			 payer->refusal.detail);
	for (size_t i = before; i < pool->n; i++)
		got += pool->v[i].amount;
	assert_int_equal(got, told->net);
	assert_true(got >= w->rules.change_min);
}

static void check_settled(struct world *w, const struct paid *p, const struct dbbill *b)
{
	uint64_t charge = least(charge_of(w, p, b->face), b->net);
	uint64_t due = b->net - charge;
	struct change_told told;

	assert_int_equal(b->state, DBBILL_SETTLED);
	assert_int_equal(b->fee_in, p->fee);
	assert_int_equal(b->net, b->face - p->fee);
	assert_int_equal(b->face, b->fee_in + b->earned + b->change + b->fee_out);
	assert_int_equal(b->earned, b->change ? charge : b->net);
	check_rows(w, p, b);
	change_tell(w->t->e.money, &told, p->job);
	assert_true(told.paid);
	assert_int_equal(told.change, b->change);
	assert_int_equal(told.owed, 0);
	if (b->change) {
		check_change(w, p, b, due);
		redeem(w, p, &told);
	} else if (due) {
		check_dust(w, p, due);
	} else {
		w->whole++;
	}
	buf_wipe(&told.token);
}

/* ---- refused: as it was */

static void check_refused(struct world *w, struct paid *p, const struct dbjob *j)
{
	struct payer *payer = &w->t->mints[p->mint].payer;

	w->refused++;
	assert_int_equal(payer_count_spent(payer, &p->coins), 0);
	if (p->locked)
		w->stuck[p->mint] += payer_sum(&p->coins);
	else
		payer_add(&w->pool[p->mint], &p->coins);
	if (strcmp(j->reason, "payment_too_small") != 0 &&
	    !(w->may_be_unknown && strstr(j->error, "keyset_unknown")))
		fail_msg("job %" PRIu64 " is refused: %s %s", p->job, j->reason,
			 j->error);
}

static void check(struct world *w, struct paid *p)
{
	struct dbjob j = till_get(w->t, p->job);
	struct dbbill b = till_bill(w->t, p->job);
	uint64_t face = payer_sum(&p->coins);

	assert_int_equal(j.state, JOB_DONE);
	if (b.state == 0 || b.state == DBBILL_UNPAID) {
		if (!w->may_be_unknown)
			assert_false(is_bought(w, p, face) && b.state == 0);
		check_refused(w, p, &j);
	} else if (b.give_back) {
		/* too small, locked to us and without a way back: all of it returns */
		assert_false(is_bought(w, p, face));
		p->ran = false;
		check_settled(w, p, &b);
	} else {
		assert_true(is_bought(w, p, face));
		assert_int_equal(b.face, face);
		w->claimed++;
		check_settled(w, p, &b);
	}
	payer_free_coins(&p->coins);
}

/* ---- the run */

static void new_rules(struct world *w)
{
	auto_buf struct buf conf = BUF_INIT(4096);

	w->rules = (struct rules){.rate = between(1, one_in(3) ? 10 : 2),
				  .least_s = between(1, one_in(3) ? 20 : 4),
				  .most_s = between(10, 100),
				  .change_min = one_in(3) ? between(1, 10) : 1,
				  .always = one_in(4)};
	buf_addf(&conf,
		 "PRICE_PER_SECOND=%" PRIu64 "\nMIN_JOB_DURATION=%" PRIu64
		 "\nMAX_JOB_DURATION=%" PRIu64 "\nCHANGE_MIN=%" PRIu64
		 "\nCHANGE_LOCK=%s\n",
		 w->rules.rate, w->rules.least_s, w->rules.most_s, w->rules.change_min,
		 w->rules.always ? "always" : "auto");
	till_configure(w->t, conf.p);
	/* to check them is half of the time that all of this takes */
	w->t->without_dleq = !one_in(8);
}

/* New keysets everywhere, while coins of the old ones are on their way; the engine is
 * told nothing. And answers are lost. */
static void shake(struct world *w)
{
	static const char *const faults[] = {"drop-after", "500-after", "429"};

	for (size_t i = 0; i < w->t->nmints; i++) {
		struct till_mint *m = &w->t->mints[i];
		struct mintcore_keyset k = random_keyset(i);
		struct mintfault_order o = {.name = str_of(faults[rng_below(3)]),
					    .path = STR_LIT("/v1/swap"),
					    .skip = rng_below(20),
					    .times = 1};
		struct keyset_id id;

		assert_true(mintfault_add(m->faults, &o));
		mintcore_rotate(m->payer.core, &k, &id);
		payer_look(&m->payer);
	}
}

static bool knows_all_keysets(struct till *t)
{
	for (size_t i = 0; i < t->nmints; i++) {
		struct mint *m = mints_at(t->e.money->mints, i);

		if (m->asking || m->n != t->mints[i].payer.n)
			return false;
	}
	return true;
}

/* An hour later, as it were. */
static void let_engine_ask(struct world *w)
{
	for (size_t i = 0; i < w->t->nmints; i++)
		mints_ask(w->t->e.money->mints, mints_at(w->t->e.money->mints, i));
	assert_true(till_until(w->t, 10, knows_all_keysets));
}

static void run_batch(struct world *w, bool shaken)
{
	new_rules(w);
	w->njobs = 0;
	w->may_be_unknown = shaken;
	while (w->njobs < BATCH) {
		if (shaken && w->njobs == BATCH / 2)
			shake(w);
		submit(w);
	}
	assert_true(till_settle(w->t));
	for (size_t i = 0; i < w->njobs; i++)
		check(w, &w->jobs[i]);
	if (shaken)
		let_engine_ask(w);
}

/* What a mint owes is in the engine's hands and in the customers', and nowhere else. */
static void check_mints(struct world *w)
{
	for (size_t i = 0; i < w->t->nmints; i++) {
		struct mintcore_sums s = mintcore_sums(w->t->mints[i].payer.core);
		uint64_t number = mints_at(w->t->e.money->mints, i)->number;
		uint64_t ours = dbproof_unspent(w->t->e.db, number).amount;

		assert_int_equal(s.issued - s.redeemed,
				 ours + payer_sum(&w->pool[i]) + w->stuck[i]);
		assert_int_equal(dbproof_free_earned(w->t->e.db, number).amount, ours);
		assert_int_equal(w->t->mints[i].most_in_flight, 1);
	}
}

static void run_half(void)
{
	struct mintcore_keyset keysets[TILL_MINTS];
	struct world *w = mem_zalloc(sizeof(*w));

	for (size_t i = 0; i < TILL_MINTS; i++)
		keysets[i] = random_keyset(i);
	log_open("t_till", LOG_WARN);
	w->t = till_new(TILL_MINTS, keysets, "");
	w->t->test = w;
	w->t->on_queued = end_somehow;
	for (size_t i = 0; i < BATCHES / 2; i++) {
		w->may_wait = i == 7 || i == 27;
		run_batch(w, i == BATCHES / 4);
	}
	till_check_books(w->t);
	check_mints(w);
	print_message("%" PRIu64 " claimed, %" PRIu64 " refused; change: %" PRIu64
		      " swapped, %" PRIu64 " given, %" PRIu64 " none, %" PRIu64
		      " dust; %" PRIu64 " locked coins\n",
		      w->claimed, w->refused, w->swapped, w->given, w->whole, w->dust,
		      w->locked);
	/* each of them has happened, and often */
	/* every way has been gone, often */
	assert_true(w->claimed > BATCHES * 10 && w->refused > BATCHES &&
		    w->swapped > BATCHES && w->given > BATCHES &&
		    w->whole > BATCHES / 2 && w->dust > BATCHES / 10 &&
		    w->locked > BATCHES);
	for (size_t i = 0; i < TILL_MINTS; i++)
		payer_free_coins(&w->pool[i]);
	till_free(w->t);
	mem_free(w);
}

/* Two worlds beside each other: it is half a minute of arithmetic. */
static void ten_thousand_jobs_are_paid_to_the_last_sat(void **state)
{
	pid_t other;
	int status;

	(void)state;
	(void)fflush(NULL);
	other = fork();
	assert_int_not_equal(other, -1);
	if (other == 0) {
		/* what it says of itself is not for the harness */
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		run_half();
		_exit(0);
	}
	run_half();
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_jobs_are_paid_to_the_last_sat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
