/* SPDX-License-Identifier: MIT */
/*
 * Pieces of the JSON documents that the engine answers with. Each adds one member to the
 * object that is open in out, with the comma before it where there is one; keys are ours
 * and plain.
 */
#ifndef LOOM_ENGINE_DOC_H
#define LOOM_ENGINE_DOC_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"

#include <stdbool.h>
#include <stdint.h>

/* "key": alone; the value is the caller's. */
void doc_key(struct buf *out, const char *key);
void doc_text(struct buf *out, const char *key, struct str v);
void doc_c(struct buf *out, const char *key, const char *v);
void doc_u64(struct buf *out, const char *key, uint64_t v);
void doc_bool(struct buf *out, const char *key, bool v);
/* Milliseconds in the ledger, seconds in the document, null for 0. */
void doc_time(struct buf *out, const char *key, uint64_t ms);
void doc_id(struct buf *out, const char *key, const struct id32 *id);

/* Open and close an object or a list: key NULL as an element of a list. */
void doc_open(struct buf *out, const char *key, char bracket);
void doc_close(struct buf *out, char bracket);
/* Between two elements of a list. */
void doc_comma(struct buf *out);

#endif
