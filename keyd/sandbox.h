/* SPDX-License-Identifier: MIT */
/* What loom-keyd gives up before it reads its first request. */
#ifndef LOOM_KEYD_SANDBOX_H
#define LOOM_KEYD_SANDBOX_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stddef.h>

/* Close every descriptor but 0, 1, 2 and these. */
void sandbox_close_others(const int *keep, size_t n);

/*
 * No new processes, files of at most one frame, few descriptors, no new privileges; then
 * the kernel kills the process at any system call but those that answering takes. There
 * is no way back. Everything that opens files or loads code must have happened.
 */
MUST_USE enum lerr_code sandbox_enter(struct lerr *err);

#endif
