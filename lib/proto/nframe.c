/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nframe.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/utf8.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

/* ---- elements of the array; index 0 is the word */

static bool get_text(const struct nframe *f, size_t i, struct str *out)
{
	const json_t *v = json_array_get(f->json, i);

	if (!json_is_string(v))
		return false;
	*out = (struct str){json_string_value(v), json_string_length(v)};
	return true;
}

static struct str clip(struct str s, size_t max)
{
	return (struct str){s.p, utf8_cut(s, max)};
}

static enum lerr_code missing(struct lerr *err, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "frame without %s", what);
}

static enum lerr_code take_sub(struct nframe *f, struct nframe_fault *fault,
			       struct lerr *err)
{
	struct str sub;

	if (!get_text(f, 1, &sub))
		return missing(err, "a subscription id");
	if (sub.n == 0 || sub.n > CAP_SUBID_BYTES)
		return lerr_set(err, LERR_INPUT, 0,
				"subscription id of %zu bytes, want 1 to %d", sub.n,
				CAP_SUBID_BYTES);
	f->sub = sub;
	fault->has_sub = true;
	return LERR_OK;
}

static enum lerr_code take_event(struct nframe *f, size_t i, struct nframe_fault *fault,
				 struct lerr *err)
{
	const json_t *obj = json_array_get(f->json, i);

	fault->has_id = jsonx_get_id32(obj, "id", &f->id);
	return nevent_from_json(&f->event, obj, err);
}

/* ---- frames, one function a shape */

typedef enum lerr_code (*shape_fn)(struct nframe *f, struct nframe_fault *fault,
				   struct lerr *err);

static enum lerr_code parse_event(struct nframe *f, struct nframe_fault *fault,
				  struct lerr *err)
{
	return take_event(f, 1, fault, err);
}

static enum lerr_code parse_sub_event(struct nframe *f, struct nframe_fault *fault,
				      struct lerr *err)
{
	enum lerr_code rc = take_sub(f, fault, err);

	return rc ? rc : take_event(f, 2, fault, err);
}

static enum lerr_code parse_req(struct nframe *f, struct nframe_fault *fault,
				struct lerr *err)
{
	enum lerr_code rc = take_sub(f, fault, err);
	size_t n = json_array_size(f->json);

	if (rc)
		return rc;
	if (n < 3)
		return missing(err, "a filter");
	if (n - 2 > CAP_FILTERS)
		return lerr_set(err, LERR_LIMIT, 0, "%zu filters, at most %d", n - 2,
				CAP_FILTERS);
	f->filters = mem_array(n - 2, sizeof(struct nfilter *));
	for (size_t i = 2; i < n; i++) {
		rc = nfilter_from_json(&f->filters[f->nfilters],
				       json_array_get(f->json, i), err);
		if (rc)
			return rc;
		f->nfilters++;
	}
	return LERR_OK;
}

static enum lerr_code parse_closed(struct nframe *f, struct nframe_fault *fault,
				   struct lerr *err)
{
	/* some relays leave the text out */
	if (get_text(f, 2, &f->text))
		f->text = clip(f->text, CAP_REASON_BYTES);
	return take_sub(f, fault, err);
}

static enum lerr_code parse_ok(struct nframe *f, struct nframe_fault *fault,
			       struct lerr *err)
{
	const json_t *accepted = json_array_get(f->json, 2);
	struct str hex;

	fault->has_id = get_text(f, 1, &hex) && id32_parse(&f->id, hex);
	if (!fault->has_id)
		return missing(err, "an event id");
	if (!json_is_boolean(accepted))
		return missing(err, "true or false");
	f->accepted = json_is_true(accepted);
	/* some relays leave the text out */
	if (get_text(f, 3, &f->text))
		f->text = clip(f->text, CAP_REASON_BYTES);
	return LERR_OK;
}

