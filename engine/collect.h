/* SPDX-License-Identifier: MIT */
/* Taking a finished run over from the runner: facts into the job's row, outputs into the
 * blob store. */
#ifndef LOOM_ENGINE_COLLECT_H
#define LOOM_ENGINE_COLLECT_H

#include "lib/ipc/ipcrun.h"
#include "lib/ipc/ipcsock.h"

struct dbjob;
struct engine;

/* j is RUNNING or PREPARING; moves it on to its end. fds: head and tail of stdout, head
 * and tail of stderr. In the present transaction. */
void collect_result(struct engine *e, struct dbjob *j, const struct ipcrun_result_is *r,
		    struct ipcsock_fds *fds);

#endif
