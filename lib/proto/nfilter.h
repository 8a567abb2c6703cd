/* SPDX-License-Identifier: MIT */
/* Filters of REQ (NIP-01): read, match, write. */
#ifndef LOOM_LIB_PROTO_NFILTER_H
#define LOOM_LIB_PROTO_NFILTER_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;

/* One "#x" list. For e and p every value is 64 lower-case hex digits. */
struct nfilter_tag {
	char letter; /* a-z, A-Z */
	const struct str *values;
	size_t n;
};

/* One allocation. A list that was not given is NULL with has_ false; a list that was
 * given empty matches nothing. */
struct nfilter {
	const struct id32 *ids;
	size_t nids;
	const struct id32 *authors;
	size_t nauthors;
	const uint32_t *kinds;
	size_t nkinds;
	const struct nfilter_tag *tags;
	size_t ntags;
	uint64_t since; /* 0 when not given */
	uint64_t until; /* UINT64_MAX when not given */
	uint64_t limit; /* UINT64_MAX when not given */
	bool has_ids;
	bool has_authors;
	bool has_kinds;
};

/* obj was read by jsonx_load(JSONX_UINTS) and is not changed (jansson walks only what is
 * not const). Unknown keys are refused (LERR_INPUT, the
 * message names the key: "search" and the like are not supported); more than
 * CAP_FILTER_VALUES values in all: LERR_LIMIT. */
MUST_USE enum lerr_code nfilter_from_json(struct nfilter **out, struct json_t *obj,
					  struct lerr *err);
void nfilter_free(struct nfilter *f);
/* Everything but limit; since and until count for live events too. */
bool nfilter_matches(const struct nfilter *f, const struct nevent *ev);

/* The tags of one event in an order that is quick to search, for whoever asks many
 * filters, or strangers' filters: a list of a thousand values against an event of two
 * thousand tags is two million comparisons without it. ev must live as long. */
struct nfilter_index;
struct nfilter_index *nfilter_index_new(const struct nevent *ev);
void nfilter_index_free(struct nfilter_index *x);
/* What nfilter_matches() says of that event. */
bool nfilter_finds(const struct nfilter *f, const struct nfilter_index *x);

/* Append the filter as a JSON object without blanks. */
void nfilter_write(struct buf *out, const struct nfilter *f);

#endif
