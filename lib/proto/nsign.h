/* SPDX-License-Identifier: MIT */
/*
 * What needs a secret key: public key, signature, ECDH. Linked by loom-keyd, by the
 * customer side of loomctl and by test peers, by nothing else; build-aux/check-source
 * looks at the imports of every program.
 */
#ifndef LOOM_LIB_PROTO_NSIGN_H
#define LOOM_LIB_PROTO_NSIGN_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Wiped by whoever owns it: struct nsign_key auto_key k = {{0}}; */
struct nsign_key {
	uint8_t b[32];
};
#define auto_key __attribute__((cleanup(nsign_wipe)))
void nsign_wipe(struct nsign_key *key);

/* A fresh random key. */
void nsign_generate(struct nsign_key *out);
/* Read nsec1... or 64 hex digits, blanks around it allowed. The message says what is
 * wrong with it (checksum, length, an npub, zero or not below the group order) and never
 * repeats it. */
MUST_USE enum lerr_code nsign_parse(struct nsign_key *out, struct str text,
				    struct lerr *err);
MUST_USE enum lerr_code nsign_pubkey(struct id32 *out, const struct nsign_key *key,
				     struct lerr *err);
/* Sign 32 bytes with fresh auxiliary randomness and verify the result before it is
 * given out (BIP-340). Panics on a key that nsign_pubkey() refuses. */
void nsign_sign(uint8_t sig64[64], const struct nsign_key *key, const struct id32 *msg);
/*
 * The secret key of P + tG, where P is the point of key's public key with even y, or with
 * odd y when that is wanted. LERR_INPUT: t or the result is no secret key.
 */
MUST_USE enum lerr_code nsign_tweak(struct nsign_key *out, const struct nsign_key *key,
				    bool odd, const uint8_t tweak32[32],
				    struct lerr *err);
/* x coordinate of the shared point, unhashed (NIP-44). LERR_INPUT: not a public key. */
MUST_USE enum lerr_code nsign_ecdh_x(uint8_t out32[32], const struct nsign_key *key,
				     const struct id32 *peer, struct lerr *err);

#endif
