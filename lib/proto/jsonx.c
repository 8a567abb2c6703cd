/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jsonx.h"

#include "lib/base/caps.h"

#include <jansson.h>
#include <string.h>

void jsonx_free_ptr(struct json_t **json)
{
	json_decref(*json);
}

/* ---- the scan in front of jansson */

struct scan {
	struct str text;
	size_t at;
	unsigned int depth;
};

/* Step over a string; the opening quote has been read. */
static void skip_string(struct scan *s)
{
	while (s->at < s->text.n) {
		char c = s->text.p[s->at++];

		if (c == '"')
			return;
		if (c == '\\' && s->at < s->text.n)
			s->at++;
	}
}

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
	       c == 'E';
}

/* Step over a number; true when it is digits alone. jansson reads -0 as 0 and would
 * leave a fraction to each caller. */
static bool skip_uint(struct scan *s)
{
	bool plain = true;

	while (s->at < s->text.n && is_number_char(s->text.p[s->at])) {
		char c = s->text.p[s->at++];

		plain = plain && c >= '0' && c <= '9';
	}
	return plain;
}

/* Nesting and numbers only: everything else is jansson's to judge. No recursion here,
 * and a bounded one there. */
static enum lerr_code scan_bounds(struct str text, enum jsonx_numbers numbers,
				  struct lerr *err)
{
	struct scan s = {.text = text};

	while (s.at < s.text.n) {
		char c = s.text.p[s.at];

		if (c == '"') {
			s.at++;
			skip_string(&s);
		} else if (c == '[' || c == '{') {
			s.at++;
			if (++s.depth > CAP_JSON_DEPTH)
				return lerr_set(err, LERR_LIMIT, 0,
						"JSON nested deeper than %d",
						CAP_JSON_DEPTH);
		} else if (c == ']' || c == '}') {
			s.at++;
			if (s.depth)
				s.depth--;
		} else if (numbers == JSONX_UINTS &&
			   (c == '-' || (c >= '0' && c <= '9'))) {
			if (!skip_uint(&s))
				return lerr_set(
					err, LERR_INPUT, 0,
					"a number that is not a plain non-negative "
					"integer");
		} else {
			s.at++;
		}
	}
	return LERR_OK;
}

enum lerr_code jsonx_load(struct json_t **out, struct str text, size_t max,
			  enum jsonx_numbers numbers, struct lerr *err)
{
	json_error_t why;
	json_t *v;
	enum lerr_code rc;

	if (text.n > max)
		return lerr_set(err, LERR_LIMIT, 0, "JSON of %zu bytes, at most %zu",
				text.n, max);
	rc = scan_bounds(text, numbers, err);
	if (rc)
		return rc;
	v = json_loadb(text.p, text.n,
		       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (!v)
		return lerr_set(err, LERR_INPUT, 0, "not JSON: %.100s at byte %d",
				why.text, why.position);
	*out = v;
	return LERR_OK;
}

/* ---- members */

bool jsonx_get_str(const struct json_t *obj, const char *key, struct str *out)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_string(v))
		return false;
	*out = (struct str){json_string_value(v), json_string_length(v)};
	return true;
}

bool jsonx_get_u64(const struct json_t *obj, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

bool jsonx_get_bool(const struct json_t *obj, const char *key, bool *out)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_boolean(v))
		return false;
	*out = json_is_true(v);
	return true;
}

bool jsonx_get_id32(const struct json_t *obj, const char *key, struct id32 *out)
{
	struct str s;

	return jsonx_get_str(obj, key, &s) && id32_parse(out, s);
}

/* ---- writing */

/* The two-character escape of c (NIP-01), 0 when it has none. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '\n':
		return 'n';
	case '"':
		return '"';
	case '\\':
		return '\\';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	default:
		return 0;
	}
}

void jsonx_add_string(struct buf *out, struct str s)
{
	size_t from = 0;

	buf_add_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char e = short_escape(c);

		if (e == 0 && c >= 0x20)
			continue;
		buf_add(out, s.p + from, i - from);
		from = i + 1;
		if (e)
			buf_add(out, (char[2]){'\\', e}, 2);
		else
			buf_addf(out, "\\u%04x", c);
	}
	if (s.n)
		buf_add(out, s.p + from, s.n - from);
	buf_add_char(out, '"');
}

void jsonx_add_key(struct buf *out, const char *key)
{
	buf_add_char(out, '"');
	buf_add_c(out, key);
	buf_add(out, "\":", 2);
}
