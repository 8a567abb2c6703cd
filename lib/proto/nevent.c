/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nevent.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/ntags.h"
#include "lib/proto/schnorr.h"

#include <jansson.h>
#include <stdalign.h>
#include <string.h>

enum {
	/* every byte of text may become an escape of six; every value brings quotes and
	 * a comma, every tag brackets */
	PREIMAGE_MAX =
		6 * CAP_EVENT_BYTES + 4 * CAP_EVENT_TAG_ITEMS + 4 * CAP_EVENT_TAGS + 512,
};

/* ---- one allocation */

/* What an event needs behind its struct: bounded by the caps, so no sum overflows. */
struct need {
	size_t ntags;
	size_t nvalues;
	size_t bytes;
};

/* The places of a new event that are filled next. */
struct draft {
	struct nevent *ev;
	struct ntag *tag;
	struct str *value;
	char *text;
};

_Static_assert(sizeof(struct nevent) % alignof(struct ntag) == 0 &&
		       sizeof(struct ntag) % alignof(struct str) == 0,
	       "the tables follow the struct without gaps");

static void draft_init(struct draft *d, const struct need *need)
{
	size_t tags_at = sizeof(struct nevent);
	size_t values_at = tags_at + need->ntags * sizeof(struct ntag);
	size_t text_at = values_at + need->nvalues * sizeof(struct str);
	char *block = mem_zalloc(text_at + need->bytes);
	void *ev = block;
	void *tags = block + tags_at;
	void *values = block + values_at;

	*d = (struct draft){
		.ev = ev, .tag = tags, .value = values, .text = block + text_at};
	d->ev->tags = d->tag;
	d->ev->ntags = need->ntags;
}

static struct str draft_text(struct draft *d, struct str s)
{
	struct str copy = {d->text, s.n};

	if (s.n)
		memcpy(d->text, s.p, s.n);
	d->text += s.n;
	return copy;
}

static void draft_open_tag(struct draft *d, size_t nvalues)
{
	*d->tag++ = (struct ntag){d->value, nvalues};
}

static void draft_value(struct draft *d, struct str s)
{
	*d->value++ = draft_text(d, s);
}

struct nevent *nevent_copy(const struct nevent *ev)
{
	struct need need = {.ntags = ev->ntags, .bytes = ev->content.n};
	struct draft d;

	for (size_t t = 0; t < ev->ntags; t++) {
		need.nvalues += ev->tags[t].n;
		for (size_t i = 0; i < ev->tags[t].n; i++)
			need.bytes += ev->tags[t].v[i].n;
	}
	draft_init(&d, &need);
	for (size_t t = 0; t < ev->ntags; t++) {
		draft_open_tag(&d, ev->tags[t].n);
		for (size_t i = 0; i < ev->tags[t].n; i++)
			draft_value(&d, ev->tags[t].v[i]);
	}
	d.ev->content = draft_text(&d, ev->content);
	d.ev->id = ev->id;
	d.ev->pubkey = ev->pubkey;
	memcpy(d.ev->sig, ev->sig, sizeof(d.ev->sig));
	d.ev->created_at = ev->created_at;
	d.ev->kind = ev->kind;
	return d.ev;
}

void nevent_free(struct nevent *ev)
{
	mem_free(ev);
}

void nevent_free_ptr(struct nevent **ev)
{
	nevent_free(*ev);
}

/* ---- reading */

static struct str text_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static enum lerr_code bad_field(struct lerr *err, const char *name, const char *want)
{
	return lerr_set(err, LERR_INPUT, 0, "event: %s is not %s", name, want);
}

static enum lerr_code measure_tag(struct need *need, const json_t *tag, struct lerr *err)
{
	if (!json_is_array(tag))
		return bad_field(err, "a tag", "an array");
	need->nvalues += json_array_size(tag);
	if (need->nvalues > CAP_EVENT_TAG_ITEMS)
		return lerr_set(err, LERR_LIMIT, 0, "event: more than %d tag values",
				CAP_EVENT_TAG_ITEMS);
	for (size_t i = 0; i < json_array_size(tag); i++) {
		const json_t *value = json_array_get(tag, i);

		if (!json_is_string(value))
			return bad_field(err, "a tag value", "a string");
		need->bytes += json_string_length(value);
	}
	return LERR_OK;
}

