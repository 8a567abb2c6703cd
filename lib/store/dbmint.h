/* SPDX-License-Identifier: MIT */
/*
 * Mints, their keysets, and the counters of deterministic secrets. Mints are named by a
 * small number between tables, by their normalised URL outside (mintmsg_url).
 */
#ifndef LOOM_LIB_STORE_DBMINT_H
#define LOOM_LIB_STORE_DBMINT_H

#include "lib/base/buf.h"
#include "lib/proto/keyset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* Its number, a new one when it is new. */
uint64_t dbmint_number(struct db *d, struct str url);
/* Append the URL; false when there is no such mint. */
bool dbmint_url(struct db *d, uint64_t mint, struct buf *out);
/* Each mint that was ever used, in order of their numbers. */
void dbmint_each(struct db *d, void (*each)(void *ctx, uint64_t mint, struct str url),
		 void *ctx);

/* Store or update (active, ppk, final_expiry; keys when k->n). False when its id or short
 * id belongs to another keyset or mint. */
bool dbmint_put_keyset(struct db *d, uint64_t mint, const struct keyset *k);
/* By id, full or short. */
bool dbmint_get_keyset(struct db *d, struct keyset *out, uint64_t *mint,
		       const struct keyset_id *id);
/* The keysets of a mint, at most most; returns how many. */
size_t dbmint_keysets(struct db *d, uint64_t mint, struct keyset *out, size_t most);

/* The next counter of a keyset; the caller takes n from there on. */
uint64_t dbmint_take_counters(struct db *d, const struct keyset_id *id, uint64_t n);
uint64_t dbmint_counter(struct db *d, const struct keyset_id *id);
/* At least this from now on (restore). */
void dbmint_raise_counter(struct db *d, const struct keyset_id *id, uint64_t next);
/*
 * All of them jump ahead, because the ledger may be an old copy: over at least one whole
 * stretch of DBMINT_STRETCH, to the beginning of another. Who looks for the coins of a
 * seed alone looks at these beginnings.
 */
#define DBMINT_STRETCH UINT64_C(100000)
void dbmint_jump_counters(struct db *d);

#endif
