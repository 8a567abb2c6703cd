/* SPDX-License-Identifier: MIT */
/* What a relay's OK means for an event that we sent (NIP-01, NIP-42, and what relays
 * really say). */
#ifndef LOOM_BRIDGE_REPLY_H
#define LOOM_BRIDGE_REPLY_H

#include "lib/base/str.h"

#include <stdbool.h>

enum reply {
	REPLY_OK,      /* it has the event, or a newer version of it */
	REPLY_REFUSED, /* it will never take these bytes from us */
	REPLY_LATER,   /* not now */
	REPLY_SLOWER,  /* not now, because we were too fast */
	REPLY_AUTH,    /* not before NIP-42; when that was tried: refused */
};

enum reply reply_of(bool accepted, struct str text);
/* The verdict of a receipt (lib/ipc/ipcbridge.h): "ok", "refused" or "later". */
const char *reply_verdict(enum reply reply);

#endif
