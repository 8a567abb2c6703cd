/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/bridgedb.h"
#include "bridge/resume.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"

enum { NOW = 2000000, FIRST = 86400 };

static const char *const urls[] = {"wss://a", "wss://b"};

static int setup(void **state)
{
	struct db *db = NULL;

	assert_int_equal(bridgedb_open(&db, ":memory:", NULL), LERR_OK);
	*state = db;
	return 0;
}

static int teardown(void **state)
{
	db_close(*state);
	return 0;
}

static void a_new_relay_is_read_from_the_backlog_window_on(void **state)
{
	struct resume *r = resume_new(*state, urls, 2);

	assert_int_equal(resume_since(r, 0, NOW, FIRST), NOW - FIRST);
	assert_int_equal(resume_since(r, 0, 100, FIRST), 0);
	assert_int_equal(resume_since(r, 0, NOW, 30 * 86400), NOW - CAP_BACKLOG_S);
	resume_free(r);
}

static void a_known_relay_is_read_from_the_last_stored_event_with_overlap(void **state)
{
	struct resume *r = resume_new(*state, urls, 2);

	resume_note(r, 0, NOW - 100, NOW);
	resume_note(r, 0, NOW - 5000, NOW); /* older ones change nothing */
	assert_int_equal(resume_since(r, 0, NOW, FIRST),
			 NOW - 100 - CAP_RESUME_OVERLAP_S);
	assert_int_equal(resume_since(r, 1, NOW, FIRST), NOW - FIRST);
	/* a long time later: not from the beginning of the world */
	assert_int_equal(resume_since(r, 0, NOW + 10 * CAP_BACKLOG_S, FIRST),
			 NOW + 9 * CAP_BACKLOG_S);
	resume_free(r);
}

static void an_event_from_the_future_hides_nothing(void **state)
{
	struct resume *r = resume_new(*state, urls, 2);

	resume_note(r, 0, NOW + 800, NOW);
	assert_int_equal(resume_since(r, 0, NOW, FIRST), NOW - CAP_RESUME_OVERLAP_S);
	/* and when our clock has gone back, it is not ahead of it either */
	assert_int_equal(resume_since(r, 0, NOW - 5000, FIRST),
			 NOW - 5000 - CAP_RESUME_OVERLAP_S);
	resume_free(r);
}

static void what_was_written_is_there_again(void **state)
{
	struct resume *r = resume_new(*state, urls, 2);

	assert_false(resume_is_dirty(r));
	resume_note(r, 1, NOW - 7, NOW);
	assert_true(resume_is_dirty(r));
	resume_write(r);
	assert_false(resume_is_dirty(r));
	db_commit(*state);
	resume_note(r, 1, NOW - 1, NOW);
	resume_write(r);
	db_commit(*state);
	resume_free(r);
	r = resume_new(*state, urls, 2);
	assert_int_equal(resume_since(r, 1, NOW, FIRST), NOW - 1 - CAP_RESUME_OVERLAP_S);
	assert_int_equal(resume_since(r, 0, NOW, FIRST), NOW - FIRST);
	resume_free(r);
}

static void what_was_forgotten_is_read_from_the_beginning(void **state)
{
	struct resume *r = resume_new(*state, urls, 2);

	resume_note(r, 0, NOW - 7, NOW);
	resume_write(r);
	resume_forget(r);
	assert_true(resume_is_dirty(r));
	assert_int_equal(resume_since(r, 0, NOW, FIRST), NOW - FIRST);
	resume_write(r);
	db_commit(*state);
	resume_free(r);
	r = resume_new(*state, urls, 2);
	assert_int_equal(resume_since(r, 0, NOW, FIRST), NOW - FIRST);
	resume_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_new_relay_is_read_from_the_backlog_window_on),
		T(a_known_relay_is_read_from_the_last_stored_event_with_overlap),
		T(an_event_from_the_future_hides_nothing),
		T(what_was_written_is_there_again),
		T(what_was_forgotten_is_read_from_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
