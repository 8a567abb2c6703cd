/* SPDX-License-Identifier: MIT */
/*
 * The mint of the tests and a purse that pays in it, in one process: no HTTP, no disk.
 * What goes wrong here fails the test.
 */
#ifndef LOOM_TESTS_UNIT_MINTWORLD_H
#define LOOM_TESTS_UNIT_MINTWORLD_H

#include "tests/peers/mintcore.h"
#include "tests/peers/mintfault.h"
#include "tests/peers/purse.h"
#include "tests/unit/unit.h"

#include <jansson.h>

struct mintworld {
	struct mintcore *m;
	struct mintfault *f; /* in front of m */
	struct purse *p;
	struct mintfault_answer last;
};

/* Setup and teardown of a test: *state is a world with a mint in memory. */
int mintworld_make(void **state);
int mintworld_end(void **state);
#define IN_MINTWORLD(f) cmocka_unit_test_setup_teardown(f, mintworld_make, mintworld_end)

/* A mint in that file, w zeroed by the caller. */
struct mintcore_options mintworld_options(void);
void mintworld_open(struct mintworld *w, const char *path,
		    const struct mintcore_options *o);
void mintworld_close(struct mintworld *w);

/* minted = outstanding + melted + fees. */
void mintworld_is_balanced(struct mintworld *w);
struct purse_coins mintworld_get(struct mintworld *w, uint64_t amount,
				 const struct purse_lock *lock);
struct purse_coins mintworld_swap(struct mintworld *w, const struct purse_coins *in,
				  const struct nsign_key *key);
/* A swap of them is refused with 400 and this code. */
void mintworld_is_refused(struct mintworld *w, const struct purse_coins *in,
			  const struct nsign_key *key, uint64_t code);
void mintworld_all_are(struct mintworld *w, const struct purse_coins *c,
		       enum mintread_state want);
/* POST; the answer (a new reference), NULL: none. Its status is w->p->status. */
json_t *mintworld_post(struct mintworld *w, const char *path, struct str body);
/* "quote" of an answer. */
struct str mintworld_quote(const json_t *answer);
/* The fault strikes the next request below path. */
void mintworld_fault(struct mintworld *w, const char *name, const char *path);

#endif