/* Types and sizes of tags and content, before anything is allocated for them. */
static enum lerr_code measure(struct need *need, const json_t *tags,
			      const json_t *content, struct lerr *err)
{
	if (!json_is_string(content))
		return bad_field(err, "content", "a string");
	if (!json_is_array(tags))
		return bad_field(err, "tags", "an array");
	need->ntags = json_array_size(tags);
	need->bytes = json_string_length(content);
	if (need->ntags > CAP_EVENT_TAGS)
		return lerr_set(err, LERR_LIMIT, 0, "event: %zu tags, at most %d",
				need->ntags, CAP_EVENT_TAGS);
	for (size_t i = 0; i < need->ntags; i++) {
		enum lerr_code rc = measure_tag(need, json_array_get(tags, i), err);

		if (rc)
			return rc;
	}
	if (need->bytes > CAP_EVENT_BYTES)
		return lerr_set(err, LERR_LIMIT, 0, "event: %zu bytes of text",
				need->bytes);
	return LERR_OK;
}

static bool get_sig(const json_t *obj, uint8_t sig64[64])
{
	struct str hex;

	return jsonx_get_str(obj, "sig", &hex) && hex_decode(sig64, 64, hex);
}

static enum lerr_code read_scalars(struct nevent *ev, const json_t *obj, struct lerr *err)
{
	uint64_t kind;

	if (!jsonx_get_id32(obj, "id", &ev->id))
		return bad_field(err, "id", "64 lower-case hex digits");
	if (!jsonx_get_id32(obj, "pubkey", &ev->pubkey))
		return bad_field(err, "pubkey", "64 lower-case hex digits");
	if (!get_sig(obj, ev->sig))
		return bad_field(err, "sig", "128 lower-case hex digits");
	if (!jsonx_get_u64(obj, "created_at", &ev->created_at) ||
	    ev->created_at > CAP_CREATED_AT)
		return bad_field(err, "created_at", "an integer from 0 to 2^53 - 1");
	if (!jsonx_get_u64(obj, "kind", &kind) || kind > NKIND_MAX)
		return bad_field(err, "kind", "an integer from 0 to 65535");
	ev->kind = (uint32_t)kind;
	return LERR_OK;
}

static void fill_tags(struct draft *d, const json_t *tags)
{
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *tag = json_array_get(tags, i);

		draft_open_tag(d, json_array_size(tag));
		for (size_t k = 0; k < json_array_size(tag); k++)
			draft_value(d, text_of(json_array_get(tag, k)));
	}
}

enum lerr_code nevent_from_json(struct nevent **out, const struct json_t *obj,
				struct lerr *err)
{
	const json_t *tags = json_object_get(obj, "tags");
	const json_t *content = json_object_get(obj, "content");
	struct nevent head = {0};
	struct need need = {0};
	struct draft d;
	enum lerr_code rc;

	if (!json_is_object(obj))
		return lerr_set(err, LERR_INPUT, 0, "event: not a JSON object");
	rc = read_scalars(&head, obj, err);
	if (!rc)
		rc = measure(&need, tags, content, err);
	if (rc)
		return rc;
	draft_init(&d, &need);
	head.tags = d.ev->tags;
	head.ntags = d.ev->ntags;
	*d.ev = head;
	fill_tags(&d, tags);
	d.ev->content = draft_text(&d, text_of(content));
	*out = d.ev;
	return LERR_OK;
}

enum lerr_code nevent_parse(struct nevent **out, struct str json, struct lerr *err)
{
	auto_json json_t *obj = NULL;
	enum lerr_code rc = jsonx_load(&obj, json, CAP_EVENT_BYTES, JSONX_UINTS, err);

	return rc ? rc : nevent_from_json(out, obj, err);
}

/* ---- writing */

void nevent_write_tags(struct buf *out, const struct nevent *ev)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < ev->ntags; i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_char(out, '[');
		for (size_t k = 0; k < ev->tags[i].n; k++) {
			if (k)
				buf_add_char(out, ',');
			jsonx_add_string(out, ev->tags[i].v[k]);
		}
		buf_add_char(out, ']');
	}
	buf_add_char(out, ']');
}

static void add_hex(struct buf *out, const uint8_t *bytes, size_t n)
{
	char hex[2 * 64 + 1];

	hex_encode(hex, bytes, n);
	buf_add(out, hex, 2 * n);
}

/* Bytes of an event as JSON, at least: room for it is then made once. */
static size_t guess_size(const struct nevent *ev)
{
	size_t n = 512 + ev->content.n + ev->content.n / 16;

	for (size_t i = 0; i < ev->ntags; i++)
		for (size_t k = 0; k < ev->tags[i].n; k++)
			n += ev->tags[i].v[k].n + 8;
	return n;
}

void nevent_write(struct buf *out, const struct nevent *ev)
{
	buf_add_c(out, "{\"id\":\"");
	add_hex(out, ev->id.b, sizeof(ev->id.b));
	buf_add_c(out, "\",\"pubkey\":\"");
	add_hex(out, ev->pubkey.b, sizeof(ev->pubkey.b));
	buf_add_c(out, "\",\"created_at\":");
	buf_add_u64(out, ev->created_at);
	buf_add_c(out, ",\"kind\":");
	buf_add_u64(out, ev->kind);
	buf_add_c(out, ",\"tags\":");
	nevent_write_tags(out, ev);
	buf_add_c(out, ",\"content\":");
	jsonx_add_string(out, ev->content);
	buf_add_c(out, ",\"sig\":\"");
	add_hex(out, ev->sig, sizeof(ev->sig));
	buf_add_c(out, "\"}");
}

