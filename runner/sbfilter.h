/* SPDX-License-Identifier: MIT */
/* The seccomp filter of jobs. */
#ifndef LOOM_RUNNER_SBFILTER_H
#define LOOM_RUNNER_SBFILTER_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

/* A memfd with the program, as bubblewrap's --seccomp wants it. */
MUST_USE enum lerr_code sbfilter_make(int *out_fd, struct lerr *err);

#endif
