/* SPDX-License-Identifier: MIT */
/* What was paid for a job and not used comes back into the purse. */
#ifndef LOOM_CTL_CHANGETAKE_H
#define LOOM_CTL_CHANGETAKE_H

#include "ctl/out.h"
#include "ctl/purse.h"
#include "ctl/pursejob.h"
#include "lib/base/attr.h"
#include "lib/proto/nevent.h"

/* Take what this event (5101 or 30101 of the job's worker, verified) says of the payment,
 * and say what hinders. Returns 0 or an exit status. */
MUST_USE int changetake_event(struct purse *p, struct pursejob *j,
			      const struct nevent *ev);
/* Take the payment itself back; when somebody has spent it, the job is closed. */
MUST_USE int changetake_back(struct purse *p, struct pursejob *j);

/* A record of where the job's payment stands. */
void changetake_print(struct purse *p, const struct pursejob *j, enum out_form form);

/* After submit --follow --pay: open the purse again, and both of these. */
void changetake_after(const struct args *a, char *const *envp, const struct nevent *ev,
		      const struct id32 *job, enum out_form form);

#endif
