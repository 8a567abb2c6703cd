/* SPDX-License-Identifier: MIT */
/* engine/outbox.c with a made-up bridge and a made-up loom-keyd. */
#include "config.h"

#include "engine/outbox.h"

#include "engine/bridgelink.h"
#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/keylink.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/jobmsg.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbout.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

enum { RELAYS = 8, JOBS = 300, DAY_MS = 86400000 };

struct rig {
	struct engine e;
	uv_loop_t loop;
	struct bridgelink_relay relays[RELAYS];
	char urls[RELAYS][32];
	size_t nrelays;
	bool bridge_up;
	bool unasked; /* the first relay was not asked yet */
	bool keyd_up;
	bool keyd_full;
	uint64_t asked; /* requests to sign */
	uint64_t last_asked;
	uint64_t published; /* frames for the bridge */
	uint64_t reported;
};

static struct rig *rig;

/* ---- what the outbox is told to use */

bool keylink_is_up(const struct keylink *k)
{
	(void)k;
	return rig->keyd_up;
}

bool keylink_sign(struct keylink *k, uint64_t ref, const struct nevent *ev)
{
	(void)k;
	(void)ev;
	rig->asked++;
	rig->last_asked = ref;
	return !rig->keyd_full;
}

bool epoch_has_asked(const struct epoch *ep, const char *url)
{
	(void)ep;
	return !rig->unasked || strcmp(url, rig->urls[0]) != 0;
}

bool clockwatch_is_frozen(const struct clockwatch *w)
{
	(void)w;
	return false;
}

bool bridgelink_is_up(const struct bridgelink *b)
{
	(void)b;
	return rig->bridge_up;
}

const struct bridgelink_relay *bridgelink_relays(const struct bridgelink *b, size_t *n)
{
	(void)b;
	*n = rig->nrelays;
	return rig->relays;
}

bool bridgelink_publish(struct bridgelink *b, uint64_t seq, const char *event,
			const char *relay)
{
	(void)b;
	(void)seq;
	(void)event;
	(void)relay;
	rig->published++;
	return true;
}

void bridgelink_withdraw(struct bridgelink *b, uint64_t seq)
{
	(void)b;
	(void)seq;
}

static void on_reported(struct engine *e, uint64_t job)
{
	(void)e;
	(void)job;
	rig->reported++;
}

/* ---- the rig */

static int build(void **state)
{
	struct rig *r = mem_zalloc(sizeof(*r));

	rig = r;
	if (uv_loop_init(&r->loop) || dbschema_open(&r->e.db, ":memory:", NULL))
		return -1;
	r->e.loop = &r->loop;
	r->e.turn = turn_new(&r->loop, r->e.db);
	r->e.outbox = outbox_new(&r->e, on_reported);
	r->keyd_up = true;
	r->nrelays = RELAYS;
	for (size_t i = 0; i < RELAYS; i++) {
		(void)snprintf(r->urls[i], sizeof(r->urls[i]), "wss://r%zu.example", i);
		r->relays[i].url = r->urls[i];
	}
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	clock_shift_wall_ms(0);
	outbox_free(r->e.outbox);
	turn_free(r->e.turn);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&r->loop);
	db_close(r->e.db);
	mem_free(r);
	return 0;
}

/* A result for a new job, not on disk yet; its row. */
static uint64_t write_result(struct rig *r, uint8_t n)
{
	struct dbjob j = {.id = unit_small_id(n), .state = JOB_RECEIVED};
	struct jobmsg_result m = {.outcome = OUTCOME_OK, .created_at = clock_wall_s()};
	auto_nevent struct nevent *ev = NULL;
	uint64_t seq;

	turn_enter(r->e.turn);
	j.id.b[0] = (uint8_t)(r->asked >> 8);
	j.id.b[1] = (uint8_t)r->asked;
	assert_true(dbjob_insert(r->e.db, &j));
	m.job = j.id;
	ev = jobmsg_result(&m);
	seq = outbox_add(r->e.outbox, ev, j.seq, 0);
	turn_leave(r->e.turn, true);
	return seq;
}

static uint64_t add_result(struct rig *r, uint8_t n)
{
	uint64_t seq = write_result(r, n);

	turn_flush(r->e.turn);
	return seq;
}

static void take_signature(struct rig *r, uint64_t seq)
{
	auto_dbout struct dbout row = {0};
	struct ipckey_signed s = {0};

	assert_true(dbout_get(r->e.db, &row, seq));
	s.id = row.event_id;
	outbox_signed(r->e.outbox, seq, &s, NULL);
}

static void sign(struct rig *r, uint64_t seq)
{
	take_signature(r, seq);
	turn_flush(r->e.turn);
}

static void refuse(struct rig *r, uint64_t seq)
{
	struct lerr err = {0};

	(void)lerr_set(&err, LERR_DENIED, 0, "created_at is more than 10 minutes ahead");
	outbox_signed(r->e.outbox, seq, NULL, &err);
	turn_flush(r->e.turn);
}

static bool is_open(struct rig *r, uint64_t seq)
{
	auto_dbout struct dbout row = {0};

	return dbout_get(r->e.db, &row, seq) && !row.done;
}

/* ---- */

/* More than CAP_IPC_QUEUE frames at once would cut the line, again and again. */
static void all_relays_together_do_not_flood_the_bridge(void **state)
{
	struct rig *r = *state;

	for (size_t i = 0; i < JOBS; i++)
		sign(r, add_result(r, 1));
	r->bridge_up = true;
	outbox_bridge_up(r->e.outbox);
	turn_flush(r->e.turn);
	assert_in_range(r->published, RELAYS, CAP_IPC_QUEUE / 4 * 3);
}

