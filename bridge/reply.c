/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/reply.h"

#include "lib/proto/nframe.h"

/* Of an OK with false. */
static const enum reply refusals[] = {
	[NREASON_NONE] = REPLY_LATER,
	[NREASON_DUPLICATE] = REPLY_OK,
	[NREASON_POW] = REPLY_REFUSED,
	[NREASON_BLOCKED] = REPLY_REFUSED,
	[NREASON_RATE_LIMITED] = REPLY_SLOWER,
	[NREASON_INVALID] = REPLY_REFUSED,
	[NREASON_RESTRICTED] = REPLY_AUTH,
	[NREASON_AUTH_REQUIRED] = REPLY_AUTH,
	[NREASON_MUTE] = REPLY_OK, /* ephemeral, and nobody listens */
	[NREASON_ERROR] = REPLY_LATER,
	[NREASON_UNSUPPORTED] = REPLY_REFUSED,
	[NREASON_REPLACED] = REPLY_OK,
	[NREASON_DELETED] = REPLY_REFUSED,
};

enum reply reply_of(bool accepted, struct str text)
{
	return accepted ? REPLY_OK : refusals[nframe_reason(text)];
}

const char *reply_verdict(enum reply reply)
{
	switch (reply) {
	case REPLY_OK:
		return "ok";
	case REPLY_REFUSED:
	case REPLY_AUTH:
		return "refused";
	case REPLY_LATER:
	case REPLY_SLOWER:
		return "later";
	}
	return "later";
}
