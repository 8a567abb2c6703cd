/* SPDX-License-Identifier: MIT */
/* SHA-256, HMAC and HKDF of it, HMAC and PBKDF2 of SHA-512 (OpenSSL), and the
 * constant-time comparison. */
#ifndef LOOM_LIB_PROTO_HASH_H
#define LOOM_LIB_PROTO_HASH_H

#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id32 hash_sha256(const void *p, size_t n);

/* In pieces. */
struct hash_state;
struct hash_state *hash_new(void);
void hash_add(struct hash_state *h, const void *p, size_t n);
/* Gives the digest and frees the state. */
struct id32 hash_done(struct hash_state *h);
void hash_free(struct hash_state *h); /* without a digest; NULL is fine */

void hash_hmac(uint8_t out32[32], const uint8_t *key, size_t key_len, const void *p,
	       size_t n);
/* RFC 5869 with SHA-256. out_len at most 255 * 32. */
void hash_hkdf_extract(uint8_t out32[32], const uint8_t *salt, size_t salt_len,
		       const uint8_t *ikm, size_t ikm_len);
void hash_hkdf_expand(uint8_t *out, size_t out_len, const uint8_t prk32[32],
		      const uint8_t *info, size_t info_len);

/* BIP-32 and BIP-39 want SHA-512. */
void hash_hmac512(uint8_t out64[64], const uint8_t *key, size_t key_len, const void *p,
		  size_t n);
void hash_pbkdf2_512(uint8_t *out, size_t out_len, struct str password, struct str salt,
		     unsigned int rounds);

/* The same bytes? Takes the same time wherever they differ. */
bool hash_equal(const void *a, const void *b, size_t n);

#endif