/* ---- checking */

struct id32 nevent_hash(const struct nevent *ev)
{
	auto_buf struct buf text = BUF_INIT(PREIMAGE_MAX);
	const char *room = buf_space(&text, guess_size(ev));

	INVARIANT(room);
	buf_add_c(&text, "[0,\"");
	add_hex(&text, ev->pubkey.b, sizeof(ev->pubkey.b));
	buf_add_c(&text, "\",");
	buf_add_u64(&text, ev->created_at);
	buf_add_char(&text, ',');
	buf_add_u64(&text, ev->kind);
	buf_add_char(&text, ',');
	nevent_write_tags(&text, ev);
	buf_add_char(&text, ',');
	jsonx_add_string(&text, ev->content);
	buf_add_char(&text, ']');
	return hash_sha256(text.p, buf_str(&text).n);
}

enum lerr_code nevent_check_id(const struct nevent *ev, struct lerr *err)
{
	struct id32 id = nevent_hash(ev);

	if (!id32_eq(&id, &ev->id))
		return lerr_set(err, LERR_DENIED, 0, "event: id does not fit its fields");
	return LERR_OK;
}

enum lerr_code nevent_verify(const struct nevent *ev, struct lerr *err)
{
	enum lerr_code rc = nevent_check_id(ev, err);

	if (!rc && !schnorr_verify(&ev->pubkey, ev->sig, ev->id.b, sizeof(ev->id.b)))
		rc = lerr_set(err, LERR_DENIED, 0, "event: wrong signature");
	return rc;
}

/* ---- tags */

static bool is_named(const struct ntag *tag, const char *name)
{
	return tag->n > 0 && str_eq_c(tag->v[0], name);
}

bool nevent_tag(const struct nevent *ev, const char *name, struct str *value)
{
	for (size_t i = 0; i < ev->ntags; i++) {
		if (!is_named(&ev->tags[i], name))
			continue;
		if (ev->tags[i].n < 2)
			return false;
		*value = ev->tags[i].v[1];
		return true;
	}
	return false;
}

bool nevent_tag_id32(const struct nevent *ev, const char *name, struct id32 *value)
{
	struct str hex;

	return nevent_tag(ev, name, &hex) && id32_parse(value, hex);
}

size_t nevent_count_tags(const struct nevent *ev, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->ntags; i++)
		n += is_named(&ev->tags[i], name);
	return n;
}

bool nevent_has_tag(const struct nevent *ev, const char *name, struct str value)
{
	for (size_t i = 0; i < ev->ntags; i++)
		if (is_named(&ev->tags[i], name) && ev->tags[i].n > 1 &&
		    str_eq(ev->tags[i].v[1], value))
			return true;
	return false;
}

/* ---- classes of kinds */

bool nevent_is_replaceable(uint32_t kind)
{
	return kind == 0 || kind == 3 || (kind >= 10000 && kind < 20000);
}

bool nevent_is_ephemeral(uint32_t kind)
{
	return kind >= 20000 && kind < 30000;
}

bool nevent_is_addressable(uint32_t kind)
{
	return kind >= 30000 && kind < 40000;
}

/* ---- building */

struct nevent *nevent_make(const struct id32 *pubkey, uint64_t created_at, uint32_t kind,
			   const struct ntags *tags, struct str content)
{
	struct need need = {tags->ntags, tags->nvalues, tags->text.n + content.n};
	struct draft d;
	size_t at = 0;
	size_t value = 0;

	INVARIANT(kind <= NKIND_MAX && created_at <= CAP_CREATED_AT &&
		  need.bytes <= CAP_EVENT_BYTES);
	draft_init(&d, &need);
	for (size_t i = 0; i < tags->ntags; i++) {
		draft_open_tag(&d, tags->tag_len[i]);
		for (size_t k = 0; k < tags->tag_len[i]; k++) {
			size_t n = tags->value_len[value++];

			draft_value(&d, (struct str){tags->text.p + at, n});
			at += n;
		}
	}
	d.ev->content = draft_text(&d, content);
	d.ev->pubkey = *pubkey;
	d.ev->created_at = created_at;
	d.ev->kind = kind;
	d.ev->id = nevent_hash(d.ev);
	return d.ev;
}

void nevent_set_sig(struct nevent *ev, const uint8_t sig64[64])
{
	memcpy(ev->sig, sig64, sizeof(ev->sig));
}
