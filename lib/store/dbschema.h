/* SPDX-License-Identifier: MIT */
/* The ledger's schema: a list of migrations, append only. */
#ifndef LOOM_LIB_STORE_DBSCHEMA_H
#define LOOM_LIB_STORE_DBSCHEMA_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

struct db;

/* db_open() with the ledger's migrations. */
MUST_USE enum lerr_code dbschema_open(struct db **out, const char *path,
				      struct lerr *err);

#endif
