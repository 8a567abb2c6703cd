/* SPDX-License-Identifier: MIT */
/*
 * The joints of the engine: what follows from a move of a job, and what the lines set in
 * motion when they come up. The only file that knows all parts.
 */
#ifndef LOOM_ENGINE_EFFECTS_H
#define LOOM_ENGINE_EFFECTS_H

#include "engine/bridgelink.h"
#include "engine/epoch.h"
#include "engine/keylink.h"
#include "engine/runs.h"

struct dbjob;
struct engine;

extern void (*const effects_table[])(struct engine *e, struct dbjob *j);
extern const struct keylink_ops effects_keylink_ops;
extern const struct bridgelink_ops effects_bridgelink_ops;
extern const struct runs_ops effects_runs_ops;
extern const struct epoch_ops effects_epoch_ops;

/* For outbox_new: a relay has the result. */
void effects_reported(struct engine *e, uint64_t job);
/* For software_new: the list is new. */
void effects_software_known(struct engine *e);
/* At start: run again what is open in the ledger. */
void effects_recover(struct engine *e);
/* SIGHUP. */
void effects_reprobe(struct engine *e);
/* Once a second. */
void effects_tick(struct engine *e);

#endif
