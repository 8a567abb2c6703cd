/* SPDX-License-Identifier: MIT */
/* What loom-runner must not see, although it is root. */
#ifndef LOOM_RUNNER_HIDE_H
#define LOOM_RUNNER_HIDE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

/* Leave the machine's mount namespace; mounts made later by others still appear. */
MUST_USE enum lerr_code hide_enter(struct lerr *err);
/*
 * Cover path, for this process and its children: a folder by an empty read-only one, a
 * file by nothing, an empty file. LERR_GONE: it is not there, so it cannot be covered,
 * and it would be seen when somebody makes it.
 */
MUST_USE enum lerr_code hide_path(struct str path, const char *nothing, struct lerr *err);

#endif
