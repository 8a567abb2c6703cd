/* SPDX-License-Identifier: MIT */
/* The English word list of BIP-39, in the order of its numbers, which is that of the
 * alphabet. */
#ifndef LOOM_LIB_PROTO_BIP39WORDS_H
#define LOOM_LIB_PROTO_BIP39WORDS_H

#define BIP39WORDS 2048
#define BIP39WORDS_ROOM 9 /* the longest has 8 letters */

extern const char bip39words_english[BIP39WORDS][BIP39WORDS_ROOM];

#endif
