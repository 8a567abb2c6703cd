/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcmsg.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "lib/proto/jsonx.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

const struct ipc_field ipc_error_fields[2] = {
	{"code", IPC_TEXT, offsetof(struct ipc_error, code), 16,
	 "input, limit, state, denied, temp or gone"},
	{"text", IPC_TEXT, offsetof(struct ipc_error, text), LERR_MSG_MAX,
	 "what is wrong"},
};

/* Field of a message, as the type that the table says. The structs start at addresses
 * from malloc and offsets come from offsetof: aligned. */
static const void *at(const void *body, const struct ipc_field *f)
{
	return (const char *)body + f->offset;
}

static void *at_mut(void *body, const struct ipc_field *f)
{
	return (char *)body + f->offset;
}

static uint64_t most(const struct ipc_field *f)
{
	return f->max ? f->max : CAP_CREATED_AT;
}

/* ---- encode */

static void add_text(struct buf *out, const char *text)
{
	struct str s = str_of(text);

	INVARIANT(utf8_valid(s));
	jsonx_add_string(out, s);
}

static void add_hex(struct buf *out, const uint8_t *p, size_t n)
{
	char hex[129];

	INVARIANT(n <= 64);
	hex_encode(hex, p, n);
	buf_addf(out, "\"%s\"", hex);
}

static void add_texts(struct buf *out, const struct ipc_texts *t)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_add_char(out, ',');
		add_text(out, t->v[i]);
	}
	buf_add_char(out, ']');
}

static void add_field(struct buf *out, const void *p, const struct ipc_field *f)
{
	switch (f->kind) {
	case IPC_U64:
		buf_add_u64(out, *(const uint64_t *)p);
		return;
	case IPC_BOOL:
		buf_add_c(out, *(const bool *)p ? "true" : "false");
		return;
	case IPC_TEXT:
		add_text(out, *(char *const *)p);
		return;
	case IPC_TEXTS:
		add_texts(out, p);
		return;
	case IPC_ID32:
		add_hex(out, ((const struct id32 *)p)->b, 32);
		return;
	case IPC_SIG:
		add_hex(out, ((const struct ipc_sig *)p)->b, 64);
		return;
	}
}

void ipcmsg_encode(struct buf *out, const struct ipc_type *type, uint64_t n,
		   const void *body)
{
	buf_addf(out, "{\"t\":\"%s\",\"n\":%" PRIu64, type->name, n);
	for (size_t i = 0; i < type->nfields; i++) {
		buf_add_char(out, ',');
		jsonx_add_key(out, type->fields[i].name);
		add_field(out, at(body, &type->fields[i]), &type->fields[i]);
	}
	buf_add_char(out, '}');
}

/* ---- decode */

static bool get_text(char **out, const json_t *v, uint64_t max)
{
	struct str s;

	if (!json_is_string(v))
		return false;
	s = (struct str){json_string_value(v), json_string_length(v)};
	if (s.n > max || str_has_nul(s))
		return false;
	*out = str_dup(s);
	return true;
}

static bool get_texts(struct ipc_texts *out, const json_t *v, uint64_t max)
{
	if (!json_is_array(v) || json_array_size(v) > max)
		return false;
	out->v = mem_array(json_array_size(v), sizeof(*out->v));
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!get_text(&out->v[i], json_array_get(v, i), CAP_IPC_BODY))
			return false;
		out->n++;
	}
	return true;
}

static bool get_hex(uint8_t *out, size_t n, const json_t *v)
{
	return json_is_string(v) &&
	       hex_decode(out, n,
			  (struct str){json_string_value(v), json_string_length(v)});
}

static bool get_field(void *p, const json_t *v, const struct ipc_field *f)
{
	switch (f->kind) {
	case IPC_U64:
		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
		    (uint64_t)json_integer_value(v) > most(f))
			return false;
		*(uint64_t *)p = (uint64_t)json_integer_value(v);
		return true;
	case IPC_BOOL:
		if (!json_is_boolean(v))
			return false;
		*(bool *)p = json_is_true(v);
		return true;
	case IPC_TEXT:
		return get_text(p, v, most(f));
	case IPC_TEXTS:
		return get_texts(p, v, most(f));
	case IPC_ID32:
		return get_hex(((struct id32 *)p)->b, 32, v);
	case IPC_SIG:
		return get_hex(((struct ipc_sig *)p)->b, 64, v);
	}
	return false;
}

