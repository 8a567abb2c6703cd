/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jsonx.h"

#include "lib/proto/jsonread.h"

#include <jansson.h>
#include <string.h>

void jsonx_free_ptr(struct json_t **json)
{
	json_decref(*json);
}

enum lerr_code jsonx_load(struct json_t **out, struct str text, size_t max,
			  enum jsonx_numbers numbers, struct lerr *err)
{
	if (text.n > max)
		return lerr_set(err, LERR_LIMIT, 0, "JSON of %zu bytes, at most %zu",
				text.n, max);
	return jsonread_text(out, text, numbers, err);
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
