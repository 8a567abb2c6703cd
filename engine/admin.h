/* SPDX-License-Identifier: MIT */
/*
 * admin.sock: the operator's till, for loomctl run by root or by the engine's own user.
 * Whoever can connect may do everything that is there; nothing of it can be reached
 * through api.sock.
 */
#ifndef LOOM_ENGINE_ADMIN_H
#define LOOM_ENGINE_ADMIN_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdint.h>
#include <sys/types.h>

struct admin;
struct engine;

MUST_USE enum lerr_code admin_open(struct admin **out, struct engine *e, uid_t own_uid,
				   struct lerr *err);
void admin_free(struct admin *a);

/* An operation at a mint has come to its end, or needs a person: whoever waits for it is
 * answered. Outside of any turn. */
void admin_ended(struct engine *e, uint64_t op);

#endif
