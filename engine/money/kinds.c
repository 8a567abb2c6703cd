/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/kinds.h"

#include "engine/money/change.h"
#include "engine/money/claim.h"
#include "engine/money/export.h"
#include "engine/money/import.h"
#include "engine/money/melt.h"
#include "engine/money/tidy.h"

const struct kinds_row *const kinds_table[DBPAY_KINDS] = {
	[DBPAY_CLAIM] = &claim_kind,
	[DBPAY_CHANGE] = &change_kind,
	[DBPAY_EXPORT] = &export_kind,
	[DBPAY_MELT] = &melt_kind,
	[DBPAY_TIDY] = &tidy_kind,
	[DBPAY_IMPORT] = &import_kind,
	[DBPAY_RECLAIM] = &export_reclaim_kind,
};
