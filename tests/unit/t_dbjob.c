/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbjob.h"

#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

#include <string.h>

static int open_it(void **state)
{
	struct db *d = NULL;

	if (dbschema_open(&d, ":memory:", NULL))
		return -1;
	*state = d;
	return 0;
}

static int close_it(void **state)
{
	db_close(*state);
	return 0;
}

static struct dbjob add(struct db *d, uint8_t id)
{
	struct dbjob j = {.id = unit_small_id(id),
			  .customer = unit_small_id(200),
			  .state = JOB_RECEIVED,
			  .created_at_s = 1791400000u + id,
			  .received_at = 1000u + id,
			  .moved_at = 1000u + id};

	assert_true(dbjob_insert(d, &j));
	return j;
}

static void move(struct db *d, struct dbjob *j, enum job_state next, enum job_event ev)
{
	assert_true(dbjob_move(d, j, next, 5000, ev, STR_LIT("why")));
}

static void a_job_comes_back_whole(void **state)
{
	struct db *d = *state;
	struct dbjob j = add(d, 1);
	struct dbjob got;

	str_copy(j.reason, sizeof(j.reason), STR_LIT("exit"));
	str_copy(j.error, sizeof(j.error), STR_LIT("words"));
	dbjob_set_reason(d, &j);
	j.attempts = 2;
	j.limit_s = 900;
	str_copy(j.spool, sizeof(j.spool), STR_LIT("abc"));
	dbjob_set_run(d, &j);
	j.started_at = 11;
	dbjob_set_started(d, &j);
	j.ended_at = 12;
	j.exit_code = 3;
	j.wall_ms = 1501;
	j.cpu_us = 7;
	j.mem_peak_bytes = 8;
	j.stdout_total = 9;
	j.stderr_total = 10;
	j.out = (struct dbjob_blob){true, unit_small_id(77), 9};
	dbjob_set_ended(d, &j);
	str_copy(j.status, sizeof(j.status), STR_LIT("running"));
	j.status_at_s = 13;
	dbjob_set_status(d, &j);
	j.cancel_at = 14;
	dbjob_set_cancel(d, &j);
	j.resent_at = 15;
	dbjob_set_resent(d, &j);
	assert_true(dbjob_get(d, &got, &j.id));
	assert_memory_equal(&got, &j, sizeof(j));
	assert_true(dbjob_get_seq(d, &got, j.seq));
	assert_memory_equal(&got, &j, sizeof(j));
	assert_false(got.err.has);
}

static void the_same_id_is_stored_once(void **state)
{
	struct db *d = *state;
	struct dbjob j = add(d, 1);
	struct dbjob again = j;

	assert_false(dbjob_insert(d, &again));
}

static void only_the_expected_state_can_be_left(void **state)
{
	struct db *d = *state;
	struct dbjob j = add(d, 1);
	struct dbjob stale = j;

	move(d, &j, JOB_QUEUED, JEV_ACCEPT);
	assert_false(dbjob_move(d, &stale, JOB_REPORTING, 1, JEV_REFUSE, STR_LIT("")));
	assert_true(dbjob_get(d, &stale, &j.id));
	assert_int_equal(stale.state, JOB_QUEUED);
	assert_int_equal(stale.moved_at, 5000);
}

struct timeline {
	size_t n;
	struct dbjob_log last;
	char event[32];
};

static void note_row(void *ctx, const struct dbjob_log *row)
{
	struct timeline *t = ctx;

	t->n++;
	t->last = *row;
	str_copy(t->event, sizeof(t->event), row->event);
}

static void every_move_is_in_the_timeline(void **state)
{
	struct db *d = *state;
	struct dbjob j = add(d, 1);
	struct timeline t = {0};

	move(d, &j, JOB_QUEUED, JEV_ACCEPT);
	move(d, &j, JOB_PREPARING, JEV_START);
	dbjob_note(d, &j, 6000, "cancel", STR_LIT("asked"));
	dbjob_each_log(d, j.seq, note_row, &t);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.event, "cancel");
	assert_int_equal(t.last.old, JOB_PREPARING);
	assert_int_equal(t.last.next, JOB_PREPARING);
}

