/* SPDX-License-Identifier: MIT */
/*
 * Does a worker's event about a job keep the rules that Loom clients rely on? The names
 * of the rules ("LOOM-34") are those of docs/loom.md. Pure; the caller has verified id
 * and signature before.
 *
 * What depends on the order of events is checked by jobview.h.
 */
#ifndef LOOM_CTL_JOBCHECK_H
#define LOOM_CTL_JOBCHECK_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/id32.h"
#include "lib/proto/ecpoint.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request says of money; known: it was at hand. */
struct jobcheck_money {
	bool known;
	char mint[CAP_URL_BYTES + 1]; /* of its payment, in the one spelling; "": none */
	bool has_lock;
	struct ecpoint lock; /* cashu_pubkey: change is to be locked to it */
};
void jobcheck_read_money(struct jobcheck_money *out, const struct nevent *request);

/* Whose events about what. */
struct jobcheck_job {
	struct id32 job;
	struct id32 worker;
	bool has_customer;
	struct id32 customer; /* author of the 5100 */
	bool local;           /* relays of this machine: outputs may be http:// there */
	struct jobcheck_money money;
};

enum { JOBCHECK_TEXT = 160, JOBCHECK_MOST = 16 };

struct jobcheck_fault {
	char rule[12];
	char text[JOBCHECK_TEXT]; /* for people; holds words of the worker, escaped */
};

/* More than JOBCHECK_MOST are counted only. */
struct jobcheck {
	struct jobcheck_fault fault[JOBCHECK_MOST];
	size_t n;
};

/* Append one fault. */
void jobcheck_add(struct jobcheck *c, const char *rule, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Append what is wrong with a status (30100) or a result (5101); now in unix seconds. */
void jobcheck_event(struct jobcheck *c, const struct jobcheck_job *job,
		    const struct nevent *ev, uint64_t now);

/* The word of a status; false when it is none of the six. *last: nothing follows it. */
bool jobcheck_is_status(struct str word, bool *last);

/* SHA-256 that a URL of an output ends in: 64 hex digits and nothing behind them. */
bool jobcheck_url_hash(struct id32 *out, struct str url);

#endif
