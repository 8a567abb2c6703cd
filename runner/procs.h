/* SPDX-License-Identifier: MIT */
/* Processes of others: finding them again, and ending all of one user. */
#ifndef LOOM_RUNNER_PROCS_H
#define LOOM_RUNNER_PROCS_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A pidfd of the process with this pid and start time, close-on-exec. LERR_GONE: it has
 * ended, or the pid belongs to somebody else now. */
MUST_USE enum lerr_code procs_open(int *out_fd, pid_t pid, uint64_t start,
				   struct lerr *err);
/* False when it has ended. */
bool procs_signal(int pidfd, int signal);

/* SIGKILL to every process of a user that belongs to jobs alone. The caller must be
 * root; uid must be one that no account uses. */
void procs_kill_user(uid_t uid);
/* Does any process run as this user? Zombies do not count. */
bool procs_user_is_alive(uid_t uid);

#endif
