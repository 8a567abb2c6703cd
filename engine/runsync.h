/* SPDX-License-Identifier: MIT */
/* Ledger and spool compared: what is to be done about a job when the runner's list has
 * come. Pure, so that every case can be tested. */
#ifndef LOOM_ENGINE_RUNSYNC_H
#define LOOM_ENGINE_RUNSYNC_H

#include "lib/base/id32.h"
#include "lib/ipc/ipcrun.h"
#include "lib/store/dbjob.h"

#include <stdbool.h>

enum runsync_action {
	RUNSYNC_NOTHING,
	RUNSYNC_RESULT,  /* it has ended: ask how */
	RUNSYNC_RUNNING, /* exec has happened */
	RUNSYNC_AGAIN,   /* the start was lost: back to the queue */
	RUNSYNC_LOST, /* it ran, and its traces are gone from a spool that is still there */
	RUNSYNC_REBOOT, /* the whole spool is another one */
};

/* j holds a slot in the ledger. waiting: we have not sent its start yet. */
enum runsync_action runsync_decide(const struct dbjob *j, bool waiting,
				   const struct ipcrun_list_is *list);

#endif
