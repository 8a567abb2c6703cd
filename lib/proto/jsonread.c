/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jsonread.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"

#include <jansson.h>
#include <string.h>

struct reader {
	const char *at;
	const char *end;
	const char *start;
	enum jsonx_numbers numbers;
	json_t *root;
	json_t *open[CAP_JSON_DEPTH]; /* borrowed: each belongs to the one in front */
	unsigned int depth;
	struct buf key;     /* of the member that is being read */
	struct buf decoded; /* a string with escapes */
	struct lerr *err;
};

static enum lerr_code fault(struct reader *r, const char *what)
{
	return lerr_set(r->err, LERR_INPUT, 0, "not JSON: %s at byte %zu", what,
			(size_t)(r->at - r->start));
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

/* Step over c if it is next. */
static bool take_char(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- strings */

/* The four digits of \uXXXX. */
static bool take_unit(struct reader *r, uint32_t *unit)
{
	*unit = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int v = hex_digit(*r->at++);

		if (v < 0)
			return false;
		*unit = *unit << 4 | (uint32_t)v;
	}
	return true;
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(out, (char)c);
	} else if (c < 0x800) {
		buf_add_char(out, (char)(uint8_t)(0xc0 | c >> 6));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_char(out, (char)(uint8_t)(0xe0 | c >> 12));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c & 0x3f)));
	} else {
		buf_add_char(out, (char)(uint8_t)(0xf0 | c >> 18));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c >> 12 & 0x3f)));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(out, (char)(uint8_t)(0x80 | (c & 0x3f)));
	}
}

/* \uXXXX, or a pair of surrogates; one alone is no character. */
static enum lerr_code read_unicode(struct reader *r, struct buf *out)
{
	uint32_t c;
	uint32_t low;

	if (!take_unit(r, &c))
		return fault(r, "bad \\u escape");
	if (c >= 0xdc00 && c <= 0xdfff)
		return fault(r, "lone surrogate");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!take_char(r, '\\') || !take_char(r, 'u') || !take_unit(r, &low) ||
		    low < 0xdc00 || low > 0xdfff)
			return fault(r, "lone surrogate");
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
	}
	add_utf8(out, c);
	return LERR_OK;
}

/* What follows a backslash. */
static enum lerr_code read_escape(struct reader *r, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *which;

	if (take_char(r, 'u'))
		return read_unicode(r, out);
	which = r->at < r->end && *r->at ? strchr(from, *r->at) : NULL;
	if (!which)
		return fault(r, "bad escape");
	buf_add_char(out, to[which - from]);
	r->at++;
	return LERR_OK;
}

/* The longest stretch of a string that stands for itself. */
static struct str take_plain(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at != '"' && *r->at != '\\' &&
	       (unsigned char)*r->at >= 0x20)
		r->at++;
	return (struct str){from, (size_t)(r->at - from)};
}

/* A string whose opening quote has been read: a view of the text, or of scratch when it
 * has escapes. */
static enum lerr_code read_string(struct reader *r, struct str *out, struct buf *scratch)
{
	enum lerr_code rc = LERR_OK;

	*out = take_plain(r);
	if (r->at < r->end && *r->at == '\\') {
		buf_reset(scratch);
		buf_add_str(scratch, *out);
		while (!rc && take_char(r, '\\')) {
			rc = read_escape(r, scratch);
			buf_add_str(scratch, take_plain(r));
		}
		if (rc)
			return rc;
		*out = buf_str(scratch);
	}
	if (!take_char(r, '"'))
		return fault(r, r->at == r->end ? "text ends inside a string"
						: "control character in a string");
	if (!utf8_valid(*out))
		return fault(r, "invalid UTF-8 in the string that ends");
	return LERR_OK;
}

/* ---- the tree */

/* Put v (which is taken) into the innermost open container, under r->key if that is an
 * object. */
static enum lerr_code attach(struct reader *r, json_t *v)
{
	json_t *in = r->depth ? r->open[r->depth - 1] : NULL;
	size_t before;

	if (!v)
		panic("out of memory: JSON");
	if (!in) {
		r->root = v;
		return LERR_OK;
	}
	if (json_is_array(in)) {
		if (json_array_append_new(in, v) != 0)
			panic("out of memory: JSON array");
		return LERR_OK;
	}
	before = json_object_size(in);
	if (json_object_set_new_nocheck(in, r->key.p, v) != 0)
		panic("out of memory: JSON object");
	/* two parsers that take different ones of two equal keys see different events */
	return json_object_size(in) > before ? LERR_OK : fault(r, "duplicate key before");
}