/* What is looked for there must not be replaced by ours. */
static void a_relay_that_was_not_asked_gets_nothing(void **state)
{
	struct rig *r = *state;
	uint64_t seq = add_result(r, 1);

	r->unasked = true;
	r->nrelays = 2;
	sign(r, seq);
	r->bridge_up = true;
	outbox_bridge_up(r->e.outbox);
	turn_flush(r->e.turn);
	assert_int_equal(r->published, 1);
	outbox_repeat(r->e.outbox, 1);
	assert_int_equal(r->published, 2);
	r->unasked = false;
	outbox_relay_asked(r->e.outbox);
	turn_flush(r->e.turn);
	assert_int_equal(r->published, 3);
}

/* The clock was ahead when the result was made: loom-keyd refuses until it is not. */
static void what_was_not_signed_is_asked_for_again(void **state)
{
	struct rig *r = *state;
	uint64_t seq = add_result(r, 1);
	uint64_t now = clock_mono_ms();

	assert_int_equal(r->asked, 1);
	refuse(r, seq);
	assert_int_equal(r->reported, 0);
	assert_true(is_open(r, seq));
	outbox_tick(r->e.outbox, now + 1000);
	turn_flush(r->e.turn);
	assert_int_equal(r->asked, 1);
	outbox_tick(r->e.outbox, now + 120000);
	turn_flush(r->e.turn);
	assert_int_equal(r->asked, 2);
	assert_int_equal(r->last_asked, seq);
	sign(r, seq);
	assert_true(is_open(r, seq));
}

/* Answers of loom-keyd come in one turn with new rows, which must not go to it yet. */
static void a_row_is_not_asked_for_before_it_is_on_disk(void **state)
{
	struct rig *r = *state;
	uint64_t first = add_result(r, 1);

	(void)write_result(r, 2);
	take_signature(r, first);
	outbox_tick(r->e.outbox, clock_mono_ms());
	outbox_keyd_up(r->e.outbox);
	assert_int_equal(r->asked, 1);
	turn_flush(r->e.turn);
	assert_int_equal(r->asked, 2);
}

/* Receipts come in one turn with signatures: a relay must not have one that is lost. */
static void a_signature_is_not_sent_before_it_is_on_disk(void **state)
{
	static char later[] = "later";
	static char none[] = "";
	struct rig *r = *state;
	struct ipcbridge_receipt receipt = {
		.seq = 999, .relay = r->urls[0], .verdict = later, .text = none};
	uint64_t seq = add_result(r, 1);

	r->nrelays = 1;
	r->bridge_up = true;
	outbox_bridge_up(r->e.outbox);
	take_signature(r, seq);
	outbox_receipt(r->e.outbox, &receipt); /* of a row that is gone */
	assert_int_equal(r->published, 0);
	turn_flush(r->e.turn);
	assert_int_equal(r->published, 1);
}

/* Each look reads a row, whether loom-keyd has room for it or not. */
static void loom_keyd_is_asked_once_for_all_of_a_turn(void **state)
{
	struct rig *r = *state;

	r->keyd_up = false;
	for (uint8_t n = 1; n <= 3; n++)
		(void)write_result(r, n);
	turn_flush(r->e.turn);
	r->keyd_up = true;
	r->keyd_full = true;
	(void)write_result(r, 4);
	(void)write_result(r, 5);
	turn_flush(r->e.turn);
	assert_int_equal(r->asked, 1);
}

/* The engine was away for two days with a result that nobody had: it is tried now. */
static void what_grew_old_while_we_were_away_is_tried(void **state)
{
	struct rig *r = *state;
	uint64_t seq = add_result(r, 1);

	sign(r, seq);
	outbox_free(r->e.outbox);
	clock_shift_wall_ms(2ll * DAY_MS);
	r->e.outbox = outbox_new(&r->e, on_reported);
	r->bridge_up = true;
	outbox_bridge_up(r->e.outbox);
	outbox_tick(r->e.outbox, clock_mono_ms());
	turn_flush(r->e.turn);
	assert_true(is_open(r, seq));
	assert_int_equal(r->reported, 0);
	outbox_tick(r->e.outbox, clock_mono_ms() + 3600000);
	turn_flush(r->e.turn);
	assert_false(is_open(r, seq));
	assert_int_equal(r->reported, 1);
}

/* A machine without a battery begins in 1970. */
static void a_young_clock_is_no_bug(void **state)
{
	struct rig *r = *state;
	uint64_t seq = add_result(r, 1);

	clock_shift_wall_ms(3600000 - (int64_t)clock_wall_ms());
	outbox_tick(r->e.outbox, clock_mono_ms() + 3600000);
	turn_flush(r->e.turn);
	assert_true(is_open(r, seq));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_relays_together_do_not_flood_the_bridge),
		TEST(a_relay_that_was_not_asked_gets_nothing),
		TEST(what_was_not_signed_is_asked_for_again),
		TEST(a_row_is_not_asked_for_before_it_is_on_disk),
		TEST(a_signature_is_not_sent_before_it_is_on_disk),
		TEST(loom_keyd_is_asked_once_for_all_of_a_turn),
		TEST(what_grew_old_while_we_were_away_is_tried),
		TEST(a_young_clock_is_no_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
