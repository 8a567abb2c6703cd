/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/mem.h"

#include "lib/base/panic.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		panic("out of memory: %zu bytes", n);
	return p;
}

void *mem_array(size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		panic("array of %zu times %zu bytes", count, size);
	return mem_zalloc(n);
}

void *mem_resize(void *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		panic("array of %zu times %zu bytes", count, size);
	p = realloc(p, n ? n : 1);
	if (!p)
		panic("out of memory: %zu bytes", n);
	return p;
}

void *mem_copy(const void *p, size_t n)
{
	char *q;

	INVARIANT(n < SIZE_MAX);
	q = mem_zalloc(n + 1);
	if (n)
		memcpy(q, p, n);
	return q;
}

char *mem_strdup(const char *s)
{
	return s ? mem_copy(s, strlen(s)) : NULL;
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

void mem_free_ptr(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

void *mem_steal_ptr(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	memset(pp, 0, sizeof(p));
	return p;
}
