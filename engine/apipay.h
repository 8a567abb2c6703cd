/* SPDX-License-Identifier: MIT */
/* The money in documents of the API: what anybody may know of the price, and, in the full
 * view, what became of a job's payment. Never a token. */
#ifndef LOOM_ENGINE_APIPAY_H
#define LOOM_ENGINE_APIPAY_H

#include "lib/base/buf.h"

#include <stdint.h>

struct engine;

/* "price": null without a mint. */
void apipay_price(struct buf *out, const struct engine *e);
/* "payment" of a job: null when it came with none. */
void apipay_payment(struct buf *out, const struct engine *e, uint64_t job);

/* The moves of a job's operations at mints, as rows of its timeline: taken in order of
 * time, so that they can be merged with those of the job. */
struct apipay_rows {
	struct apipay_row *v;
	size_t n;
	size_t next;
};
void apipay_load_rows(struct apipay_rows *r, const struct engine *e, uint64_t job);
/* Append those of before at (ms), that were not yet. */
void apipay_add_rows(struct buf *out, struct apipay_rows *r, uint64_t before);
void apipay_wipe_rows(struct apipay_rows *r);

#endif
