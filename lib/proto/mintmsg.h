/* SPDX-License-Identifier: MIT */
/*
 * What is said to a mint (NUT-03 to 09, 20, 23): the bodies of requests, and the one
 * spelling of its URL. What it answers is in mintread.h. Pure: who sends them is
 * engine/money/mintcall.c or loomctl.
 */
#ifndef LOOM_LIB_PROTO_MINTMSG_H
#define LOOM_LIB_PROTO_MINTMSG_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/keyset.h"

struct outset;

/* One blind signature as it came. */
struct mintmsg_signature {
	uint64_t amount;
	struct keyset_id id; /* full */
	struct ecpoint c;
	bool has_dleq;
	struct dleq dleq; /* without r */
};

/* ---- requests; inputs with their witness (NULL or "": none) beside them */

struct mintmsg_input {
	const struct cashuproof *proof; /* full keyset id; DLEQ and pe are not sent */
	const char *witness;
};

void mintmsg_swap(struct buf *out, const struct mintmsg_input *inputs, size_t n,
		  const struct outset *outputs);
/* blanks may be NULL or have none; prefer_async is said always. */
void mintmsg_melt(struct buf *out, struct str quote, const struct mintmsg_input *inputs,
		  size_t n, const struct outset *blanks);
void mintmsg_mint(struct buf *out, struct str quote, const struct outset *outputs,
		  struct str signature /* NUT-20 hex, or empty */);
void mintmsg_restore(struct buf *out, const struct outset *outputs);
void mintmsg_checkstate(struct buf *out, const struct ecpoint *ys, size_t n);
void mintmsg_mint_quote(struct buf *out, uint64_t amount, struct str unit,
			struct str pubkey /* NUT-20, or empty */);
void mintmsg_melt_quote(struct buf *out, struct str invoice, struct str unit);
/* NUT-20: what is signed with the key of the quote. */
struct id32 mintmsg_quote_message(struct str quote, const struct outset *outputs);

/* ---- addresses */

/* A mint's URL in the one spelling that is compared: lower-case scheme and host, no
 * default port, no slash at the end. LERR_LIMIT: longer than CAP_URL_BYTES. LERR_INPUT:
 * not http(s), userinfo, query, fragment, percent escapes, . or .. in the path, or http
 * to anything but this machine (localhost, 127.0.0.0/8, [::1]). */
MUST_USE enum lerr_code mintmsg_url(struct buf *out, struct str url, struct lerr *err);

#endif
