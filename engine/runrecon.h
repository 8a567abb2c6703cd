/* SPDX-License-Identifier: MIT */
/* Ledger and spool are brought together with the list of each new connection. */
#ifndef LOOM_ENGINE_RUNRECON_H
#define LOOM_ENGINE_RUNRECON_H

#include "lib/ipc/ipcrun.h"

struct runs;

/* What the ledger has in PREPARING and RUNNING is moved to where the spool says it is;
 * what only the spool has is stopped or forgotten. */
void runrecon_list(struct runs *r, const struct ipcrun_list_is *list);

#endif
