/* SPDX-License-Identifier: MIT */
/* The bridge as a whole: everything below it, wired together. */
#ifndef LOOM_BRIDGE_BRIDGE_H
#define LOOM_BRIDGE_BRIDGE_H

#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct bridge;

/* Who is who on this machine. */
struct bridge_users {
	bool drop; /* become uid and gid when the sockets are bound */
	uid_t uid;
	gid_t gid;
	uid_t engine; /* may connect to bridge-ctl.sock, beside uid and root */
	gid_t web;    /* may connect to relay.sock: nginx's group; -1: our own */
};

/* Bind the sockets, become another user, open files, and begin. conf must outlive it. */
MUST_USE enum lerr_code bridge_new(struct bridge **out, uv_loop_t *loop,
				   const struct conf *conf,
				   const struct bridge_users *users, struct lerr *err);
/* The worker's key has changed under us: the process must start anew. */
bool bridge_must_restart(const struct bridge *b);
/* Say goodbye to everybody, write what is to be kept, and free it all; takes a few
 * seconds at most. */
void bridge_stop(struct bridge *b);

#endif
