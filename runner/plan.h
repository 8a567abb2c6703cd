/* SPDX-License-Identifier: MIT */
/*
 * What loom-runner tells a shim when it starts it: where, as whom, within which limits.
 * All of it comes from the root-owned configuration, nothing from the engine, and none
 * of it is secret. Then the one job that the shim will run, and what it says back.
 * These travel as records over a socket pair; the shim finds its descriptors at fixed
 * numbers.
 */
#ifndef LOOM_RUNNER_PLAN_H
#define LOOM_RUNNER_PLAN_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"
#include "runner/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Descriptors of a shim at its start. */
enum plan_fd {
	PLAN_FD_CONTROL = 3, /* socket to the runner */
	PLAN_FD_PLAN = 4,    /* memfd: a struct plan */
	PLAN_FD_FILTER = 5,  /* memfd: the seccomp program of jobs */
	PLAN_FD_SLOT = 6,    /* lock of the slot, held until the shim ends */
	PLAN_FD_ALIVE = 7,   /* kept open for the janitor; -1 without groups */
	PLAN_FD_NETNS = 8,   /* an unused network namespace, when plan.netns says so */
};

#define PLAN_SLOT_MAX 24

/* One thing that a control group can do for us. */
enum plan_cgroup {
	PLAN_MEMORY,
	PLAN_PIDS,
	PLAN_CPU,   /* the share */
	PLAN_USAGE, /* processor time used */
	PLAN_KILL,
	PLAN_CGROUPS
};

/* Where to make groups for it: version 0 means that nothing does. */
struct plan_place {
	uint64_t version;
	char folder[CAP_RUN_PATH];
};

struct plan {
	char backend[32];
	char slot[PLAN_SLOT_MAX]; /* names the group: "u62000", or "s0" without root */
	uint64_t root;            /* 1: the shim is root and the job gets uid */
	uint64_t uid;
	uint64_t outbound; /* 1: public addresses, 0: no network */
	uint64_t netns;    /* 1: PLAN_FD_NETNS is there */
	uint64_t memory_bytes;
	uint64_t processes;
	uint64_t cpu_percent;
	uint64_t disk_bytes;
	uint64_t files;
	uint64_t output_kill_bytes;
	uint64_t grace_ms;
	uint64_t log_level;         /* enum log_level */
	char sandbox[CAP_RUN_PATH]; /* RUN_DIR/sandbox: etc/, init, mnt/ */
	char init[CAP_RUN_PATH];    /* the program loom-init */
	struct plan_place places[PLAN_CGROUPS];
};

void plan_write(struct buf *out, const struct plan *p);
MUST_USE enum lerr_code plan_parse(struct plan *out, struct str text, struct lerr *err);

/* runner -> shim, once: run this. Beside it the folder of the spool entry, its lock, a
 * memfd with arguments and environment (NUL-terminated strings in that order) and, when
 * stdin_bytes > 0, a regular file with stdin. */
struct plan_job {
	char job[65];
	uint64_t nargs;
	uint64_t nenv;
	uint64_t bytes; /* of the memfd */
	uint64_t stdin_bytes;
	uint64_t limit_ms;
};

void plan_write_job(struct buf *out, const struct plan_job *j);
MUST_USE enum lerr_code plan_parse_job(struct plan_job *out, struct str text,
				       struct lerr *err);

/* shim -> runner. */
#define PLAN_READY "ready"     /* the sandbox is built and waits */
#define PLAN_FAILED "failed"   /* it cannot be built: text; the shim ends */
#define PLAN_RUNNING "running" /* exec happened at unix time value ms */
#define PLAN_ENDED \
	"ended" /* the status is written; value 1: but it cannot die.
				  Beside it maybe a network namespace that is like new */

struct plan_note {
	char kind[12];
	uint64_t value;
	char text[CAP_REASON_BYTES + 1];
};

void plan_write_note(struct buf *out, const struct plan_note *n);
MUST_USE enum lerr_code plan_parse_note(struct plan_note *out, struct str text,
					struct lerr *err);

#endif
