/* SPDX-License-Identifier: MIT */
/*
 * What unit tests share: cmocka with the headers it wants in front, views of text
 * compared with C strings, a temporary folder, what was written to stderr, and code that
 * must panic.
 */
#ifndef LOOM_TESTS_UNIT_UNIT_H
#define LOOM_TESTS_UNIT_UNIT_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A struct str, or what a struct buf holds, against a C string. */
void unit_str_is(struct str got, const char *want, const char *file, int line);
#define assert_str(got, want) unit_str_is((got), (want), __FILE__, __LINE__)
#define assert_buf(got, want) unit_str_is(buf_str(&(got)), (want), __FILE__, __LINE__)
/* A message that holds these words. */
void unit_has_text(const char *text, const char *part, const char *file, int line);
#define assert_has(text, part) unit_has_text((text), (part), __FILE__, __LINE__)

/* An id from 64 hex digits, or from a small number (31 zero bytes in front). */
struct id32 unit_id(const char *hex);
struct id32 unit_small_id(uint8_t last);

/* ---- a temporary folder: setup and teardown of a test; *state is its path */
int unit_folder_make(void **state);
int unit_folder_remove(void **state);
/* FOLDER/name as a C string owned by the caller. */
char *unit_path(void *const *state, const char *name);
/* Write a file there; mode as in open(2). */
void unit_write(void *const *state, const char *name, const char *content,
		unsigned int mode);

/* ---- stderr, between start and stop; the text is owned by the caller */
void unit_stderr_start(void);
char *unit_stderr_stop(void);

/* Does fn(arg) end its process with abort()? Run in a child, its words are dropped. */
bool unit_panics(void (*fn)(void *arg), void *arg);

/* How many descriptors this process has open: for leaks. */
size_t unit_count_fds(void);

#endif
