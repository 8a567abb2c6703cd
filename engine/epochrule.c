/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/epochrule.h"

static bool is_fresh(const struct epochrule_advert *a)
{
	uint64_t apart =
		a->created_at > a->now ? a->created_at - a->now : a->now - a->created_at;

	return apart <= EPOCHRULE_FRESH_S;
}

enum epochrule_verdict epochrule_advert(const struct epochrule_advert *a)
{
	if (a->is_ours || a->created_at <= a->known_until)
		return EPOCHRULE_GO_ON;
	if (is_fresh(a) && !a->may_take_over)
		return EPOCHRULE_STOP;
	if (!a->running)
		return EPOCHRULE_NEW_EPOCH;
	return is_fresh(a) ? EPOCHRULE_TELL : EPOCHRULE_ANEW;
}

bool epochrule_job(const struct epochrule_job *j)
{
	/* it has the request, so it has been there ever since: its word counts */
	if (j->brought_answered)
		return true;
	if (j->brought_listed && !j->waited_long)
		return false;
	/* the own relay's store may be as new as the ledger is old */
	return j->others_listed ? j->others_answered : j->own_answered;
}
