/* SPDX-License-Identifier: MIT */
/* From the configuration to what every sandbox is built by. */
#ifndef LOOM_RUNNER_POLICY_H
#define LOOM_RUNNER_POLICY_H

#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/lerr.h"
#include "runner/plan.h"

#include <stdbool.h>

/* Checks of the configuration that only the runner makes: for --check-config. */
MUST_USE enum lerr_code policy_check(const struct conf *c, struct lerr *err);
/* Limits, places and network; slot, uid, groups and init are the caller's. LERR_LIMIT:
 * a path is too long. */
MUST_USE enum lerr_code policy_fill(struct plan *out, const struct conf *c, bool root,
				    struct lerr *err);
/* Do control groups have to work? */
bool policy_requires_groups(const struct conf *c, bool root);
/* No account may have one of the user ids of the slots. */
MUST_USE enum lerr_code policy_check_users(const struct conf *c, struct lerr *err);

#endif
