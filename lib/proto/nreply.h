/* SPDX-License-Identifier: MIT */
/* What a relay's OK means for an event that we sent (NIP-01, NIP-42, and what relays
 * really say). */
#ifndef LOOM_LIB_PROTO_NREPLY_H
#define LOOM_LIB_PROTO_NREPLY_H

#include "lib/base/str.h"

#include <stdbool.h>

enum nreply {
	NREPLY_OK,      /* it has the event, or a newer version of it */
	NREPLY_REFUSED, /* it will never take these bytes from us */
	NREPLY_LATER,   /* not now */
	NREPLY_SLOWER,  /* not now, because we were too fast */
	NREPLY_AUTH,    /* not before NIP-42; when that was tried: refused */
};

enum nreply nreply_of(bool accepted, struct str text);
/* The verdict of a receipt (lib/ipc/ipcbridge.h): "ok", "refused" or "later". */
const char *nreply_verdict(enum nreply reply);

#endif
