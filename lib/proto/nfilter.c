/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nfilter.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys */

/* "#x": the letter, 0 for any other key. */
static char tag_letter(const char *key)
{
	if (key[0] != '#' || key[1] == '\0' || key[2] != '\0')
		return 0;
	if ((key[1] >= 'a' && key[1] <= 'z') || (key[1] >= 'A' && key[1] <= 'Z'))
		return key[1];
	return 0;
}

static bool is_id_letter(char letter)
{
	return letter == 'e' || letter == 'p';
}

/* ---- sizes, checked before anything is allocated */

struct need {
	size_t nids; /* ids and authors */
	size_t nkinds;
	size_t ntags;
	size_t nvalues;
	size_t bytes;
};

static enum lerr_code bad_value(struct lerr *err, const char *key, const char *want)
{
	return lerr_set(err, LERR_INPUT, 0, "filter: %s is not %s", key, want);
}

static bool is_id(const json_t *v)
{
	struct str hex = {json_string_value(v), json_string_length(v)};
	struct id32 id;

	return json_is_string(v) && id32_parse(&id, hex);
}

static enum lerr_code measure_ids(struct need *need, const char *key, const json_t *list,
				  struct lerr *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_id(json_array_get(list, i)))
			return bad_value(err, key, "a list of 64 lower-case hex digits");
	need->nids += json_array_size(list);
	return LERR_OK;
}

static enum lerr_code measure_kinds(struct need *need, const json_t *list,
				    struct lerr *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
		    json_integer_value(v) > NKIND_MAX)
			return bad_value(err, "kinds", "a list of integers up to 65535");
	}
	need->nkinds += json_array_size(list);
	return LERR_OK;
}

static enum lerr_code measure_tag(struct need *need, const char *key, const json_t *list,
				  struct lerr *err)
{
	bool ids = is_id_letter(key[1]);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v))
			return bad_value(err, key, "a list of strings");
		if (ids && !is_id(v))
			return bad_value(err, key, "a list of 64 lower-case hex digits");
		need->bytes += json_string_length(v);
	}
	need->ntags++;
	need->nvalues += json_array_size(list);
	return LERR_OK;
}

static enum lerr_code measure_list(struct need *need, const char *key, const json_t *list,
				   struct lerr *err)
{
	if (!json_is_array(list))
		return bad_value(err, key, "a list");
	if (need->nids + need->nkinds + need->nvalues + json_array_size(list) >
	    CAP_FILTER_VALUES)
		return lerr_set(err, LERR_LIMIT, 0, "filter: more than %d values",
				CAP_FILTER_VALUES);
	if (strcmp(key, "kinds") == 0)
		return measure_kinds(need, list, err);
	if (key[0] == '#')
		return measure_tag(need, key, list, err);
	return measure_ids(need, key, list, err);
}

static enum lerr_code measure_key(struct need *need, const char *key, const json_t *v,
				  struct lerr *err)
{
	if (strcmp(key, "ids") == 0 || strcmp(key, "authors") == 0 ||
	    strcmp(key, "kinds") == 0 || tag_letter(key))
		return measure_list(need, key, v, err);
	if (strcmp(key, "since") == 0 || strcmp(key, "until") == 0 ||
	    strcmp(key, "limit") == 0)
		return json_is_integer(v) && json_integer_value(v) >= 0
			       ? LERR_OK
			       : bad_value(err, key, "a non-negative integer");
	return lerr_set(err, LERR_INPUT, 0, "filter: '%.20s' is not supported", key);
}

/* ---- filling */

/* The places of a new filter that are filled next. */
struct draft {
	struct nfilter *f;
	struct nfilter_tag *tag;
	struct str *value;
	struct id32 *id;
	uint32_t *kind;
	char *text;
};

_Static_assert(sizeof(struct nfilter) % alignof(struct nfilter_tag) == 0 &&
		       sizeof(struct nfilter_tag) % alignof(struct str) == 0 &&
		       sizeof(struct str) % alignof(uint32_t) == 0,
	       "the tables follow the struct without gaps");

