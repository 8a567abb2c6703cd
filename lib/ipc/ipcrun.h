/* SPDX-License-Identifier: MIT */
/*
 * Messages of runner.sock: the engine connects, the runner serves. What a job may use
 * (uids, memory, binds) comes from the runner's own root-owned configuration; the
 * engine only says what to run and for how long.
 */
#ifndef LOOM_LIB_IPC_IPCRUN_H
#define LOOM_LIB_IPC_IPCRUN_H

#include "lib/ipc/ipcmsg.h"

enum ipcrun_type {
	IPCRUN_PROBE,
	IPCRUN_PROBE_IS,
	IPCRUN_START,
	IPCRUN_STARTED,
	IPCRUN_RUNNING,
	IPCRUN_ENDED,
	IPCRUN_STOP,
	IPCRUN_VOID,
	IPCRUN_VERDICT_IS,
	IPCRUN_LIST,
	IPCRUN_LIST_IS,
	IPCRUN_RESULT,
	IPCRUN_RESULT_IS,
	IPCRUN_FORGET,
	IPCRUN_DONE,
	IPCRUN_ERROR,
	IPCRUN_TYPES
};

extern const struct ipc_type ipcrun_types[IPCRUN_TYPES];

struct ipcrun_probe_is {
	char *spool;
	char *backend;
	bool usable;
	char *why;
	char *isolation;
	char *limits;
	char *network;
	uint64_t slots;
};

struct ipcrun_start {
	struct id32 job;
	struct ipc_texts argv;
	struct ipc_texts env;
	uint64_t stdin_bytes;
	uint64_t limit_ms;
};

struct ipcrun_started {
	struct id32 job;
	uint64_t slot;
};

struct ipcrun_running {
	struct id32 job;
	uint64_t started_ms;
};

struct ipcrun_ended {
	struct id32 job;
};

struct ipcrun_stop {
	struct id32 job;
};

struct ipcrun_void {
	struct id32 job;
};

struct ipcrun_verdict_is {
	struct id32 job;
	char *verdict;
};

struct ipcrun_list_is {
	char *spool;
	struct ipc_texts jobs;
	struct ipc_texts states;
};

struct ipcrun_result {
	struct id32 job;
};

struct ipcrun_result_is {
	struct id32 job;
	char *reason;
	char *text;
	bool started;
	uint64_t exit_code;
	uint64_t signal;
	uint64_t started_ms;
	uint64_t ended_ms;
	uint64_t wall_ms;
	uint64_t cpu_us;
	char *cpu_source;
	uint64_t mem_peak_bytes;
	uint64_t oom_kills;
	uint64_t stdout_bytes;
	uint64_t stderr_bytes;
};

struct ipcrun_forget {
	struct id32 job;
};

#endif
