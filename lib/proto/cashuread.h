/* SPDX-License-Identifier: MIT */
/*
 * What the readers of the two token formats (cashutok3.c, cashutok4.c) have in common:
 * the token that grows, its limits, and why it is refused. Only cashutok.c begins and
 * ends a reading.
 */
#ifndef LOOM_LIB_PROTO_CASHUREAD_H
#define LOOM_LIB_PROTO_CASHUREAD_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/cashutok.h"

struct cashuread {
	struct cashutok *t;
	size_t most; /* proofs */
	enum cashutok_fault why;
	struct lerr *err;
};

/* Refuse it. LERR_LIMIT for too many proofs, else LERR_INPUT. */
MUST_USE enum lerr_code cashuread_fault(struct cashuread *r, enum cashutok_fault why,
					const char *text);

/* A copy of s, which must hold no NUL and not be empty. */
MUST_USE enum lerr_code cashuread_text(struct cashuread *r, char **out, struct str s);
/* An empty one is none. */
MUST_USE enum lerr_code cashuread_memo(struct cashuread *r, struct str s);
/* Room for so many proofs more, all zero, behind the t->n that are there. */
MUST_USE enum lerr_code cashuread_room(struct cashuread *r, size_t count);
MUST_USE enum lerr_code cashuread_amount(struct cashuread *r, struct cashuproof *p,
					 uint64_t amount);
/* s is valid UTF-8: both formats demand it of text. */
MUST_USE enum lerr_code cashuread_secret(struct cashuread *r, struct cashuproof *p,
					 struct str s);
MUST_USE enum lerr_code cashuread_id(struct cashuread *r, struct keyset_id *out,
				     struct str hex);
/* Nothing that a proof must have is missing. */
MUST_USE enum lerr_code cashuread_complete(struct cashuread *r,
					   const struct cashuproof *p);

/* cashutok3.c: base64-decoded JSON; cashutok4.c: CBOR. */
MUST_USE enum lerr_code cashutok3_read(struct cashuread *r, struct str json);
MUST_USE enum lerr_code cashutok4_read(struct cashuread *r, struct str cbor);

#endif
