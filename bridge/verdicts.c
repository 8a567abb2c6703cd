/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/verdicts.h"

#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <string.h>

static const char *const words[VERDICT_COUNT] = {
	[VERDICT_STORED] = "stored",   [VERDICT_DUPLICATE] = "duplicate",
	[VERDICT_IGNORED] = "ignored", [VERDICT_REFUSED] = "refused",
	[VERDICT_LATER] = "later",
};

const char *verdicts_word(enum verdict v)
{
	INVARIANT(v < VERDICT_COUNT);
	return words[v];
}

static bool find_word(enum verdict *out, struct str word)
{
	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		if (!str_eq_c(word, words[i]))
			continue;
		*out = (enum verdict)i;
		return true;
	}
	return false;
}

static void keep_text(char out[CAP_LOG_TEXT + 1], struct str text)
{
	size_t n = text.n < CAP_LOG_TEXT ? text.n : CAP_LOG_TEXT;

	if (n)
		memcpy(out, text.p, n);
	out[n] = '\0';
}

static bool read_one(struct verdicts *v, size_t i, const json_t *item)
{
	struct str word;
	struct str text = {"", 0};

	if (!jsonx_get_str(item, "verdict", &word) || !find_word(&v->of[i].verdict, word))
		return false;
	(void)jsonx_get_str(item, "text", &text);
	keep_text(v->of[i].text, text);
	return true;
}

enum lerr_code verdicts_parse(struct verdicts *out, struct str json, size_t n,
			      struct lerr *err)
{
	auto_json json_t *root = NULL;
	const json_t *list;
	struct verdicts v = {.n = n};
	enum lerr_code rc =
		jsonx_load(&root, json, CAP_HTTP_ANSWER, JSONX_ANY_NUMBERS, err);

	INVARIANT(n <= CAP_BATCH_EVENTS);
	if (rc)
		return rc;
	list = json_object_get(root, "verdicts");
	if (!json_is_array(list) || json_array_size(list) != n)
		return lerr_set(err, LERR_INPUT, 0, "not %zu verdicts", n);
	for (size_t i = 0; i < n; i++)
		if (!read_one(&v, i, json_array_get(list, i)))
			return lerr_set(err, LERR_INPUT, 0, "verdict %zu is none", i);
	*out = v;
	return LERR_OK;
}