static void draft_init(struct draft *d, const struct need *need)
{
	size_t tags_at = sizeof(struct nfilter);
	size_t values_at = tags_at + need->ntags * sizeof(struct nfilter_tag);
	size_t kinds_at = values_at + need->nvalues * sizeof(struct str);
	size_t ids_at = kinds_at + need->nkinds * sizeof(uint32_t);
	size_t text_at = ids_at + need->nids * sizeof(struct id32);
	char *block = mem_zalloc(text_at + need->bytes);
	void *f = block;
	void *tags = block + tags_at;
	void *values = block + values_at;
	void *kinds = block + kinds_at;
	void *ids = block + ids_at;

	*d = (struct draft){f, tags, values, ids, kinds, block + text_at};
	d->f->tags = d->tag;
	d->f->ntags = need->ntags;
	d->f->until = UINT64_MAX;
	d->f->limit = UINT64_MAX;
}

static struct str text_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static void fill_ids(struct draft *d, const struct id32 **list, size_t *n,
		     const json_t *from)
{
	*list = d->id;
	*n = json_array_size(from);
	for (size_t i = 0; i < *n; i++)
		/* measure_ids() has seen that it is one */
		(void)id32_parse(d->id++, text_of(json_array_get(from, i)));
}

static void fill_kinds(struct draft *d, const json_t *from)
{
	d->f->kinds = d->kind;
	d->f->nkinds = json_array_size(from);
	for (size_t i = 0; i < d->f->nkinds; i++)
		*d->kind++ = (uint32_t)json_integer_value(json_array_get(from, i));
}

static void fill_tag(struct draft *d, char letter, const json_t *from)
{
	*d->tag++ = (struct nfilter_tag){letter, d->value, json_array_size(from)};
	for (size_t i = 0; i < json_array_size(from); i++) {
		struct str s = text_of(json_array_get(from, i));

		if (s.n)
			memcpy(d->text, s.p, s.n);
		*d->value++ = (struct str){d->text, s.n};
		d->text += s.n;
	}
}

static void fill_key(struct draft *d, const char *key, const json_t *v)
{
	struct nfilter *f = d->f;

	if (tag_letter(key))
		fill_tag(d, key[1], v);
	else if (strcmp(key, "ids") == 0)
		fill_ids(d, &f->ids, &f->nids, v);
	else if (strcmp(key, "authors") == 0)
		fill_ids(d, &f->authors, &f->nauthors, v);
	else if (strcmp(key, "kinds") == 0)
		fill_kinds(d, v);
	else if (strcmp(key, "since") == 0)
		f->since = (uint64_t)json_integer_value(v);
	else if (strcmp(key, "until") == 0)
		f->until = (uint64_t)json_integer_value(v);
	else
		f->limit = (uint64_t)json_integer_value(v);
}

enum lerr_code nfilter_from_json(struct nfilter **out, struct json_t *obj,
				 struct lerr *err)
{
	struct need need = {0};
	struct draft d;
	const char *key;
	json_t *v;

	if (!json_is_object(obj))
		return lerr_set(err, LERR_INPUT, 0, "filter: not a JSON object");
	json_object_foreach(obj, key, v)
	{
		enum lerr_code rc = measure_key(&need, key, v, err);

		if (rc)
			return rc;
	}
	draft_init(&d, &need);
	json_object_foreach(obj, key, v)
	{
		fill_key(&d, key, v);
	}
	d.f->has_ids = json_object_get(obj, "ids") != NULL;
	d.f->has_authors = json_object_get(obj, "authors") != NULL;
	d.f->has_kinds = json_object_get(obj, "kinds") != NULL;
	*out = d.f;
	return LERR_OK;
}

void nfilter_free(struct nfilter *f)
{
	mem_free(f);
}

/* ---- matching */

static bool has_id(const struct id32 *list, size_t n, const struct id32 *id)
{
	for (size_t i = 0; i < n; i++)
		if (id32_eq(&list[i], id))
			return true;
	return false;
}

static bool has_kind(const struct nfilter *f, uint32_t kind)
{
	for (size_t i = 0; i < f->nkinds; i++)
		if (f->kinds[i] == kind)
			return true;
	return false;
}

static bool has_tag(const struct nfilter_tag *want, const struct nevent *ev)
{
	char name[2] = {want->letter, '\0'};

	for (size_t i = 0; i < want->n; i++)
		if (nevent_has_tag(ev, name, want->values[i]))
			return true;
	return false;
}

/* Everything but the tags. */
static bool fits_head(const struct nfilter *f, const struct nevent *ev)
{
	if (ev->created_at < f->since || ev->created_at > f->until)
		return false;
	if (f->has_kinds && !has_kind(f, ev->kind))
		return false;
	if (f->has_authors && !has_id(f->authors, f->nauthors, &ev->pubkey))
		return false;
	return !f->has_ids || has_id(f->ids, f->nids, &ev->id);
}

