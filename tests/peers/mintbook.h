/* SPDX-License-Identifier: MIT */
/* What the test mint has spent and signed: the tables, and nothing but them. */
#ifndef LOOM_TESTS_PEERS_MINTBOOK_H
#define LOOM_TESTS_PEERS_MINTBOOK_H

#include "tests/peers/mintreq.h"
#include "tests/peers/mintsign.h"

extern const char *const mintbook_schema[];
extern const size_t mintbook_nschema;

enum mintbook_state {
	MINTBOOK_UNSPENT = 0,
	MINTBOOK_PENDING = 1,
	MINTBOOK_SPENT = 2,
};

/* State of a proof, and its witness appended when it has one. */
enum mintbook_state mintbook_state(struct mintcore *m, const struct ecpoint *y,
				   struct buf *witness);
/* Write the inputs down; holder is the melt that has them PENDING, or empty. */
void mintbook_take(struct mintcore *m, const struct mintreq *r, enum mintbook_state to,
		   struct str holder);
/* PENDING inputs of a holder become SPENT, or are forgotten. */
void mintbook_end(struct mintcore *m, struct str holder, bool spent);

/* The signature on B_; false: never signed. */
bool mintbook_find(struct mintsign_sig *out, struct mintcore *m,
		   const struct ecpoint *blinded);
/* Sign and write it down. */
struct mintsign_sig mintbook_sign(struct mintcore *m, const struct mintkeys_set *set,
				  uint64_t amount, const struct ecpoint *blinded);
/* Sign all outputs of a request; {"signatures":[...]} is appended. */
void mintbook_sign_all(struct mintcore *m, const struct mintreq *r, struct buf *answer);

/* None of the inputs is spent or pending. */
bool mintbook_inputs_are_free(struct mintcore *m, const struct mintreq *r,
			      struct mintno *no);
/* None of the outputs was signed, or waits for the end of a melt. */
bool mintbook_outputs_are_new(struct mintcore *m, const struct mintreq *r,
			      struct mintno *no);

/* Blank outputs of a melt that is PENDING. */
void mintbook_keep_blanks(struct mintcore *m, const struct mintreq *r, struct str melt);
/* Sign change onto them, largest part first, and forget them. Appends the list of
 * signatures; what did not find a blank is in *kept. */
void mintbook_use_blanks(struct mintcore *m, struct str melt, uint64_t change,
			 struct buf *list, uint64_t *kept);
void mintbook_drop_blanks(struct mintcore *m, struct str melt);

/* Earned: input fees and change that was not asked for. */
void mintbook_earn(struct mintcore *m, const char *what, uint64_t amount);

#endif
