/* SPDX-License-Identifier: MIT */
/*
 * What a payer must know of a Lightning invoice (BOLT-11): amount, time, expiry, payment
 * hash, hash or text of the description. The signature is the mint's matter.
 */
#ifndef LOOM_LIB_PROTO_BOLT11_H
#define LOOM_LIB_PROTO_BOLT11_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <stdint.h>

struct bolt11 {
	char network[8]; /* "bc", "tb", "bcrt", "tbs" */
	bool has_amount;
	uint64_t amount_msat;
	uint64_t made_at; /* unix seconds */
	uint64_t expires_at;
	struct id32 payment_hash;
	bool has_description_hash;
	struct id32 description_hash;
	char description[161]; /* cut, printable; "" when it has none */
};

/*
 * Case does not matter, "lightning:" in front is skipped; checksum is checked. LERR_LIMIT:
 * longer than CAP_INVOICE_BYTES; LERR_INPUT: anything else, also an amount that is no
 * whole number of millisatoshi, no payment hash, or one of the fields above twice.
 */
MUST_USE enum lerr_code bolt11_parse(struct bolt11 *out, struct str text,
				     struct lerr *err);

#endif
