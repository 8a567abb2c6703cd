/* SPDX-License-Identifier: MIT */
/*
 * Deterministic secrets (NUT-13): from a seed, a keyset and a counter to the secret and
 * blinding factor of an output. Keysets 00 by BIP-32, 01 by HMAC.
 */
#ifndef LOOM_LIB_PROTO_NUT13_H
#define LOOM_LIB_PROTO_NUT13_H

#include "lib/proto/ecpoint.h"
#include "lib/proto/keyset.h"

struct nut13_seed {
	uint8_t b[64];
};

struct nut13_pair {
	char secret[65];
	struct ecscalar r;
};

/* False for a keyset of another version, a counter above 2^31 - 1 with an 00 keyset, or
 * (never in practice) a derived scalar that is no scalar: take the next counter. */
MUST_USE bool nut13_derive(struct nut13_pair *out, const struct nut13_seed *seed,
			   const struct keyset_id *id, uint64_t counter);
/* Keyset id as the child number of BIP-32; false for other than 00. */
bool nut13_keyset_number(uint32_t *out, const struct keyset_id *id);

#endif
