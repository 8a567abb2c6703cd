/* SPDX-License-Identifier: MIT */
/*
 * Text records, for the files of the spool and the messages between loom-runner and
 * loom-shim. What is parsed here was written by our own programs, but it decides which
 * processes are killed and what is billed: it is read as strictly as a stranger's.
 * Nothing here may open a file or know what a record means.
 */
#include "config.h"

#include "runner/record.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"

#include <inttypes.h>
#include <string.h>

#define HEADER "loom 1"

/* The structs start at addresses from malloc or are locals of the right type, offsets
 * come from offsetof: aligned. */
static const void *at(const void *body, const struct record_field *f)
{
	return (const char *)body + f->offset;
}

static void *at_mut(void *body, const struct record_field *f)
{
	return (char *)body + f->offset;
}

/* Bytes of the UTF-8 character at the front of s, 0 when there is none to show. */
static size_t shown_char(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];

	if (c < 0x20 || c == 0x7f)
		return 0;
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (utf8_valid((struct str){s.p, n}))
			return n;
	return 0;
}

void record_clean_text(char *out, size_t size, struct str s)
{
	size_t used = 0;

	while (s.n) {
		size_t n = shown_char(s);
		size_t take = n ? n : 1;

		if (used + take >= size)
			break;
		if (n)
			memcpy(out + used, s.p, n);
		else
			out[used] = '?';
		used += take;
		s = (struct str){s.p + take, s.n - take};
	}
	out[used] = '\0';
}

static void write_text(struct buf *out, const char *text, size_t size)
{
	char clean[CAP_RECORD_BYTES];

	INVARIANT(size <= sizeof(clean));
	record_clean_text(clean, size, str_of(text));
	buf_add_c(out, clean);
}

void record_write(struct buf *out, const struct record_field *fields, size_t n,
		  const void *body)
{
	buf_add_c(out, HEADER "\n");
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s=", fields[i].name);
		if (fields[i].kind == RECORD_UINT)
			buf_add_u64(out, *(const uint64_t *)at(body, &fields[i]));
		else
			write_text(out, at(body, &fields[i]), fields[i].size);
		buf_add_char(out, '\n');
	}
}

static bool is_one_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s);
}

/* Would value fit? With body also store it. */
static bool take_value(void *body, const struct record_field *f, struct str value)
{
	uint64_t number;

	if (f->kind == RECORD_UINT) {
		if (!str_to_u64(value, UINT64_MAX, &number))
			return false;
		if (body)
			*(uint64_t *)at_mut(body, f) = number;
		return true;
	}
	if (value.n >= f->size || !is_one_line(value))
		return false;
	if (body) {
		char *text = at_mut(body, f);

		memcpy(text, value.p, value.n);
		text[value.n] = '\0';
	}
	return true;
}

static const struct record_field *find(const struct record_field *fields, size_t n,
				       struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(name, fields[i].name))
			return &fields[i];
	return NULL;
}

/* One walk over all lines; the first one has body NULL and only checks. */
static enum lerr_code walk(void *body, const struct record_field *fields, size_t n,
			   struct str rest, struct lerr *err)
{
	uint64_t seen = 0;
	struct str line;

	while (str_next(&rest, '\n', &line)) {
		struct str value = line;
		const struct record_field *f;
		struct str name;
		uint64_t bit;

		if (!memchr(line.p, '=', line.n) || !str_next(&value, '=', &name))
			return lerr_set(err, LERR_INPUT, 0, "record: a line without =");
		f = find(fields, n, name);
		if (!f)
			continue;
		bit = 1ULL << (f - fields);
		if (seen & bit)
			return lerr_set(err, LERR_INPUT, 0, "record: %s twice", f->name);
		seen |= bit;
		if (!take_value(body, f, value))
			return lerr_set(err, LERR_INPUT, 0, "record: %s", f->name);
	}
	return LERR_OK;
}

enum lerr_code record_parse(void *body, const struct record_field *fields, size_t n,
			    struct str text, struct lerr *err)
{
	struct str rest = text;
	struct str header;
	enum lerr_code rc;

	INVARIANT(n <= 64);
	if (text.n == 0 || text.p[text.n - 1] != '\n' || str_has_nul(text))
		return lerr_set(err, LERR_INPUT, 0, "record: not whole lines");
	if (!str_next(&rest, '\n', &header) || !str_eq_c(header, HEADER))
		return lerr_set(err, LERR_INPUT, 0, "record: no \"" HEADER "\"");
	rc = walk(NULL, fields, n, rest, err);
	return rc ? rc : walk(body, fields, n, rest, err);
}
