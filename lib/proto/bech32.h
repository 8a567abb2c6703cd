/* SPDX-License-Identifier: MIT */
/* Bech32 (BIP-173, constant 1; bech32m is refused) without the 90-character rule. */
#ifndef LOOM_LIB_PROTO_BECH32_H
#define LOOM_LIB_PROTO_BECH32_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

/* hrp gets the human-readable part in lower case (a C string of at most 83 characters),
 * data the bytes. The message names the fault: mixed case, checksum, character, length
 * (CAP_BECH32_CHARS), padding. */
struct bech32_hrp {
	char c[84];
};
MUST_USE enum lerr_code bech32_decode(struct bech32_hrp *hrp, struct buf *data,
				      struct str text, struct lerr *err);
/* The same without the way to bytes: one value below 32 in each byte of *values, the
 * checksum left out (BOLT-11 counts in these). */
MUST_USE enum lerr_code bech32_decode_values(struct bech32_hrp *hrp, struct buf *values,
					     struct str text, struct lerr *err);
/* Append the lower-case text. */
void bech32_encode(struct buf *out, const char *hrp, const void *data, size_t n);

#endif
