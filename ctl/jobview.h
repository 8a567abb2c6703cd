/* SPDX-License-Identifier: MIT */
/*
 * One job as its events tell it: the newest status, the one result, and every rule that
 * the worker broke on the way. Fed with verified events, in any order, from any number
 * of relays, as often as they come.
 */
#ifndef LOOM_CTL_JOBVIEW_H
#define LOOM_CTL_JOBVIEW_H

#include "ctl/jobcheck.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jobview_news {
	JOBVIEW_NOTHING, /* known already, or older than what is known */
	JOBVIEW_STATUS,  /* a newer status */
	JOBVIEW_RESULT,  /* the result */
	JOBVIEW_FOREIGN, /* nothing of this job, or not by this worker */
};

struct jobview;

struct jobview *jobview_new(const struct jobcheck_job *job);
void jobview_free(struct jobview *v);

/*
 * Take an event; live: it came after the relay had said that its stored events are
 * through. Faults that it shows are appended to *c. The event stays the caller's.
 */
enum jobview_news jobview_take(struct jobview *v, struct jobcheck *c,
			       const struct nevent *ev, bool live, uint64_t now);

/* NULL until it is there. */
const struct nevent *jobview_result(const struct jobview *v);
/* Was a status seen behind which none comes? */
bool jobview_has_ended(const struct jobview *v);
const struct jobcheck_job *jobview_job(const struct jobview *v);

#endif
