/* SPDX-License-Identifier: MIT */
/*
 * The last public status document: all that this process keeps. Asked for as often as
 * anyone likes, it asks the engine at most once a second; when the engine does not
 * answer, the last one goes on being served, and says so.
 */
#ifndef LOOM_FCGI_SNAPSHOT_H
#define LOOM_FCGI_SNAPSHOT_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stdint.h>

struct snapshot {
	bool stale;     /* the engine did not answer when it was last asked */
	uint64_t age_s; /* since the engine made it, whole seconds */
};

/*
 * Append the document to out as the engine wrote it. LERR_TEMP: there is none, because
 * the engine has not answered since this process started.
 */
MUST_USE enum lerr_code snapshot_get(struct buf *out, struct snapshot *about,
				     struct lerr *err);

#endif
