/* SPDX-License-Identifier: MIT */
/* BIP-340 verification and public keys. Signing is elsewhere (nsign.h): only the
 * process that holds a key links it. */
#ifndef LOOM_LIB_PROTO_SCHNORR_H
#define LOOM_LIB_PROTO_SCHNORR_H

#include "lib/base/id32.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is it the x coordinate of a point on the curve? */
bool schnorr_is_pubkey(const struct id32 *pubkey);
/* msg may have any length (BIP-340 test vectors do); Nostr signs 32-byte ids. */
bool schnorr_verify(const struct id32 *pubkey, const uint8_t sig64[64], const void *msg,
		    size_t len);

#endif
