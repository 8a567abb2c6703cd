/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nreply.h"

#include "lib/proto/nframe.h"

/* Of an OK with false. */
static const enum nreply refusals[] = {
	[NREASON_NONE] = NREPLY_LATER,
	[NREASON_DUPLICATE] = NREPLY_OK,
	[NREASON_POW] = NREPLY_REFUSED,
	[NREASON_BLOCKED] = NREPLY_REFUSED,
	[NREASON_RATE_LIMITED] = NREPLY_SLOWER,
	[NREASON_INVALID] = NREPLY_REFUSED,
	[NREASON_RESTRICTED] = NREPLY_AUTH,
	[NREASON_AUTH_REQUIRED] = NREPLY_AUTH,
	[NREASON_MUTE] = NREPLY_OK, /* ephemeral, and nobody listens */
	[NREASON_ERROR] = NREPLY_LATER,
	[NREASON_UNSUPPORTED] = NREPLY_REFUSED,
	[NREASON_REPLACED] = NREPLY_OK,
	[NREASON_DELETED] = NREPLY_REFUSED,
};

enum nreply nreply_of(bool accepted, struct str text)
{
	return accepted ? NREPLY_OK : refusals[nframe_reason(text)];
}

const char *nreply_verdict(enum nreply reply)
{
	switch (reply) {
	case NREPLY_OK:
		return "ok";
	case NREPLY_REFUSED:
	case NREPLY_AUTH:
		return "refused";
	case NREPLY_LATER:
	case NREPLY_SLOWER:
		return "later";
	}
	return "later";
}
