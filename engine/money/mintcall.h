/* SPDX-License-Identifier: MIT */
/* One HTTP call to a mint. */
#ifndef LOOM_ENGINE_MONEY_MINTCALL_H
#define LOOM_ENGINE_MONEY_MINTCALL_H

#include "lib/base/str.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/mintread.h"

#include <stdbool.h>
#include <stdint.h>

struct money;

enum mintcall_word {
	MINTCALL_OK,      /* 200 with a body */
	MINTCALL_REFUSED, /* 400 or 422 and the mint's words */
	MINTCALL_UNHEARD, /* nothing can have reached it */
	MINTCALL_BUSY,    /* 429: it was not looked at */
	MINTCALL_UNCLEAR, /* anything else: it may have been carried out */
};

/* Borrowed: gone when the callback returns. */
struct mintcall_answer {
	enum mintcall_word word;
	unsigned int status;
	struct str body;
	struct mintread_refusal refusal; /* of MINTCALL_REFUSED */
	const char *why;                 /* for people */
};

/* arg is what the call was given. Called from the loop, outside of any turn. */
typedef void mintcall_done(struct money *m, uint64_t arg,
			   const struct mintcall_answer *a);

/* body empty: GET. False when it could not be started: nothing was sent, no callback
 * comes. */
bool mintcall_start(struct money *m, const char *mint_url, const char *path,
		    struct str body, mintcall_done *done, uint64_t arg);

#endif
