/* SPDX-License-Identifier: MIT */
/*
 * Pieces of HTML that more than one fragment is made of, called by the page's handlers
 * alone. Text of documents goes through html.c whoever wrote it; a member that is
 * missing or of another type is shown as unknown.
 */
#include "config.h"

#include "fcgi/view.h"

#include "fcgi/html.h"

#include "lib/base/str.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>

/* ---- members, or "unknown" */

void view_text(struct buf *out, const json_t *obj, const char *key)
{
	struct str s;

	if (jsonx_get_str(obj, key, &s) && s.n)
		html_foreign(out, s);
	else
		html_raw(out, "unknown");
}

void view_number(struct buf *out, const json_t *obj, const char *key)
{
	uint64_t v;

	if (jsonx_get_u64(obj, key, &v))
		buf_add_u64(out, v);
	else
		html_raw(out, "?");
}

uint64_t view_u64(const json_t *obj, const char *key)
{
	uint64_t v = 0;

	(void)jsonx_get_u64(obj, key, &v);
	return v;
}

/* ---- states: always a symbol, a word and a colour */

const struct view_look view_relay[] = {
	{"up", "ok", "✓"},        {"connecting", "warn", "○"}, {"waiting", "warn", "▲"},
	{"unusable", "bad", "✕"}, {NULL, "warn", "?"},
};

const struct view_look view_job[] = {
	{"completed", "ok", "✓"}, {"running", "run", "▶"},  {"preparing", "run", "○"},
	{"queued", "muted", "○"}, {"failed", "bad", "✕"},   {"fault", "bad", "✕"},
	{"timeout", "bad", "✕"},  {"refused", "warn", "▲"}, {"cancelled", "warn", "▲"},
	{NULL, "muted", "○"},
};

/* The last row of a table is for every other word. */
static const struct view_look *look_of(const struct view_look *looks, struct str state)
{
	while (looks->state && !str_eq_c(state, looks->state))
		looks++;
	return looks;
}

void view_state(struct buf *out, const struct view_look *looks, struct str state)
{
	const struct view_look *look = look_of(looks, state);

	buf_addf(out, "<span class=\"%s\"><span aria-hidden=\"true\">%s</span> ",
		 look->css, look->symbol);
	html_foreign(out, state.n ? state : STR_LIT("unknown"));
	html_raw(out, "</span>");
}

/* ---- tables */

void view_open_table(struct buf *out, const char *id, const char *title,
		     const char *heads)
{
	buf_addf(out,
		 "<section aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n"
		 "<table>\n<thead><tr>%s</tr></thead>\n<tbody>\n",
		 id, id, title, heads);
}

void view_close_table(struct buf *out)
{
	html_raw(out, "</tbody>\n</table>\n</section>\n");
}
