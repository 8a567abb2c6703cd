/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/slots.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

enum { LATER_MS = 1000 * 1000 };

/* cat(1) as a shim: it heeds no message, and ends when its stdin does. */
struct rig {
	struct spool spool;
	struct plan plan;
	struct slots *slots;
	int stdin_before;
	int life;
};

static void on_job(void *ctx UNUSED, const struct id32 *job UNUSED)
{
}

static void on_running(void *ctx UNUSED, const struct id32 *job UNUSED,
		       uint64_t ms UNUSED)
{
}

static void on_cannot(void *ctx UNUSED, const char *why UNUSED)
{
}

static void rig_start(struct rig *rig, void **state)
{
	auto_free char *path = unit_path(state, "spool");
	const struct slots_events ev = {NULL, on_running, on_job, on_job, on_cannot};
	struct slots_setup setup = {.plan = &rig->plan,
				    .shim = "/bin/cat",
				    .alive_fd = -1,
				    .spool = &rig->spool,
				    .n = 1};
	int ends[2];

	rig->plan = (struct plan){.outbound = 1};
	assert_int_equal(spool_open(&rig->spool, path, NULL), LERR_OK);
	setup.filter_fd = rig->spool.folder;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	rig->stdin_before = dup(STDIN_FILENO);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(ends[0]);
	rig->life = ends[1];
	rig->slots = slots_new(&setup, &ev);
}

static void rig_end(struct rig *rig)
{
	fdio_close(&rig->life);
	assert_true(slots_free(rig->slots));
	assert_int_equal(dup2(rig->stdin_before, STDIN_FILENO), STDIN_FILENO);
	fdio_close(&rig->stdin_before);
	spool_close(&rig->spool);
}

/* Start what is due; how many shims live then. */
static size_t tick(struct rig *rig)
{
	uint64_t next = UINT64_MAX;

	slots_tick(rig->slots, clock_mono_ms() + LATER_MS, &next);
	return slots_npolls(rig->slots) / 2;
}

static void a_shim_that_was_sent_away_is_awaited(void **state)
{
	struct rig rig;
	struct pollfd p[2];

	rig_start(&rig, state);
	assert_int_equal(tick(&rig), 1);
	/* all that wait have a network, so all are sent away */
	slots_forgo_network(rig.slots);
	assert_int_equal(tick(&rig), 1);
	assert_int_equal(tick(&rig), 1);
	fdio_close(&rig.life);
	assert_int_equal(slots_fill(rig.slots, p), 2);
	assert_int_equal(p[0].fd, -1);
	assert_int_equal(poll(p, 2, -1), 1);
	slots_handle(rig.slots, p, 2);
	assert_int_equal(slots_npolls(rig.slots), 0);
	assert_int_equal(tick(&rig), 1);
	rig_end(&rig);
}

static void no_job_is_started_beside_one(void **state)
{
	struct rig rig;
	struct slots_job job = {.id = unit_small_id(1), .stdin_fd = -1};
	size_t slot;

	rig_start(&rig, state);
	assert_int_equal(tick(&rig), 1);
	slots_forgo_network(rig.slots);
	assert_int_equal(spool_make_job(&rig.spool, &job.folder, &job.id, NULL), LERR_OK);
	job.words_fd = job.folder;
	assert_int_equal(slots_start(rig.slots, &slot, &job, NULL), LERR_TEMP);
	assert_int_equal(slots_npolls(rig.slots), 2);
	fdio_close(&job.folder);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_shim_that_was_sent_away_is_awaited,
						unit_folder_make, unit_folder_remove),
		cmocka_unit_test_setup_teardown(no_job_is_started_beside_one,
						unit_folder_make, unit_folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
