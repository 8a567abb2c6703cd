/* SPDX-License-Identifier: MIT */
/*
 * The part of CBOR (RFC 8949) that Cashu tokens use, read from strangers: a cursor over
 * the bytes that allocates nothing and believes no claimed length. Definite lengths only;
 * numbers that are negative, fractional or not integers are refused where a number is
 * wanted and skipped elsewhere. The cursor itself counts how deep it is: at most
 * CAP_CBOR_DEPTH arrays, maps and tags around an item, those of skipped items included.
 */
#ifndef LOOM_LIB_PROTO_CBOR_H
#define LOOM_LIB_PROTO_CBOR_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbor_type {
	CBOR_UINT,
	CBOR_BYTES,
	CBOR_TEXT,  /* valid UTF-8 */
	CBOR_ARRAY, /* then `count` items follow */
	CBOR_MAP,   /* then `count` pairs follow */
	CBOR_NULL,  /* null or undefined */
	CBOR_OTHER, /* anything else; already skipped whole */
};

struct cbor {
	const uint8_t *p;
	const uint8_t *end;
	size_t left[CAP_CBOR_DEPTH]; /* items to come in each open container */
	unsigned int depth;
};

struct cbor_item {
	enum cbor_type type;
	uint64_t u;   /* CBOR_UINT */
	struct str s; /* CBOR_BYTES, CBOR_TEXT: borrowed */
	size_t count; /* CBOR_ARRAY, CBOR_MAP: all of it fits in the bytes that are left */
};

void cbor_open(struct cbor *c, struct str bytes);
/* The next item; false when the bytes are not CBOR that we read, or at their end. After
 * false the cursor is of no use. */
MUST_USE bool cbor_next(struct cbor *c, struct cbor_item *out);
/* Skip one whole item, whatever it is. */
MUST_USE bool cbor_skip(struct cbor *c);
/* Nothing is left. */
bool cbor_at_end(const struct cbor *c);

void cbor_add_uint(struct buf *out, uint64_t v);
void cbor_add_bytes(struct buf *out, const void *p, size_t n);
void cbor_add_text(struct buf *out, struct str s);
void cbor_add_array(struct buf *out, size_t n);
void cbor_add_map(struct buf *out, size_t n);

#endif
