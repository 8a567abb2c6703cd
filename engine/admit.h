/* SPDX-License-Identifier: MIT */
/*
 * Judging a job request: who, what, how paid, is there room. Everything that can be
 * looked at without touching money or a slot comes first; each refusal has its code.
 */
#ifndef LOOM_ENGINE_ADMIT_H
#define LOOM_ENGINE_ADMIT_H

#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipckey.h"
#include "lib/proto/nevent.h"

struct dbjob;
struct engine;

/* What becomes of an event that came in; the bridge acts on the word. */
enum admit_verdict {
	ADMIT_STORED,
	ADMIT_DUPLICATE,
	ADMIT_IGNORED, /* not for us, or not worth an answer */
	ADMIT_REFUSED, /* can never be acceptable: bad signature, not an event */
	ADMIT_LATER,   /* we are not ready */
};
const char *admit_verdict_name(enum admit_verdict v);

/* A verified 5100 addressed to us, raw as it came. In the present transaction. */
enum admit_verdict admit_request(struct engine *e, const struct nevent *ev,
				 struct str raw, struct str relay);
/* Judge a RECEIVED job (again). */
void admit_judge(struct engine *e, struct dbjob *j);
/* Its secrets can be opened, or not: the rest of the judgement. */
void admit_opened(struct engine *e, struct dbjob *j, const struct ipckey_opened *o,
		  const struct lerr *err);

#endif
