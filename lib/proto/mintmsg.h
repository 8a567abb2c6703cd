/* SPDX-License-Identifier: MIT */
/*
 * What is said to a mint and what it answers (NUT-03 to 09, 20, 23): requests written,
 * answers read. Pure: who sends them is engine/money/mintcall.c or loomctl. Every answer
 * is checked for shape and size here; whether it is what was asked for is blanks.h.
 */
#ifndef LOOM_LIB_PROTO_MINTMSG_H
#define LOOM_LIB_PROTO_MINTMSG_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/keyset.h"

struct outset;

/* ---- requests; inputs with their witness (NULL or "": none) beside them */

struct mintmsg_input {
	const struct cashuproof *proof; /* full keyset id; DLEQ and pe are not sent */
	const char *witness;
};

void mintmsg_swap(struct buf *out, const struct mintmsg_input *inputs, size_t n,
		  const struct outset *outputs);
void mintmsg_melt(struct buf *out, struct str quote, const struct mintmsg_input *inputs,
		  size_t n, const struct outset *blanks); /* prefer_async */
void mintmsg_mint(struct buf *out, struct str quote, const struct outset *outputs,
		  struct str signature /* NUT-20 hex, or empty */);
void mintmsg_restore(struct buf *out, const struct outset *outputs);
void mintmsg_checkstate(struct buf *out, const struct ecpoint *ys, size_t n);
void mintmsg_mint_quote(struct buf *out, uint64_t amount, struct str unit,
			struct str pubkey /* NUT-20, or empty */);
void mintmsg_melt_quote(struct buf *out, struct str invoice, struct str unit);
/* NUT-20: what is signed with the key of the quote. */
struct id32 mintmsg_quote_message(struct str quote, const struct outset *outputs);

/* ---- answers; LERR_INPUT says what is wrong with them */

/* The refusal of a mint: {"detail":...,"code":...}. code is 0 when there is none. */
struct mintmsg_refusal {
	uint64_t code;
	char detail[160]; /* printable, cut */
};
void mintmsg_read_refusal(struct mintmsg_refusal *out, struct str body);

struct mintmsg_info {
	char name[64];
	char version[64];
	bool mint_bolt11; /* NUT-04, 05 for bolt11 and the unit, not disabled */
	bool melt_bolt11;
	uint64_t melt_min; /* 0: none stated */
	uint64_t melt_max;
	bool nut7, nut8, nut9, nut10, nut11, nut12, nut20;
	bool wants_auth;     /* NUT-21 or 22 */
	uint64_t max_inputs; /* max_array_length, 0 when not stated */
};
MUST_USE enum lerr_code mintmsg_read_info(struct mintmsg_info *out, struct str body,
					  struct str unit, struct lerr *err);

/* GET /v1/keysets: all of them, without keys. Those of other units are left out, and
 * those of versions that we do not know. At most most. */
MUST_USE enum lerr_code mintmsg_read_keysets(struct keyset *out, size_t most, size_t *n,
					     struct str body, struct str unit,
					     struct lerr *err);
/* GET /v1/keys/{id}: the keys of k->id go into *k; its id must follow from them. */
MUST_USE enum lerr_code mintmsg_read_keys(struct keyset *k, struct str body,
					  struct lerr *err);

/* One blind signature as it came. */
struct mintmsg_signature {
	uint64_t amount;
	struct keyset_id id;
	struct ecpoint c;
	bool has_dleq;
	struct dleq dleq; /* without r */
};
/* "signatures" of a swap or mint, in order. *out is mem_free()d by the caller. */
MUST_USE enum lerr_code mintmsg_read_signatures(struct mintmsg_signature **out, size_t *n,
						struct str body, struct lerr *err);
/* NUT-09: signatures with the B_ that each belongs to. */
struct mintmsg_restored {
	struct ecpoint *blinded;
	struct mintmsg_signature *signatures;
	size_t n;
};
MUST_USE enum lerr_code mintmsg_read_restored(struct mintmsg_restored *out,
					      struct str body, struct lerr *err);
void mintmsg_free_restored(struct mintmsg_restored *r);

enum mintmsg_state {
	MINTMSG_UNSPENT,
	MINTMSG_PENDING,
	MINTMSG_SPENT,
};
/* NUT-07: states of exactly these ys, in order, into out[n]. */
MUST_USE enum lerr_code mintmsg_read_states(enum mintmsg_state *out,
					    const struct ecpoint *ys, size_t n,
					    struct str body, struct lerr *err);

enum mintmsg_quote_state {
	MINTMSG_UNPAID,
	MINTMSG_QUOTE_PENDING,
	MINTMSG_PAID,
	MINTMSG_ISSUED, /* of a mint quote */
};
struct mintmsg_quote {
	char id[128];
	char *request; /* invoice; NULL when the answer has none */
	uint64_t amount;
	uint64_t fee_reserve; /* of a melt quote */
	uint64_t expiry;      /* 0: none */
	enum mintmsg_quote_state state;
	char preimage[65];                /* or "" */
	struct mintmsg_signature *change; /* of a paid melt */
	size_t nchange;
};
/* Answer of every mint or melt quote, and of POST melt. unit, when it is there, must be
 * the one given. */
MUST_USE enum lerr_code mintmsg_read_quote(struct mintmsg_quote *out, struct str body,
					   struct str unit, struct lerr *err);
void mintmsg_free_quote(struct mintmsg_quote *q);

/* ---- addresses */

/* A mint's URL in the one spelling that is compared: lower-case scheme and host, no
 * default port, no slash at the end. LERR_INPUT: not http(s), userinfo, query, fragment,
 * percent escapes, or http to anything but this machine. */
MUST_USE enum lerr_code mintmsg_url(struct buf *out, struct str url, struct lerr *err);

#endif
