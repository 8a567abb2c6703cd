/* SPDX-License-Identifier: MIT */
/*
 * Paying to a Lightning address (LUD-16) or an LNURL-pay code (LUD-01, LUD-06): which
 * URLs to ask, and what the answers must be. Pure: who asks is engine/money.
 *
 * All of it is from strangers. https:// only, but http:// to this machine when the
 * operator himself wrote a loopback address (tests); never an onion. Whatever is not
 * local is to be asked with httpc's public_only, because a name may resolve to anything.
 */
#ifndef LOOM_LIB_PROTO_LNURL_H
#define LOOM_LIB_PROTO_LNURL_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/bolt11.h"

#include <stdbool.h>
#include <stdint.h>

struct lnurl_url {
	char text[CAP_LNURL_URL + 1];
	bool is_local; /* its host is this machine by name */
};

/* The URL to GET for "name@domain" or "lnurl1..." (either case, "lightning:" in front is
 * skipped). LERR_INPUT: what is wrong with it, for people. */
MUST_USE enum lerr_code lnurl_address(struct lnurl_url *out, struct str text,
				      struct lerr *err);

/* What the first answer offers. */
struct lnurl_pay {
	struct lnurl_url callback;
	uint64_t min_msat;
	uint64_t max_msat;
	struct id32 metadata_hash; /* SHA-256 of the metadata as text */
	uint64_t comment_max;      /* characters (LUD-12); 0: none is taken */
};

/*
 * Read the answer of `from`, at most CAP_LNURL_ANSWER bytes. LERR_DENIED: it is
 * {"status":"ERROR"}, its reason is in err; LERR_INPUT: another kind of LNURL, something
 * is missing, or a callback that is no URL for us: one to this machine is taken only from
 * this machine.
 */
MUST_USE enum lerr_code lnurl_read_pay(struct lnurl_pay *out,
				       const struct lnurl_url *from, struct str body,
				       struct lerr *err);

/* The URL to GET for an invoice of so much. LERR_LIMIT: not within min and max. */
MUST_USE enum lerr_code lnurl_callback(struct lnurl_url *out, const struct lnurl_pay *pay,
				       uint64_t msat, struct lerr *err);

/*
 * Read the second answer: append the invoice to *text and tell what it says. It must be
 * over exactly msat and, when it names the hash of a description, be for the metadata
 * that was shown. LERR_DENIED as above, LERR_INPUT for anything else.
 */
MUST_USE enum lerr_code lnurl_read_invoice(struct buf *text, struct bolt11 *invoice,
					   const struct lnurl_pay *pay, uint64_t msat,
					   struct str body, struct lerr *err);

#endif
