/* SPDX-License-Identifier: MIT */
/* A seed as twelve English words (BIP-39), the form in which every wallet takes it. */
#ifndef LOOM_LIB_PROTO_BIP39_H
#define LOOM_LIB_PROTO_BIP39_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/nut13.h"

#define BIP39_ENTROPY 16 /* bytes that we make: twelve words */
#define BIP39_ENTROPY_MAX 32

/* Append the words of n bytes (16, 20, 24, 28 or 32), separated by single blanks. */
void bip39_write(struct buf *out, const uint8_t *entropy, size_t n);
/* Read 12 to 24 words, any case, any blanks between; checks the checksum. */
MUST_USE enum lerr_code bip39_read(uint8_t entropy[BIP39_ENTROPY_MAX], size_t *n,
				   struct str words, struct lerr *err);
/* The 64-byte seed (PBKDF2, no passphrase). */
void bip39_seed(struct nut13_seed *out, const uint8_t *entropy, size_t n);

#endif
