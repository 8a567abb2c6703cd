/* SPDX-License-Identifier: MIT */
/*
 * Money: whole units (sat) in uint64_t, added and subtracted only through here. Above
 * AMOUNT_MAX nothing is money: it is what SQLite and jansson can hold. A result that is
 * out of range is refused and leaves *v as it was; a caller for whom that cannot happen
 * panics, nobody goes on with a wrong number.
 */
#ifndef LOOM_LIB_PROTO_AMOUNT_H
#define LOOM_LIB_PROTO_AMOUNT_H

#include "lib/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

#define AMOUNT_MAX ((uint64_t)INT64_MAX)

MUST_USE bool amount_add(uint64_t *v, uint64_t more);
/* False when less is above *v. */
MUST_USE bool amount_sub(uint64_t *v, uint64_t less);
MUST_USE bool amount_mul(uint64_t *v, uint64_t times);
/* v - less, or 0 when less is above v: for "at most this is left". */
uint64_t amount_left(uint64_t v, uint64_t less);

#endif