static enum lerr_code parse_notice(struct nframe *f, struct nframe_fault *fault,
				   struct lerr *err)
{
	(void)fault;
	if (!get_text(f, 1, &f->text))
		return missing(err, "text");
	f->text = clip(f->text, CAP_REASON_BYTES);
	return LERR_OK;
}

static enum lerr_code parse_challenge(struct nframe *f, struct nframe_fault *fault,
				      struct lerr *err)
{
	(void)fault;
	if (!get_text(f, 1, &f->text))
		return missing(err, "a challenge");
	f->text = clip(f->text, CAP_CHALLENGE_BYTES);
	return LERR_OK;
}

static const struct {
	enum nframe_side side;
	const char *word;
	enum nframe_type type;
	shape_fn parse;
} shapes[] = {
	{NFRAME_FROM_CLIENT, "EVENT", NFRAME_C_EVENT, parse_event},
	{NFRAME_FROM_CLIENT, "REQ", NFRAME_C_REQ, parse_req},
	{NFRAME_FROM_CLIENT, "CLOSE", NFRAME_C_CLOSE, take_sub},
	{NFRAME_FROM_CLIENT, "AUTH", NFRAME_C_AUTH, parse_event},
	{NFRAME_FROM_CLIENT, "COUNT", NFRAME_C_COUNT, take_sub},
	{NFRAME_FROM_CLIENT, "NEG-OPEN", NFRAME_C_NEG, take_sub},
	{NFRAME_FROM_CLIENT, "NEG-MSG", NFRAME_C_NEG, take_sub},
	{NFRAME_FROM_CLIENT, "NEG-CLOSE", NFRAME_C_NEG, take_sub},
	{NFRAME_FROM_RELAY, "EVENT", NFRAME_R_EVENT, parse_sub_event},
	{NFRAME_FROM_RELAY, "OK", NFRAME_R_OK, parse_ok},
	{NFRAME_FROM_RELAY, "EOSE", NFRAME_R_EOSE, take_sub},
	{NFRAME_FROM_RELAY, "CLOSED", NFRAME_R_CLOSED, parse_closed},
	{NFRAME_FROM_RELAY, "NOTICE", NFRAME_R_NOTICE, parse_notice},
	{NFRAME_FROM_RELAY, "AUTH", NFRAME_R_AUTH, parse_challenge},
};

static enum lerr_code parse_array(struct nframe *f, struct nframe_fault *fault,
				  enum nframe_side side, struct lerr *err)
{
	struct str word;

	if (!get_text(f, 0, &word))
		return lerr_set(err, LERR_INPUT, 0,
				"frame is not an array that starts with a word");
	fault->has_type = true;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (shapes[i].side != side || !str_eq_c(word, shapes[i].word))
			continue;
		f->type = shapes[i].type;
		return shapes[i].parse(f, fault, err);
	}
	f->type = NFRAME_UNKNOWN;
	f->text = clip(word, CAP_REASON_BYTES);
	return LERR_OK;
}

enum lerr_code nframe_parse(struct nframe *f, struct nframe_fault *fault,
			    enum nframe_side side, struct str text, size_t max,
			    struct lerr *err)
{
	enum lerr_code rc;

	*f = (struct nframe){.type = NFRAME_UNKNOWN};
	*fault = (struct nframe_fault){false, false, false};
	rc = jsonx_load(&f->json, text, max, JSONX_UINTS, err);
	if (!rc)
		return parse_array(f, fault, side, err);
	/* a number like 1.5 spoils the frame, but whom to answer can still be read */
	if (rc == LERR_INPUT &&
	    jsonx_load(&f->json, text, max, JSONX_ANY_NUMBERS, NULL) == LERR_OK)
		(void)parse_array(f, fault, side, NULL);
	return rc;
}

void nframe_wipe(struct nframe *f)
{
	nevent_free(f->event);
	for (size_t i = 0; i < f->nfilters; i++)
		nfilter_free(f->filters[i]);
	mem_free(f->filters);
	json_decref(f->json);
	*f = (struct nframe){.type = NFRAME_UNKNOWN};
}

