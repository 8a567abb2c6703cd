/* SPDX-License-Identifier: MIT */
/*
 * Messages of admin.sock: loomctl connects as root or as the engine's own user, the
 * engine serves. It is the operator's till: what moves earned money, shows tokens or the
 * seed is here, and on no other socket.
 */
#ifndef LOOM_LIB_IPC_IPCADMIN_H
#define LOOM_LIB_IPC_IPCADMIN_H

#include "lib/ipc/ipcmsg.h"

#include <stdbool.h>

enum ipcadmin_type {
	IPCADMIN_WALLET,
	IPCADMIN_HISTORY,
	IPCADMIN_PAYS,
	IPCADMIN_PAY,
	IPCADMIN_TOKENS,
	IPCADMIN_TOKEN,
	IPCADMIN_EXPORT,
	IPCADMIN_RECLAIM,
	IPCADMIN_IMPORT,
	IPCADMIN_WITHDRAW,
	IPCADMIN_SEED,
	IPCADMIN_RESTORE,
	IPCADMIN_RESTORING,
	IPCADMIN_CHECK,
	IPCADMIN_DOCUMENT,
	IPCADMIN_ERROR,
	IPCADMIN_TYPES
};

extern const struct ipc_type ipcadmin_types[IPCADMIN_TYPES];

struct ipcadmin_history {
	uint64_t limit;
	uint64_t cursor;
};

struct ipcadmin_pays {
	bool open;
	uint64_t limit;
	uint64_t cursor;
};

struct ipcadmin_pay {
	uint64_t op;
};

struct ipcadmin_tokens {
	uint64_t limit;
	uint64_t cursor;
};

struct ipcadmin_token {
	uint64_t token;
};

struct ipcadmin_export {
	char *mint;
	uint64_t amount;
};

struct ipcadmin_reclaim {
	uint64_t token;
};

struct ipcadmin_import {
	char *token;
};

struct ipcadmin_withdraw {
	char *target;
	char *mint;
	uint64_t amount;
	bool has_max_fee;
	uint64_t max_fee;
};

struct ipcadmin_restore {
	char *words;
};

struct ipcadmin_document {
	char *body;
};

#endif
