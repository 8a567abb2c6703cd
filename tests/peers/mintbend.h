/* SPDX-License-Identifier: MIT */
/* Answers of the test mint turned into wrong ones, as mints have given them. False: the
 * answer has no such part and stays as it is. */
#ifndef LOOM_TESTS_PEERS_MINTBEND_H
#define LOOM_TESTS_PEERS_MINTBEND_H

#include "lib/base/buf.h"

#include <stdbool.h>

typedef bool mintbend(struct buf *body);

/* ---- "signatures" of a swap or mint, "change" of a melt */
mintbend mintbend_wrong_order;  /* the first becomes the last */
mintbend mintbend_short;        /* the last is missing */
mintbend mintbend_wrong_amount; /* the first is of twice its amount */
mintbend mintbend_wrong_id;     /* the first is of a keyset that nobody knows */
mintbend mintbend_bad_dleq;     /* the first has a proof that is wrong */
mintbend mintbend_no_dleq;
mintbend mintbend_zero_change; /* one of amount 0 behind those of a melt */
/* ---- restore and checkstate */
mintbend mintbend_restore_empty;
mintbend mintbend_restore_partial;   /* the last is missing */
mintbend mintbend_restore_reordered; /* both lists backwards */
mintbend mintbend_checkstate_pending;
/* ---- keysets */
mintbend mintbend_bad_keys; /* two keys have changed places: the id does not follow */
/* ---- any */
mintbend mintbend_truncate; /* half of the text */

#endif
