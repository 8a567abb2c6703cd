/* SPDX-License-Identifier: MIT */
/* Which relays the configuration names, each once, in one spelling. */
#ifndef LOOM_BRIDGE_RELAYLIST_H
#define LOOM_BRIDGE_RELAYLIST_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/lerr.h"
#include "lib/net/wsurl.h"

#include <stdbool.h>
#include <stddef.h>

struct relaylist {
	struct wsurl of[CAP_RELAYS]; /* other relays: the own one is not among them */
	size_t n;
	bool has_own;
	/* How the own relay is known outside: RELAY_URL, else PUBLIC_URL with ws for http
	 * and /relay, else "own". */
	char own[CAP_URL_BYTES + 8];
};

/* LERR_INPUT with file and line: a word of NOSTR_RELAYS, RELAY_URL, or what PUBLIC_URL
 * gives, is not a relay's URL. */
MUST_USE enum lerr_code relaylist_read(struct relaylist *out, const struct conf *c,
				       struct lerr *err);

#endif
