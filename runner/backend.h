/* SPDX-License-Identifier: MIT */
/*
 * What runs a job: one const table a back end, listed in backend.c. Its code works
 * inside loom-shim, which does everything that is the same for all of them (time,
 * output, stop, status); only reap() is called by loom-runner, when a shim was killed.
 *
 * The life of a backend_job: prepare() before there is a job, launch() once, news until
 * nothing more can come, kill() in rising rounds until gone(). A back end never decides
 * why a job ended; it reports facts.
 */
#ifndef LOOM_RUNNER_BACKEND_H
#define LOOM_RUNNER_BACKEND_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"
#include "runner/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend_job; /* each back end has its own */

/* What the shim reads, writes and polls. None of them blocks; in, out and err become
 * the shim's, events stays the back end's. */
struct backend_pipes {
	int in;
	int out;
	int err;
	int events;
};

enum backend_what {
	BACKEND_READY,   /* prepared: launch() may be called */
	BACKEND_STARTED, /* exec happened, at boot_ns */
	BACKEND_REFUSED, /* it did not: exec_errno, program_exists */
	BACKEND_EXITED,  /* the main process ended, at boot_ns: wait_status */
	BACKEND_EMPTY,   /* nothing of the job runs any more */
	BACKEND_BROKEN,  /* no more news will come */
};

struct backend_news {
	enum backend_what what;
	uint64_t boot_ns;
	int wait_status;
	int exec_errno;
	bool program_exists;
};

/* Rounds of kill(). */
enum backend_round {
	BACKEND_KILL_INSIDE, /* by our own process beside the job, which then reports */
	BACKEND_KILL_HARD,   /* from outside, all that is known */
	BACKEND_KILL_LAST,   /* the broadest broom there is */
};

struct backend_usage {
	uint64_t cpu_us;
	const char *cpu_source; /* "cgroup", "sampled" or "none" */
	uint64_t mem_peak_bytes;
	uint64_t oom_kills;
};

/* How loom-runner knows what a dead shim has left. */
struct backend_remains {
	struct spool_holder holder;
	struct spool_verdict verdict;
	bool same_boot;
};

struct backend {
	const char *name;      /* BACKEND in the configuration */
	const char *isolation; /* for probe_is, when the runner is root */
	const char *isolation_rootless;

	MUST_USE enum lerr_code (*prepare)(struct backend_job **out,
					   struct backend_pipes *pipes,
					   const struct plan *p, struct lerr *err);
	/* words: the memfd of struct plan_job. Exec happens, or not, after this. */
	MUST_USE enum lerr_code (*launch)(struct backend_job *j,
					  const struct plan_job *job, int words,
					  struct lerr *err);
	/* The next piece of news; false when there is none now. */
	bool (*news)(struct backend_job *j, struct backend_news *out);
	/* What recovery has to know, once READY was said. */
	void (*describe)(const struct backend_job *j, struct spool_verdict *out);
	/* Ask every process of the job to end. */
	void (*term)(struct backend_job *j);
	/* Never blocks for long; may be repeated. */
	void (*kill)(struct backend_job *j, enum backend_round round);
	/* Reap. True when it is proven that nothing is left. */
	bool (*gone)(struct backend_job *j);
	/* Since launch(); final once gone() was true. */
	void (*usage)(struct backend_job *j, struct backend_usage *out);
	/* After gone(): a network namespace that is like new, or -1. Borrowed. */
	int (*spare_netns)(struct backend_job *j);
	void (*free)(struct backend_job *j);

	/* Without a shim: kill what is left. True when nothing is; else call again. */
	bool (*reap)(const struct plan *p, const struct backend_remains *r);
};

/* By name; NULL when there is none. */
const struct backend *backend_find(const char *name);

extern const struct backend shellbe_backend;

#endif