/* ---- reasons */

static const char *const reason_words[] = {
	[NREASON_NONE] = "",
	[NREASON_DUPLICATE] = "duplicate",
	[NREASON_POW] = "pow",
	[NREASON_BLOCKED] = "blocked",
	[NREASON_RATE_LIMITED] = "rate-limited",
	[NREASON_INVALID] = "invalid",
	[NREASON_RESTRICTED] = "restricted",
	[NREASON_AUTH_REQUIRED] = "auth-required",
	[NREASON_MUTE] = "mute",
	[NREASON_ERROR] = "error",
	[NREASON_UNSUPPORTED] = "unsupported",
	[NREASON_REPLACED] = "replaced",
	[NREASON_DELETED] = "deleted",
};

enum nframe_reason nframe_reason(struct str text)
{
	struct str word;

	if (!text.n || !memchr(text.p, ':', text.n) || !str_next(&text, ':', &word))
		return NREASON_NONE;
	for (size_t i = NREASON_NONE + 1; i < ARRAY_LEN(reason_words); i++)
		if (word.n == strlen(reason_words[i]) &&
		    strncasecmp(word.p, reason_words[i], word.n) == 0)
			return (enum nframe_reason)i;
	return NREASON_NONE;
}

const char *nframe_reason_word(enum nframe_reason reason)
{
	return reason_words[reason];
}

/* ---- writing */

/* ["WORD" and what follows, then the closing bracket. */
static void open_frame(struct buf *out, const char *word)
{
	buf_addf(out, "[\"%s\"", word);
}

static void add_text(struct buf *out, struct str text)
{
	buf_add_char(out, ',');
	jsonx_add_string(out, text);
}

static void add_raw(struct buf *out, struct str json)
{
	buf_add_char(out, ',');
	buf_add_str(out, json);
}

static void close_frame(struct buf *out)
{
	buf_add_char(out, ']');
}

static void write_one_text(struct buf *out, const char *word, struct str text)
{
	open_frame(out, word);
	add_text(out, text);
	close_frame(out);
}

static void write_one_raw(struct buf *out, const char *word, struct str json)
{
	open_frame(out, word);
	add_raw(out, json);
	close_frame(out);
}

void nframe_write_event(struct buf *out, struct str event_json)
{
	write_one_raw(out, "EVENT", event_json);
}

void nframe_write_sub_event(struct buf *out, struct str sub, struct str event_json)
{
	open_frame(out, "EVENT");
	add_text(out, sub);
	add_raw(out, event_json);
	close_frame(out);
}

void nframe_write_req(struct buf *out, struct str sub, struct nfilter *const *filters,
		      size_t n)
{
	open_frame(out, "REQ");
	add_text(out, sub);
	for (size_t i = 0; i < n; i++) {
		buf_add_char(out, ',');
		nfilter_write(out, filters[i]);
	}
	close_frame(out);
}

void nframe_write_close(struct buf *out, struct str sub)
{
	write_one_text(out, "CLOSE", sub);
}

void nframe_write_auth(struct buf *out, struct str event_json)
{
	write_one_raw(out, "AUTH", event_json);
}

void nframe_write_challenge(struct buf *out, struct str challenge)
{
	write_one_text(out, "AUTH", challenge);
}

void nframe_write_ok(struct buf *out, const struct id32 *id, bool accepted,
		     struct str text)
{
	buf_addf(out, "[\"OK\",\"%s\",%s", id32_hex(id).c, accepted ? "true" : "false");
	add_text(out, text);
	close_frame(out);
}

void nframe_write_eose(struct buf *out, struct str sub)
{
	write_one_text(out, "EOSE", sub);
}

void nframe_write_closed(struct buf *out, struct str sub, struct str text)
{
	open_frame(out, "CLOSED");
	add_text(out, sub);
	add_text(out, text);
	close_frame(out);
}

void nframe_write_notice(struct buf *out, struct str text)
{
	write_one_text(out, "NOTICE", text);
}
