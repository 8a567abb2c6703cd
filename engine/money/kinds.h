/* SPDX-License-Identifier: MIT */
/* What each kind of operation means: who goes first, and what follows from its end. */
#ifndef LOOM_ENGINE_MONEY_KINDS_H
#define LOOM_ENGINE_MONEY_KINDS_H

#include "lib/proto/outset.h"
#include "lib/store/dbpay.h"

#include <stdint.h>

struct lane_op;
struct mintcall_answer;
struct money;

/* Why an operation was not carried out. */
enum kinds_why {
	KINDS_DROPPED,     /* by us, before it was sent */
	KINDS_UNAVAILABLE, /* the mint did not answer in time */
	KINDS_SAID_NO,     /* the mint refused, for code and p->text */
};

/* When the mint does not answer. Own coins are never released while a request with them
 * may have been heard: they could come back spent. */
enum kinds_patience {
	KINDS_STAYS,      /* asks for ever */
	KINDS_IF_UNHEARD, /* is given up when nothing can have reached the mint */
	KINDS_GIVES_UP,   /* is given up after a while, and looked for later */
};

struct kinds_row {
	unsigned int rank; /* at its mint the lowest goes first */
	enum kinds_patience patience;
	/* In the transaction that settles it. proofs: one for each output, same order. */
	void (*credited)(struct money *m, const struct dbpay *p,
			 const struct outset *outputs, const struct cashuproof *proofs);
	/* Provably nothing was taken; the coins are free again. */
	void (*refused)(struct money *m, const struct dbpay *p, enum kinds_why why,
			uint64_t code);
	/* Somebody else has spent the inputs. NULL: a person must look (ATTENTION). */
	void (*spent)(struct money *m, const struct dbpay *p);
	/* What an answer means, when it is another than for a swap; NULL: recon.c knows. */
	void (*answer)(struct money *m, struct lane_op *o, struct dbpay *p,
		       const struct mintcall_answer *a);
};

extern const struct kinds_row *const kinds_table[DBPAY_KINDS];

#endif
