/* SPDX-License-Identifier: MIT */
/*
 * Called by dispatch.c with fields from loom-engine or loom-bridge, either of which may
 * have been taken over by a stranger. Whatever it is asked, the key signs only events of
 * this list, of now, in the form that clients expect. Never: sign bytes or an id that
 * somebody else has computed.
 */
#include "config.h"

#include "keyd/signev.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nevent.h"

#include <jansson.h>

enum {
	AHEAD_MAX_S = 10 * 60,
	BACK_MAX_S = 7 * 24 * 3600,
	EXPIRY_MAX_S = 3600,
};

/* ---- the form of each kind */

static enum lerr_code want(struct lerr *err, uint32_t kind, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "kind %u: want %s", kind, what);
}

/* Exactly one tag of that name, with an id as its value. */
static bool has_one_id(const struct nevent *ev, const char *name, struct id32 *id)
{
	return nevent_count_tags(ev, name) == 1 && nevent_tag_id32(ev, name, id);
}

static enum lerr_code check_result(const struct nevent *ev, uint64_t now,
				   struct lerr *err)
{
	struct id32 id;

	(void)now;
	if (!has_one_id(ev, "e", &id) || !has_one_id(ev, "p", &id))
		return want(err, ev->kind, "exactly one e and one p");
	return LERR_OK;
}

static enum lerr_code check_status(const struct nevent *ev, uint64_t now,
				   struct lerr *err)
{
	struct id32 d;
	struct id32 e;
	struct id32 p;

	(void)now;
	if (!has_one_id(ev, "d", &d) || !has_one_id(ev, "e", &e) ||
	    !has_one_id(ev, "p", &p))
		return want(err, ev->kind, "exactly one d, one e and one p");
	if (!id32_eq(&d, &e))
		return want(err, ev->kind, "the same job in d and e");
	return LERR_OK;
}

static enum lerr_code check_advert(const struct nevent *ev, uint64_t now,
				   struct lerr *err)
{
	auto_json json_t *obj = NULL;

	(void)now;
	if (jsonx_load(&obj, ev->content, CAP_OUR_EVENT_BYTES, JSONX_ANY_NUMBERS, NULL) ||
	    !json_is_object(obj))
		return want(err, ev->kind, "a JSON object as content");
	return LERR_OK;
}

static bool is_relay_url(struct str s)
{
	if (!str_starts(s, "wss://") && !str_starts(s, "ws://"))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n <= CAP_URL_BYTES;
}

static enum lerr_code check_relays(const struct nevent *ev, uint64_t now,
				   struct lerr *err)
{
	(void)now;
	if (ev->ntags == 0 || ev->content.n)
		return want(err, ev->kind, "r tags and no content");
	for (size_t i = 0; i < ev->ntags; i++)
		if (!str_eq_c(ev->tags[i].v[0], "r") || ev->tags[i].n < 2 ||
		    !is_relay_url(ev->tags[i].v[1]))
			return want(err, ev->kind, "nothing but r tags with relay URLs");
	return LERR_OK;
}

/* An upload, never a deletion: whoever takes the engine over shall not be able to remove
 * what the worker has published. */
static bool is_upload_verb(struct str s)
{
	return str_eq_c(s, "upload") || str_eq_c(s, "media");
}

static bool are_upload_tags(const struct nevent *ev)
{
	for (size_t i = 0; i < ev->ntags; i++) {
		const struct ntag *tag = &ev->tags[i];
		struct id32 hash;

		if (str_eq_c(tag->v[0], "t") &&
		    (tag->n < 2 || !is_upload_verb(tag->v[1])))
			return false;
		if (str_eq_c(tag->v[0], "x") &&
		    (tag->n < 2 || !id32_parse(&hash, tag->v[1])))
			return false;
	}
	return nevent_count_tags(ev, "t") > 0 && nevent_count_tags(ev, "x") > 0;
}

static enum lerr_code check_upload(const struct nevent *ev, uint64_t now,
				   struct lerr *err)
{
	struct str text;
	uint64_t expiration;

	if (!are_upload_tags(ev))
		return want(err, ev->kind, "t (upload or media) and x (SHA-256)");
	if (nevent_count_tags(ev, "expiration") != 1 ||
	    !nevent_tag(ev, "expiration", &text) ||
	    !str_to_u64(text, CAP_CREATED_AT, &expiration) ||
	    expiration > now + EXPIRY_MAX_S)
		return want(err, ev->kind, "one expiration at most an hour ahead");
	if (ev->content.n == 0)
		return want(err, ev->kind, "a content");
	return LERR_OK;
}

typedef enum lerr_code (*form_fn)(const struct nevent *ev, uint64_t now,
				  struct lerr *err);

