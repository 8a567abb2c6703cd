/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/ntags.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nevent.h"

#include <stdarg.h>

struct ntags *ntags_new(void)
{
	struct ntags *t = mem_zalloc(sizeof(*t));

	buf_init(&t->text, CAP_EVENT_BYTES);
	return t;
}

void ntags_free(struct ntags *t)
{
	if (!t)
		return;
	buf_free(&t->text);
	mem_free(t->value_len);
	mem_free(t->tag_len);
	mem_free(t);
}

void ntags_free_ptr(struct ntags **t)
{
	ntags_free(*t);
}

static void push(size_t **list, size_t *n, size_t v)
{
	*list = mem_resize(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = v;
}

void ntags_add(struct ntags *t, const struct str *values, size_t n)
{
	INVARIANT(n > 0 && t->ntags < CAP_EVENT_TAGS &&
		  t->nvalues + n <= CAP_EVENT_TAG_ITEMS);
	for (size_t i = 0; i < n; i++) {
		buf_add_str(&t->text, values[i]);
		push(&t->value_len, &t->nvalues, values[i].n);
	}
	INVARIANT(!buf_over(&t->text));
	push(&t->tag_len, &t->ntags, n);
}

void ntags_add_c(struct ntags *t, ...)
{
	enum { MOST = 16 };
	struct str values[MOST];
	const char *value;
	size_t n = 0;
	va_list ap;

	va_start(ap, t);
	while ((value = va_arg(ap, const char *)) != NULL) {
		INVARIANT(n < MOST);
		values[n++] = str_of(value);
	}
	va_end(ap);
	ntags_add(t, values, n);
}
