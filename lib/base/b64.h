/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648), strict: no blanks, no bits left over. */
#ifndef LOOM_LIB_BASE_B64_H
#define LOOM_LIB_BASE_B64_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum b64_kind {
	B64_STD, /* + and /, padding demanded (NIP-44) */
	B64_ANY, /* either alphabet, padding optional (BUD-11, tokens) */
	B64_URL, /* - and _, written without padding; read like B64_ANY */
};

/* Append the text of n bytes. */
void b64_encode(struct buf *out, const void *in, size_t n, enum b64_kind kind);
/* Append the bytes of text; false (and out as before, or poisoned) when it is not
 * base64 of that kind or over out's cap. */
bool b64_decode(struct buf *out, struct str text, enum b64_kind kind);

#endif
