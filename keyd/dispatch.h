/* SPDX-License-Identifier: MIT */
/* The table of all requests. A socket has a mask of what its clients may ask, fixed when
 * loom-keyd is built; a client cannot ask for more. */
#ifndef LOOM_KEYD_DISPATCH_H
#define LOOM_KEYD_DISPATCH_H

#include "keyd/keyring.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipckey.h"

#include <stdint.h>

enum {
	DISPATCH_PUBKEY = 1,
	DISPATCH_SIGN = 2,  /* the kinds of signev.h */
	DISPATCH_OPEN = 4,  /* secrets of jobs */
	DISPATCH_AUTH = 8,  /* relays' challenges */
	DISPATCH_P2PK = 16, /* ecash that is locked to the worker */
};

/* An answer: type and the body that it has. */
struct dispatch_answer {
	enum ipckey_type type;
	union dispatch_body {
		struct ipckey_pubkey_is pubkey;
		struct ipckey_signed sign;
		struct ipckey_opened opened;
		struct ipckey_authed authed;
		struct ipckey_p2pk_signed p2pk;
	} body;
};
void dispatch_wipe(struct dispatch_answer *a);

enum dispatch_verdict {
	DISPATCH_ANSWERED, /* *out is to be sent, then wiped */
	DISPATCH_REFUSED,  /* *err is to be sent */
	DISPATCH_ILLEGAL,  /* hang up, *err says why: no honest client asks that */
};

/* Carry out one request of a client that has this mask; now is wall time in seconds. */
enum dispatch_verdict dispatch_run(struct dispatch_answer *out,
				   const struct keyring *keys, unsigned int may,
				   const struct ipcmsg *m, uint64_t now,
				   struct lerr *err);

#endif
