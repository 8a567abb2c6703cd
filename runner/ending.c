/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/ending.h"

#include "runner/reason.h"

#include <stdio.h>
#include <string.h>

void ending_read(int folder, struct spool_status *out)
{
	struct spool_started started;
	struct spool_verdict verdict;

	if (spool_read_status(folder, out, NULL) == LERR_OK)
		return;
	*out = (struct spool_status){.cpu_source = "none"};
	if (spool_read_started(folder, &started, NULL) == LERR_OK) {
		out->started = 1;
		out->started_ms = started.started_ms;
	}
	/* voided before any shim had it */
	if (!out->started && spool_read_verdict(folder, &verdict, NULL) == LERR_OK &&
	    strcmp(verdict.verdict, SPOOL_VOID) == 0) {
		(void)snprintf(out->reason, sizeof(out->reason), "%s",
			       reason_word(REASON_STOPPED));
		(void)snprintf(out->text, sizeof(out->text),
			       "it was stopped before it started");
		return;
	}
	(void)snprintf(out->reason, sizeof(out->reason), "%s", reason_word(REASON_LOST));
	(void)snprintf(out->text, sizeof(out->text),
		       "its supervisor was ended from outside");
}
