/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/str.h"

#include "lib/base/mem.h"

#include <string.h>

struct str str_of(const char *c)
{
	return c ? (struct str){c, strlen(c)} : (struct str){"", 0};
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *c)
{
	return str_eq(a, str_of(c));
}

bool str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && str_eq((struct str){a.p, n}, (struct str){prefix, n});
}

bool str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n &&
	       str_eq((struct str){a.p + a.n - n, n}, (struct str){suffix, n});
}

bool str_has_nul(struct str a)
{
	return a.n != 0 && memchr(a.p, '\0', a.n) != NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str a)
{
	while (a.n && is_blank(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n && is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

char *str_dup(struct str a)
{
	return mem_copy(a.p, a.n);
}

void str_copy(char *out, size_t room, struct str s)
{
	size_t n = s.n < room - 1 ? s.n : room - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

void str_printable(char *out, size_t room, struct str s)
{
	str_copy(out, room, s);
	for (size_t i = 0; i < s.n && i < room - 1; i++)
		if (out[i] < 0x20 || out[i] > 0x7e)
			out[i] = '?';
}

bool str_to_u64(struct str a, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (a.n == 0)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (a.p[i] < '0' || a.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(a.p[i] - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool str_next(struct str *rest, char sep, struct str *word)
{
	const char *at;

	if (!rest->p || rest->n == 0)
		return false;
	at = memchr(rest->p, sep, rest->n);
	if (!at) {
		*word = *rest;
		*rest = (struct str){NULL, 0};
		return true;
	}
	*word = (struct str){rest->p, (size_t)(at - rest->p)};
	rest->n -= word->n + 1;
	rest->p = at + 1;
	return true;
}
