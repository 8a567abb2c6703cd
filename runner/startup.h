/* SPDX-License-Identifier: MIT */
/* loom-runner from its command line to the moment in which it is poor. */
#ifndef LOOM_RUNNER_STARTUP_H
#define LOOM_RUNNER_STARTUP_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"
#include "runner/janitor.h"
#include "runner/runner.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What only main() needs beside struct runner. */
struct startup {
	struct conf *conf;
	const char *engine; /* --engine-user */
	const char *hide;   /* --hide */
	const char *groups; /* --cgroups */
	const char *end;    /* --end-jobs */
	bool unhidden;      /* STATE_DIR was not there yet */
	uid_t engine_uid;
	bool root;
	char shim[CAP_RUN_PATH];
	char *socket;
	int listen_fd;
	int signals;
	int filter_fd;
	struct janitor janitor;
};

/*
 * With conf, root and socket set: folders, socket, groups, and then everything given up
 * that is not needed any more. Fills the plan of r and opens its spool. LERR_INPUT: the
 * configuration cannot be used here.
 */
MUST_USE enum lerr_code startup_run(struct startup *st, struct runner *r,
				    struct lerr *err);
/* Hide STATE_DIR if it was not there at the start; next_ms: when to call again. */
void startup_hide_late(struct startup *st, const struct runner *r, uint64_t *next_ms);

#endif
