/* SPDX-License-Identifier: MIT */
/* The bridge's own file, STATE_DIR/bridge.db: what the own relay stores (relaystore.h)
 * and how far each relay was read (resume.h). Nothing in it is secret. */
#ifndef LOOM_BRIDGE_BRIDGEDB_H
#define LOOM_BRIDGE_BRIDGEDB_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/store/db.h"

/* As db_open(), with the bridge's schema. db_close() it. */
MUST_USE enum lerr_code bridgedb_open(struct db **out, const char *path,
				      struct lerr *err);

#endif
