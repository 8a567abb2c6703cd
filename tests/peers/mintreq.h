/* SPDX-License-Identifier: MIT */
/*
 * Inputs and outputs of a request to the test mint: read, and checked as far as that
 * goes without a look at what was spent and signed before.
 */
#ifndef LOOM_TESTS_PEERS_MINTREQ_H
#define LOOM_TESTS_PEERS_MINTREQ_H

#include "tests/peers/mintpriv.h"

struct mintreq_input {
	uint64_t amount;
	const struct mintkeys_set *set;
	struct str secret;  /* borrowed from the request */
	struct str witness; /* empty: none */
	struct ecpoint c;
	struct ecpoint y;
};

struct mintreq_output {
	uint64_t amount;
	const struct mintkeys_set *set;
	struct ecpoint blinded;
};

struct mintreq {
	struct mintreq_input *in;
	size_t nin;
	struct mintreq_output *out;
	size_t nout;
	uint64_t sum_in;
	uint64_t sum_out;
	uint64_t fee; /* of the inputs */
};
void mintreq_free(struct mintreq *r);
#define auto_mintreq __attribute__((cleanup(mintreq_free)))

/* "inputs": at least one, each a genuine proof of a keyset that has not expired, none
 * twice. */
bool mintreq_read_inputs(struct mintreq *r, const struct mintcore *m,
			 const struct json_t *request, struct mintno *no);
enum mintreq_blank {
	MINTREQ_FULL,  /* amounts that the keyset has keys for; at least one output */
	MINTREQ_BLANK, /* any amounts; may be absent */
	MINTREQ_NAMES, /* only B_ matters: unknown keysets are fine */
};
/* "outputs": of one active keyset, none twice. */
bool mintreq_read_outputs(struct mintreq *r, const struct mintcore *m,
			  const struct json_t *request, enum mintreq_blank blank,
			  struct mintno *no);
/* Spending conditions of the inputs, now; quote is that of a melt. */
bool mintreq_may_spend(const struct mintreq *r, struct str quote, struct mintno *no);

#endif
