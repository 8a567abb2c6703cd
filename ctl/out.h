/* SPDX-License-Identifier: MIT */
/*
 * What loomctl writes. Records go to stdout: plain sentences for a terminal, one JSON
 * object a line for programs (--json, --text, else by what stdout is). Remarks about
 * relays, files and the command line go to stderr.
 *
 * Text from strangers never reaches a terminal raw: control characters, line and
 * paragraph separators, the characters that turn the direction of text, and bytes that
 * are no UTF-8 are written as escapes, in JSON too (there they mean the same).
 */
#ifndef LOOM_CTL_OUT_H
#define LOOM_CTL_OUT_H

#include "ctl/args.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* --json and --text, for the tables of verbs. */
extern const struct args_option out_options[];

enum out_form {
	OUT_TEXT,
	OUT_JSON,
	OUT_NOTHING, /* no records: the verb prints one thing itself */
};
enum out_form out_form_of(const struct args *a);

/* Append text of a stranger, escaped: \n, \t, \u202e; a byte that is no UTF-8: \xff. */
void out_escape(struct buf *out, struct str text);
/* The same, but line feeds and tabs stay: for a whole output on a terminal. */
void out_escape_lines(struct buf *out, struct str text);
/* Append JSON text, its dangerous characters as \u escapes (they stand in strings). */
void out_escape_json(struct buf *out, struct str json);

/* One line to stdout, at once. The formatted text is ours: what strangers wrote goes
 * through out_said(). */
void out_line(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Bytes to stdout as they are. */
void out_bytes(struct str bytes);
/* Could something not be written (disk full, reader gone)? Then nothing more is. */
bool out_failed(struct lerr *err);
/* A stranger's words for "%s", escaped and cut at OUT_SAID bytes: out_said(s).c */
enum { OUT_SAID = 400 };
struct outsaid {
	char c[OUT_SAID * 6 + 4];
};
struct outsaid out_said(struct str text);
/* One line to stderr: "loomctl: ...". */
void out_remark(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* "15:04:05" of a time, here and now; "2026-11-22 15:04". */
struct outclock {
	char c[24];
};
struct outclock out_clock(uint64_t unix_s);
struct outclock out_day(uint64_t unix_s);

#endif
