/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/out.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct args_option out_options[] = {
	{.name = "json", .kind = ARGS_FLAG, .help = "Print one JSON object a line."},
	{.name = "text",
	 .kind = ARGS_FLAG,
	 .help = "Print sentences for people. Without either: sentences on a terminal, "
		 "JSON elsewhere."},
	{.name = NULL},
};

enum out_form out_form_of(const struct args *a)
{
	if (args_has(a, "json"))
		return OUT_JSON;
	if (args_has(a, "text") || isatty(STDOUT_FILENO))
		return OUT_TEXT;
	return OUT_JSON;
}

/* ---- escaping */

/* Unicode ranges that a terminal obeys, or that make text look like another one. */
static const struct {
	uint32_t first;
	uint32_t last;
} dangerous[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
	{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

static bool is_dangerous(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(dangerous); i++)
		if (c >= dangerous[i].first && c <= dangerous[i].last)
			return true;
	return false;
}

/* The character of n bytes at p, which is valid. */
static uint32_t decode(const char *p, size_t n)
{
	static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (uint8_t)p[0] & first_bits[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

enum keep {
	KEEP_NOTHING,
	KEEP_LINES,
};

static void add_escape(struct buf *out, uint32_t c, enum keep keep)
{
	if (keep == KEEP_LINES && (c == '\n' || c == '\t'))
		buf_add_char(out, (char)c);
	else if (c == '\n')
		buf_add_c(out, "\\n");
	else if (c == '\t')
		buf_add_c(out, "\\t");
	else
		buf_addf(out, "\\u%04" PRIx32, c);
}

static void escape(struct buf *out, struct str s, enum keep keep)
{
	while (s.n) {
		size_t n = utf8_first(s);

		if (n == 0) {
			buf_addf(out, "\\x%02x", (unsigned int)(uint8_t)s.p[0]);
			n = 1;
		} else if (is_dangerous(decode(s.p, n))) {
			add_escape(out, decode(s.p, n), keep);
		} else {
			buf_add(out, s.p, n);
		}
		s.p += n;
		s.n -= n;
	}
}

void out_escape(struct buf *out, struct str text)
{
	escape(out, text, KEEP_NOTHING);
}

void out_escape_lines(struct buf *out, struct str text)
{
	escape(out, text, KEEP_LINES);
}

void out_escape_json(struct buf *out, struct str json)
{
	/* jsonx writes C0 as \u00xx itself, so that what is left to do is the same */
	escape(out, json, KEEP_NOTHING);
}

struct outsaid out_said(struct str text)
{
	struct outsaid said = {{0}};
	auto_buf struct buf b = BUF_INIT(sizeof(said.c) - 4);
	size_t keep = utf8_cut(text, OUT_SAID);

	out_escape(&b, (struct str){text.p, keep});
	str_copy(said.c, sizeof(said.c), buf_str(&b));
	if (keep < text.n)
		memcpy(said.c + b.n, "...", 4);
	return said;
}

struct outclock out_clock(uint64_t unix_s)
{
	struct outclock c = {"--:--:--"};
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (localtime_r(&t, &tm))
		(void)strftime(c.c, sizeof(c.c), "%H:%M:%S", &tm);
	return c;
}

struct outclock out_day(uint64_t unix_s)
{
	struct outclock c = {"---------- --:--"};
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (localtime_r(&t, &tm))
		(void)strftime(c.c, sizeof(c.c), "%Y-%m-%d %H:%M", &tm);
	return c;
}

/* ---- writing */

static struct lerr failure;

void out_bytes(struct str bytes)
{
	if (!failure.code && fdio_write_all(STDOUT_FILENO, bytes, &failure) != LERR_OK)
		(void)lerr_wrap(&failure, failure.code, "stdout");
}

bool out_failed(struct lerr *err)
{
	if (failure.code && err)
		*err = failure;
	return failure.code != LERR_OK;
}

PRINTF_LIKE(2, 0)
static void add_formatted(struct buf *b, const char *fmt, va_list ap)
{
	char text[CAP_CTL_TEXT];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	buf_add_c(b, text);
	buf_add_char(b, '\n');
}

void out_line(const char *fmt, ...)
{
	auto_buf struct buf b = BUF_INIT(CAP_CTL_TEXT + 1);
	va_list ap;

	va_start(ap, fmt);
	add_formatted(&b, fmt, ap);
	va_end(ap);
	out_bytes(buf_str(&b));
}

void out_remark(const char *fmt, ...)
{
	auto_buf struct buf b = BUF_INIT(CAP_CTL_TEXT + 16);
	va_list ap;

	buf_add_c(&b, "loomctl: ");
	va_start(ap, fmt);
	add_formatted(&b, fmt, ap);
	va_end(ap);
	/* there is nobody left to tell */
	if (fdio_write_all(STDERR_FILENO, buf_str(&b), NULL) != LERR_OK)
		return;
}
