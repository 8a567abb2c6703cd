/* SPDX-License-Identifier: MIT */
/*
 * What a worker's events say, read leniently as clients do: a part that is missing or
 * broken is left out, jobcheck.h is what complains. Text borrows from the event.
 */
#ifndef LOOM_CTL_JOBREAD_H
#define LOOM_CTL_JOBREAD_H

#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stdint.h>

#define JOBREAD_NO_NUMBER UINT64_MAX

struct jobread_status {
	struct str status;
	uint64_t queue_position; /* or JOBREAD_NO_NUMBER */
	uint64_t elapsed_s;      /* or JOBREAD_NO_NUMBER */
};
void jobread_status(struct jobread_status *out, const struct nevent *ev);

/* What became of a payment, in sat; JOBREAD_NO_NUMBER: not told. */
struct jobread_money {
	uint64_t paid;
	uint64_t charged;
	uint64_t mint_fees;
	uint64_t change_amount; /* face value of the change token */
	uint64_t change_owed;   /* comes later, in an event of kind 30101 */
};
void jobread_money(struct jobread_money *out, const struct nevent *ev);

struct jobread_result {
	bool success;
	struct str exit_code; /* as written */
	uint64_t duration_s;  /* or JOBREAD_NO_NUMBER */
	struct str stdout_url;
	struct str stderr_url;
	struct str change;
	struct str error;
	struct str reason;
};
void jobread_result(struct jobread_result *out, const struct nevent *ev);
/* exit_code as a number; false when it is none. */
bool jobread_exit_code(int64_t *out, const struct jobread_result *r);

/* The exit status that stands for a result: 0 for success, else exit_code, 1 when that is
 * none from 1 to 255. */
int jobread_exit_status(const struct jobread_result *r);

#endif
