/* SPDX-License-Identifier: MIT */
/* Frames between client and relay (NIP-01, NIP-42), both directions. */
#ifndef LOOM_LIB_PROTO_NFRAME_H
#define LOOM_LIB_PROTO_NFRAME_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nfilter.h"

#include <stdbool.h>
#include <stddef.h>

enum nframe_type {
	/* from a client */
	NFRAME_C_EVENT, /* event */
	NFRAME_C_REQ,   /* sub, filters */
	NFRAME_C_CLOSE, /* sub */
	NFRAME_C_AUTH,  /* event */
	NFRAME_C_COUNT, /* sub: we refuse it by name */
	NFRAME_C_NEG,   /* sub: the same for NEG-OPEN, NEG-MSG, NEG-CLOSE */
	/* from a relay */
	NFRAME_R_EVENT,  /* sub, event */
	NFRAME_R_OK,     /* id, accepted, text */
	NFRAME_R_EOSE,   /* sub */
	NFRAME_R_CLOSED, /* sub, text */
	NFRAME_R_NOTICE, /* text */
	NFRAME_R_AUTH,   /* text: the challenge */
	NFRAME_UNKNOWN,  /* an array that starts with another word (text) */
};

enum nframe_side {
	NFRAME_FROM_CLIENT,
	NFRAME_FROM_RELAY,
};

struct nframe {
	enum nframe_type type;
	struct str sub; /* 1..CAP_SUBID_BYTES bytes; from a relay up to that, any text */
	struct str
		text; /* clipped to CAP_REASON_BYTES (challenge: CAP_CHALLENGE_BYTES) */
	struct id32 id;
	bool accepted;
	struct nevent *event;
	struct nfilter **filters;
	size_t nfilters;
	struct json_t *json; /* owns the text */
};

/*
 * Read a frame of at most max bytes. LERR_INPUT or LERR_LIMIT when it is not one of
 * these; then f->type, f->sub and f->id (has_id) hold what could be read before the
 * fault, so that a relay can answer OK false or CLOSED to the right id. Always
 * nframe_wipe() afterwards, also on failure.
 */
struct nframe_fault {
	bool has_type; /* f->type is right */
	bool has_sub;  /* f->sub is usable */
	bool has_id;   /* f->id is the id that the broken event claims */
};
MUST_USE enum lerr_code nframe_parse(struct nframe *f, struct nframe_fault *fault,
				     enum nframe_side side, struct str text, size_t max,
				     struct lerr *err);
void nframe_wipe(struct nframe *f);

/* What a relay means: the word before the colon of OK and CLOSED (NIP-01, NIP-42). */
enum nframe_reason {
	NREASON_NONE, /* no prefix that we know */
	NREASON_DUPLICATE,
	NREASON_POW,
	NREASON_BLOCKED,
	NREASON_RATE_LIMITED,
	NREASON_INVALID,
	NREASON_RESTRICTED,
	NREASON_AUTH_REQUIRED,
	NREASON_MUTE,
	NREASON_ERROR,
	NREASON_UNSUPPORTED,
	NREASON_REPLACED, /* strfry: an older version of what it has */
	NREASON_DELETED,  /* strfry: removed by its author */
};
/* Case does not matter; "ERROR: bad req: ..." is NREASON_ERROR. */
enum nframe_reason nframe_reason(struct str text);
const char *nframe_reason_word(enum nframe_reason reason);

/* Writers append one frame without blanks, keys in the usual order: some clients scan
 * for ["EVENT","sub",{"id":" byte by byte. event_json is text of nevent_write(). */
void nframe_write_event(struct buf *out, struct str event_json);
void nframe_write_sub_event(struct buf *out, struct str sub, struct str event_json);
void nframe_write_req(struct buf *out, struct str sub, struct nfilter *const *filters,
		      size_t n);
void nframe_write_close(struct buf *out, struct str sub);
void nframe_write_auth(struct buf *out, struct str event_json);
void nframe_write_challenge(struct buf *out, struct str challenge);
void nframe_write_ok(struct buf *out, const struct id32 *id, bool accepted,
		     struct str text);
void nframe_write_eose(struct buf *out, struct str sub);
void nframe_write_closed(struct buf *out, struct str sub, struct str text);
void nframe_write_notice(struct buf *out, struct str text);

#endif
