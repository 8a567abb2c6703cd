/* SPDX-License-Identifier: MIT */
/*
 * One record for programs: a JSON object on a line of stdout, {"type":TYPE,...}. Keys are
 * ours and plain; values may be anybody's (see out.h).
 */
#ifndef LOOM_CTL_OUTREC_H
#define LOOM_CTL_OUTREC_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct outrec {
	struct buf json;
};
void outrec_open(struct outrec *r, const char *type);
void outrec_str(struct outrec *r, const char *key, struct str value);
void outrec_id(struct outrec *r, const char *key, const struct id32 *id);
void outrec_uint(struct outrec *r, const char *key, uint64_t value);
void outrec_int(struct outrec *r, const char *key, int64_t value);
void outrec_bool(struct outrec *r, const char *key, bool value);
/* Append "key":RAW; raw is JSON already. */
void outrec_raw(struct outrec *r, const char *key, struct str raw);
/* Print it as a line. */
void outrec_done(struct outrec *r);

#endif
