/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/turn.h"

#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "tests/unit/unit.h"

static const char *const steps[] = {"CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT;"};

struct rig {
	uv_loop_t loop;
	struct db *db;
	struct turn *turn;
	uint64_t ran;        /* arguments of what ran, as digits */
	bool in_transaction; /* was one open when it ran? */
};

static int build(void **state)
{
	struct rig *r = mem_zalloc(sizeof(*r));

	if (uv_loop_init(&r->loop) || db_open(&r->db, ":memory:", steps, 1, NULL))
		return -1;
	r->turn = turn_new(&r->loop, r->db);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	turn_free(r->turn);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&r->loop);
	db_close(r->db);
	mem_free(r);
	return 0;
}

static void put(struct rig *r, uint64_t n)
{
	struct dbq *q = db_query(r->db, "INSERT INTO t (n) VALUES (?1)");

	db_bind_u64(q, 1, n);
	(void)db_run(q);
}

static uint64_t rows(struct rig *r)
{
	struct dbq *q = db_query(r->db, "SELECT count(*) FROM t");
	uint64_t n;

	assert_true(db_row(q));
	n = db_col_u64(q, 0);
	db_done(q);
	return n;
}

static void note(void *ctx, uint64_t arg)
{
	struct rig *r = ctx;

	r->ran = r->ran * 10 + arg;
	r->in_transaction = r->in_transaction || db_in_transaction(r->db);
}

static void message(struct rig *r, uint64_t n, bool keep)
{
	turn_enter(r->turn);
	put(r, n);
	turn_after(r->turn, note, r, n);
	turn_leave(r->turn, keep);
}

static void what_is_asked_for_once_runs_once_a_commit(void **state)
{
	struct rig *r = *state;

	for (uint64_t n = 1; n <= 3; n++) {
		turn_enter(r->turn);
		put(r, n);
		turn_after_once(r->turn, note, r, 7);
		turn_after(r->turn, note, r, n);
		/* the third is taken back, and what the first asked for stays */
		turn_leave(r->turn, n != 3);
	}
	assert_int_equal(r->ran, 0);
	turn_flush(r->turn);
	assert_int_equal(r->ran, 712);
	message(r, 4, true);
	turn_after_once(r->turn, note, r, 7);
	turn_flush(r->turn);
	assert_int_equal(r->ran, 71247);
	assert_false(r->in_transaction);
}

static void one_that_is_taken_back_can_be_asked_for_again(void **state)
{
	struct rig *r = *state;

	for (uint64_t n = 0; n < 2; n++) {
		turn_enter(r->turn);
		put(r, 1);
		turn_after_once(r->turn, note, r, 7);
		turn_leave(r->turn, n == 1);
	}
	turn_flush(r->turn);
	assert_int_equal(r->ran, 7);
	assert_int_equal(rows(r), 1);
}

static void nothing_is_told_before_the_commit(void **state)
{
	struct rig *r = *state;

	message(r, 1, true);
	message(r, 2, true);
	assert_true(db_in_transaction(r->db));
	assert_int_equal(r->ran, 0);
	turn_flush(r->turn);
	assert_false(db_in_transaction(r->db));
	assert_int_equal(r->ran, 12);
	assert_false(r->in_transaction);
	assert_int_equal(rows(r), 2);
}

/* One poisonous message of a batch takes nothing of the others with it. */
static void an_undone_message_tells_nothing(void **state)
{
	struct rig *r = *state;

	message(r, 1, true);
	message(r, 2, false);
	message(r, 3, true);
	turn_flush(r->turn);
	assert_int_equal(r->ran, 13);
	assert_int_equal(rows(r), 2);
}

static void write_again(void *ctx, uint64_t arg)
{
	struct rig *r = ctx;

	if (arg == 0)
		return;
	turn_enter(r->turn);
	put(r, 100 + arg);
	turn_after(r->turn, note, r, arg);
	turn_after(r->turn, write_again, r, arg - 1);
	turn_leave(r->turn, true);
}

static void what_follows_a_commit_is_committed_too(void **state)
{
	struct rig *r = *state;

	turn_after(r->turn, write_again, r, 3);
	turn_flush(r->turn);
	assert_int_equal(r->ran, 321);
	assert_int_equal(rows(r), 3);
	assert_false(db_in_transaction(r->db));
}

static void on_timer(uv_timer_t *t)
{
	message(t->data, 7, true);
	uv_close((uv_handle_t *)t, NULL);
}

static void the_loop_commits_before_it_waits(void **state)
{
	struct rig *r = *state;
	uv_timer_t t;

	assert_int_equal(uv_timer_init(&r->loop, &t), 0);
	t.data = r;
	assert_int_equal(uv_timer_start(&t, on_timer, 0, 0), 0);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	/* the last handle is gone before the loop would have waited: one more look */
	turn_flush(r->turn);
	assert_int_equal(r->ran, 7);
	assert_int_equal(rows(r), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_told_before_the_commit),
		TEST(an_undone_message_tells_nothing),
		TEST(what_follows_a_commit_is_committed_too),
		TEST(the_loop_commits_before_it_waits),
		TEST(what_is_asked_for_once_runs_once_a_commit),
		TEST(one_that_is_taken_back_can_be_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
