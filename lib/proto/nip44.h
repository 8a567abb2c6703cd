/* SPDX-License-Identifier: MIT */
/*
 * NIP-44 version 2: encrypted payloads, with both length forms (2 bytes, and 2 + 4 bytes
 * for plaintext of 65536 bytes and more). The shared point comes from nsign_ecdh_x() in a
 * process that holds a secret key; nothing here needs one.
 */
#ifndef LOOM_LIB_PROTO_NIP44_H
#define LOOM_LIB_PROTO_NIP44_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

struct nip44_key {
	uint8_t b[32];
};
#define auto_nip44_key __attribute__((cleanup(nip44_wipe_key)))
void nip44_wipe_key(struct nip44_key *key);

/* From the x coordinate of the ECDH point (nsign_ecdh_x). */
void nip44_derive(struct nip44_key *out, const uint8_t shared_x32[32]);

/* Bytes of the padded block without its length prefix; n >= 1. */
uint64_t nip44_padded_len(uint64_t n);

/*
 * Append the plaintext of a payload. The MAC is checked before anything is decrypted.
 * LERR_INPUT: not a version 2 payload, or padding that does not match; LERR_DENIED: wrong
 * MAC (another key, or altered); LERR_LIMIT: over CAP_NIP44_PAYLOAD or out's cap. The
 * plaintext is valid UTF-8. Give a buffer that is wiped.
 */
MUST_USE enum lerr_code nip44_decrypt(struct buf *out, const struct nip44_key *key,
				      struct str payload, struct lerr *err);
/* Append the payload (base64) of 1..CAP_NIP44_PLAIN bytes. nonce32 is fresh random. */
MUST_USE enum lerr_code nip44_encrypt(struct buf *out, const struct nip44_key *key,
				      const uint8_t nonce32[32], struct str plain,
				      struct lerr *err);

#endif
