/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/kinds.h"

#include "engine/money/change.h"
#include "engine/money/claim.h"
#include "engine/money/melt.h"

const struct kinds_row *const kinds_table[DBPAY_KINDS] = {
	[DBPAY_CLAIM] = &claim_kind,
	[DBPAY_CHANGE] = &change_kind,
	[DBPAY_MELT] = &melt_kind,
};
