/* SPDX-License-Identifier: MIT */
/* The documents that the API answers with, as JSON text. Integers only, units in the
 * names; times are unix seconds (_at). */
#ifndef LOOM_ENGINE_APIDOC_H
#define LOOM_ENGINE_APIDOC_H

#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct id32;

/* full: the asker has shown a good token; else customers' keys are left out. */
void apidoc_status(struct buf *out, const struct engine *e);
/* LERR_INPUT for an unknown state or a bad cursor. */
MUST_USE enum lerr_code apidoc_jobs(struct buf *out, const struct engine *e, bool full,
				    struct str state, uint64_t limit, struct str cursor,
				    struct lerr *err);
/* LERR_GONE when there is no such job. */
MUST_USE enum lerr_code apidoc_job(struct buf *out, const struct engine *e, bool full,
				   const struct id32 *id, struct lerr *err);

#endif
