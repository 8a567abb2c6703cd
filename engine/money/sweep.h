/* SPDX-License-Identifier: MIT */
/* Earnings above SWEEP_ABOVE go to SWEEP_ADDRESS by themselves. */
#ifndef LOOM_ENGINE_MONEY_SWEEP_H
#define LOOM_ENGINE_MONEY_SWEEP_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

struct conf;
struct money;

/* Is SWEEP_ADDRESS one? */
MUST_USE enum lerr_code sweep_check_conf(const struct conf *c, struct lerr *err);
/* Once a second. */
void sweep_tick(struct money *m);

#endif
