/* SPDX-License-Identifier: MIT */
/*
 * The network of one sandbox: a namespace with nothing but loopback, or with a way out
 * through slirp4netns that leads to public addresses only.
 */
#ifndef LOOM_RUNNER_SBNET_H
#define LOOM_RUNNER_SBNET_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"

#include <stdbool.h>
#include <sys/types.h>

struct sbnet {
	pid_t slirp;       /* our child, 0 without a way out */
	int slirp_stop;    /* closing it ends slirp4netns; owned */
	int slirp_words;   /* where it prints; owned, never read again */
	struct buf before; /* the namespace's counters at the start */
};

/*
 * Move the calling process into the namespace of its sandbox. old is one that was
 * handed over by sbnet_is_unused(), or -1 for a new one; outbound always makes a new
 * one and starts slirp4netns as a child of the caller.
 */
MUST_USE enum lerr_code sbnet_enter(struct sbnet *out, int old, bool outbound,
				    struct lerr *err);
/* Has no packet, not even a refused one, been sent since sbnet_enter()? Then another
 * job may have this namespace: no counter, connection or cache tells of the last one. */
bool sbnet_is_unused(const struct sbnet *n);
void sbnet_free(struct sbnet *n);

/* Is slirp4netns installed? */
bool sbnet_has_slirp(void);

#endif
