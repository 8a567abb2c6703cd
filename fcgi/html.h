/* SPDX-License-Identifier: MIT */
/*
 * HTML for the fragments. Each function is named for the context that it writes into
 * and escapes for that one; text never reaches a page by any other way.
 */
#ifndef LOOM_FCGI_HTML_H
#define LOOM_FCGI_HTML_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdint.h>

/* Our own markup, as it stands. */
void html_raw(struct buf *out, const char *literal);
/* Between tags. */
void html_text(struct buf *out, struct str s);
/* Between tags, for text from elsewhere: kept apart from the text around it, so that
 * right-to-left marks inside cannot turn that round. */
void html_foreign(struct buf *out, struct str s);
/* Inside a value in double quotes. */
void html_attr(struct buf *out, struct str s);

/* Between tags: a time as <time>, in UTC; 0 gives a dash. */
void html_time(struct buf *out, uint64_t unix_s);
/* "3 d 4 h", "2 min 5 s": the two largest units. */
void html_duration(struct buf *out, uint64_t seconds);

#endif
