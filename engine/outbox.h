/* SPDX-License-Identifier: MIT */
/*
 * Events of ours on their way out: committed unsigned, signed once, handed to the bridge
 * for each relay, until every relay has spoken (or a day has passed). A status that ends
 * a job goes to a relay after that relay has spoken on the result.
 */
#ifndef LOOM_ENGINE_OUTBOX_H
#define LOOM_ENGINE_OUTBOX_H

#include "lib/ipc/ipcbridge.h"
#include "lib/ipc/ipckey.h"
#include "lib/base/lerr.h"
#include "lib/proto/nevent.h"

#include <stdint.h>

struct engine;
struct outbox;

/* on_reported: a relay has the result of this job, or none ever will. */
struct outbox *outbox_new(struct engine *e,
			  void (*on_reported)(struct engine *e, uint64_t job));
void outbox_free(struct outbox *o);

/* Store an unsigned event in the present transaction; it is signed and sent after the
 * commit. Older statuses of the job (older advertisements when job is 0) are overtaken.
 * Returns the row; 0 when that very event is there already. */
uint64_t outbox_add(struct outbox *o, const struct nevent *ev, uint64_t job,
		    uint64_t after_seq);
/* Send what was answered once more: the stored result and last status of a job. */
void outbox_repeat(struct outbox *o, uint64_t job);

/* From the lines. */
void outbox_keyd_up(struct outbox *o);
void outbox_signed(struct outbox *o, uint64_t seq, const struct ipckey_signed *s,
		   const struct lerr *err);
void outbox_bridge_up(struct outbox *o);
/* epoch_has_asked() says something new. */
void outbox_relay_asked(struct outbox *o);
void outbox_bridge_down(struct outbox *o);
void outbox_receipt(struct outbox *o, const struct ipcbridge_receipt *r);

/* Once a second: retries that are due, expiry, sweeping. */
void outbox_tick(struct outbox *o, uint64_t mono_ms);

#endif
