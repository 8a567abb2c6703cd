/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/outrec.h"

#include "ctl/out.h"
#include "lib/base/caps.h"
#include "lib/base/utf8.h"
#include "lib/proto/jsonx.h"

#include <inttypes.h>

void outrec_open(struct outrec *r, const char *type)
{
	buf_init(&r->json, CAP_CTL_LINE);
	buf_add_c(&r->json, "{\"type\":");
	jsonx_add_string(&r->json, str_of(type));
}

static void add_key(struct outrec *r, const char *key)
{
	buf_add_char(&r->json, ',');
	jsonx_add_key(&r->json, key);
}

void outrec_str(struct outrec *r, const char *key, struct str value)
{
	auto_buf struct buf clean = BUF_INIT(CAP_CTL_LINE);

	add_key(r, key);
	if (utf8_valid(value)) {
		jsonx_add_string(&r->json, value);
		return;
	}
	out_escape(&clean, value);
	jsonx_add_string(&r->json, buf_str(&clean));
}

void outrec_id(struct outrec *r, const char *key, const struct id32 *id)
{
	outrec_str(r, key, str_of(id32_hex(id).c));
}

void outrec_uint(struct outrec *r, const char *key, uint64_t value)
{
	add_key(r, key);
	buf_add_u64(&r->json, value);
}

void outrec_int(struct outrec *r, const char *key, int64_t value)
{
	add_key(r, key);
	buf_addf(&r->json, "%" PRId64, value);
}

void outrec_bool(struct outrec *r, const char *key, bool value)
{
	add_key(r, key);
	buf_add_c(&r->json, value ? "true" : "false");
}

void outrec_raw(struct outrec *r, const char *key, struct str raw)
{
	add_key(r, key);
	buf_add_str(&r->json, raw);
}

void outrec_done(struct outrec *r)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_LINE);

	buf_add_char(&r->json, '}');
	out_escape_json(&line, buf_str(&r->json));
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
	buf_free(&r->json);
}
