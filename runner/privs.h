/* SPDX-License-Identifier: MIT */
/*
 * Capabilities: what loom-runner and loom-shim keep when they are root. uid 0 without
 * the others is an ordinary user that happens to own the system's files: it cannot read
 * or write what belongs to others, trace, load modules, or touch devices.
 */
#ifndef LOOM_RUNNER_PRIVS_H
#define LOOM_RUNNER_PRIVS_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

enum privs_set {
	PRIVS_OF_RUNNER, /* and of a shim until its sandbox is built */
	PRIVS_OF_RUNNER_WITH_NETWORK,
	PRIVS_OF_WAITING_SHIM, /* afterwards */
	PRIVS_OF_JANITOR,
};

/* Drop everything else, from the bounding set too, and set no-new-privs. Without root
 * the capabilities of an own user namespace are dropped altogether. */
MUST_USE enum lerr_code privs_keep(enum privs_set set, struct lerr *err);

#endif