static enum lerr_code open_container(struct reader *r, json_t *v)
{
	enum lerr_code rc = attach(r, v);

	if (rc)
		return rc;
	if (r->depth == CAP_JSON_DEPTH)
		return lerr_set(r->err, LERR_LIMIT, 0, "JSON nested deeper than %d",
				CAP_JSON_DEPTH);
	r->open[r->depth++] = v;
	return LERR_OK;
}

/* ---- values */

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
	       c == 'E';
}

/* Plain non-negative integers are read here, what else there is by jansson, or not at
 * all: -0, 1.0 and 1e3 are other spellings of something. */
static enum lerr_code read_number(struct reader *r)
{
	struct str token = {r->at, 0};
	uint64_t v;
	json_t *number;

	while (r->at < r->end && is_number_char(*r->at))
		r->at++;
	token.n = (size_t)(r->at - token.p);
	if (str_to_u64(token, INT64_MAX, &v) && (token.n == 1 || token.p[0] != '0'))
		return attach(r, json_integer((json_int_t)v));
	if (r->numbers == JSONX_UINTS)
		return lerr_set(r->err, LERR_INPUT, 0,
				"a number that is not a plain non-negative integer");
	number = json_loadb(token.p, token.n, JSON_DECODE_ANY, NULL);
	return number ? attach(r, number) : fault(r, "bad number before");
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static enum lerr_code read_word(struct reader *r)
{
	if (take_word(r, "true"))
		return attach(r, json_true());
	if (take_word(r, "false"))
		return attach(r, json_false());
	if (take_word(r, "null"))
		return attach(r, json_null());
	return fault(r, r->at == r->end ? "text ends where a value should be"
					: "want a value");
}

static enum lerr_code read_value(struct reader *r)
{
	struct str s;
	enum lerr_code rc;

	skip_blanks(r);
	if (take_char(r, '"')) {
		rc = read_string(r, &s, &r->decoded);
		return rc ? rc : attach(r, json_stringn_nocheck(s.p, s.n));
	}
	if (take_char(r, '['))
		return open_container(r, json_array());
	if (take_char(r, '{'))
		return open_container(r, json_object());
	if (r->at < r->end && is_number_char(*r->at))
		return read_number(r);
	return read_word(r);
}

static enum lerr_code read_key(struct reader *r)
{
	struct str key;
	enum lerr_code rc;

	skip_blanks(r);
	if (!take_char(r, '"'))
		return fault(r, "want a key");
	rc = read_string(r, &key, &r->decoded);
	if (rc)
		return rc;
	if (str_has_nul(key))
		return fault(r, "NUL in the key before");
	buf_reset(&r->key);
	buf_add_str(&r->key, key);
	skip_blanks(r);
	return take_char(r, ':') ? LERR_OK : fault(r, "want a colon");
}

/* The next element or member of the innermost open container, or its end. */
static enum lerr_code read_next(struct reader *r)
{
	json_t *in = r->open[r->depth - 1];
	bool is_object = json_is_object(in);
	bool is_empty = is_object ? json_object_size(in) == 0 : json_array_size(in) == 0;
	enum lerr_code rc = LERR_OK;

	skip_blanks(r);
	if (take_char(r, is_object ? '}' : ']')) {
		r->depth--;
		return LERR_OK;
	}
	if (!is_empty && !take_char(r, ','))
		return fault(r, "want a comma or the end of what is open");
	if (is_object)
		rc = read_key(r);
	return rc ? rc : read_value(r);
}

static enum lerr_code read_text(struct reader *r)
{
	enum lerr_code rc = read_value(r);

	while (!rc && r->depth)
		rc = read_next(r);
	if (rc)
		return rc;
	skip_blanks(r);
	return r->at == r->end ? LERR_OK : fault(r, "something after the end");
}

enum lerr_code jsonread_text(struct json_t **out, struct str text,
			     enum jsonx_numbers numbers, struct lerr *err)
{
	struct reader r = {
		.at = text.n ? text.p : "",
		.numbers = numbers,
		/* decoding an escape never makes text longer */
		.key = BUF_INIT(text.n),
		.decoded = BUF_INIT(text.n),
		.err = err,
	};
	enum lerr_code rc;

	r.start = r.at;
	r.end = r.at + text.n;
	rc = read_text(&r);
	/* some of it is secret */
	buf_wipe(&r.key);
	buf_wipe(&r.decoded);
	if (rc)
		json_decref(r.root);
	else
		*out = r.root;
	return rc;
}
