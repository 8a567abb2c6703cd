/* SPDX-License-Identifier: MIT */
/*
 * The stored answer to one REQ: all events that match any of its filters, newest first
 * (of one second: lowest id first), each once, at most its limit for each filter. It is
 * taken in steps, so that one large question cannot hold up everybody else.
 *
 * A scan sees what was stored when it began and is still there when its turn comes; what
 * came later belongs to the live side.
 */
#ifndef LOOM_BRIDGE_RELAYSCAN_H
#define LOOM_BRIDGE_RELAYSCAN_H

#include "bridge/relaystore.h"
#include "lib/proto/nfilter.h"

#include <stdbool.h>
#include <stddef.h>

struct relayscan;

/* The filters are borrowed for as long as the scan lives. upto: see
 * relaystore_last_seq(). max: rows of one filter, whatever its limit says. */
struct relayscan *relayscan_new(struct relaystore *s, struct nfilter *const *filters,
				size_t n, uint64_t upto, uint64_t max);
void relayscan_free(struct relayscan *r);

/* Called for each event, in order; false: no room, stop this step after it. */
typedef bool relayscan_found(void *ctx, struct str json);

/* Look at no more than `rows` rows. True: there is more, call again. */
bool relayscan_step(struct relayscan *r, size_t rows, uint64_t now_s,
		    relayscan_found *found, void *ctx);

#endif
