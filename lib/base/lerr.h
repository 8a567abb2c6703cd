/* SPDX-License-Identifier: MIT */
/*
 * Errors that come from outside: a peer, the operating system, bad luck. Our own
 * mistakes are not errors, they panic (panic.h); memory never runs out by itself,
 * because whatever a stranger can make us allocate is bounded first (caps.h).
 *
 * A function that can fail returns enum lerr_code and takes a struct lerr last, which
 * may be NULL. On failure its outputs are untouched. Context is put in front on the
 * way up with lerr_wrap(), and the error is logged once, where it is handled.
 */
#ifndef LOOM_LIB_BASE_LERR_H
#define LOOM_LIB_BASE_LERR_H

#include "lib/base/attr.h"

/* Numbers appear in logs: append only. */
enum lerr_code {
	LERR_OK = 0,
	LERR_INPUT = 1,  /* the peer sent something that we refuse */
	LERR_LIMIT = 2,  /* well formed, but over one of our limits */
	LERR_STATE = 3,  /* the right request at the wrong moment */
	LERR_DENIED = 4, /* no capability, or a bad signature */
	LERR_TEMP = 5,   /* relay, disk, peer: worth a retry */
	LERR_GONE = 6,   /* unknown id, or the other side has left */
	LERR_CODE_COUNT
};

#define LERR_MSG_MAX 184

/* Caller-owned and of fixed size: nothing to free, works when memory is short. */
struct lerr {
	enum lerr_code code;
	int os_errno; /* 0 when the operating system was not involved */
	char msg[LERR_MSG_MAX];
};

/* Fill *err (when it is not NULL) and return code. A message that is too long is cut. */
enum lerr_code lerr_set(struct lerr *err, enum lerr_code code, int os_errno,
			const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Put context in front of the message: "context: message". Returns the code. */
enum lerr_code lerr_wrap(struct lerr *err, enum lerr_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The word for a code: "input", "limit" ... */
const char *lerr_name(enum lerr_code code);

#endif
