/* SPDX-License-Identifier: MIT */
/*
 * The spool: RUN_DIR/spool, one folder a job, the contract between loom-runner (before
 * and after) and loom-shim (while the job lives). docs/sandbox.md describes it for
 * people. All of it is root's, mode 0700, and best on tmpfs: writes are atomic, not
 * durable, since a reboot ends the jobs anyway.
 *
 *	id		who this spool is; made once
 *	lock		held by the runner that uses it
 *	u62000.lock	held by the runner and by every shim of that slot
 *	<job>/own	runner: it is a probe of ours, not a job of the engine
 *	<job>/lock	runner: who runs the job. Held (flock) while the shim lives
 *	<job>/verdict	exclusive: "run" by the shim before exec, or "void" by the runner
 *	<job>/started	shim: exec happened
 *	<job>/stdout, stderr, stdout.tail, stderr.tail	shim
 *	<job>/status	shim, by rename: how it ended
 *
 * No status and a free lock mean that the shim was killed: the job is lost. No verdict
 * and a free lock mean that it never ran.
 */
#ifndef LOOM_RUNNER_SPOOL_H
#define LOOM_RUNNER_SPOOL_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/proc.h"
#include "runner/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define SPOOL_STDOUT "stdout"
#define SPOOL_STDERR "stderr"
#define SPOOL_STDOUT_TAIL "stdout.tail"
#define SPOOL_STDERR_TAIL "stderr.tail"

/* No user id below this one can belong to jobs (JOB_UID_FIRST). */
#define SPOOL_UID_FIRST 1000

/* Content of <job>/lock. */
struct spool_holder {
	char slot[PLAN_SLOT_MAX];
	uint64_t uid; /* of the job's processes, 0 when they have the runner's own */
	uint64_t shim_pid;
	uint64_t shim_start; /* proc_start_ticks() */
	char boot_id[sizeof(struct proc_boot)];
};

#define SPOOL_RUN "run"
#define SPOOL_VOID "void"

/* Content of <job>/verdict. */
struct spool_verdict {
	char verdict[8];
	uint64_t init_pid; /* first process of the sandbox; killing it kills all of it */
	uint64_t init_start;
};

/* Content of <job>/started. */
struct spool_started {
	uint64_t started_ms; /* unix time */
};

/* Content of <job>/status: what result_is says. */
struct spool_status {
	char reason[24]; /* a word of reason.h */
	char text[CAP_REASON_BYTES + 1];
	uint64_t started;
	uint64_t exit_code;
	uint64_t signal;
	uint64_t started_ms;
	uint64_t ended_ms;
	uint64_t wall_ms;
	uint64_t cpu_us;
	char cpu_source[9];
	uint64_t mem_peak_bytes;
	uint64_t oom_kills;
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
};

#define SPOOL_ID_CHARS 32

struct spool {
	int folder;
	int lock;
	char id[SPOOL_ID_CHARS + 1];
};

/* Open RUN_DIR/spool, made when it is not there. LERR_STATE: another runner uses it. */
MUST_USE enum lerr_code spool_open(struct spool *out, const char *path, struct lerr *err);
void spool_close(struct spool *s);

/* Lock of a slot, until every copy of *fd is closed. LERR_STATE: somebody has it. */
MUST_USE enum lerr_code spool_lock_slot(const struct spool *s, int *fd, const char *slot,
					struct lerr *err);

/* Make the folder of a job: the mutex of start and void. LERR_STATE: it is there. */
MUST_USE enum lerr_code spool_make_job(const struct spool *s, int *out_folder,
				       const struct id32 *job, struct lerr *err);
/* LERR_GONE when it is not there. */
MUST_USE enum lerr_code spool_open_job(const struct spool *s, int *out_folder,
				       const struct id32 *job, struct lerr *err);
/* Mark it as our own probe, which the engine does not know. */
MUST_USE enum lerr_code spool_mark_own(int folder, struct lerr *err);
bool spool_is_own(int folder);
/* Remove the folder with everything in it; fine when it is not there. */
MUST_USE enum lerr_code spool_remove_job(const struct spool *s, const struct id32 *job,
					 struct lerr *err);
/* Call fn for every job folder, at most CAP_SPOOL_JOBS; says how many there are. */
MUST_USE enum lerr_code spool_each_job(const struct spool *s,
				       void (*fn)(void *ctx, const struct id32 *job),
				       void *ctx, size_t *count, struct lerr *err);

/* Write and take <job>/lock. *out_fd is to be handed to the shim. */
MUST_USE enum lerr_code spool_hold(int folder, int *out_fd, const struct spool_holder *h,
				   struct lerr *err);
/* Is the lock held by anybody? False too when the file is missing. */
bool spool_is_held(int folder);
MUST_USE enum lerr_code spool_read_holder(int folder, struct spool_holder *out,
					  struct lerr *err);

/* The one verdict. LERR_STATE: there is one already; then read it. */
MUST_USE enum lerr_code spool_write_verdict(int folder, const struct spool_verdict *v,
					    struct lerr *err);
/* LERR_GONE: none yet. */
MUST_USE enum lerr_code spool_read_verdict(int folder, struct spool_verdict *out,
					   struct lerr *err);

MUST_USE enum lerr_code spool_write_started(int folder, const struct spool_started *s,
					    struct lerr *err);
MUST_USE enum lerr_code spool_read_started(int folder, struct spool_started *out,
					   struct lerr *err);

/* Take disk space for the status before the job runs, so that the job cannot use it up.
 * The descriptor is for spool_write_status(). */
MUST_USE enum lerr_code spool_reserve_status(int folder, int *out_fd, struct lerr *err);
/* All or nothing. The descriptor stays the caller's. */
MUST_USE enum lerr_code spool_write_status(int folder, int fd,
					   const struct spool_status *s,
					   struct lerr *err);
/* The same without a shim, over what a dead one had reserved. */
MUST_USE enum lerr_code spool_conclude(int folder, const struct spool_status *s,
				       struct lerr *err);
MUST_USE enum lerr_code spool_read_status(int folder, struct spool_status *out,
					  struct lerr *err);

/* The records alone, for tests and fuzzing. */
void spool_encode_holder(struct buf *out, const struct spool_holder *h);
MUST_USE enum lerr_code spool_decode_holder(struct spool_holder *out, struct str text,
					    struct lerr *err);
void spool_encode_verdict(struct buf *out, const struct spool_verdict *v);
MUST_USE enum lerr_code spool_decode_verdict(struct spool_verdict *out, struct str text,
					     struct lerr *err);
void spool_encode_status(struct buf *out, const struct spool_status *s);
MUST_USE enum lerr_code spool_decode_status(struct spool_status *out, struct str text,
					    struct lerr *err);

#endif
