/* SPDX-License-Identifier: MIT */
/*
 * Members of the engine's documents as HTML, for the fragments: read leniently, written
 * escaped. A state is always a symbol, a word and a colour, never a colour alone.
 */
#ifndef LOOM_FCGI_VIEW_H
#define LOOM_FCGI_VIEW_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdint.h>

struct json_t; /* <jansson.h> */

/* A member as text, "unknown" when it is missing or empty; as a number, "?" when it is
 * missing. obj may be NULL or no object at all. */
void view_text(struct buf *out, const struct json_t *obj, const char *key);
void view_number(struct buf *out, const struct json_t *obj, const char *key);
/* A number for further use, 0 when it is missing. */
uint64_t view_u64(const struct json_t *obj, const char *key);

/* How a state looks. Tables end with a row whose state is NULL, for every other word. */
struct view_look {
	const char *state;
	const char *css; /* class of assets/style.css */
	const char *symbol;
};
extern const struct view_look view_relay[];
extern const struct view_look view_job[];
void view_state(struct buf *out, const struct view_look *looks, struct str state);

/* A section with a heading and a table in it, up to its first row; heads is markup. */
void view_open_table(struct buf *out, const char *id, const char *title,
		     const char *heads);
void view_close_table(struct buf *out);

#endif
