/* SPDX-License-Identifier: MIT */
/*
 * A growing buffer that cannot exist without a maximum. Going over it poisons the
 * buffer: it becomes empty, takes nothing more, and buf_over() says so. A writer adds
 * piece by piece and asks once at the end.
 */
#ifndef LOOM_LIB_BASE_BUF_H
#define LOOM_LIB_BASE_BUF_H

#include "lib/base/attr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;     /* always NUL-terminated once something was added */
	size_t n;    /* bytes in use, the NUL not counted */
	size_t room; /* bytes allocated */
	size_t cap;  /* most bytes that n may reach */
	bool over;
};

void buf_init(struct buf *b, size_t cap);
/* Free the bytes; the buffer can be used again with the same cap. */
void buf_free(struct buf *b);
/* The same for a secret: overwritten first. */
void buf_wipe(struct buf *b);
/* Empty it, keep the memory, forget that it was over. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for n more bytes, to be written by the caller who then calls buf_grew(). NULL
 * when that is over the cap. */
char *buf_space(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);
/* Drop n bytes from the front. */
void buf_eat(struct buf *b, size_t n);

bool buf_over(const struct buf *b);
/* A view of what is in it; panics when it went over its cap. */
struct str buf_str(const struct buf *b);
/* The bytes as a C string that the caller owns; the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#define auto_buf __attribute__((cleanup(buf_free)))
#define auto_secret_buf __attribute__((cleanup(buf_wipe)))
#define BUF_INIT(max)                                                     \
	{                                                                 \
		.p = NULL, .n = 0, .room = 0, .cap = (max), .over = false \
	}

#endif
