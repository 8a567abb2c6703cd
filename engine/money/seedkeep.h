/* SPDX-License-Identifier: MIT */
/*
 * The wallet's seed: made once, kept in the ledger, shown to the operator as twelve
 * words. Whoever has it has the earned money (NUT-13).
 */
#ifndef LOOM_ENGINE_MONEY_SEEDKEEP_H
#define LOOM_ENGINE_MONEY_SEEDKEEP_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"

struct money;

/* Load it into m->seed; make one when the ledger has none. */
void seedkeep_load(struct money *m);
/* Append the words. Secret. */
void seedkeep_words(struct money *m, struct buf *out);
/* Take another seed: only while the ledger has never had a coin. */
MUST_USE enum lerr_code seedkeep_set(struct money *m, struct str words, struct lerr *err);

#endif
