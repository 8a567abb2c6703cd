/* SPDX-License-Identifier: MIT */
/* What the own relay takes: only what concerns this worker. */
#ifndef LOOM_BRIDGE_OWNGATE_H
#define LOOM_BRIDGE_OWNGATE_H

#include "bridge/relaystore.h"
#include "lib/base/id32.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The text of the OK that refuses ev (a literal with its prefix), or NULL. json_bytes is
 * the size of its text. The signature is not looked at here.
 */
const char *owngate_refusal(struct relaystore *s, const struct id32 *worker,
			    const struct nevent *ev, size_t json_bytes, uint64_t now_s);
/* Is it something that the engine must judge: a job or a cancellation for the worker? */
bool owngate_is_inbox(const struct nevent *ev);

#endif
