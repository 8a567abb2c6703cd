/* SPDX-License-Identifier: MIT */
/*
 * Calls to mints, one at a time, each waited for: a purse does one thing after the other.
 * What an answer means for money is purserun.c's to say.
 */
#ifndef LOOM_CTL_MINTLINK_H
#define LOOM_CTL_MINTLINK_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/mintread.h"

struct mintlink;

/* ca_file may be NULL. LERR_INPUT: no certificates in it. */
MUST_USE enum lerr_code mintlink_new(struct mintlink **out, const char *ca_file,
				     struct lerr *err);
void mintlink_free(struct mintlink *l);

enum mintlink_word {
	MINTLINK_OK,      /* 200 with a body */
	MINTLINK_REFUSED, /* 400, 413 or 422 and the mint's words */
	MINTLINK_UNHEARD, /* nothing can have reached it */
	MINTLINK_BUSY,    /* 429: it was not looked at */
	MINTLINK_UNCLEAR, /* anything else: it may have been carried out */
};

struct mintlink_answer {
	enum mintlink_word word;
	struct buf body;
	struct mintread_refusal refusal; /* of MINTLINK_REFUSED */
	char why[256];                   /* for people; "" when it is MINTLINK_OK */
};
void mintlink_wipe(struct mintlink_answer *a);
#define auto_answer __attribute__((cleanup(mintlink_wipe)))

/* POST body to mint_url/path, or GET it when body is empty. */
void mintlink_ask(struct mintlink *l, struct mintlink_answer *out, const char *mint_url,
		  const char *path, struct str body);
/* The same, refused unless it is MINTLINK_OK: LERR_TEMP, or LERR_DENIED with the mint's
 * words. */
MUST_USE enum lerr_code mintlink_get(struct mintlink *l, struct mintlink_answer *out,
				     const char *mint_url, const char *path,
				     struct str body, struct lerr *err);

/* Stand still. */
void mintlink_pause(uint64_t ms);

#endif
