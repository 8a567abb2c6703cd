/* SPDX-License-Identifier: MIT */
/* What a shim says: to the runner while there is one, to the spool in any case. */
#ifndef LOOM_RUNNER_SHIMREPORT_H
#define LOOM_RUNNER_SHIMREPORT_H

#include "runner/shimjob.h"

/* One note (plan.h). fd: -1, or a descriptor beside it, which stays the caller's. */
void shimreport_tell(struct shimjob *s, const char *kind, uint64_t value,
		     const char *text, int fd);
/* Write the status from the facts of s, once; nothing without a job. */
void shimreport_status(struct shimjob *s);

#endif
