/* SPDX-License-Identifier: MIT */
/* What a mint's answers about a melt mean (NUT-05, NUT-08). */
#ifndef LOOM_ENGINE_MONEY_MELTRECON_H
#define LOOM_ENGINE_MONEY_MELTRECON_H

#include "lib/store/dbpay.h"

struct lane_op;
struct mintcall_answer;
struct money;

/* For kinds_row.answer. */
void meltrecon_answer(struct money *m, struct lane_op *o, struct dbpay *p,
		      const struct mintcall_answer *a);

#endif
