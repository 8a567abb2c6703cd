/* SPDX-License-Identifier: MIT */
/*
 * Which of the tokens that left us have been redeemed: their mints are asked (NUT-07),
 * longest unasked first, at most one request a minute and mint, beside the lane.
 */
#ifndef LOOM_ENGINE_MONEY_TOKWATCH_H
#define LOOM_ENGINE_MONEY_TOKWATCH_H

struct money;
struct tokwatch;

struct tokwatch *tokwatch_new(struct money *m);
void tokwatch_free(struct tokwatch *w);
/* Once a second. */
void tokwatch_tick(struct money *m);

#endif
