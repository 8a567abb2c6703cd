/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/doc.h"

#include "lib/proto/jsonx.h"

static bool is_first(const struct buf *out)
{
	return out->n == 0 || out->p[out->n - 1] == '{' || out->p[out->n - 1] == '[';
}

void doc_comma(struct buf *out)
{
	if (!is_first(out))
		buf_add_char(out, ',');
}

void doc_key(struct buf *out, const char *key)
{
	doc_comma(out);
	jsonx_add_key(out, key);
}

void doc_text(struct buf *out, const char *key, struct str v)
{
	doc_key(out, key);
	jsonx_add_string(out, v);
}

void doc_c(struct buf *out, const char *key, const char *v)
{
	doc_text(out, key, str_of(v));
}

void doc_u64(struct buf *out, const char *key, uint64_t v)
{
	doc_key(out, key);
	buf_add_u64(out, v);
}

void doc_bool(struct buf *out, const char *key, bool v)
{
	doc_key(out, key);
	buf_add_c(out, v ? "true" : "false");
}

void doc_time(struct buf *out, const char *key, uint64_t ms)
{
	doc_key(out, key);
	if (ms)
		buf_add_u64(out, ms / 1000);
	else
		buf_add_c(out, "null");
}

void doc_id(struct buf *out, const char *key, const struct id32 *id)
{
	doc_c(out, key, id32_hex(id).c);
}

void doc_open(struct buf *out, const char *key, char bracket)
{
	if (key)
		doc_key(out, key);
	else
		doc_comma(out);
	buf_add_char(out, bracket);
}

void doc_close(struct buf *out, char bracket)
{
	buf_add_char(out, bracket);
}
