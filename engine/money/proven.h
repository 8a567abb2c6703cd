/* SPDX-License-Identifier: MIT */
/*
 * Payments that need no benefit of the doubt: every proof is signed by a mint of ours as
 * far as can be told offline (NUT-12), and none was seen before. To make one costs money,
 * so who sends it is no flood, on whatever list or none.
 */
#ifndef LOOM_ENGINE_MONEY_PROVEN_H
#define LOOM_ENGINE_MONEY_PROVEN_H

#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stdint.h>

struct money;

/* Is the payment of this request one? Nothing is written down. */
bool proven_payment(struct money *m, const struct nevent *ev);
/* Its proofs have been seen now, whatever becomes of the job. */
void proven_seen(struct money *m, const struct nevent *ev, uint64_t job);

#endif
