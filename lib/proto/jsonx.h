/* SPDX-License-Identifier: MIT */
/*
 * JSON from strangers, read into jansson's tree by a reader of our own (jsonread.h), and
 * JSON written by ourselves in the one spelling of NIP-01.
 *
 * Bounds: bytes, nesting (CAP_JSON_DEPTH), and on demand "every number is a plain
 * non-negative integer" (no sign, fraction or exponent, -0 neither). Refused always:
 * duplicate keys, bytes after the value, invalid UTF-8, lone surrogates, raw control
 * characters inside strings. U+0000 is allowed in strings: keep lengths.
 */
#ifndef LOOM_LIB_PROTO_JSONX_H
#define LOOM_LIB_PROTO_JSONX_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t; /* <jansson.h> */

enum jsonx_numbers {
	JSONX_ANY_NUMBERS,
	JSONX_UINTS,
};

#define auto_json __attribute__((cleanup(jsonx_free_ptr)))
void jsonx_free_ptr(struct json_t **json);

/* LERR_LIMIT above max bytes or too deep, LERR_INPUT for anything else. *out is a new
 * reference: json_decref() or auto_json. */
MUST_USE enum lerr_code jsonx_load(struct json_t **out, struct str text, size_t max,
				   enum jsonx_numbers numbers, struct lerr *err);

/* Members of an object. False when it is missing or of another type; *out borrows from
 * the object. */
bool jsonx_get_str(const struct json_t *obj, const char *key, struct str *out);
bool jsonx_get_u64(const struct json_t *obj, const char *key, uint64_t *out);
bool jsonx_get_bool(const struct json_t *obj, const char *key, bool *out);
bool jsonx_get_id32(const struct json_t *obj, const char *key, struct id32 *out);

/* Append s in quotes, escaped as NIP-01 wants it for ids: \n \" \\ \r \t \b \f, other
 * C0 as \u00xx in lower case, everything else raw. s is valid UTF-8. */
void jsonx_add_string(struct buf *out, struct str s);
/* Append "key": (with the quotes and the colon); key is ours and plain. */
void jsonx_add_key(struct buf *out, const char *key);

#endif
