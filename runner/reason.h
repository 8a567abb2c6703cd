/* SPDX-License-Identifier: MIT */
/*
 * Why a job ended, from facts that the shim holds itself: a timer of ours fired, we were
 * asked to stop, a counter of the kernel moved, exec failed, init reported a wait
 * status. The exit code alone proves nothing and is never used to guess.
 */
#ifndef LOOM_RUNNER_REASON_H
#define LOOM_RUNNER_REASON_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The words of result_is.reason (lib/ipc/ipcrun.c), in that order. */
enum reason {
	REASON_EXIT,
	REASON_SIGNAL,
	REASON_TIME_LIMIT,
	REASON_STOPPED,
	REASON_OUTPUT_LIMIT,
	REASON_MEMORY,
	REASON_NOT_FOUND,
	REASON_NOT_EXECUTABLE,
	REASON_START_FAILED,
	REASON_LOST,
	REASON_INFRA_ERROR,
	REASON_UNKILLABLE,
	REASON_COUNT
};

/* What made us end the job. The first one counts. */
enum reason_cause {
	REASON_BY_ITSELF,
	REASON_BY_TIME,
	REASON_BY_STOP,
	REASON_BY_OUTPUT,
};

struct reason_facts {
	bool started;        /* exec happened */
	bool ended;          /* the main process was waited for: wait_status is known */
	bool left_over;      /* something outlived SIGKILL */
	bool ours;           /* our side failed before or beside the job */
	bool program_exists; /* beside exec_errno: the file was there */
	int exec_errno;      /* 0 unless exec failed */
	int wait_status;     /* as from waitpid(2) */
	enum reason_cause cause;
	uint64_t oom_kills; /* in the job's group, since its start */
};

enum reason reason_of(const struct reason_facts *f);
/* 0..255: the exit code, 128 + signal, 127 or 126 when exec failed. */
uint64_t reason_exit_code(const struct reason_facts *f);
/* The signal that ended the main process, 0 when none did or it is not known. */
uint64_t reason_signal(const struct reason_facts *f);

const char *reason_word(enum reason r);
/* False when word is none of ours. */
bool reason_find(enum reason *out, struct str word);

#endif
