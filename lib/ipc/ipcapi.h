/* SPDX-License-Identifier: MIT */
/*
 * Messages of intake.sock and api.sock: loom-fcgi connects, the engine serves. One
 * socket per capability: events come in by the first alone, questions by the second.
 * Credentials are carried, not judged, by loom-fcgi.
 */
#ifndef LOOM_LIB_IPC_IPCAPI_H
#define LOOM_LIB_IPC_IPCAPI_H

#include "lib/ipc/ipcmsg.h"

/* ---- intake.sock */

enum ipcintake_type {
	IPCINTAKE_EVENTS,
	IPCINTAKE_VERDICTS,
	IPCINTAKE_ERROR,
	IPCINTAKE_TYPES
};

extern const struct ipc_type ipcintake_types[IPCINTAKE_TYPES];

struct ipcintake_events {
	struct ipc_texts events;
	struct ipc_texts relays;
};

struct ipcintake_verdicts {
	struct ipc_texts verdicts;
	struct ipc_texts texts;
};

/* ---- api.sock */

enum ipcapi_type {
	IPCAPI_STATUS,
	IPCAPI_JOBS,
	IPCAPI_JOB,
	IPCAPI_DOCUMENT,
	IPCAPI_BLOB,
	IPCAPI_BLOB_IS,
	IPCAPI_ERROR,
	IPCAPI_TYPES
};

extern const struct ipc_type ipcapi_types[IPCAPI_TYPES];

struct ipcapi_status {
	char *token;
};

struct ipcapi_jobs {
	char *token;
	char *state;
	uint64_t limit;
	char *cursor;
};

struct ipcapi_job {
	char *token;
	struct id32 job;
};

struct ipcapi_document {
	char *body;
};

struct ipcapi_blob {
	struct id32 sha256;
};

struct ipcapi_blob_is {
	uint64_t bytes;
	char *type;
};

#endif
