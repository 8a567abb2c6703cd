/* SPDX-License-Identifier: MIT */
/*
 * One relay, as its connection goes up and down: when to dial again, and what to tell
 * people. No input and output here; relaypool.h dials.
 *
 *	IDLE -> CONNECTING -> OPEN -> WAITING -> CONNECTING ...
 *
 * The wait is full jitter from 1 s doubling to 5 min. It starts anew only after a minute
 * of open connection with a useful message in it: a relay that accepts and drops us is
 * not up.
 */
#ifndef LOOM_BRIDGE_RELAYCONN_H
#define LOOM_BRIDGE_RELAYCONN_H

#include "lib/base/backoff.h"
#include "lib/base/caps.h"
#include "lib/net/wsc.h"

#include <stdbool.h>
#include <stdint.h>

enum relayconn_state {
	RELAYCONN_IDLE,       /* not started */
	RELAYCONN_CONNECTING, /* name, TCP, TLS, upgrade */
	RELAYCONN_OPEN,
	RELAYCONN_WAITING, /* for its time to dial again */
};

struct relayconn {
	enum relayconn_state state;
	struct backoff backoff;
	uint64_t dial_at_ms; /* monotonic; when WAITING or IDLE */
	uint64_t open_since_ms;
	bool useful;             /* a message of this connection told us something */
	bool banned;             /* we ended it, for what it sent */
	unsigned int violations; /* of this connection */
	uint64_t changed_s;      /* unix time of the last change */
	bool unusable;           /* it refuses to let us read */
	char why[CAP_REASON_BYTES + 1]; /* last error, or why it is unusable; or empty */
};

void relayconn_init(struct relayconn *c, uint64_t dial_at_ms, uint64_t now_s);
void relayconn_dialed(struct relayconn *c, uint64_t now_s);
void relayconn_opened(struct relayconn *c, uint64_t now_ms, uint64_t now_s);
void relayconn_closed(struct relayconn *c, const struct wsc_end *end, uint64_t now_ms,
		      uint64_t now_s);
/* It broke a rule; true when it has broken too many and must be closed. */
bool relayconn_violated(struct relayconn *c);
/* It will not serve our subscription (why), or does again (NULL). */
void relayconn_set_unusable(struct relayconn *c, struct str why, uint64_t now_s);
/* The word of lib/ipc/ipcbridge.h: "up", "connecting", "waiting", "unusable". */
const char *relayconn_word(const struct relayconn *c);

#endif
