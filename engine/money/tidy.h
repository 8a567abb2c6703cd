/* SPDX-License-Identifier: MIT */
/*
 * Keeping the operator's coins few and young: many small ones become few, and coins of a
 * keyset that is inactive or soon at its end are swapped for others in time.
 */
#ifndef LOOM_ENGINE_MONEY_TIDY_H
#define LOOM_ENGINE_MONEY_TIDY_H

#include "engine/money/kinds.h"

extern const struct kinds_row tidy_kind;

/* Once a second. */
void tidy_tick(struct money *m);

#endif
