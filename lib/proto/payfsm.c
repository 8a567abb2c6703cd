/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/payfsm.h"

#include "lib/base/attr.h"
#include "lib/base/panic.h"

#include <assert.h>

static_assert(PAY_RESERVED == 1 && PAY_SUBMITTED == 2 && PAY_SETTLED == 3 &&
		      PAY_REFUSED == 4 && PAY_DOUBLE_SPENT == 5 && PAY_ATTENTION == 6,
	      "stored in the ledger: append, never renumber");

/* clang-format off */
static const struct pay_step steps[PAY_STATES][PEV_COUNT] = {
	[PAY_RESERVED] = {
		[PEV_SUBMIT]  = {PAY_SUBMITTED,    PFX_SEND},
		[PEV_DROP]    = {PAY_REFUSED,      PFX_RELEASE},
	},
	[PAY_SUBMITTED] = {
		/* only after a reconciliation that found the inputs unspent */
		[PEV_SUBMIT]  = {PAY_SUBMITTED,    PFX_SEND},
		[PEV_SIGNED]  = {PAY_SETTLED,      PFX_CREDIT},
		[PEV_UNCLEAR] = {PAY_SUBMITTED,    PFX_RECONCILE},
		[PEV_PENDING] = {PAY_SUBMITTED,    PFX_RECONCILE},
		[PEV_UNSPENT] = {PAY_REFUSED,      PFX_RELEASE},
		[PEV_SPENT]   = {PAY_DOUBLE_SPENT, PFX_WRITE_OFF},
		[PEV_ODD]     = {PAY_ATTENTION,    PFX_ALARM},
	},
	[PAY_ATTENTION] = {
		[PEV_SIGNED]  = {PAY_SETTLED,      PFX_CREDIT},
		[PEV_UNCLEAR] = {PAY_ATTENTION,    PFX_ALARM},
		[PEV_PENDING] = {PAY_ATTENTION,    PFX_ALARM},
		[PEV_SPENT]   = {PAY_DOUBLE_SPENT, PFX_WRITE_OFF},
		[PEV_ODD]     = {PAY_ATTENTION,    PFX_ALARM},
	},
	/* signed after all, days later: it is money, and it goes back */
	[PAY_REFUSED] = {
		[PEV_SIGNED]  = {PAY_SETTLED,      PFX_CREDIT},
	},
	/* spent, and by us: the mint had forgotten for a while what it signed */
	[PAY_DOUBLE_SPENT] = {
		[PEV_SIGNED]  = {PAY_SETTLED,      PFX_CREDIT},
	},
};
/* clang-format on */

static const struct {
	const char *name;
	enum pay_effect resume;
} states[PAY_STATES] = {
	[PAY_NONE] = {"none", PFX_NONE},
	[PAY_RESERVED] = {"reserved", PFX_NONE},
	[PAY_SUBMITTED] = {"submitted", PFX_RECONCILE},
	[PAY_SETTLED] = {"settled", PFX_NONE},
	[PAY_REFUSED] = {"refused", PFX_NONE},
	[PAY_DOUBLE_SPENT] = {"double_spent", PFX_NONE},
	[PAY_ATTENTION] = {"attention", PFX_ALARM},
};

static const char *const event_names[PEV_COUNT] = {
	[PEV_SUBMIT] = "submit",   [PEV_DROP] = "drop",       [PEV_SIGNED] = "signed",
	[PEV_UNCLEAR] = "unclear", [PEV_PENDING] = "pending", [PEV_UNSPENT] = "unspent",
	[PEV_SPENT] = "spent",     [PEV_ODD] = "odd",
};

static const char *const effect_names[] = {
	[PFX_NONE] = "-",        [PFX_SEND] = "send",       [PFX_RECONCILE] = "reconcile",
	[PFX_CREDIT] = "credit", [PFX_RELEASE] = "release", [PFX_WRITE_OFF] = "write_off",
	[PFX_ALARM] = "alarm",
};

struct pay_step payfsm_step(enum pay_state state, enum pay_event event)
{
	INVARIANT(state < PAY_STATES && event < PEV_COUNT);
	return steps[state][event];
}

enum pay_effect payfsm_resume(enum pay_state state)
{
	INVARIANT(state < PAY_STATES);
	return states[state].resume;
}

const char *payfsm_state_name(enum pay_state state)
{
	return state < PAY_STATES ? states[state].name : "?";
}

const char *payfsm_event_name(enum pay_event event)
{
	return event < PEV_COUNT ? event_names[event] : "?";
}

void payfsm_print(struct buf *out)
{
	for (size_t s = PAY_RESERVED; s < PAY_STATES; s++) {
		for (size_t e = 0; e < PEV_COUNT; e++) {
			struct pay_step step = steps[s][e];

			if (step.next == PAY_NONE)
				continue;
			buf_addf(out, "%-12s  %-8s  %-12s  %s\n", states[s].name,
				 event_names[e], states[step.next].name,
				 effect_names[step.effect]);
		}
	}
}
