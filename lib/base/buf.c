/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/buf.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BUF_FIRST = 256 };

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf)BUF_INIT(cap);
}

void buf_free(struct buf *b)
{
	mem_free(b->p);
	buf_init(b, b->cap);
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		mem_wipe(b->p, b->room);
	buf_free(b);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
	if (b->p)
		b->p[0] = '\0';
}

static void poison(struct buf *b)
{
	buf_wipe(b);
	b->over = true;
}

char *buf_space(struct buf *b, size_t n)
{
	size_t need;
	size_t room;
	char *p;

	if (b->over)
		return NULL;
	INVARIANT(b->cap < SIZE_MAX / 2);
	if (__builtin_add_overflow(b->n, n, &need) || need > b->cap) {
		poison(b);
		return NULL;
	}
	if (need + 1 > b->room) {
		room = b->room ? b->room * 2 : BUF_FIRST;
		if (room < need + 1)
			room = need + 1;
		/* not realloc: a secret must not stay behind in freed memory */
		p = mem_zalloc(room);
		if (b->n)
			memcpy(p, b->p, b->n);
		if (b->p)
			mem_wipe(b->p, b->n);
		mem_free(b->p);
		b->p = p;
		b->room = room;
	}
	return b->p + b->n;
}

void buf_grew(struct buf *b, size_t n)
{
	INVARIANT(!b->over && b->p && n < b->room - b->n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_space(b, n);

	if (!at)
		return;
	if (n)
		memcpy(at, p, n);
	buf_grew(b, n);
}

void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_add_c(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v);

	buf_add(b, text, (size_t)n);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *at;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0);
	at = buf_space(b, (size_t)n);
	if (!at)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_grew(b, (size_t)n);
}

void buf_eat(struct buf *b, size_t n)
{
	INVARIANT(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n + 1);
	b->n -= n;
}

bool buf_over(const struct buf *b)
{
	return b->over;
}

struct str buf_str(const struct buf *b)
{
	INVARIANT(!b->over);
	return b->p ? (struct str){b->p, b->n} : (struct str){"", 0};
}

char *buf_take(struct buf *b)
{
	char *p;

	INVARIANT(!b->over);
	if (!b->p)
		buf_add(b, "", 0);
	p = b->p;
	buf_init(b, b->cap);
	return p;
}
