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

#define IPCKEY_QUOTE_BYTES 128

enum ipckey_type {
	IPCKEY_PUBKEY,
	IPCKEY_PUBKEY_IS,
	IPCKEY_SIGN,
	IPCKEY_SIGNED,
	IPCKEY_OPEN,
	IPCKEY_OPENED,
	IPCKEY_AUTH,
	IPCKEY_AUTHED,
	IPCKEY_P2PK,
	IPCKEY_P2PK_ALL,
	IPCKEY_P2PK_SIGNED,
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

/* Lists of one length: what belongs to the first input stands first in each. */
struct ipckey_p2pk {
	struct ipc_texts secrets;
	struct ipc_texts ephemerals;
};

struct ipckey_p2pk_all {
	struct ipc_texts secrets;
	struct ipc_texts cs;
	struct ipc_texts ephemerals;
	struct ipc_texts outputs;
	char *quote;
};

struct ipckey_p2pk_signed {
	struct ipc_texts signatures;
};

#endif
