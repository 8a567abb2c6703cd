/* SPDX-License-Identifier: MIT */
/* What control groups can do on this machine. */
#ifndef LOOM_RUNNER_CGDETECT_H
#define LOOM_RUNNER_CGDETECT_H

#include "runner/plan.h"

/* Find places below which groups can be made, limited and joined, each purpose by
 * itself, because machines mix version 1 and 2. name is the folder that will hold the
 * groups of all slots. Places that do not work have version 0. */
void cgdetect_find(struct plan_place places[PLAN_CGROUPS], const char *name);

#define CGDETECT_PIN "pin-"
/* Make an empty group by this name beside those of the slots, in place of all others
 * whose name begins with CGDETECT_PIN. */
void cgdetect_pin(const struct plan_place places[PLAN_CGROUPS], const char *pin);
/* Remove the pin, and if no other one is there, everything that was made in these
 * places, as far as nothing lives in it. */
void cgdetect_remove(const struct plan_place places[PLAN_CGROUPS], const char *pin);

#endif
