/* SPDX-License-Identifier: MIT */
/*
 * The keysets of the test mint: secret keys of powers of two, derived from the mint's
 * seed, the keyset's number and the amount.
 */
#ifndef LOOM_TESTS_PEERS_MINTKEYS_H
#define LOOM_TESTS_PEERS_MINTKEYS_H

#include "lib/base/buf.h"
#include "lib/proto/keyset.h"
#include "tests/peers/mintcore.h"

struct mintkeys_set {
	struct keyset pub;
	struct ecscalar secret[KEYSET_KEYS];
};

enum { MINTKEYS_MOST = 256 };

struct mintkeys {
	struct id32 seed;
	struct mintkeys_set *v[MINTKEYS_MOST];
	size_t n;
};

void mintkeys_free(struct mintkeys *k);
/* Read the mint's keysets; a new mint gets its first. */
void mintkeys_load(struct mintcore *m);
/* A new one, active, the others no more. */
const struct mintkeys_set *mintkeys_add(struct mintcore *m,
					const struct mintcore_keyset *how);
bool mintkeys_expire(struct mintcore *m, struct str id, uint64_t final_expiry);

/* By its full id; NULL: unknown. */
const struct mintkeys_set *mintkeys_find(const struct mintcore *m, struct str id);
/* Place of the key for an amount; SIZE_MAX: there is none. */
size_t mintkeys_place(const struct mintkeys_set *s, uint64_t amount);
bool mintkeys_is_expired(const struct mintkeys_set *s);

/* Append the answers of NUT-01 and 02. */
void mintkeys_write_active(struct buf *out, const struct mintcore *m);
void mintkeys_write_one(struct buf *out, const struct mintkeys_set *s);
void mintkeys_write_list(struct buf *out, const struct mintcore *m);

#endif
