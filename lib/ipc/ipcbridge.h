/* SPDX-License-Identifier: MIT */
/*
 * Messages of bridge-ctl.sock: the engine connects, the bridge serves. The engine's
 * outbox is the durable one; the bridge keeps what it is sending in memory and forgets
 * it with its process or when the engine hangs up. The engine then hands over again
 * what has no receipt: publishing is idempotent by event id.
 */
#ifndef LOOM_LIB_IPC_IPCBRIDGE_H
#define LOOM_LIB_IPC_IPCBRIDGE_H

#include "lib/ipc/ipcmsg.h"

enum ipcbridge_type {
	IPCBRIDGE_READY,
	IPCBRIDGE_RELAY,
	IPCBRIDGE_PUBLISH,
	IPCBRIDGE_RECEIPT,
	IPCBRIDGE_WITHDRAW,
	IPCBRIDGE_LOOK,
	IPCBRIDGE_FOUND,
	IPCBRIDGE_REREAD,
	IPCBRIDGE_ERROR,
	IPCBRIDGE_TYPES
};

extern const struct ipc_type ipcbridge_types[IPCBRIDGE_TYPES];

struct ipcbridge_ready {
	struct ipc_texts relays;
};

struct ipcbridge_relay {
	char *url;
	char *state;
	char *why;
	uint64_t since;
};

struct ipcbridge_publish {
	uint64_t seq;
	char *event;
	struct ipc_texts relays;
};

struct ipcbridge_receipt {
	uint64_t seq;
	char *relay;
	char *verdict;
	char *text;
};

struct ipcbridge_withdraw {
	uint64_t seq;
};

struct ipcbridge_look {
	uint64_t kind;
	struct id32 author;
	struct ipc_texts ids; /* 64 hex each; none: whatever they name */
	uint64_t since;
};

struct ipcbridge_found {
	struct ipc_texts events;
	struct ipc_texts asked;
	struct ipc_texts answered;
};

#endif
