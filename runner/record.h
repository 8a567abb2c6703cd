/* SPDX-License-Identifier: MIT */
/*
 * Small records as text: "loom 1" and then name=value lines, described by a table of
 * fields. The files of a spool entry and the messages between runner and shim are
 * records: a person can read them, and one parser is tested and fuzzed.
 *
 * A runner may be newer than a shim that it finds running, so an unknown name is
 * skipped and a missing one leaves the member as it was. Anything else that is not as
 * written here is refused.
 */
#ifndef LOOM_RUNNER_RECORD_H
#define LOOM_RUNNER_RECORD_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

enum record_kind {
	RECORD_UINT, /* uint64_t */
	RECORD_TEXT, /* char[size], NUL-terminated, one line of UTF-8 */
};

struct record_field {
	const char *name;
	enum record_kind kind;
	size_t offset;
	size_t size;
};

/* Rows of a table: #define REC spool_status, then RECORD_U(wall_ms), RECORD_T(text). */
#define RECORD_U(name)                                                           \
	{                                                                        \
#name, RECORD_UINT, offsetof(struct REC, name), sizeof(uint64_t) \
	}
#define RECORD_T(name)                                          \
	{                                                       \
#name, RECORD_TEXT, offsetof(struct REC, name), \
			sizeof(((struct REC *)0)->name)         \
	}

/* Append a record. Text of ours may hold what a program printed: control characters and
 * what is not UTF-8 become '?'. */
void record_write(struct buf *out, const struct record_field *fields, size_t n,
		  const void *body);
/* Fill body. LERR_INPUT when the text is no record, gives a field twice or a value that
 * does not fit; body is untouched then. n is at most 64. */
MUST_USE enum lerr_code record_parse(void *body, const struct record_field *fields,
				     size_t n, struct str text, struct lerr *err);

/* Copy s into out[size] as one line: cut at a character, cleaned as above. */
void record_clean_text(char *out, size_t size, struct str s);

#endif
