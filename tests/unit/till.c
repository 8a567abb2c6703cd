/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/till.h"

#include "engine/access.h"
#include "engine/budget.h"
#include "engine/jobs.h"
#include "engine/money/change.h"
#include "engine/money/claim.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbproof.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct till *till;

/* ---- jobs */

static void run_queued(void *ctx, uint64_t job)
{
	struct till *t = ctx;

	t->on_queued(t, job);
}

static void fx_queue(struct engine *e, struct dbjob *j)
{
	if (till->on_queued)
		turn_after(e->turn, run_queued, till, j->seq);
}

static void fx_claim(struct engine *e, struct dbjob *j)
{
	claim_begin(e->money, j);
}

static void fx_settle(struct engine *e, struct dbjob *j)
{
	change_settle(e->money, j);
}

static void fx_report(struct engine *e, struct dbjob *j)
{
	if (till->on_reported)
		till->on_reported(till, j);
	jobs_move(e, j, JEV_REPORTED, STR_LIT(""));
}

static void fx_close(struct engine *e, struct dbjob *j)
{
	dbjob_drop_request(e->db, j->seq);
}

static void (*const effects[JFX_CLOSE + 1])(struct engine *e, struct dbjob *j) = {
	[JFX_ADMIT] = admit_judge, [JFX_CLAIM] = fx_claim,   [JFX_QUEUE] = fx_queue,
	[JFX_SETTLE] = fx_settle,  [JFX_REPORT] = fx_report, [JFX_CLOSE] = fx_close,
};

static void add_tag(struct ntags *tags, const char *name, const char *value)
{
	if (value)
		ntags_add_c(tags, name, value, NULL);
}

uint64_t till_submit(struct till *t, const struct till_job *job)
{
	static uint64_t serial;
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf raw = BUF_INIT(CAP_EVENT_BYTES);
	auto_buf struct buf word = BUF_INIT(32);
	struct dbjob j;

	buf_addf(&word, "%" PRIu64, ++serial);
	ntags_add_c(tags, "p", id32_hex(&t->e.worker).c, NULL);
	ntags_add_c(tags, "cmd", "true", NULL);
	ntags_add_c(tags, "serial", word.p, NULL);
	add_tag(tags, "payment", job->payment);
	add_tag(tags, "cashu_pubkey", job->cashu_pubkey);
	ev = nevent_make(&t->customers[job->customer],
			 job->created_at ? job->created_at : clock_wall_s(), NKIND_JOB,
			 tags, STR_LIT(""));
	nevent_write(&raw, ev);
	turn_enter(t->e.turn);
	(void)admit_request(&t->e, ev, buf_str(&raw), STR_LIT("ws://test"));
	turn_leave(t->e.turn, true);
	return dbjob_get(t->e.db, &j, &ev->id) ? j.seq : 0;
}

struct dbjob till_get(struct till *t, uint64_t job)
{
	struct dbjob j;

	assert_true(dbjob_get_seq(t->e.db, &j, job));
	return j;
}

struct dbbill till_bill(struct till *t, uint64_t job)
{
	struct dbbill b = {0};

	(void)dbbill_get(t->e.db, &b, job);
	return b;
}

void till_run(struct till *t, uint64_t job, enum outcome outcome, uint64_t wall_ms)
{
	struct dbjob j = till_get(t, job);

	turn_enter(t->e.turn);
	jobs_move(&t->e, &j, JEV_START, STR_LIT(""));
	j.started_at = clock_wall_ms();
	dbjob_set_started(t->e.db, &j);
	jobs_move(&t->e, &j, JEV_RUNNING, STR_LIT(""));
	j.ended_at = j.started_at + wall_ms;
	j.wall_ms = wall_ms;
	dbjob_set_ended(t->e.db, &j);
	jobs_move(&t->e, &j, JEV_ENDED, STR_LIT(""));
	jobs_set_outcome(&t->e, &j, outcome, STR_LIT(""));
	jobs_move(&t->e, &j, JEV_COLLECTED, STR_LIT(""));
	turn_leave(t->e.turn, true);
}

