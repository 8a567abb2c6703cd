/* SPDX-License-Identifier: MIT */
/* RUN_DIR/sandbox: what all sandboxes share, made by loom-runner at its start. */
#ifndef LOOM_RUNNER_ETCDIR_H
#define LOOM_RUNNER_ETCDIR_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdbool.h>

/*
 * Make or renew
 *
 *	etc/	what jobs see as /etc: invented accounts, hosts, and mount points
 *	init	an empty file, on which each shim mounts loom-init
 *	mnt/	an empty folder, on which each shim mounts the job's tmpfs
 *	nothing	an empty file that covers what the runner must not see
 *
 * Every user may enter it, only the runner may write.
 */
MUST_USE enum lerr_code etcdir_make(const char *path, bool outbound, struct lerr *err);
/* Every folder on the way to path must let every user pass, and none but root rename
 * what is in it. LERR_INPUT: this one does not. */
MUST_USE enum lerr_code etcdir_check_way(const char *path, struct lerr *err);

#endif