bool nfilter_matches(const struct nfilter *f, const struct nevent *ev)
{
	if (!fits_head(f, ev))
		return false;
	for (size_t i = 0; i < f->ntags; i++)
		if (!has_tag(&f->tags[i], ev))
			return false;
	return true;
}

/* ---- matching many */

struct entry {
	char letter;
	struct str value;
};

struct nfilter_index {
	const struct nevent *ev;
	size_t n;
	struct entry entries[];
};

/* Any order will do: by length first is the cheapest. */
static int by_value(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;

	if (a->letter != b->letter)
		return a->letter < b->letter ? -1 : 1;
	if (a->value.n != b->value.n)
		return a->value.n < b->value.n ? -1 : 1;
	return a->value.n ? memcmp(a->value.p, b->value.p, a->value.n) : 0;
}

struct nfilter_index *nfilter_index_new(const struct nevent *ev)
{
	struct nfilter_index *x =
		mem_zalloc(sizeof(*x) + ev->ntags * sizeof(x->entries[0]));

	x->ev = ev;
	for (size_t i = 0; i < ev->ntags; i++) {
		const struct ntag *t = &ev->tags[i];

		if (t->n > 1 && t->v[0].n == 1)
			x->entries[x->n++] = (struct entry){t->v[0].p[0], t->v[1]};
	}
	qsort(x->entries, x->n, sizeof(x->entries[0]), by_value);
	return x;
}

void nfilter_index_free(struct nfilter_index *x)
{
	mem_free(x);
}

static bool index_has(const struct nfilter_index *x, const struct nfilter_tag *want)
{
	for (size_t i = 0; i < want->n; i++) {
		struct entry key = {want->letter, want->values[i]};

		if (bsearch(&key, x->entries, x->n, sizeof(key), by_value))
			return true;
	}
	return false;
}

bool nfilter_finds(const struct nfilter *f, const struct nfilter_index *x)
{
	if (!fits_head(f, x->ev))
		return false;
	for (size_t i = 0; i < f->ntags; i++)
		if (!index_has(x, &f->tags[i]))
			return false;
	return true;
}

/* ---- writing */

/* An object being written: a comma goes in front of every key but the first. */
struct object {
	struct buf *out;
	size_t empty; /* length of out when nothing is in the object yet */
};

static struct buf *open_key(struct object *o, const char *key)
{
	if (o->out->n != o->empty)
		buf_add_char(o->out, ',');
	jsonx_add_key(o->out, key);
	return o->out;
}

static void add_ids(struct object *o, const char *key, const struct id32 *ids, size_t n)
{
	struct buf *out = open_key(o, key);

	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s\"%s\"", i ? "," : "", id32_hex(&ids[i]).c);
	buf_add_char(out, ']');
}

static void add_kinds(struct object *o, const struct nfilter *f)
{
	struct buf *out = open_key(o, "kinds");

	buf_add_char(out, '[');
	for (size_t i = 0; i < f->nkinds; i++)
		buf_addf(out, "%s%u", i ? "," : "", f->kinds[i]);
	buf_add_char(out, ']');
}

static void add_tag(struct object *o, const struct nfilter_tag *tag)
{
	struct buf *out = open_key(o, (char[]){'#', tag->letter, '\0'});

	buf_add_char(out, '[');
	for (size_t i = 0; i < tag->n; i++) {
		if (i)
			buf_add_char(out, ',');
		jsonx_add_string(out, tag->values[i]);
	}
	buf_add_char(out, ']');
}

static void add_number(struct object *o, const char *key, uint64_t v, uint64_t absent)
{
	if (v != absent)
		buf_add_u64(open_key(o, key), v);
}

void nfilter_write(struct buf *out, const struct nfilter *f)
{
	struct object o;

	buf_add_char(out, '{');
	o = (struct object){out, out->n};
	if (f->has_ids)
		add_ids(&o, "ids", f->ids, f->nids);
	if (f->has_authors)
		add_ids(&o, "authors", f->authors, f->nauthors);
	if (f->has_kinds)
		add_kinds(&o, f);
	for (size_t i = 0; i < f->ntags; i++)
		add_tag(&o, &f->tags[i]);
	add_number(&o, "since", f->since, 0);
	add_number(&o, "until", f->until, UINT64_MAX);
	add_number(&o, "limit", f->limit, UINT64_MAX);
	buf_add_char(out, '}');
}
