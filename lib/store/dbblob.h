/* SPDX-License-Identifier: MIT */
/* Which blobs the local store holds. */
#ifndef LOOM_LIB_STORE_DBBLOB_H
#define LOOM_LIB_STORE_DBBLOB_H

#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

struct dbblob {
	struct id32 sha256;
	uint64_t bytes;
	char type[128];
};

/* Nothing when it is there already. */
void dbblob_put(struct db *d, const struct dbblob *b, uint64_t now);
bool dbblob_get(struct db *d, struct dbblob *out, const struct id32 *sha256);

#endif
