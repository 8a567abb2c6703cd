/* SPDX-License-Identifier: MIT */
/*
 * What a test may do to a program from outside, so that it shows within seconds that
 * nothing is lost. Built only with --enable-crashpoints (tests do that), and then without
 * effect unless the environment asks for it. What is installed has none of this.
 */
#ifndef LOOM_LIB_BASE_CRASH_H
#define LOOM_LIB_BASE_CRASH_H

#include <stdint.h>

/* The point group.name: killed here as by kill -9 when LOOM_CRASH_POINT names it,
 * "claim.submitted", or "claim.submitted:3" for its third time. */
void crash_point(const char *group, const char *name);

/* How long to wait instead of ms: a LOOM_TEST_HURRY-th of it, at least 1. For patience
 * with mints and relays alone, never for what is counted in money or promised to a
 * customer. */
uint64_t crash_hurry(uint64_t ms);

#endif
