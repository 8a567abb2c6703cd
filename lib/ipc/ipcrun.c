/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcrun.h"

#include "lib/base/caps.h"

#define MSG ipcrun_probe_is
static const struct ipc_field ipcrun_probe_is_fields[] = {
	FIELD(spool, IPC_TEXT, 32,
	      "id of the spool: another one means that the machine or "
	      "RUN_DIR began anew, and jobs of the old one are lost"),
	FIELD(backend, IPC_TEXT, 32, "its name: shell"),
	FIELD(usable, IPC_BOOL, 0, "did its probe job run?"),
	FIELD(why, IPC_TEXT, CAP_REASON_BYTES,
	      "why not, or what the operator should know"),
	FIELD(isolation, IPC_TEXT, 64, "what stands between a job and the machine"),
	FIELD(limits, IPC_TEXT, 64, "what enforces limits: cgroup2, cgroup1 or weak"),
	FIELD(network, IPC_TEXT, 16, "none or outbound"),
	FIELD(slots, IPC_U64, CAP_SLOTS, "jobs that it runs side by side"),
};
#undef MSG
#define MSG ipcrun_start
static const struct ipc_field ipcrun_start_fields[] = {
	FIELD(job, IPC_ID32, 0, "job id, or a random id for a probe"),
	FIELD(argv, IPC_TEXTS, CAP_JOB_ARGS + 1, "program and arguments"),
	FIELD(env, IPC_TEXTS, CAP_JOB_ENV + CAP_JOB_SECRETS, "NAME=value; secret"),
	FIELD(stdin_bytes, IPC_U64, CAP_EVENT_BYTES,
	      "0: no descriptor, end of file at once"),
	FIELD(limit_ms, IPC_U64, 0,
	      "time from exec to the end, at most MAX_JOB_DURATION"),
};
#undef MSG
#define MSG ipcrun_started
static const struct ipc_field ipcrun_started_fields[] = {
	FIELD(job, IPC_ID32, 0, "the same"),
	FIELD(slot, IPC_U64, CAP_SLOTS, "its slot"),
};
#undef MSG
#define MSG ipcrun_running
static const struct ipc_field ipcrun_running_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
	FIELD(started_ms, IPC_U64, 0, "unix time of exec in ms: billing begins"),
};
#undef MSG
#define MSG ipcrun_ended
static const struct ipc_field ipcrun_ended_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcrun_stop
static const struct ipc_field ipcrun_stop_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcrun_void
static const struct ipc_field ipcrun_void_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcrun_verdict_is
static const struct ipc_field ipcrun_verdict_is_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
	FIELD(verdict, IPC_TEXT, 8,
	      "void: it never ran and never will; run: it did start"),
};
#undef MSG
#define MSG ipcrun_list_is
static const struct ipc_field ipcrun_list_is_fields[] = {
	FIELD(spool, IPC_TEXT, 32, "as in `probe_is`"),
	FIELD(jobs, IPC_TEXTS, 4096, "ids, 64 hex"),
	FIELD(states, IPC_TEXTS, 4096, "starting, running or ended, in the same order"),
};
#undef MSG
#define MSG ipcrun_result
static const struct ipc_field ipcrun_result_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcrun_result_is
static const struct ipc_field ipcrun_result_is_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
	FIELD(reason, IPC_TEXT, 32,
	      "exit, signal, time_limit, stopped, output_limit, memory, not_found, "
	      "not_executable, start_failed, lost, infra_error, unkillable"),
	FIELD(text, IPC_TEXT, CAP_REASON_BYTES, "for people, may be empty"),
	FIELD(started, IPC_BOOL, 0, "did exec happen?"),
	FIELD(exit_code, IPC_U64, 255, "of the main process; 128 + signal when killed"),
	FIELD(signal, IPC_U64, 64, "that ended it, when known; else 0"),
	FIELD(started_ms, IPC_U64, 0, "unix time of exec in ms, 0 when it never was"),
	FIELD(ended_ms, IPC_U64, 0, "unix time when the main process had ended"),
	FIELD(wall_ms, IPC_U64, 0, "between the two, by the monotonic clock"),
	FIELD(cpu_us, IPC_U64, 0, "processor time of all processes"),
	FIELD(cpu_source, IPC_TEXT, 8, "cgroup, sampled or none"),
	FIELD(mem_peak_bytes, IPC_U64, 0, "most memory at once, page cache included"),
	FIELD(oom_kills, IPC_U64, 0, "processes killed for memory"),
	FIELD(stdout_bytes, IPC_U64, 0, "written in all, kept or not"),
	FIELD(stderr_bytes, IPC_U64, 0, "the same"),
};
#undef MSG
#define MSG ipcrun_forget
static const struct ipc_field ipcrun_forget_fields[] = {
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG

const struct ipc_type ipcrun_types[IPCRUN_TYPES] = {
	[IPCRUN_PROBE] = {"probe", "engine", "What can you run?", 1, NULL, 0, 0},
	[IPCRUN_PROBE_IS] = {"probe_is", "runner", "Answer to `probe`.",
			     FIELDS(ipcrun_probe_is), 0},
	[IPCRUN_START] =
		{"start", "engine",
		 "Run a job. The descriptor is a memfd with its stdin. Refused with "
		 "state when the id is there already, with temp when no slot is free.",
		 FIELDS(ipcrun_start), 1},
	[IPCRUN_STARTED] =
		{"started", "runner",
		 "Answer to `start`: the job is in the spool and its shim is alive.",
		 FIELDS(ipcrun_started), 0},
	[IPCRUN_RUNNING] = {"running", "runner", "Notice: exec happened.",
			    FIELDS(ipcrun_running), 0},
	[IPCRUN_ENDED] =
		{"ended", "runner",
		 "Notice: nothing of the job is alive any more; its slot is free.",
		 FIELDS(ipcrun_ended), 0},
	[IPCRUN_STOP] = {"stop", "engine",
			 "End it: SIGTERM, KILL_GRACE, SIGKILL. Answered by `done`; the "
			 "end comes "
			 "as `ended`.",
			 FIELDS(ipcrun_stop), 0},
	[IPCRUN_VOID] = {"void", "engine",
			 "Make sure that the job never starts, and say whether it did.",
			 FIELDS(ipcrun_void), 0},
	[IPCRUN_VERDICT_IS] = {"verdict_is", "runner", "Answer to `void`.",
			       FIELDS(ipcrun_verdict_is), 0},
	[IPCRUN_LIST] = {"list", "engine", "Which jobs are in the spool?", 1, NULL, 0, 0},
	[IPCRUN_LIST_IS] = {"list_is", "runner", "Answer to `list`.",
			    FIELDS(ipcrun_list_is), 0},
	[IPCRUN_RESULT] = {"result", "engine", "How did it end?", FIELDS(ipcrun_result),
			   0},
	[IPCRUN_RESULT_IS] =
		{"result_is", "runner",
		 "Answer to `result`, with four regular files opened by the "
		 "runner: head and tail of stdout, head and tail of stderr. The "
		 "head is the first MiB; the tail is empty unless more was written.",
		 FIELDS(ipcrun_result_is), 4},
	[IPCRUN_FORGET] =
		{"forget", "engine",
		 "The ledger has it: remove it from the spool. Answered by `done`, also "
		 "when it is not there; refused with state while it runs.",
		 FIELDS(ipcrun_forget), 0},
	[IPCRUN_DONE] = {"done", "runner", "It is done.", 1, NULL, 0, 0},
	[IPCRUN_ERROR] = IPC_ERROR_TYPE("runner"),
};
