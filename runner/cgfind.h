/* SPDX-License-Identifier: MIT */
/*
 * Where this process stands in the trees of control groups, read from /proc: pure, for
 * version 2, version 1, both side by side, inside a container or not at all.
 */
#ifndef LOOM_RUNNER_CGFIND_H
#define LOOM_RUNNER_CGFIND_H

#include "lib/base/caps.h"
#include "lib/base/str.h"

#include <stdbool.h>

enum cgfind_v1 {
	CGFIND_MEMORY,
	CGFIND_PIDS,
	CGFIND_CPU,
	CGFIND_CPUACCT,
	CGFIND_V1_COUNT,
};

/* Folders as this process sees them; "" where there is none. */
struct cgfind {
	char v1[CGFIND_V1_COUNT][CAP_RUN_PATH]; /* our own group */
	char v2[CAP_RUN_PATH];                  /* our own group */
	char v2_root[CAP_RUN_PATH];             /* the mount point */
};

/* cgroup: text of /proc/self/cgroup, mountinfo: of /proc/self/mountinfo. What cannot be
 * understood is left out. */
void cgfind_parse(struct cgfind *out, struct str cgroup, struct str mountinfo);
/* Of "/a/b" the folder "/a"; false when path is too long or has none above root. */
bool cgfind_above(char *out, size_t size, const char *path, const char *root);

#endif
