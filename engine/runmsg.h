/* SPDX-License-Identifier: MIT */
/* From a stored request to what the runner is told. */
#ifndef LOOM_ENGINE_RUNMSG_H
#define LOOM_ENGINE_RUNMSG_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"
#include "lib/proto/jobspec.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>

struct conf;
struct db;
struct dbjob;

/* The request of a job, read again: it is kept as it came, secrets still encrypted. */
struct runmsg_request {
	struct buf raw;
	struct nevent *event;
	struct jobspec *spec;
};
bool runmsg_load(struct runmsg_request *out, struct db *d, const struct dbjob *j);
void runmsg_free(struct runmsg_request *r);
#define auto_runmsg __attribute__((cleanup(runmsg_free)))

/* opened: plaintexts of its secrets, NULL when it has none. *in_fd is a memfd of its
 * stdin, -1 when that is empty. On failure nothing is left in *out. */
MUST_USE enum lerr_code runmsg_build(struct ipcrun_start *out, int *in_fd,
				     const struct conf *c, const struct dbjob *j,
				     const struct jobspec *spec,
				     const struct ipckey_opened *opened,
				     struct lerr *err);
void runmsg_wipe(struct ipcrun_start *m);

#endif
