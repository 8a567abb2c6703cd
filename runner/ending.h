/* SPDX-License-Identifier: MIT */
/* How a job ended, from the files of its folder. */
#ifndef LOOM_RUNNER_ENDING_H
#define LOOM_RUNNER_ENDING_H

#include "runner/spool.h"

/* The status of a job that has ended: as written, or what its absence means. */
void ending_read(int folder, struct spool_status *out);

#endif