static bool find_type(size_t *out, const struct ipc_type *table, size_t ntypes,
		      struct str name)
{
	for (size_t i = 0; i < ntypes; i++) {
		if (!str_eq_c(name, table[i].name))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static enum lerr_code get_body(struct ipcmsg *m, const json_t *obj, struct lerr *err)
{
	/* t and n beside the fields */
	if (json_object_size(obj) != m->desc->nfields + 2)
		return lerr_set(err, LERR_INPUT, 0, "message %s has %zu fields, want %zu",
				m->desc->name, json_object_size(obj),
				m->desc->nfields + 2);
	for (size_t i = 0; i < m->desc->nfields; i++) {
		const struct ipc_field *f = &m->desc->fields[i];
		const json_t *v = json_object_get(obj, f->name);

		if (!v || !get_field(at_mut(m->body, f), v, f))
			return lerr_set(err, LERR_INPUT, 0, "message %s: field %s",
					m->desc->name, f->name);
	}
	return LERR_OK;
}

enum lerr_code ipcmsg_decode(struct ipcmsg *out, const struct ipc_type *table,
			     size_t ntypes, struct str json, struct lerr *err)
{
	auto_json json_t *obj = NULL;
	struct ipcmsg m = {0};
	struct str name;
	enum lerr_code rc = jsonx_load(&obj, json, CAP_IPC_BODY, JSONX_UINTS, err);

	if (rc)
		return rc;
	if (!json_is_object(obj) || !jsonx_get_str(obj, "t", &name) ||
	    !jsonx_get_u64(obj, "n", &m.n))
		return lerr_set(err, LERR_INPUT, 0, "not a message");
	if (!find_type(&m.type, table, ntypes, name))
		return lerr_set(err, LERR_INPUT, 0, "unknown message");
	m.desc = &table[m.type];
	m.body = mem_zalloc(m.desc->size);
	rc = get_body(&m, obj, err);
	if (rc) {
		ipcmsg_wipe(&m);
		return rc;
	}
	*out = m;
	return LERR_OK;
}

/* ---- free */

static void wipe_text(char **text)
{
	if (*text)
		mem_wipe(*text, strlen(*text));
	mem_free(*text);
	*text = NULL;
}

void ipc_texts_add(struct ipc_texts *t, struct str s)
{
	t->v = mem_resize(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = str_dup(s);
}

void ipc_texts_wipe(struct ipc_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		wipe_text(&t->v[i]);
	mem_free(t->v);
	*t = (struct ipc_texts){NULL, 0};
}

void ipcmsg_wipe(struct ipcmsg *m)
{
	if (!m->body)
		return;
	for (size_t i = 0; i < m->desc->nfields; i++) {
		const struct ipc_field *f = &m->desc->fields[i];

		if (f->kind == IPC_TEXT)
			wipe_text(at_mut(m->body, f));
		else if (f->kind == IPC_TEXTS)
			ipc_texts_wipe(at_mut(m->body, f));
	}
	mem_free(m->body);
	m->body = NULL;
}

enum lerr_code ipc_error_read(const struct ipc_error *e, struct lerr *err)
{
	for (int code = LERR_INPUT; code < LERR_CODE_COUNT; code++)
		if (strcmp(e->code, lerr_name((enum lerr_code)code)) == 0)
			return lerr_set(err, (enum lerr_code)code, 0, "%s", e->text);
	return lerr_set(err, LERR_TEMP, 0, "%s", e->text);
}

/* ---- docs */

static const char *kind_word(enum ipc_kind kind)
{
	switch (kind) {
	case IPC_U64:
		return "integer";
	case IPC_BOOL:
		return "boolean";
	case IPC_TEXT:
		return "text";
	case IPC_TEXTS:
		return "texts";
	case IPC_ID32:
		return "64 hex";
	case IPC_SIG:
		return "128 hex";
	}
	return "?";
}

static void write_field_docs(struct buf *out, const struct ipc_field *f)
{
	buf_addf(out, "| `%s` | %s", f->name, kind_word(f->kind));
	if (f->max)
		buf_addf(out, " ≤ %" PRIu64, f->max);
	buf_addf(out, " | %s |\n", f->help);
}

void ipcmsg_write_docs(struct buf *out, const struct ipc_type *table, size_t ntypes)
{
	for (size_t i = 0; i < ntypes; i++) {
		const struct ipc_type *t = &table[i];

		buf_addf(out, "### `%s` (from %s)\n\n%s", t->name, t->from, t->help);
		if (t->nfds)
			buf_addf(out, " Up to %zu descriptor%s beside it.", t->nfds,
				 t->nfds == 1 ? "" : "s");
		buf_add_c(out, "\n\n");
		if (t->nfields)
			buf_add_c(out, "| field | type | meaning |\n|---|---|---|\n");
		for (size_t k = 0; k < t->nfields; k++)
			write_field_docs(out, &t->fields[k]);
		if (t->nfields)
			buf_add_char(out, '\n');
	}
}
