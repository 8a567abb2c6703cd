/* SPDX-License-Identifier: MIT */
/* The own relay's plain HTTP: its description (NIP-11), and who it may be asked by. */
#ifndef LOOM_BRIDGE_OWNINFO_H
#define LOOM_BRIDGE_OWNINFO_H

#include "bridge/ownserver.h"
#include "lib/base/id32.h"

/* What the description says; text is borrowed. worker may be NULL (not known yet). */
struct owninfo {
	const char *name;
	const char *description;
	const struct id32 *worker;
};

/* Fill the answer to a request that is not a WebSocket. */
void owninfo_answer(struct ownserver_reply *reply, const struct ownserver_request *req,
		    const struct owninfo *info);
/* 0 when this path is a WebSocket, else the HTTP status of the refusal. */
unsigned int owninfo_upgrade(const struct ownserver_request *req);

#endif
