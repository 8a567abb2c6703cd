/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/db.h"

#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <sys/stat.h>

static const char *const one_step[] = {
	"CREATE TABLE t (k BLOB PRIMARY KEY, n INTEGER, s TEXT) STRICT;",
};
static const char *const two_steps[] = {
	"CREATE TABLE t (k BLOB PRIMARY KEY, n INTEGER, s TEXT) STRICT;",
	"ALTER TABLE t ADD COLUMN extra INTEGER; INSERT INTO t (k, n) VALUES (x'ff', 9);",
};

static struct db *open_it(void **state, const char *const *steps, size_t n)
{
	auto_free char *path = unit_path(state, "x.db");
	struct db *d = NULL;
	struct lerr err = {0};

	if (db_open(&d, path, steps, n, &err))
		fail_msg("%s", err.msg);
	return d;
}

static void put(struct db *d, uint8_t key, uint64_t n)
{
	struct id32 id = unit_small_id(key);
	struct dbq *q = db_query(d, "INSERT INTO t (k, n, s) VALUES (?1, ?2, 'x')");

	db_bind_id32(q, 1, &id);
	db_bind_u64(q, 2, n);
	assert_true(db_run_unique(q));
}

static uint64_t rows(struct db *d)
{
	struct dbq *q = db_query(d, "SELECT count(*) FROM t");
	uint64_t n;

	assert_true(db_row(q));
	n = db_col_u64(q, 0);
	db_done(q);
	return n;
}

static void values_come_back(void **state)
{
	struct db *d = open_it(state, one_step, 1);
	struct id32 id = unit_small_id(5);
	struct dbq *q = db_query(d, "INSERT INTO t (k, n, s) VALUES (?1, ?2, ?3)");

	db_bind_id32(q, 1, &id);
	db_bind_u64(q, 2, INT64_MAX);
	db_bind_text(q, 3, (struct str){"a\0b", 3});
	assert_int_equal(db_run(q), 1);
	q = db_query(d, "SELECT k, n, s, NULL FROM t");
	assert_true(db_row(q));
	id = db_col_id32(q, 0);
	assert_int_equal(id.b[31], 5);
	assert_int_equal(db_col_u64(q, 1), INT64_MAX);
	assert_int_equal(db_col_text(q, 2).n, 3);
	assert_true(db_col_is_null(q, 3));
	assert_false(db_row(q));
	db_close(d);
}

static void a_second_key_is_told_not_fatal(void **state)
{
	struct db *d = open_it(state, one_step, 1);
	struct id32 id = unit_small_id(1);
	struct dbq *q;

	put(d, 1, 1);
	q = db_query(d, "INSERT INTO t (k, n, s) VALUES (?1, ?2, 'x')");
	db_bind_id32(q, 1, &id);
	db_bind_u64(q, 2, 2);
	assert_false(db_run_unique(q));
	assert_int_equal(rows(d), 1);
	db_close(d);
}

static void an_undone_savepoint_takes_its_writes_alone(void **state)
{
	struct db *d = open_it(state, one_step, 1);

	db_begin(d);
	db_savepoint(d);
	put(d, 1, 1);
	db_savepoint_keep(d);
	db_savepoint(d);
	put(d, 2, 2);
	db_savepoint_undo(d);
	db_savepoint(d);
	put(d, 3, 3);
	db_savepoint_keep(d);
	db_commit(d);
	assert_int_equal(rows(d), 2);
	db_begin(d);
	put(d, 4, 4);
	db_rollback(d);
	assert_int_equal(rows(d), 2);
	db_close(d);
}

static void what_was_committed_is_there_after_a_reopen(void **state)
{
	struct db *d = open_it(state, one_step, 1);

	db_begin(d);
	put(d, 1, 1);
	db_commit(d);
	db_begin(d);
	put(d, 2, 2);
	/* no commit: a process that dies here has done nothing */
	db_close(d);
	d = open_it(state, one_step, 1);
	assert_int_equal(rows(d), 1);
	db_close(d);
}

static void migrations_run_once_and_in_order(void **state)
{
	struct db *d = open_it(state, one_step, 1);

	put(d, 1, 1);
	db_close(d);
	d = open_it(state, two_steps, 2);
	assert_int_equal(rows(d), 2);
	db_close(d);
	d = open_it(state, two_steps, 2);
	assert_int_equal(rows(d), 2);
	db_close(d);
}

static void nobody_else_may_read_it(void **state)
{
	static const char *const names[] = {"x.db", "x.db.lock", "x.db-wal"};
	struct db *d = open_it(state, one_step, 1);
	struct stat st;

	put(d, 1, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		auto_free char *path = unit_path(state, names[i]);

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	db_close(d);
}

static void a_newer_file_is_refused(void **state)
{
	auto_free char *path = unit_path(state, "x.db");
	struct db *d = open_it(state, two_steps, 2);
	struct lerr err = {0};

	db_close(d);
	assert_int_equal(db_open(&d, path, one_step, 1, &err), LERR_STATE);
	assert_has(err.msg, "newer");
}

static void a_second_process_is_refused(void **state)
{
	auto_free char *path = unit_path(state, "x.db");
	struct db *d = open_it(state, one_step, 1);
	struct db *other = NULL;
	struct lerr err = {0};

	assert_int_equal(db_open(&other, path, one_step, 1, &err), LERR_STATE);
	assert_has(err.msg, "in use");
	assert_null(other);
	db_close(d);
	d = open_it(state, one_step, 1);
	db_close(d);
}

static void a_file_of_another_kind_is_refused(void **state)
{
	auto_free char *path = unit_path(state, "x.db");
	struct db *d = NULL;
	struct lerr err = {0};

	unit_write(state, "x.db", "this is a letter, not a database, and a long one",
		   0600);
	assert_int_equal(db_open(&d, path, one_step, 1, &err), LERR_INPUT);
	assert_null(d);
}

static void run_nonsense(void *arg)
{
	(void)db_query(arg, "SELECT nothing FROM nowhere");
}

static void our_own_mistakes_panic(void **state)
{
	struct db *d = open_it(state, one_step, 1);

	assert_true(unit_panics(run_nonsense, d));
	db_close(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_come_back),
		TEST(a_second_key_is_told_not_fatal),
		TEST(an_undone_savepoint_takes_its_writes_alone),
		TEST(what_was_committed_is_there_after_a_reopen),
		TEST(migrations_run_once_and_in_order),
		TEST(nobody_else_may_read_it),
		TEST(a_newer_file_is_refused),
		TEST(a_second_process_is_refused),
		TEST(a_file_of_another_kind_is_refused),
		TEST(our_own_mistakes_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
