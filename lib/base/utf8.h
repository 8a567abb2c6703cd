/* SPDX-License-Identifier: MIT */
/* Is it UTF-8? Overlong forms, surrogates and values above U+10FFFF are not (RFC 3629).
 */
#ifndef LOOM_LIB_BASE_UTF8_H
#define LOOM_LIB_BASE_UTF8_H

#include "lib/base/str.h"

#include <stdbool.h>

bool utf8_valid(struct str s);
/* Bytes of the first character; 0 when there is none, or when it is not UTF-8. */
size_t utf8_first(struct str s);
/* Length in bytes of the longest prefix of at most max bytes that ends at a character. */
size_t utf8_cut(struct str s, size_t max);

#endif
