/* SPDX-License-Identifier: MIT */
/* What this process gives up before it reads the first request. */
#ifndef LOOM_FCGI_LOCKDOWN_H
#define LOOM_FCGI_LOCKDOWN_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

/*
 * For the whole process, its threads included, and for good: no new privileges, no
 * program can be executed, no file opened, no socket but Unix ones made, no process or
 * thread started. Whatever must be open is open before this. A call that is not on the
 * list kills the process. In a sanitizer build only the privileges are given up.
 */
MUST_USE enum lerr_code lockdown_enter(struct lerr *err);

#endif
