/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/args.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/str.h"

#include <inttypes.h>
#include <string.h>

struct given {
	const struct args_option *option;
	char *const *words;
	size_t nwords;
	uint64_t number;
};

struct args {
	struct args_tables tables;
	struct given *given; /* in the order of the command line */
	size_t ngiven;
	const char **rest;
	size_t nrest;
	size_t dashed;
};

/* What is left of the command line while it is read. */
struct line {
	char *const *words;
	size_t n;
};

static const struct args_option *find(const struct args_tables *tables, struct str name,
				      char letter)
{
	for (size_t i = 0; i < ARGS_TABLES; i++)
		for (const struct args_option *o = tables->t[i]; o && o->name; o++)
			if (letter ? o->letter == letter : str_eq_c(name, o->name))
				return o;
	return NULL;
}

static const struct given *last_of(const struct args *a, const struct args_option *o)
{
	for (size_t i = a->ngiven; i > 0; i--)
		if (a->given[i - 1].option == o)
			return &a->given[i - 1];
	return NULL;
}

/* ---- reading */

static enum lerr_code check_uint(struct given *g, struct lerr *err)
{
	if (str_to_u64(str_of(g->words[0]), g->option->max, &g->number))
		return LERR_OK;
	return lerr_set(err, LERR_INPUT, 0, "--%s wants a whole number up to %" PRIu64,
			g->option->name, g->option->max);
}

/* The words of an option, cut from the line; at least one where it needs any. */
static enum lerr_code take_words(struct given *g, struct line *l, struct lerr *err)
{
	size_t most = g->option->kind == ARGS_WORDS ? l->n : 1;

	g->words = l->words;
	while (g->nwords < most && g->nwords < l->n &&
	       (g->option->kind != ARGS_WORDS ||
		strncmp(l->words[g->nwords], "--", 2) != 0))
		g->nwords++;
	if (g->nwords == 0)
		return lerr_set(err, LERR_INPUT, 0, "--%s wants %s", g->option->name,
				g->option->value);
	l->words += g->nwords;
	l->n -= g->nwords;
	return g->option->kind == ARGS_UINT ? check_uint(g, err) : LERR_OK;
}

/* "--name=VALUE": the value is the rest of the word itself. */
static enum lerr_code take_inline(struct given *g, char *const *word, struct lerr *err)
{
	if (g->option->kind == ARGS_FLAG)
		return lerr_set(err, LERR_INPUT, 0, "--%s takes no value",
				g->option->name);
	g->words = word;
	g->nwords = 1;
	return g->option->kind == ARGS_UINT ? check_uint(g, err) : LERR_OK;
}

static enum lerr_code take_option(struct args *a, struct line *l, char **inline_words,
				  struct lerr *err)
{
	char *word = l->words[0];
	bool is_long = word[1] == '-';
	char *eq = is_long ? strchr(word, '=') : NULL;
	struct str name = {word + 2, eq ? (size_t)(eq - word) - 2 : strlen(word + 1) - 1};
	struct given g = {0};
	enum lerr_code rc = LERR_OK;

	if (!is_long)
		name.n = 0;
	g.option = find(&a->tables, name, is_long ? 0 : word[1]);
	if (!g.option || (!is_long && word[2]))
		return lerr_set(err, LERR_INPUT, 0, "there is no option %.*s",
				eq ? (int)(eq - word < 40 ? eq - word : 40) : 40, word);
	if (g.option->kind <= ARGS_UINT && last_of(a, g.option))
		return lerr_set(err, LERR_INPUT, 0, "--%s is given twice",
				g.option->name);
	l->words++;
	l->n--;
	if (eq) {
		inline_words[a->ngiven] = eq + 1;
		rc = take_inline(&g, &inline_words[a->ngiven], err);
	} else if (g.option->kind != ARGS_FLAG) {
		rc = take_words(&g, l, err);
	}
	a->given[a->ngiven++] = g;
	return rc;
}

static enum lerr_code take_all(struct args *a, struct line *l, char **inline_words,
			       struct lerr *err)
{
	bool dashed = false;

	while (l->n) {
		const char *word = l->words[0];
		enum lerr_code rc;

		if (!dashed && word[0] == '-' && word[1] && strcmp(word, "--") != 0) {
			rc = take_option(a, l, inline_words, err);
			if (rc)
				return rc;
			continue;
		}
		if (!dashed && strcmp(word, "--") == 0) {
			dashed = true;
			a->dashed = a->nrest;
		} else {
			a->rest[a->nrest++] = word;
		}
		l->words++;
		l->n--;
	}
	if (!dashed)
		a->dashed = a->nrest;
	return LERR_OK;
}

enum lerr_code args_parse(struct args **out, const struct args_tables *tables, int argc,
			  char *const *argv, struct lerr *err)
{
	size_t n = (size_t)argc;
	struct line l = {argv, n};
	/* one allocation holds all tables, each with a place for every word */
	struct args *a = mem_zalloc(
		sizeof(*a) + n * (sizeof(*a->given) + sizeof(char *) + sizeof(char *)));
	char **inline_words;
	enum lerr_code rc;

	a->tables = *tables;
	a->given = (void *)(a + 1);
	a->rest = (void *)(a->given + n);
	inline_words = (void *)(a->rest + n);
	rc = take_all(a, &l, inline_words, err);
	if (rc)
		args_free(a);
	else
		*out = a;
	return rc;
}

void args_free(struct args *a)
{
	mem_free(a);
}

/* ---- asking */

static const struct args_option *must_find(const struct args *a, const char *name)
{
	const struct args_option *o = find(&a->tables, str_of(name), 0);

	if (!o)
		panic("no option --%s here", name);
	return o;
}

bool args_has(const struct args *a, const char *name)
{
	return last_of(a, must_find(a, name)) != NULL;
}

const char *args_text(const struct args *a, const char *name)
{
	const struct given *g = last_of(a, must_find(a, name));

	return g ? g->words[0] : NULL;
}

uint64_t args_uint(const struct args *a, const char *name, uint64_t def)
{
	const struct given *g = last_of(a, must_find(a, name));

	return g ? g->number : def;
}

size_t args_count(const struct args *a, const char *name)
{
	const struct args_option *o = must_find(a, name);
	size_t n = 0;

	for (size_t i = 0; i < a->ngiven; i++)
		n += a->given[i].option == o;
	return n;
}

static const struct given *nth(const struct args *a, const char *name, size_t k)
{
	const struct args_option *o = must_find(a, name);

	for (size_t i = 0; i < a->ngiven; i++)
		if (a->given[i].option == o && k-- == 0)
			return &a->given[i];
	panic("--%s was not given that often", name);
}

const char *args_nth(const struct args *a, const char *name, size_t i)
{
	return nth(a, name, i)->words[0];
}

size_t args_words(const struct args *a, const char *name, size_t i,
		  char *const **words_out)
{
	const struct given *g = nth(a, name, i);

	*words_out = g->words;
	return g->nwords;
}

size_t args_nrest(const struct args *a)
{
	return a->nrest;
}

const char *args_rest(const struct args *a, size_t i)
{
	INVARIANT(i < a->nrest);
	return a->rest[i];
}

size_t args_dashed(const struct args *a)
{
	return a->dashed;
}
