/* SPDX-License-Identifier: MIT */
/*
 * Watching one job: every status as it comes, the result, and each rule of the protocol
 * that the worker breaks on the way. Started before a request is published, so that
 * nothing is missed.
 */
#ifndef LOOM_CTL_FOLLOW_H
#define LOOM_CTL_FOLLOW_H

#include "ctl/jobcheck.h"
#include "ctl/out.h"
#include "ctl/session.h"

#include <stdbool.h>
#include <stdint.h>

enum follow_show {
	FOLLOW_ALL,    /* statuses and the result */
	FOLLOW_RESULT, /* the result alone */
};

struct follow_plan {
	struct jobcheck_job job;
	enum out_form form;
	enum follow_show show;
	/* wait for the last status too, and end with VERB_BROKEN for any broken rule */
	bool strict;
	/* the request is not published yet: that nothing is there says nothing */
	bool fresh;
	/* end when the relays have sent what they have stored */
	bool once;
	uint64_t wait_ms; /* 0: no limit */
};

struct follow;

/* Ask the session's relays; from now on events are taken and printed whenever the
 * session runs. One at a time for a session. */
struct follow *follow_new(struct session *s, const struct follow_plan *plan);
void follow_free_ptr(struct follow **f);
#define auto_follow __attribute__((cleanup(follow_free_ptr)))

/* Is the result there? */
bool follow_has_result(const struct follow *f);
/* It; NULL when it is not there. Borrowed. */
const struct nevent *follow_result(const struct follow *f);

/* Run until the job has its result, or the plan says otherwise. Returns the exit status:
 * that of the job when there is a result. */
int follow_run(struct follow *f);

#endif
