/* SPDX-License-Identifier: MIT */
/*
 * A customer's wallet in front of a test mint in the same process: coins issued, locked
 * in every way that a customer may think of, swapped and redeemed. It trusts the mint and
 * forgets nothing by accident: what fails, fails the test.
 */
#ifndef LOOM_TESTS_UNIT_PAYER_H
#define LOOM_TESTS_UNIT_PAYER_H

#include "lib/base/buf.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/mintread.h"
#include "lib/proto/nsign.h"
#include "tests/peers/mintcore.h"

enum { PAYER_KEYSETS = 8 };

struct payer {
	struct mintcore *core;
	struct keyset sets[PAYER_KEYSETS];
	size_t n;
	uint64_t fees; /* that were paid for swaps of its own */
	struct mintread_refusal refusal;
};

struct payer_coins {
	struct cashuproof *v;
	size_t n;
};
void payer_free_coins(struct payer_coins *c);
#define auto_payer_coins __attribute__((cleanup(payer_free_coins)))
uint64_t payer_sum(const struct payer_coins *c);
/* Moves all of from behind to. */
void payer_add(struct payer_coins *to, struct payer_coins *from);
/* Copies of n of them, from place first on. */
struct payer_coins payer_copy(const struct payer_coins *c, size_t first, size_t n);

struct payer_lock {
	struct ecpoint key;
	const char *tags; /* JSON: what stands between the brackets of "tags"; or NULL */
	bool blinded;     /* NUT-28, a fresh E for each coin */
	const char *kind; /* NULL: P2PK */
};

void payer_init(struct payer *p, struct mintcore *core);
/* Ask for the keysets (again). */
void payer_look(struct payer *p);
/* The active one; by id. */
const struct keyset *payer_active(const struct payer *p);
const struct keyset *payer_keyset(const struct payer *p, const struct keyset_id *id);
uint64_t payer_fee(const struct payer *p, const struct payer_coins *c);

/* New coins of these amounts, for nothing. lock: NULL for plain ones. Added to out. */
void payer_issue(struct payer *p, struct payer_coins *out, const uint64_t *parts,
		 size_t n, const struct payer_lock *lock);
/* Swap in for coins of the fewest parts, added to out; key opens locked ones (NULL: there
 * are none). False: refused, p->refusal says why. */
bool payer_swap(struct payer *p, struct payer_coins *out, const struct payer_coins *in,
		const struct nsign_key *key, const struct payer_lock *lock);

/* How many of them the mint holds for spent. */
size_t payer_count_spent(const struct payer *p, const struct payer_coins *c);
/* Append a token, with DLEQ. */
void payer_write(struct buf *out, const char *url, const struct payer_coins *c);

#endif
