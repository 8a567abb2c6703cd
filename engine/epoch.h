/* SPDX-License-Identifier: MIT */
/*
 * The epoch of the ledger, and the gate in front of everything that is done for jobs.
 *
 * At start relays are asked for the newest advertisement of our key. One that this ledger
 * did not write and that is fresh: another worker lives with this key, and this one ends.
 * One that is old: the ledger is, because it was restored or begun anew; a new epoch
 * begins. Until that is known nothing is signed, published, started or judged; requests
 * are stored. The same is asked of each relay that comes up later, and now and then.
 *
 * Kept in the ledger: epoch (1 when absent), epoch.at (unix time when it began),
 * epoch.cleared (the last one whose open jobs were looked for), epoch.known (what was
 * advertised up to that unix time is no news), epoch.takeover (unix time of the operator's word),
 * epoch.refused_at.
 */
#ifndef LOOM_ENGINE_EPOCH_H
#define LOOM_ENGINE_EPOCH_H

#include "lib/ipc/ipcbridge.h"

#include <stdbool.h>
#include <stdint.h>

struct dbjob;
struct engine;
struct epoch;

struct epoch_ops {
	/* a new epoch begins, in its transaction: what may not be repeated jumps ahead */
	void (*on_started)(struct engine *e);
	/* the gate opens: all lines may work */
	void (*on_open)(struct engine *e);
	/* a relay more was asked: the gate is open for what goes there */
	void (*on_asked)(struct engine *e);
	/* judge all that is RECEIVED */
	void (*judge_all)(struct engine *e);
	/* judge this one; in a transaction */
	void (*judge)(struct engine *e, struct dbjob *j);
};

struct epoch *epoch_new(struct engine *e, const struct epoch_ops *ops);
void epoch_free(struct epoch *ep);

/* The operator knows more, as a command of its own: another worker that is found within
 * ten minutes ends, or has ended; this ledger was restored. */
void epoch_allow_takeover(struct epoch *ep);
void epoch_restored(struct epoch *ep);

/* May anything be done for jobs? */
bool epoch_is_open(const struct epoch *ep);
/* Was that relay asked in this run? Nothing goes there before. */
bool epoch_has_asked(const struct epoch *ep, const char *url);
/* Must the judgement of this RECEIVED job wait? It is judged later without being asked
 * again. In a transaction. */
bool epoch_holds(struct epoch *ep, const struct dbjob *j);

/* From the lines. */
void epoch_keyd_up(struct epoch *ep);
void epoch_bridge_up(struct epoch *ep);
void epoch_bridge_down(struct epoch *ep);
void epoch_relay(struct epoch *ep);
void epoch_found(struct epoch *ep, uint64_t n, const struct ipcbridge_found *found);
/* Once a second. */
void epoch_tick(struct epoch *ep, uint64_t mono_ms);

/* Exit status of the program: 0 unless the gate has ended it. */
int epoch_status(const struct epoch *ep);
/* What to say then, or "". Text of the epoch's. */
const char *epoch_why(const struct epoch *ep);

#endif
