/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/outcome.h"

#include "lib/base/attr.h"

#define PROCESS OUTCOME_CODE_OF_PROCESS

/* clang-format off */
const struct outcome_row outcome_table[OUTCOME_COUNT] = {
	[OUTCOME_OK]                = {"ok", true, 0, "completed", OUTCOME_COMPLETED, OUTCOME_WHAT_RAN, ""},
	[OUTCOME_EXIT]              = {"exit", false, PROCESS, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the program ended with an error"},
	[OUTCOME_SIGNAL]            = {"signal", false, PROCESS, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the program was ended by a signal"},
	[OUTCOME_TIME_LIMIT]        = {"time_limit", false, 124, "timeout", OUTCOME_TIMEOUT, OUTCOME_WHAT_RAN, "the time for this job was used up"},
	[OUTCOME_MEMORY]            = {"memory", false, 137, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the job needed more memory than it may have"},
	[OUTCOME_OUTPUT]            = {"output", false, 137, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the job wrote more output than it may"},
	[OUTCOME_DISK]              = {"disk", false, 137, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the job wrote more to its folder than it may"},
	[OUTCOME_PROCESSES]         = {"processes", false, 137, "failed", OUTCOME_FAILED, OUTCOME_WHAT_RAN, "the job started more processes than it may"},
	[OUTCOME_NOT_FOUND]         = {"not_found", false, 127, "failed", OUTCOME_FAILED, OUTCOME_FREE, "there is no such program here"},
	[OUTCOME_NOT_EXECUTABLE]    = {"not_executable", false, 126, "failed", OUTCOME_FAILED, OUTCOME_FREE, "the program cannot be started"},
	[OUTCOME_CANCELLED]         = {"cancelled", false, 143, "cancelled", OUTCOME_CANCEL, OUTCOME_WHAT_RAN, "cancelled by the requester"},
	[OUTCOME_NOT_ALLOWED]       = {"not_allowed", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "this key may not send jobs here"},
	[OUTCOME_PAYMENT_REQUIRED]  = {"payment_required", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "payment required: this key is not on the free list"},
	[OUTCOME_PAYMENT_INVALID]   = {"payment_invalid", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the payment cannot be read"},
	[OUTCOME_PAYMENT_TOO_SMALL] = {"payment_too_small", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the payment buys less than the shortest job"},
	[OUTCOME_MINT_NOT_ACCEPTED] = {"mint_not_accepted", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "this worker accepts no ecash of that mint"},
	[OUTCOME_TOKEN_SPENT]       = {"token_spent", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the payment was spent before"},
	[OUTCOME_LOCKED_TOKEN]      = {"locked_token", false, 77, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the payment is locked to another key"},
	[OUTCOME_BUSY]              = {"busy", false, 75, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the queue is full, try again later"},
	[OUTCOME_DRAINING]          = {"draining", false, 75, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the worker is shutting down, try another one"},
	[OUTCOME_PAUSED]            = {"paused", false, 75, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the worker takes no jobs now, try again later"},
	[OUTCOME_MINT_UNAVAILABLE]  = {"mint_unavailable", false, 75, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the mint does not answer, try again later"},
	[OUTCOME_MALFORMED]         = {"malformed", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the request cannot be understood"},
	[OUTCOME_BAD_SECRET]        = {"bad_secret", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "a secret cannot be decrypted with this worker's key"},
	[OUTCOME_TOO_LARGE]         = {"too_large", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the request is over a limit"},
	[OUTCOME_TOO_OLD]           = {"too_old", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "the request is too old to be run"},
	[OUTCOME_BACKEND_UNKNOWN]   = {"backend_unknown", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "this worker has no such back end"},
	[OUTCOME_INPUT_INVALID]     = {"input_invalid", false, 65, "failed", OUTCOME_REFUSED, OUTCOME_FREE, "an input file cannot be used"},
	[OUTCOME_FAULT_PREPARE]     = {"fault_prepare", false, 70, "failed", OUTCOME_FAULT, OUTCOME_FREE, "worker fault: the job could not be prepared"},
	[OUTCOME_FAULT_BACKEND]     = {"fault_backend", false, 70, "failed", OUTCOME_FAULT, OUTCOME_FREE, "worker fault: what ran the job failed"},
	[OUTCOME_FAULT_RESTART]     = {"fault_restart", false, 70, "failed", OUTCOME_FAULT, OUTCOME_FREE, "worker fault: the worker was restarted"},
	[OUTCOME_FAULT_STORAGE]     = {"fault_storage", false, 70, "failed", OUTCOME_FAULT, OUTCOME_FREE, "worker fault: the output could not be stored"},
	[OUTCOME_FAULT_HOST]        = {"fault_host", false, 70, "failed", OUTCOME_FAULT, OUTCOME_FREE, "worker fault: the machine failed"},
};

/* The reasons of loom-runner. "exit" with 0 is OUTCOME_OK, "stopped" depends on who asked. */
static const struct {
	const char *reason;
	enum outcome outcome;
} runs[] = {
	{"exit", OUTCOME_EXIT},
	{"signal", OUTCOME_SIGNAL},
	{"time_limit", OUTCOME_TIME_LIMIT},
	{"stopped", OUTCOME_CANCELLED},
	{"output_limit", OUTCOME_OUTPUT},
	{"memory", OUTCOME_MEMORY},
	{"not_found", OUTCOME_NOT_FOUND},
	{"not_executable", OUTCOME_NOT_EXECUTABLE},
	{"start_failed", OUTCOME_NOT_EXECUTABLE},
	{"lost", OUTCOME_FAULT_BACKEND},
	{"infra_error", OUTCOME_FAULT_BACKEND},
	{"unkillable", OUTCOME_FAULT_HOST},
};
/* clang-format on */

bool outcome_find(enum outcome *out, struct str code)
{
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		if (!str_eq_c(code, outcome_table[i].code))
			continue;
		*out = (enum outcome)i;
		return true;
	}
	return false;
}

const char *outcome_class_name(enum outcome_class class)
{
	switch (class) {
	case OUTCOME_COMPLETED:
		return "completed";
	case OUTCOME_FAILED:
		return "failed";
	case OUTCOME_TIMEOUT:
		return "timeout";
	case OUTCOME_CANCEL:
		return "cancelled";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_FAULT:
		return "fault";
	case OUTCOME_CLASSES:
		break;
	}
	return "?";
}

enum outcome outcome_of_run(const char *reason, uint64_t exit_code, bool cancelled)
{
	enum outcome found = OUTCOME_FAULT_BACKEND;

	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		if (str_eq_c(str_of(reason), runs[i].reason))
			found = runs[i].outcome;
	if (found == OUTCOME_EXIT && exit_code == 0)
		return OUTCOME_OK;
	/* stopped although nobody asked for it on behalf of the customer: our doing */
	if (found == OUTCOME_CANCELLED && !cancelled)
		return OUTCOME_FAULT_HOST;
	return found;
}

void outcome_write_docs(struct buf *out)
{
	buf_add_c(out,
		  "| reason | success | exit_code | last 30100 | counted as | billed | "
		  "meaning |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *r = &outcome_table[i];

		buf_addf(out, "| `%s` | %s | ", r->code, r->success ? "true" : "false");
		if (r->exit_code == OUTCOME_CODE_OF_PROCESS)
			buf_add_c(out, "of the program, or 128 + signal");
		else
			buf_addf(out, "%d", r->exit_code);
		buf_addf(out, " | %s | %s | %s | %s |\n", r->status,
			 outcome_class_name(r->class),
			 r->bill == OUTCOME_WHAT_RAN ? "what ran" : "no",
			 r->text[0] ? r->text : "the program ended with 0");
	}
}
