/* SPDX-License-Identifier: MIT */
/* Routes to nowhere: what a job with network must not reach. */
#ifndef LOOM_RUNNER_SBROUTE_H
#define LOOM_RUNNER_SBROUTE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <netinet/in.h>
#include <stddef.h>

#define SBROUTE_MAX 128

struct sbroute_list {
	struct {
		struct in_addr to;
		unsigned char bits;
	} v[SBROUTE_MAX];
	size_t n;
};

/* Private, link-local, shared and reserved ranges of IPv4, and every address that this
 * machine has now: call it in the machine's own network namespace. */
MUST_USE enum lerr_code sbroute_find(struct sbroute_list *out, struct lerr *err);
/* Make them unreachable in the namespace of the caller. */
MUST_USE enum lerr_code sbroute_close(const struct sbroute_list *list, struct lerr *err);

#endif