/* All that there is: what is not here is not signed. */
static const struct form {
	uint32_t kind;
	enum { BY_WORKER, BY_UPLOAD } key;
	form_fn check;
} forms[] = {
	{NKIND_RESULT, BY_WORKER, check_result}, {NKIND_STATUS, BY_WORKER, check_status},
	{NKIND_CHANGE, BY_WORKER, check_status}, {NKIND_WORKER, BY_WORKER, check_advert},
	{NKIND_RELAYS, BY_WORKER, check_relays}, {NKIND_BLOSSOM, BY_UPLOAD, check_upload},
};

static const struct form *find_form(uint64_t kind)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].kind == kind)
			return &forms[i];
	return NULL;
}

bool signev_is_known(uint64_t kind)
{
	return find_form(kind) != NULL;
}

/* ---- tags, from their JSON */

static enum lerr_code add_tag(struct ntags *tags, size_t *nvalues, const json_t *tag,
			      struct lerr *err)
{
	struct str *auto_free values = NULL;
	size_t n = json_array_size(tag);

	*nvalues += n;
	if (n == 0)
		return lerr_set(err, LERR_INPUT, 0, "tags: want arrays of strings");
	if (*nvalues > CAP_EVENT_TAG_ITEMS)
		return lerr_set(err, LERR_LIMIT, 0, "tags: more than %d values",
				CAP_EVENT_TAG_ITEMS);
	values = mem_array(n, sizeof(*values));
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(tag, i);

		if (!json_is_string(v))
			return lerr_set(err, LERR_INPUT, 0,
					"tags: want arrays of strings");
		values[i] = (struct str){json_string_value(v), json_string_length(v)};
	}
	ntags_add(tags, values, n);
	return LERR_OK;
}

static enum lerr_code read_tags(struct ntags *tags, const char *text, struct lerr *err)
{
	auto_json json_t *list = NULL;
	size_t nvalues = 0;
	enum lerr_code rc =
		jsonx_load(&list, str_of(text), CAP_OUR_EVENT_BYTES, JSONX_UINTS, err);

	if (rc)
		return lerr_wrap(err, rc, "tags");
	if (!json_is_array(list))
		return lerr_set(err, LERR_INPUT, 0, "tags: want an array");
	if (json_array_size(list) > CAP_EVENT_TAGS)
		return lerr_set(err, LERR_LIMIT, 0, "tags: more than %d", CAP_EVENT_TAGS);
	for (size_t i = 0; !rc && i < json_array_size(list); i++)
		rc = add_tag(tags, &nvalues, json_array_get(list, i), err);
	return rc;
}

/* ---- signing */

static enum lerr_code check_time(uint64_t created_at, uint64_t now, struct lerr *err)
{
	if (created_at > now + AHEAD_MAX_S)
		return lerr_set(err, LERR_DENIED, 0,
				"created_at is more than %d minutes ahead",
				AHEAD_MAX_S / 60);
	if (created_at + BACK_MAX_S < now)
		return lerr_set(err, LERR_DENIED, 0,
				"created_at is more than %d days back",
				BACK_MAX_S / 86400);
	return LERR_OK;
}

enum lerr_code signev_sign(struct ipckey_signed *out, const struct keyring *keys,
			   const struct ipckey_sign *req, uint64_t now, struct lerr *err)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	const struct form *form = find_form(req->kind);
	const struct keyring_pair *pair;
	enum lerr_code rc;

	if (!form)
		return lerr_set(err, LERR_DENIED, 0, "not a kind that is signed here");
	rc = check_time(req->created_at, now, err);
	if (!rc)
		rc = read_tags(tags, req->tags, err);
	if (rc)
		return rc;
	pair = form->key == BY_UPLOAD ? &keys->upload : &keys->worker;
	ev = nevent_make(&pair->pubkey, req->created_at, form->kind, tags,
			 str_of(req->content));
	rc = form->check(ev, now, err);
	if (rc)
		return rc;
	out->id = ev->id;
	nsign_sign(out->sig.b, &pair->secret, &ev->id);
	return LERR_OK;
}

enum lerr_code signev_auth(struct ipckey_authed *out, const struct keyring *keys,
			   const struct ipckey_auth *req, uint64_t now, struct lerr *err)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf text = BUF_INIT(CAP_OUR_EVENT_BYTES);
	uint8_t sig[64];

	if (!is_relay_url(str_of(req->relay)))
		return lerr_set(err, LERR_INPUT, 0, "want the URL of a relay");
	if (!req->challenge[0])
		return lerr_set(err, LERR_INPUT, 0, "want a challenge");
	ntags_add_c(tags, "relay", req->relay, NULL);
	ntags_add_c(tags, "challenge", req->challenge, NULL);
	ev = nevent_make(&keys->worker.pubkey, now, NKIND_AUTH, tags, STR_LIT(""));
	nsign_sign(sig, &keys->worker.secret, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&text, ev);
	out->event = buf_take(&text);
	return LERR_OK;
}
