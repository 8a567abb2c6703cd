/* SPDX-License-Identifier: MIT */
/*
 * Messages of keyd-engine.sock and keyd-bridge.sock. The client asks, loom-keyd answers
 * with the same number. Requests are typed: there is no way to have bytes signed that
 * loom-keyd has not put together itself. What a socket may ask is fixed when it is made
 * (the capability column of the request table in keyd/dispatch.c).
 */
#ifndef LOOM_LIB_IPC_IPCKEY_H
#define LOOM_LIB_IPC_IPCKEY_H

#include "lib/ipc/ipcmsg.h"

enum ipckey_type {
	IPCKEY_PUBKEY,
	IPCKEY_PUBKEY_IS,
	IPCKEY_SIGN,
	IPCKEY_SIGNED,
	IPCKEY_OPEN,
	IPCKEY_OPENED,
	IPCKEY_AUTH,
	IPCKEY_AUTHED,
	IPCKEY_ERROR,
	IPCKEY_TYPES
};

extern const struct ipc_type ipckey_types[IPCKEY_TYPES];

struct ipckey_pubkey_is {
	struct id32 pubkey;
	struct id32 upload_pubkey;
};

struct ipckey_sign {
	uint64_t kind;
	uint64_t created_at;
	char *tags;
	char *content;
};

struct ipckey_signed {
	struct id32 id;
	struct ipc_sig sig;
};

struct ipckey_open {
	char *event;
};

struct ipckey_opened {
	struct ipc_texts names;
	struct ipc_texts values;
};

struct ipckey_auth {
	char *relay;
	char *challenge;
};

struct ipckey_authed {
	char *event;
};

#endif
