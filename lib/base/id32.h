/* SPDX-License-Identifier: MIT */
/* 32-byte ids: event ids, public keys, hashes. Hex exists only at the edges. */
#ifndef LOOM_LIB_BASE_ID32_H
#define LOOM_LIB_BASE_ID32_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct id32 {
	uint8_t b[32];
};

struct id32hex {
	char c[65];
};

/* Exactly 64 lower-case hex digits. */
bool id32_parse(struct id32 *out, struct str hex);
struct id32hex id32_hex(const struct id32 *id);
/* The first 8 hex digits, for logs: use as id32_short(&id).c */
struct id32hex id32_short(const struct id32 *id);
bool id32_eq(const struct id32 *a, const struct id32 *b);
/* <0, 0, >0 in the order of the hex text. */
int id32_cmp(const struct id32 *a, const struct id32 *b);
bool id32_is_zero(const struct id32 *a);

#endif
