/* SPDX-License-Identifier: MIT */
/*
 * The command line of one verb: options from const tables, then words. "--name VALUE"
 * and "--name=VALUE" are the same; "--" ends the options. What is given is looked up by
 * name; asking for a name that is in no table is a bug and panics.
 */
#ifndef LOOM_CTL_ARGS_H
#define LOOM_CTL_ARGS_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum args_kind {
	ARGS_FLAG,
	ARGS_TEXT,  /* one value, once */
	ARGS_UINT,  /* a whole number up to max, once */
	ARGS_LIST,  /* one value, again and again */
	ARGS_WORDS, /* the words up to the next that begins with "--"; again and again */
};

struct args_option {
	const char *name; /* without the dashes; NULL ends a table */
	enum args_kind kind;
	const char *value; /* what help calls the value: "FILE" */
	const char *help;  /* a sentence or two, without line breaks */
	uint64_t max;      /* ARGS_UINT */
	char letter;       /* -o for --output; 0: none */
};

/* Tables of one verb, NULL for those it does not need. */
enum { ARGS_TABLES = 6 };
struct args_tables {
	const struct args_option *t[ARGS_TABLES];
};

struct args;

/* Words are borrowed from argv. LERR_INPUT says which word is wrong, but never repeats a
 * value: it may be a secret that was put in the wrong place. */
MUST_USE enum lerr_code args_parse(struct args **out, const struct args_tables *tables,
				   int argc, char *const *argv, struct lerr *err);
void args_free(struct args *a);

bool args_has(const struct args *a, const char *name);
/* The value of ARGS_TEXT, or NULL. */
const char *args_text(const struct args *a, const char *name);
/* The value of ARGS_UINT, or def. */
uint64_t args_uint(const struct args *a, const char *name, uint64_t def);
/* How often an ARGS_LIST or ARGS_WORDS was given, and the words of each. */
size_t args_count(const struct args *a, const char *name);
const char *args_nth(const struct args *a, const char *name, size_t i);
size_t args_words(const struct args *a, const char *name, size_t i,
		  char *const **words_out);

/* The words that belong to no option. */
size_t args_nrest(const struct args *a);
const char *args_rest(const struct args *a, size_t i);
/* The first of them that stood behind "--"; args_nrest() when none did. */
size_t args_dashed(const struct args *a);

#endif
