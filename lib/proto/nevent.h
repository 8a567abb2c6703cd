/* SPDX-License-Identifier: MIT */
/*
 * Nostr events (NIP-01). A struct nevent is one allocation: the struct, its tag tables
 * and all text behind it; one free, no partial state. Text may contain NUL bytes.
 *
 * From cheap to dear: nevent_parse() looks at size, shape, types and ranges;
 * nevent_check_id() recomputes the id; nevent_verify() does both that and the signature.
 * Nothing here trusts an earlier check: who acts on an event calls nevent_verify().
 */
#ifndef LOOM_LIB_PROTO_NEVENT_H
#define LOOM_LIB_PROTO_NEVENT_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

/* One tag; n may be 0 (it hashes, so it is read, but never written by us). */
struct ntag {
	const struct str *v;
	size_t n;
};

struct nevent {
	struct id32 id;
	struct id32 pubkey;
	uint8_t sig[64];
	uint64_t created_at;
	uint32_t kind; /* 0..65535 */
	struct str content;
	const struct ntag *tags;
	size_t ntags;
};

/* Kinds by name. */
enum {
	NKIND_PROFILE = 0,
	NKIND_DELETION = 5,
	NKIND_JOB = 5100,
	NKIND_RESULT = 5101,
	NKIND_CANCEL = 5102,
	NKIND_WORKER = 10100,
	NKIND_RELAYS = 10002,
	NKIND_AUTH = 22242,
	NKIND_BLOSSOM = 24242,
	NKIND_HTTP_AUTH = 27235,
	NKIND_STATUS = 30100,
	NKIND_CHANGE = 30101, /* ours: change of a job that was owed */
	NKIND_MAX = 65535,
};

/*
 * Read one event from JSON. Unknown keys are ignored and not kept. LERR_LIMIT when it is
 * over CAP_EVENT_BYTES, CAP_EVENT_TAGS or CAP_EVENT_TAG_ITEMS, LERR_INPUT when it is not
 * an event. The caller owns *out: nevent_free().
 */
MUST_USE enum lerr_code nevent_parse(struct nevent **out, struct str json,
				     struct lerr *err);
/* The same from a JSON object that jsonx_load(JSONX_UINTS) has read. */
MUST_USE enum lerr_code nevent_from_json(struct nevent **out, const struct json_t *obj,
					 struct lerr *err);
/* A copy in an allocation of its own, owned by the caller. */
struct nevent *nevent_copy(const struct nevent *ev);
void nevent_free(struct nevent *ev);
#define auto_nevent __attribute__((cleanup(nevent_free_ptr)))
void nevent_free_ptr(struct nevent **ev);

/* The id that the fields have, whatever ev->id says. */
struct id32 nevent_hash(const struct nevent *ev);
MUST_USE enum lerr_code nevent_check_id(const struct nevent *ev, struct lerr *err);
/* Id and signature. LERR_DENIED when one of them is wrong. */
MUST_USE enum lerr_code nevent_verify(const struct nevent *ev, struct lerr *err);

/* Append {"id":...,"pubkey":...,"created_at":...,"kind":...,"tags":...,"content":...,
 * "sig":...} without blanks, byte for byte the same each time. */
void nevent_write(struct buf *out, const struct nevent *ev);
/* Append the tags alone: [["a","b"],...]. */
void nevent_write_tags(struct buf *out, const struct nevent *ev);

/* First value of the first tag of that name; false when there is none. */
bool nevent_tag(const struct nevent *ev, const char *name, struct str *value);
/* The same when the value is 64 lower-case hex digits. */
bool nevent_tag_id32(const struct nevent *ev, const char *name, struct id32 *value);
/* How many tags have that name. */
size_t nevent_count_tags(const struct nevent *ev, const char *name);
/* Is there a tag [name, value]? */
bool nevent_has_tag(const struct nevent *ev, const char *name, struct str value);

/* ---- classes of kinds (NIP-01) */
bool nevent_is_replaceable(uint32_t kind); /* 0, 3, 10000..19999 */
bool nevent_is_ephemeral(uint32_t kind);   /* 20000..29999 */
bool nevent_is_addressable(uint32_t kind); /* 30000..39999 */

/* ---- building */

/* Tags being collected; copies what it is given. */
struct ntags;
struct ntags *ntags_new(void);
void ntags_free(struct ntags *t);
#define auto_ntags __attribute__((cleanup(ntags_free_ptr)))
void ntags_free_ptr(struct ntags **t);
/* One tag of n values, the name being the first. */
void ntags_add(struct ntags *t, const struct str *values, size_t n);
/* The same from C strings, NULL at the end: ntags_add_c(t, "e", hex, NULL). */
void ntags_add_c(struct ntags *t, ...) __attribute__((sentinel));

/* An event without a signature: id computed, sig all zero. Never fails for text that is
 * valid UTF-8 within our own caps. */
struct nevent *nevent_make(const struct id32 *pubkey, uint64_t created_at, uint32_t kind,
			   const struct ntags *tags, struct str content);
/* Put a signature in. */
void nevent_set_sig(struct nevent *ev, const uint8_t sig64[64]);

#endif
