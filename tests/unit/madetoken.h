/* SPDX-License-Identifier: MIT */
/* Tokens that read well and are worth nothing: their points are points, and no mint has
 * signed them. */
#ifndef LOOM_TESTS_UNIT_MADETOKEN_H
#define LOOM_TESTS_UNIT_MADETOKEN_H

#include "lib/base/buf.h"
#include "lib/proto/ecpoint.h"

#include <stddef.h>
#include <stdint.h>

/* Append one of these amounts; lock NULL: of plain coins. */
void madetoken_write(struct buf *out, const char *mint, const uint64_t *amounts, size_t n,
		     const struct ecpoint *lock);
/* The key k times G. */
struct ecpoint madetoken_key(uint8_t k);

#endif
