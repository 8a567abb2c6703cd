/* SPDX-License-Identifier: MIT */
/*
 * What a mint answers (NUT-01 to 09, 23), read. Every answer is checked for shape and
 * size here (at most CAP_MINT_ANSWER bytes, lists of at most CAP_TOKEN_PROOFS); whether
 * it is what was asked for is outset.h and who asked. Members that we do not know are
 * passed over, null is the same as missing. LERR_INPUT says what is wrong.
 */
#ifndef LOOM_LIB_PROTO_MINTREAD_H
#define LOOM_LIB_PROTO_MINTREAD_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/keyset.h"
#include "lib/proto/mintmsg.h"

/* The refusal of a mint: {"detail":...,"code":...}. code is 0 when there is none. Never
 * fails: a body that is something else (of a proxy) gives 0 and "". */
struct mintread_refusal {
	uint64_t code;
	char detail[160]; /* printable, cut */
};
void mintread_refusal(struct mintread_refusal *out, struct str body);
/* Is this code final, when it is about the only attempt of a request? Every other one is
 * a question, not an answer: the request may have been carried out. */
bool mintread_is_final(uint64_t code);

struct mintread_info {
	char name[64]; /* printable, cut */
	char version[64];
	bool mint_bolt11; /* NUT-04, 05 for bolt11 and the unit, not disabled */
	bool melt_bolt11;
	uint64_t melt_min; /* 0: none stated */
	uint64_t melt_max;
	bool nut7, nut8, nut9, nut10, nut11, nut12, nut20;
	bool wants_auth;     /* NUT-21 or 22 */
	uint64_t max_inputs; /* max_array_length, 0 when not stated */
};
MUST_USE enum lerr_code mintread_info(struct mintread_info *out, struct str body,
				      struct str unit, struct lerr *err);
/* What a mint must be able to do before money of ours goes there, for people; NULL:
 * nothing is missing. */
const char *mintread_info_lacks(const struct mintread_info *i);

/*
 * GET /v1/keysets: all of them, without keys. Those of other units are left out, and
 * those of versions that we do not know. LERR_LIMIT: more than most; LERR_INPUT also when
 * two share an id or its short form.
 */
MUST_USE enum lerr_code mintread_keysets(struct keyset *out, size_t most, size_t *n,
					 struct str body, struct str unit,
					 struct lerr *err);
/* GET /v1/keys/{id}: the keys of k->id go into *k; its id must follow from them. */
MUST_USE enum lerr_code mintread_keys(struct keyset *k, struct str body,
				      struct lerr *err);

/* "signatures" of a swap or mint, in order. *out is mem_free()d by the caller. */
MUST_USE enum lerr_code mintread_signatures(struct mintmsg_signature **out, size_t *n,
					    struct str body, struct lerr *err);

/* NUT-09: signatures with the B_ that each belongs to. */
struct mintread_restored {
	struct ecpoint *blinded;
	struct mintmsg_signature *signatures;
	size_t n;
};
MUST_USE enum lerr_code mintread_restored(struct mintread_restored *out, struct str body,
					  struct lerr *err);
void mintread_free_restored(struct mintread_restored *r);

enum mintread_state {
	MINTREAD_UNSPENT,
	MINTREAD_PENDING,
	MINTREAD_SPENT,
};
/* NUT-07: states of exactly these ys, in order, into out[n]. */
MUST_USE enum lerr_code mintread_states(enum mintread_state *out,
					const struct ecpoint *ys, size_t n,
					struct str body, struct lerr *err);

enum mintread_quote_state {
	MINTREAD_QUOTE_UNPAID,
	MINTREAD_QUOTE_PENDING,
	MINTREAD_QUOTE_PAID,
	MINTREAD_QUOTE_ISSUED, /* of a mint quote */
};
struct mintread_quote {
	char id[128];  /* of characters that may stand in a path as they are */
	char *request; /* invoice; NULL when the answer has none */
	uint64_t amount;
	uint64_t fee_reserve; /* of a melt quote */
	uint64_t expiry;      /* 0: none */
	enum mintread_quote_state state;
	char preimage[65];                /* printable, cut; "" when none is reported */
	struct mintmsg_signature *change; /* of a paid melt */
	size_t nchange;
};
/* Answer of every mint or melt quote, and of POST melt. unit, when it is there, must be
 * the one given. */
MUST_USE enum lerr_code mintread_quote(struct mintread_quote *out, struct str body,
				       struct str unit, struct lerr *err);
void mintread_free_quote(struct mintread_quote *q);

#endif
