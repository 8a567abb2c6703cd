/* SPDX-License-Identifier: MIT */
/* The 6-byte form of NIP-44, which we read and never write: made here for tests, from the
 * primitives. */
#ifndef LOOM_TESTS_UNIT_LONG44_H
#define LOOM_TESTS_UNIT_LONG44_H

#include "lib/base/buf.h"
#include "lib/proto/nip44.h"

/* Append the payload of n letters a; n above 65535. */
void long44_payload(struct buf *out, const struct nip44_key *key,
		    const uint8_t nonce32[32], size_t n);

#endif
