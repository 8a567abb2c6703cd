/* SPDX-License-Identifier: MIT */
/*
 * Vector files: every case of a file is one test. The files are published elsewhere and
 * are not part of this tree; they are looked for in the folder that LOOM_VECTORS names,
 * then in shared/vectors beside the source tree. Without its file a program prints one
 * skip with the reason. (tests/unit carries facts of its own for the same codecs.)
 */
#ifndef LOOM_TESTS_VECTORS_VEC_H
#define LOOM_TESTS_VECTORS_VEC_H

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

#include <jansson.h>

/* Read a whole file; without it the process ends as a skipped test. */
void vec_read(struct buf *out, const char *file);
/* A number of 19 digits or more, of which not every one fits a json_int_t, comes out as
 * text: vec_u64() takes both. */
json_t *vec_load(const char *file);

/* One case; the test fails through cmocka. */
typedef void (*vec_fn)(const json_t *v);

/* Every element of a list, named group: and its member "name" or "note", or its place. */
void vec_add_all(const char *group, const json_t *list, vec_fn fn);

/* Run them all, then one test more: as many as the file is known to have. */
int vec_run(size_t want);

/* ---- members that must be there */
const char *vec_text(const json_t *v, const char *key);
struct str vec_str(const json_t *v, const char *key);
size_t vec_number(const json_t *v, const char *key);
uint64_t vec_u64(const json_t *n);
/* n bytes from hex. */
void vec_bytes(uint8_t *out, size_t n, const json_t *v, const char *key);

/* SHA-256 of text against a hex string. */
void vec_assert_sha256(struct str text, const char *hex);

#endif
