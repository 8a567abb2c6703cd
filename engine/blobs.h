/* SPDX-License-Identifier: MIT */
/*
 * The local blob store: STATE_DIR/blobs/ab/cdef..., a file for each SHA-256, served by
 * nginx. What is named in a result is on disk before the result is.
 */
#ifndef LOOM_ENGINE_BLOBS_H
#define LOOM_ENGINE_BLOBS_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/store/dbblob.h"

struct engine;

/* Make the folder; at start. */
MUST_USE enum lerr_code blobs_open(struct engine *e, struct lerr *err);
/* Store data durably under its hash and write its row in the present transaction. */
MUST_USE enum lerr_code blobs_put(struct engine *e, struct dbblob *out, struct str data,
				  struct lerr *err);

#endif
