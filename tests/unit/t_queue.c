/* SPDX-License-Identifier: MIT */
/* engine/queue.c with the real mover and a made-up runner. */
#include "config.h"

#include "engine/queue.h"

#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/runs.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbschema.h"
#include "tests/unit/unit.h"

static bool frozen;
static uint64_t slots;

bool clockwatch_is_frozen(const struct clockwatch *w)
{
	(void)w;
	return frozen;
}

uint64_t runs_free_slots(const struct runs *r)
{
	(void)r;
	return slots;
}

static void (*const no_effects[JFX_CLOSE + 1])(struct engine *e, struct dbjob *j);

static int build(void **state)
{
	struct engine *e = mem_zalloc(sizeof(*e));

	if (dbschema_open(&e->db, ":memory:", NULL))
		return -1;
	db_begin(e->db);
	e->effects = no_effects;
	frozen = false;
	slots = 0;
	*state = e;
	return 0;
}

static int tear_down(void **state)
{
	struct engine *e = *state;

	clock_shift_wall_ms(0);
	db_commit(e->db);
	db_close(e->db);
	mem_free(e);
	return 0;
}

static void add(struct engine *e, uint8_t n)
{
	struct dbjob j = {.id = unit_small_id(n),
			  .state = JOB_RECEIVED,
			  .received_at = clock_wall_ms()};

	assert_true(dbjob_insert(e->db, &j));
	jobs_added(e, &j);
	jobs_move(e, &j, JEV_ACCEPT, STR_LIT(""));
}

static struct dbjob get(struct engine *e, uint8_t n)
{
	struct id32 id = unit_small_id(n);
	struct dbjob j = {0};

	assert_true(dbjob_get(e->db, &j, &id));
	return j;
}

static void free_slots_go_to_the_oldest(void **state)
{
	struct engine *e = *state;

	for (uint8_t n = 1; n <= 3; n++)
		add(e, n);
	slots = 2;
	queue_pump(e);
	assert_int_equal(get(e, 1).state, JOB_PREPARING);
	assert_int_equal(get(e, 2).state, JOB_PREPARING);
	assert_int_equal(get(e, 3).state, JOB_QUEUED);
}

static void a_job_waits_a_day_and_is_answered_then(void **state)
{
	struct engine *e = *state;

	add(e, 1);
	clock_shift_wall_ms(3600000);
	add(e, 2);
	clock_shift_wall_ms(CAP_QUEUED_MS - 60000);
	queue_expire(e);
	assert_int_equal(get(e, 1).state, JOB_QUEUED);
	clock_shift_wall_ms(CAP_QUEUED_MS + 1000);
	queue_expire(e);
	assert_int_equal(get(e, 1).state, JOB_SETTLING);
	assert_string_equal(get(e, 1).reason, "fault_host");
	assert_int_equal(get(e, 2).state, JOB_QUEUED);
}

static void a_clock_that_jumps_expires_nothing(void **state)
{
	struct engine *e = *state;

	add(e, 1);
	clock_shift_wall_ms(2 * CAP_QUEUED_MS);
	frozen = true;
	queue_expire(e);
	assert_int_equal(get(e, 1).state, JOB_QUEUED);
}

static void a_long_queue_expires_in_pieces(void **state)
{
	struct engine *e = *state;
	uint64_t before;

	for (uint8_t n = 1; n <= 200; n++)
		add(e, n);
	clock_shift_wall_ms(2 * CAP_QUEUED_MS);
	before = e->counts[JOB_QUEUED];
	queue_expire(e);
	assert_in_range(e->counts[JOB_QUEUED], 1, before - 1);
	for (int i = 0; i < 20; i++)
		queue_expire(e);
	assert_int_equal(e->counts[JOB_QUEUED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
		T(free_slots_go_to_the_oldest),
		T(a_job_waits_a_day_and_is_answered_then),
		T(a_clock_that_jumps_expires_nothing),
		T(a_long_queue_expires_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