void till_end_unrun(struct till *t, uint64_t job, enum outcome outcome)
{
	struct dbjob j = till_get(t, job);

	turn_enter(t->e.turn);
	jobs_set_outcome(&t->e, &j, outcome, STR_LIT(""));
	jobs_move(&t->e, &j, outcome == OUTCOME_CANCELLED ? JEV_DROP : JEV_FAULT,
		  STR_LIT(""));
	turn_leave(t->e.turn, true);
}

char *till_token(struct till *t, size_t mint, const uint64_t *parts, size_t n,
		 const struct payer_lock *lock, struct payer_coins *keep)
{
	auto_buf struct buf out = BUF_INIT(CAP_TOKEN_BYTES);
	auto_payer_coins struct payer_coins coins = {NULL, 0};

	payer_issue(&t->mints[mint].payer, &coins, parts, n, lock);
	payer_write(&out, t->mints[mint].url, &coins);
	if (keep)
		payer_add(keep, &coins);
	return buf_take(&out);
}

const char *till_why(struct till *t, uint64_t job)
{
	static char text[320];
	struct dbjob j = till_get(t, job);

	(void)snprintf(text, sizeof(text), "%s: %s", j.reason, j.error);
	return text;
}

/* ---- the loop */

bool till_is_quiet(struct till *t)
{
	return !t->calls && t->e.counts[JOB_CLAIMING] == 0 &&
	       t->e.counts[JOB_SETTLING] == 0 && t->e.counts[JOB_RECEIVED] == 0;
}

bool till_until(struct till *t, uint64_t seconds, bool (*is_so)(struct till *t))
{
	uint64_t end = clock_mono_ms() + seconds * 1000;

	turn_flush(t->e.turn);
	while (!is_so(t)) {
		if (clock_mono_ms() > end)
			return false;
		/* what is done before the loop waits may be all */
		(void)uv_run(&t->loop, t->calls ? UV_RUN_NOWAIT : UV_RUN_ONCE);
		turn_flush(t->e.turn);
	}
	return true;
}

bool till_settle(struct till *t)
{
	return till_until(t, 60, till_is_quiet);
}

static void on_tick(uv_timer_t *timer)
{
	struct till *t = timer->data;

	money_tick(t->e.money);
}

/* ---- the books */

size_t till_column(struct till *t, const char *sql, uint64_t arg, uint64_t *out,
		   size_t most)
{
	struct dbq *q = db_query(t->e.db, sql);
	size_t n = 0;

	db_bind_u64(q, 1, arg);
	while (n < most && db_row(q))
		out[n++] = db_col_u64(q, 0);
	db_done(q);
	return n;
}

uint64_t till_number(struct till *t, const char *sql, uint64_t arg)
{
	uint64_t v = 0;

	(void)till_column(t, sql, arg, &v, 1);
	return v;
}

void till_check_books(struct till *t)
{
	struct lerr err = {0};

	turn_flush(t->e.turn);
	if (dbbook_check(t->e.db, &err))
		fail_msg("the books: %s", err.msg);
	for (size_t i = 0; i < t->nmints; i++) {
		struct mintcore_sums s = mintcore_sums(t->mints[i].payer.core);
		uint64_t in, out;

		assert_int_equal(s.minted, s.issued - s.redeemed + s.fees);
		assert_int_equal(s.pending, 0);
		dbbook_sums(t->e.db, mints_at(t->e.money->mints, i)->number, DBBOOK_FEES,
			    &in, &out);
		assert_int_equal(s.fees, in + t->mints[i].payer.fees);
	}
}

/* ---- life */

static struct conf *make_conf(struct till *t, const char *more)
{
	auto_buf struct buf text = BUF_INIT(8192);
	struct conf *c = conf_new();
	struct lerr err = {0};

