/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/cbor.h"

#include "lib/base/utf8.h"

/* RFC 8949, section 3: three bits of the first byte say what it is, five how its number
 * is written. */
enum {
	MAJOR_UINT = 0,
	MAJOR_NEGATIVE = 1,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
	MAJOR_TAG = 6,
	MAJOR_SIMPLE = 7,

	INFO_BYTE = 24, /* the number is in the byte behind; 25 to 27: in 2, 4, 8 bytes */
	INFO_EIGHT = 27,

	SIMPLE_NULL = 22,
	SIMPLE_UNDEFINED = 23,
};

void cbor_open(struct cbor *c, struct str bytes)
{
	*c = (struct cbor){.p = (const uint8_t *)(bytes.n ? bytes.p : "")};
	c->end = c->p + bytes.n;
}

bool cbor_at_end(const struct cbor *c)
{
	return c->p == c->end;
}

static size_t bytes_left(const struct cbor *c)
{
	return (size_t)(c->end - c->p);
}

/* ---- reading */

/* The number of a head whose first byte has been taken; false for indefinite lengths and
 * what is reserved. */
static bool take_number(struct cbor *c, unsigned int info, uint64_t *out)
{
	size_t n;

	*out = info;
	if (info < INFO_BYTE)
		return true;
	if (info > INFO_EIGHT)
		return false;
	n = (size_t)1 << (info - INFO_BYTE);
	if (bytes_left(c) < n)
		return false;
	for (*out = 0; n; n--)
		*out = *out << 8 | *c->p++;
	return true;
}

static bool take_string(struct cbor *c, uint64_t n, struct str *out)
{
	if (n > bytes_left(c))
		return false;
	*out = (struct str){(const char *)c->p, (size_t)n};
	c->p += n;
	return true;
}

/* One item of the innermost container is over, and with it perhaps the container. */
static void item_done(struct cbor *c)
{
	while (c->depth && c->left[c->depth - 1] == 0)
		c->depth--;
}

/* So many items belong to the one that has begun. */
static bool enter(struct cbor *c, size_t items)
{
	if (c->depth == CAP_CBOR_DEPTH)
		return false;
	c->left[c->depth++] = items;
	return true;
}

/* Each item takes a byte at least: a count above what is left is a lie. */
static bool take_container(struct cbor *c, uint64_t n, size_t each, size_t *count)
{
	if (n > bytes_left(c) / each)
		return false;
	*count = (size_t)n;
	return enter(c, (size_t)n * each);
}

static bool take_simple(unsigned int info, uint64_t v, struct cbor_item *out)
{
	if (info == SIMPLE_NULL || info == SIMPLE_UNDEFINED)
		out->type = CBOR_NULL;
	/* two bytes for what fits in one are not well formed */
	return info != INFO_BYTE || v >= 32;
}

/* What follows the number v of a head. */
static bool take_content(struct cbor *c, uint8_t first, uint64_t v, struct cbor_item *out)
{
	switch (first >> 5) {
	case MAJOR_UINT:
		out->type = CBOR_UINT;
		out->u = v;
		return true;
	case MAJOR_BYTES:
		out->type = CBOR_BYTES;
		return take_string(c, v, &out->s);
	case MAJOR_TEXT:
		out->type = CBOR_TEXT;
		return take_string(c, v, &out->s) && utf8_valid(out->s);
	case MAJOR_ARRAY:
		out->type = CBOR_ARRAY;
		return take_container(c, v, 1, &out->count);
	case MAJOR_MAP:
		out->type = CBOR_MAP;
		return take_container(c, v, 2, &out->count);
	case MAJOR_TAG:
		return enter(c, 1);
	case MAJOR_SIMPLE:
		return take_simple(first & 31u, v, out);
	case MAJOR_NEGATIVE:
	default:
		return true;
	}
}

/* An item as far as its head goes: not what is in an array, a map or a tag. */
static bool take_item(struct cbor *c, struct cbor_item *out)
{
	uint8_t first;
	uint64_t v;

	if (cbor_at_end(c))
		return false;
	first = *c->p++;
	if (!take_number(c, first & 31u, &v))
		return false;
	if (c->depth)
		c->left[c->depth - 1]--;
	*out = (struct cbor_item){.type = CBOR_OTHER};
	if (!take_content(c, first, v, out))
		return false;
	item_done(c);
	return true;
}

/* Items until no more containers are open than this. */
static bool finish(struct cbor *c, unsigned int depth)
{
	struct cbor_item item;

	while (c->depth > depth)
		if (!take_item(c, &item))
			return false;
	return true;
}

bool cbor_next(struct cbor *c, struct cbor_item *out)
{
	unsigned int depth = c->depth;

	/* nothing but a tag is open behind an item of the type OTHER */
	return take_item(c, out) && (out->type != CBOR_OTHER || finish(c, depth));
}

bool cbor_skip(struct cbor *c)
{
	struct cbor_item item;
	unsigned int depth = c->depth;

	return take_item(c, &item) && finish(c, depth);
}

/* ---- writing */

/* In the shortest form, as section 4.2.1 wants it. */
static void add_head(struct buf *out, unsigned int major, uint64_t v)
{
	unsigned int info = INFO_BYTE;
	size_t n = 1;

	if (v < INFO_BYTE) {
		buf_add_char(out, (char)(uint8_t)(major << 5 | (unsigned int)v));
		return;
	}
	while (info < INFO_EIGHT && v >> 8 * n) {
		info++;
		n *= 2;
	}
	buf_add_char(out, (char)(uint8_t)(major << 5 | info));
	while (n--)
		buf_add_char(out, (char)(uint8_t)(v >> 8 * n));
}

void cbor_add_uint(struct buf *out, uint64_t v)
{
	add_head(out, MAJOR_UINT, v);
}

void cbor_add_bytes(struct buf *out, const void *p, size_t n)
{
	add_head(out, MAJOR_BYTES, n);
	buf_add(out, p, n);
}

void cbor_add_text(struct buf *out, struct str s)
{
	add_head(out, MAJOR_TEXT, s.n);
	buf_add_str(out, s);
}

void cbor_add_array(struct buf *out, size_t n)
{
	add_head(out, MAJOR_ARRAY, n);
}

void cbor_add_map(struct buf *out, size_t n)
{
	add_head(out, MAJOR_MAP, n);
}
