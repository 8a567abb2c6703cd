/* SPDX-License-Identifier: MIT */
/* The sockets of loom-keyd on a poll() loop. */
#ifndef LOOM_KEYD_SERVER_H
#define LOOM_KEYD_SERVER_H

#include "keyd/keyring.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <sys/types.h>

enum { SERVER_DOORS = 2 };

/* One socket: where it is, who may come in, and what he may ask. */
struct server_door {
	const char *name; /* for logs: "engine" */
	const char *path;
	uid_t friend_uid; /* besides root and ourselves */
	unsigned int may; /* of dispatch.h */
	int listen_fd;    /* filled by server_bind() */
};

/* Bind and listen; started as root, the socket is given to its friend. */
MUST_USE enum lerr_code server_bind(struct server_door *door, struct lerr *err);

/* Serve for ever. Each client gets exactly one answer for each request, in order, and
 * is not read from while it has not taken its last one: a slow client hurts itself. */
void server_run(const struct server_door doors[SERVER_DOORS], const struct keyring *keys)
	__attribute__((noreturn));

#endif
