/* SPDX-License-Identifier: MIT */
/* Lower-case hex, both ways: Nostr compares text (NIP-01). */
#ifndef LOOM_LIB_BASE_HEX_H
#define LOOM_LIB_BASE_HEX_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out has room for 2 * n + 1 characters. */
void hex_encode(char *out, const uint8_t *in, size_t n);
/* True when hex is exactly n bytes in lower case; out is untouched otherwise. */
bool hex_decode(uint8_t *out, size_t n, struct str hex);
/* Value of a digit in either case, -1 when it is none: for JSON and URL escapes. */
int hex_digit(char c);

#endif
