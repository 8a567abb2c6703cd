/* SPDX-License-Identifier: MIT */
/*
 * Named points at which a test may have the program killed as by kill -9, to show that
 * nothing is lost there. Built only with --enable-crashpoints (tests do that), and then
 * without effect unless LOOM_CRASH_POINT names the point: "claim.submitted", or
 * "claim.submitted:3" for its third time. What is installed has none of this.
 */
#ifndef LOOM_LIB_BASE_CRASH_H
#define LOOM_LIB_BASE_CRASH_H

/* group.name */
void crash_point(const char *group, const char *name);

#endif
