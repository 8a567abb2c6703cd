/* SPDX-License-Identifier: MIT */
/*
 * Points and scalars of secp256k1 as Cashu uses them: 33-byte compressed points, 32-byte
 * big-endian scalars. Nothing here touches a long-lived secret key: scalars are one-time
 * blinding factors, so variable time is acceptable (cashu NUT-00).
 */
#ifndef LOOM_LIB_PROTO_ECPOINT_H
#define LOOM_LIB_PROTO_ECPOINT_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct ecpoint {
	uint8_t b[33];
};

struct ecpointhex {
	char c[67];
};

struct ecscalar {
	uint8_t b[32];
};

/* 66 hex digits of either case that are a point of the curve. */
bool ecpoint_parse(struct ecpoint *out, struct str hex);
/* Are these 33 bytes a point? */
bool ecpoint_is_valid(const struct ecpoint *p);
struct ecpointhex ecpoint_hex(const struct ecpoint *p);
bool ecpoint_eq(const struct ecpoint *a, const struct ecpoint *b);
/* The same x coordinate: the same key for BIP-340. */
bool ecpoint_same_x(const struct ecpoint *a, const struct ecpoint *b);
struct id32 ecpoint_x(const struct ecpoint *p);
/* 02 || x. */
struct ecpoint ecpoint_from_x(const struct id32 *x);

/* Each is false when an input is no point or scalar, or the result is infinity; *out is
 * then untouched. It may be one of the inputs. */
MUST_USE bool ecpoint_base(struct ecpoint *out, const struct ecscalar *k); /* kG */
MUST_USE bool ecpoint_mul(struct ecpoint *out, const struct ecpoint *p,
			  const struct ecscalar *k);
MUST_USE bool ecpoint_add(struct ecpoint *out, const struct ecpoint *a,
			  const struct ecpoint *b);
MUST_USE bool ecpoint_sub(struct ecpoint *out, const struct ecpoint *a,
			  const struct ecpoint *b);
/* p + kG */
MUST_USE bool ecpoint_add_base(struct ecpoint *out, const struct ecpoint *p,
			       const struct ecscalar *k);
/* The 65 uncompressed bytes, for NUT-12. */
MUST_USE bool ecpoint_uncompressed(uint8_t out65[65], const struct ecpoint *p);

/*
 * The same point with both coordinates, as the library holds it. To read 33 bytes costs
 * a square root: what is computed in several steps (bdhke.c) reads each point once and
 * changes it in place. After a step that was false it is of no use.
 */
struct ecwide {
	uint8_t opaque[64];
};
MUST_USE bool ecpoint_widen(struct ecwide *out, const struct ecpoint *p);
struct ecpoint ecpoint_narrow(const struct ecwide *w);
MUST_USE bool ecpoint_wide_mul(struct ecwide *w, const struct ecscalar *k);
MUST_USE bool ecpoint_wide_add(struct ecwide *w, const struct ecwide *more);
MUST_USE bool ecpoint_wide_sub(struct ecwide *w, const struct ecwide *less);
MUST_USE bool ecpoint_wide_add_base(struct ecwide *w, const struct ecscalar *k);
void ecpoint_wide_negate(struct ecwide *w);
void ecpoint_wide_bytes(uint8_t out65[65], const struct ecwide *w);

/* 64 hex digits of either case, whatever number they are. */
bool ecpoint_parse_scalar(struct ecscalar *out, struct str hex);
/* 1 .. n - 1? */
bool ecpoint_is_scalar(const struct ecscalar *k);
/* A fresh random one. */
void ecpoint_random_scalar(struct ecscalar *out);
/* a + b and a * b mod n; false when one of them is no scalar or the result is 0, *out
 * is then untouched. It may be one of the inputs. */
MUST_USE bool ecpoint_scalar_add(struct ecscalar *out, const struct ecscalar *a,
				 const struct ecscalar *b);
MUST_USE bool ecpoint_scalar_mul(struct ecscalar *out, const struct ecscalar *a,
				 const struct ecscalar *b);
bool ecpoint_scalar_negate(struct ecscalar *k);
/* Take 32 bytes mod n (NUT-13); false when that is 0. */
bool ecpoint_scalar_reduce(struct ecscalar *out, const uint8_t in32[32]);

#endif
