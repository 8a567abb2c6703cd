/* SPDX-License-Identifier: MIT */
/*
 * How a job can end: one table, from the reason to everything that a client, the books
 * and the dashboard say. Codes are public (tag "reason" of the 5101) and stored: append
 * only, never renamed. docs/outcomes.md is written from this table.
 */
#ifndef LOOM_LIB_PROTO_OUTCOME_H
#define LOOM_LIB_PROTO_OUTCOME_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum outcome {
	/* the job ran */
	OUTCOME_OK,
	OUTCOME_EXIT,
	OUTCOME_SIGNAL,
	OUTCOME_TIME_LIMIT,
	OUTCOME_MEMORY,
	OUTCOME_OUTPUT,
	OUTCOME_DISK,
	OUTCOME_PROCESSES,
	OUTCOME_NOT_FOUND,
	OUTCOME_NOT_EXECUTABLE,
	OUTCOME_CANCELLED,
	/* it was refused: who, or how paid */
	OUTCOME_NOT_ALLOWED,
	OUTCOME_PAYMENT_REQUIRED,
	OUTCOME_PAYMENT_INVALID,
	OUTCOME_PAYMENT_TOO_SMALL,
	OUTCOME_MINT_NOT_ACCEPTED,
	OUTCOME_TOKEN_SPENT,
	OUTCOME_LOCKED_TOKEN,
	/* ... at this moment */
	OUTCOME_BUSY,
	OUTCOME_DRAINING,
	OUTCOME_PAUSED,
	OUTCOME_MINT_UNAVAILABLE,
	/* ... for what it asks */
	OUTCOME_MALFORMED,
	OUTCOME_BAD_SECRET,
	OUTCOME_TOO_LARGE,
	OUTCOME_TOO_OLD,
	OUTCOME_BACKEND_UNKNOWN,
	OUTCOME_INPUT_INVALID,
	/* our side failed: the customer pays nothing */
	OUTCOME_FAULT_PREPARE,
	OUTCOME_FAULT_BACKEND,
	OUTCOME_FAULT_RESTART,
	OUTCOME_FAULT_STORAGE,
	OUTCOME_FAULT_HOST,
	OUTCOME_COUNT
};

/* What the dashboard and the counters call it. */
enum outcome_class {
	OUTCOME_COMPLETED,
	OUTCOME_FAILED,
	OUTCOME_TIMEOUT,
	OUTCOME_CANCEL,
	OUTCOME_REFUSED,
	OUTCOME_FAULT,
	OUTCOME_CLASSES
};

enum outcome_bill {
	OUTCOME_FREE,     /* nothing */
	OUTCOME_WHAT_RAN, /* exec to exit, rounded up to seconds */
};

#define OUTCOME_CODE_OF_PROCESS (-1)

struct outcome_row {
	const char *code;
	bool success;
	int exit_code;      /* or OUTCOME_CODE_OF_PROCESS */
	const char *status; /* of the last 30100 */
	enum outcome_class class;
	enum outcome_bill bill;
	const char *text; /* the error tag when nothing more exact is known */
};

extern const struct outcome_row outcome_table[OUTCOME_COUNT];

/* By code; false when there is none. */
bool outcome_find(enum outcome *out, struct str code);
const char *outcome_class_name(enum outcome_class class);

/* From what loom-runner says (result_is.reason). cancelled: we had asked it to stop. */
enum outcome outcome_of_run(const char *reason, uint64_t exit_code, bool cancelled);

/* The table as Markdown, for docs/outcomes.md. */
void outcome_write_docs(struct buf *out);

#endif
