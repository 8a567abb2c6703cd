/* SPDX-License-Identifier: MIT */
/* What is published of an output that may be larger than we publish. */
#ifndef LOOM_ENGINE_OUTPUT_H
#define LOOM_ENGINE_OUTPUT_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdint.h>

/*
 * All of it when head is all that was written (total bytes), else its beginning, one
 * line that says how much there was, and its end. At most CAP_BLOB_BYTES, the limit of a
 * client that fetches it; tail is at most CAP_OUT_TAIL.
 */
void output_compose(struct buf *out, struct str head, struct str tail, uint64_t total);

#endif
