/* SPDX-License-Identifier: MIT */
/*
 * The events that a worker publishes about a job: status (30100) and result (5101), in
 * the one form that all Loom clients read: exactly one e, one p (and one d on a status),
 * empty content, no empty tag, nothing that a client would compare with its own names.
 * Unsigned: loom-keyd signs.
 */
#ifndef LOOM_LIB_PROTO_JOBMSG_H
#define LOOM_LIB_PROTO_JOBMSG_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/proto/outcome.h"

#include <stdbool.h>
#include <stdint.h>

#define JOBMSG_NO_POSITION UINT64_MAX

struct jobmsg_status {
	struct id32 worker;
	struct id32 job;
	struct id32 customer; /* author of the 5100 */
	uint64_t created_at;  /* above that of the status before */
	const char *status;   /* queued, running, completed, failed, cancelled, timeout */
	uint64_t queue_position; /* JOBMSG_NO_POSITION: leave it out */
};
struct nevent *jobmsg_status(const struct jobmsg_status *s);

/* What was paid and what became of it, in sat. Clients in use read `change` alone. */
struct jobmsg_money {
	bool paid; /* else nothing of it is told */
	uint64_t face;
	uint64_t earned;
	uint64_t fees;
	uint64_t change;  /* face value of the token */
	uint64_t net;     /* what redeeming it leaves */
	uint64_t owed;    /* will be handed out in a 30101 */
	struct str token; /* empty: no tag */
	struct str mint;  /* as in the price tag */
};

struct jobmsg_result {
	struct id32 worker;
	struct id32 job;
	struct id32 customer;
	uint64_t created_at;
	enum outcome outcome;
	uint64_t exit_code;    /* of the process; used where the table says so */
	uint64_t duration_s;   /* rounded up; 0 when it never started */
	struct str stdout_url; /* empty: no tag */
	struct str stderr_url;
	struct str error; /* more exact than the table's text; cleaned and cut here */
	struct jobmsg_money money;
};
struct nevent *jobmsg_result(const struct jobmsg_result *r);

/* Change that a result had declared as owed: kind 30101, with d, e, p and change. */
struct jobmsg_late_change {
	struct id32 worker;
	struct id32 job;
	struct id32 customer;
	uint64_t created_at;
	struct jobmsg_money money;
};
struct nevent *jobmsg_late_change(const struct jobmsg_late_change *c);

/* The exit code that the 5101 carries: never 0 without success. */
uint64_t jobmsg_exit_code(enum outcome outcome, uint64_t of_process);

/* Append text as one line of at most CAP_ERROR_TEXT bytes: control characters become
 * blanks (a DEL in an event breaks one relay in use), cut at a character. */
void jobmsg_clean_text(struct buf *out, struct str text);

#endif