static void the_queue_is_in_order_of_arrival(void **state)
{
	struct db *d = *state;
	struct dbjob a = add(d, 9);
	struct dbjob b = add(d, 3);
	struct dbjob c = add(d, 6);
	struct dbjob got = {0};

	move(d, &c, JOB_QUEUED, JEV_ACCEPT);
	move(d, &b, JOB_QUEUED, JEV_ACCEPT);
	assert_int_equal(dbjob_count(d, JOB_QUEUED), 2);
	assert_true(dbjob_first(d, &got, JOB_QUEUED, 0));
	assert_int_equal(got.seq, b.seq);
	assert_int_equal(dbjob_count_before(d, JOB_QUEUED, c.seq), 1);
	assert_true(dbjob_first(d, &got, JOB_QUEUED, got.seq));
	assert_int_equal(got.seq, c.seq);
	assert_false(dbjob_first(d, &got, JOB_QUEUED, got.seq));
	assert_true(dbjob_first(d, &got, JOB_RECEIVED, 0));
	assert_int_equal(got.seq, a.seq);
}

struct seqs {
	uint64_t v[16];
	size_t n;
};

static void collect(void *ctx, const struct dbjob *j)
{
	struct seqs *s = ctx;

	s->v[s->n++] = j->seq;
}

static void pages_are_newest_first_and_filtered(void **state)
{
	struct db *d = *state;
	struct dbjob j[4];
	struct seqs s = {0};

	for (uint8_t i = 0; i < 4; i++)
		j[i] = add(d, (uint8_t)(i + 1));
	move(d, &j[0], JOB_REPORTING, JEV_REFUSE);
	move(d, &j[0], JOB_DONE, JEV_REPORTED);
	dbjob_page(d, DBJOB_ALL, JOB_NONE, 0, 3, collect, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.v[0], j[3].seq);
	s.n = 0;
	dbjob_page(d, DBJOB_ALL, JOB_NONE, j[1].seq, 3, collect, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0], j[0].seq);
	s.n = 0;
	dbjob_page(d, DBJOB_OPEN, JOB_NONE, 0, 10, collect, &s);
	assert_int_equal(s.n, 3);
	s.n = 0;
	dbjob_page(d, DBJOB_STATE, JOB_DONE, 0, 10, collect, &s);
	assert_int_equal(s.n, 1);
	s.n = 0;
	dbjob_page(d, DBJOB_STATE, JOB_RUNNING, 0, 10, collect, &s);
	assert_int_equal(s.n, 0);
}

static void a_request_is_kept_until_dropped(void **state)
{
	struct db *d = *state;
	struct dbjob j = add(d, 1);
	auto_buf struct buf raw = BUF_INIT(1024);

	dbjob_put_request(d, j.seq, STR_LIT("{\"id\":1}"));
	assert_true(dbjob_get_request(d, j.seq, &raw));
	assert_buf(raw, "{\"id\":1}");
	dbjob_drop_request(d, j.seq);
	buf_reset(&raw);
	assert_false(dbjob_get_request(d, j.seq, &raw));
}

/* Open jobs of all states, newest first, with a cursor between them. */
static void the_page_of_open_jobs_is_in_order(void **state)
{
	struct db *d = *state;
	static const uint64_t want[] = {18, 16, 15, 14, 13, 12, 11, 10, 9, 7};
	struct seqs s = {0};

	for (uint8_t i = 1; i <= 18; i++) {
		struct dbjob j = {.id = unit_small_id(i),
				  .state = (enum job_state)(1 + i % 9)};

		assert_true(dbjob_insert(d, &j));
	}
	dbjob_page(d, DBJOB_OPEN, JOB_NONE, 0, 5, collect, &s);
	dbjob_page(d, DBJOB_OPEN, JOB_NONE, s.v[4], 5, collect, &s);
	assert_int_equal(s.n, ARRAY_LEN(want));
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.v[i], want[i]);
}

static void counters_and_values_by_name(void **state)
{
	struct db *d = *state;

	assert_int_equal(dbmeta_counter(d, "completed"), 0);
	dbmeta_count(d, "completed", 1);
	dbmeta_count(d, "completed", 2);
	assert_int_equal(dbmeta_counter(d, "completed"), 3);
	assert_int_equal(dbmeta_get_u64(d, "x"), 0);
	dbmeta_set_u64(d, "x", 7);
	dbmeta_set_u64(d, "x", 8);
	assert_int_equal(dbmeta_get_u64(d, "x"), 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_it, close_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_comes_back_whole),
		TEST(the_same_id_is_stored_once),
		TEST(only_the_expected_state_can_be_left),
		TEST(every_move_is_in_the_timeline),
		TEST(the_queue_is_in_order_of_arrival),
		TEST(pages_are_newest_first_and_filtered),
		TEST(a_request_is_kept_until_dropped),
		TEST(the_page_of_open_jobs_is_in_order),
		TEST(counters_and_values_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
