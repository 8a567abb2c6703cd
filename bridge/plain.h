/* SPDX-License-Identifier: MIT */
/* A relay's words as text that can be shown, and sent to the engine. */
#ifndef LOOM_BRIDGE_PLAIN_H
#define LOOM_BRIDGE_PLAIN_H

#include "lib/base/str.h"

#include <stddef.h>

/* Copy s as a C string into room bytes (at least 1), cut at a character: UTF-8 without
 * control characters; text that is not UTF-8 keeps only its ASCII. What is left out
 * becomes a question mark. */
void plain_copy(char *out, size_t room, struct str s);

#endif
