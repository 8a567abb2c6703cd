/* SPDX-License-Identifier: MIT */
/*
 * Escaping for HTML, called by hpage.c alone. What is escaped may come from relays and
 * customers: everything that is not plain text in its context is written as a reference.
 */
#include "config.h"

#include "fcgi/html.h"

#include "lib/base/attr.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

void html_raw(struct buf *out, const char *literal)
{
	buf_add_c(out, literal);
}

/* The reference for c, NULL when it may stand as it is. */
static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		/* control characters mean nothing in a page */
		return (unsigned char)c < 0x20 || c == 0x7f ? " " : NULL;
	}
}

static void escape(struct buf *out, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *ref = reference(s.p[i]);

		if (!ref)
			continue;
		buf_add(out, s.p + from, i - from);
		buf_add_c(out, ref);
		from = i + 1;
	}
	if (s.n)
		buf_add(out, s.p + from, s.n - from);
}

void html_text(struct buf *out, struct str s)
{
	escape(out, s);
}

void html_attr(struct buf *out, struct str s)
{
	escape(out, s);
}

void html_foreign(struct buf *out, struct str s)
{
	html_raw(out, "<bdi>");
	escape(out, s);
	html_raw(out, "</bdi>");
}

void html_time(struct buf *out, uint64_t unix_s)
{
	char date[32];
	char clock[16];
	time_t t = (time_t)unix_s;
	struct tm tm;

	/* the year 9999: what is later is no time that was ever measured */
	if (unix_s == 0 || unix_s > 253402300799u || !gmtime_r(&t, &tm) ||
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) == 0 ||
	    strftime(clock, sizeof(clock), "%H:%M:%S", &tm) == 0) {
		html_raw(out, "–");
		return;
	}
	buf_addf(out, "<time datetime=\"%sT%sZ\">%s %s</time>", date, clock, date, clock);
}

void html_duration(struct buf *out, uint64_t seconds)
{
	static const struct {
		uint64_t s;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t at = 0;

	while (at + 1 < ARRAY_LEN(units) && seconds < units[at].s)
		at++;
	buf_addf(out, "%" PRIu64 " %s", seconds / units[at].s, units[at].unit);
	if (at + 1 == ARRAY_LEN(units))
		return;
	seconds = seconds % units[at].s / units[at + 1].s;
	if (seconds)
		buf_addf(out, " %" PRIu64 " %s", seconds, units[at + 1].unit);
}
