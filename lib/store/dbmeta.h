/* SPDX-License-Identifier: MIT */
/* Small values by name, and the counters of the dashboard. */
#ifndef LOOM_LIB_STORE_DBMETA_H
#define LOOM_LIB_STORE_DBMETA_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

/* Append the value; false when there is none. */
bool dbmeta_get(struct db *d, const char *key, struct buf *out);
void dbmeta_set(struct db *d, const char *key, struct str value);
/* 0 when there is none. */
uint64_t dbmeta_get_u64(struct db *d, const char *key);
void dbmeta_set_u64(struct db *d, const char *key, uint64_t value);

void dbmeta_count(struct db *d, const char *name, uint64_t by);
uint64_t dbmeta_counter(struct db *d, const char *name);

#endif
