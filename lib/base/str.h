/* SPDX-License-Identifier: MIT */
/*
 * Borrowed text: a pointer and a length, no NUL needed, may contain NULs. Whoever
 * stores one says in its header which object the bytes belong to.
 */
#ifndef LOOM_LIB_BASE_STR_H
#define LOOM_LIB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define STR_LIT(s) ((struct str){(s), sizeof(s) - 1})
/* For printf: "%.*s", STR_ARG(s). Only for text that is ours. */
#define STR_ARG(s) (int)(s).n, (s).p

struct str str_of(const char *c); /* NULL gives the empty string */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *c);
bool str_starts(struct str a, const char *prefix);
bool str_ends(struct str a, const char *suffix);
/* A NUL in it means that it cannot become a C string. */
bool str_has_nul(struct str a);
/* Without leading and trailing blanks (space, tab, CR, LF). */
struct str str_trim(struct str a);
/* A NUL-terminated copy, owned by the caller. */
char *str_dup(struct str a);

/* Copy as a C string into room bytes (at least 1), cut when it is longer. */
void str_copy(char *out, size_t room, struct str s);
/* The same for foreign text that people will read: every byte that is not printable
 * ASCII becomes a question mark. */
void str_printable(char *out, size_t room, struct str s);

/* Digits only, no sign, no blank, at most max. */
bool str_to_u64(struct str a, uint64_t max, uint64_t *out);

/*
 * Cut the next word at sep out of *rest; false when nothing is left. "a,,b" gives
 * "a", "" and "b"; "a," gives "a"; "" gives nothing.
 */
bool str_next(struct str *rest, char sep, struct str *word);

#endif
