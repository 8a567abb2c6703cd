/* SPDX-License-Identifier: MIT */
/* intake.sock: events from the bridge, through nginx and loom-fcgi. */
#ifndef LOOM_ENGINE_INTAKE_H
#define LOOM_ENGINE_INTAKE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <sys/types.h>

struct engine;
struct intake;

/* web_uid: user of loom-fcgi, served beside our own and root. */
MUST_USE enum lerr_code intake_open(struct intake **out, struct engine *e, uid_t web_uid,
				    struct lerr *err);
void intake_free(struct intake *i);

#endif