	buf_add_c(&text, "WHITELIST=");
	for (size_t i = 0; i < TILL_CUSTOMERS; i++)
		buf_addf(&text, "%s%s", i ? "," : "", id32_hex(&t->customers[i]).c);
	buf_add_c(&text, "\nCASHU_MINT_URL=");
	for (size_t i = 0; i < t->nmints; i++)
		buf_addf(&text, "%s%s", i ? "," : "", t->mints[i].url);
	buf_addf(&text, "\n%s", more);
	if (conf_read_text(c, buf_str(&text), "till", CONF_REFUSE_SECRETS, &err))
		fail_msg("%s", err.msg);
	return c;
}

void till_configure(struct till *t, const char *conf)
{
	struct conf *c = make_conf(t, conf);

	conf_free(t->conf);
	t->conf = c;
	t->e.conf = c;
}

static void make_keys(struct till *t)
{
	struct nsign_key key;

	assert_int_equal(keyring_new(&t->keys, NULL), LERR_OK);
	nsign_generate(&key);
	assert_int_equal(keyring_set(&t->keys->worker, &key, NULL), LERR_OK);
	t->e.worker = t->keys->worker.pubkey;
	t->e.has_worker = true;
	for (size_t i = 0; i <= TILL_STRANGER; i++) {
		nsign_generate(&t->customer_keys[i]);
		assert_int_equal(
			nsign_pubkey(&t->customers[i], &t->customer_keys[i], NULL),
			LERR_OK);
	}
}

static void open_mint(struct till_mint *m, size_t i, const struct mintcore_keyset *k)
{
	struct mintcore_options o = mintcore_defaults();
	struct mintcore *core;

	o.keyset = *k;
	o.most = UINT64_C(1) << 50;
	assert_int_equal(mintcore_open(&core, ":memory:", &o, NULL), LERR_OK);
	payer_init(&m->payer, core);
	m->faults = mintfault_new(core);
	buf_init(&m->log, 1024 * 1024);
	(void)snprintf(m->url, sizeof(m->url), "https://mint%zu.example/sat", i);
}

struct till *till_new(size_t mints, const struct mintcore_keyset *keysets,
		      const char *conf)
{
	struct till *t = mem_zalloc(sizeof(*t));

	till = t;
	till_meet(t);
	for (size_t i = 0; i < mints; i++)
		open_mint(&t->mints[t->nmints++], i, &keysets[i]);
	make_keys(t);
	t->conf = make_conf(t, conf);
	t->e.conf = t->conf;
	t->e.loop = &t->loop;
	t->e.effects = effects;
	assert_int_equal(uv_loop_init(&t->loop), 0);
	assert_int_equal(dbschema_open(&t->e.db, ":memory:", NULL), LERR_OK);
	t->e.turn = turn_new(&t->loop, t->e.db);
	t->e.budget = budget_new();
	assert_int_equal(access_new(&t->e.access, t->conf, NULL), LERR_OK);
	assert_int_equal(uv_timer_init(&t->loop, &t->post), 0);
	assert_int_equal(uv_timer_init(&t->loop, &t->tick), 0);
	t->tick.data = t;
	assert_int_equal(money_new(&t->e.money, &t->e, NULL), LERR_OK);
	money_recover(t->e.money);
	assert_int_equal(uv_timer_start(&t->tick, on_tick, 100, 100), 0);
	assert_true(till_settle(t));
	return t;
}

void till_free(struct till *t)
{
	till_answer_rest(t);
	uv_close((uv_handle_t *)&t->post, NULL);
	uv_close((uv_handle_t *)&t->tick, NULL);
	turn_flush(t->e.turn);
	money_free(t->e.money);
	turn_free(t->e.turn);
	(void)uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t->loop), 0);
	db_close(t->e.db);
	access_free(t->e.access);
	budget_free(t->e.budget);
	keyring_free(t->keys);
	conf_free(t->conf);
	for (size_t i = 0; i < t->nmints; i++) {
		buf_free(&t->mints[i].log);
		mintfault_free(t->mints[i].faults);
		mintcore_close(t->mints[i].payer.core);
	}
	mem_free(t);
}
