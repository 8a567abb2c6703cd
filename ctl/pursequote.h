/* SPDX-License-Identifier: MIT */
/* Invoices of mints that become coins when they are paid (NUT-04, NUT-23), as the purse
 * keeps them. */
#ifndef LOOM_CTL_PURSEQUOTE_H
#define LOOM_CTL_PURSEQUOTE_H

#include "lib/proto/ecpoint.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

/* Stored: append, never renumber. */
enum pursequote_state {
	PURSEQUOTE_OPEN = 1,   /* not paid, or paid and the coins are not here yet */
	PURSEQUOTE_MINTED = 2, /* its coins are here */
	PURSEQUOTE_DEAD = 3,   /* it ended unpaid, or somebody else has minted it */
};

struct pursequote {
	uint64_t seq;
	uint64_t mint;
	char id[128];
	uint64_t amount;
	char *request; /* the invoice, owned */
	uint64_t expiry_s;
	bool has_key;
	struct ecpoint key; /* that it is locked to (NUT-20) */
	enum pursequote_state state;
	uint64_t op; /* that mints it; 0: none yet */
	uint64_t made_at_s;
};
void pursequote_wipe(struct pursequote *q);
#define auto_quote __attribute__((cleanup(pursequote_wipe)))

/* Fills seq. */
void pursequote_insert(struct db *d, struct pursequote *q);
/* The first OPEN one of a mint with a seq above `above`; amount 0: of any. */
bool pursequote_next_open(struct db *d, struct pursequote *out, uint64_t mint,
			  uint64_t amount, uint64_t above);
/* The one that an operation mints. */
bool pursequote_of_op(struct db *d, struct pursequote *out, uint64_t op);
/* state and op */
void pursequote_set(struct db *d, const struct pursequote *q);

#endif
