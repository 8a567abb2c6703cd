/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/proven.h"

#include "engine/engine.h"
#include "engine/money/claimreq.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "lib/base/conf.h"
#include "lib/proto/bdhke.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

static struct cashutok *read_token(struct money *m, const struct nevent *ev)
{
	struct paycheck check = {0};

	return claimreq_read(m, ev, conf_uint(m->e->conf, CONF_MAX_PROOFS), &check);
}

static bool is_new(struct db *d, const struct cashuproof *p)
{
	struct ecpoint y;

	return p->has_dleq && bdhke_hash_to_curve(&y, str_of(p->secret)) &&
	       !dbbill_first_of(d, &y) && !dbpay_holder(d, &y) &&
	       !dbproof_is_known(d, &y);
}

/* Cheap things first: a copy of what was paid with before costs no curve arithmetic. */
bool proven_payment(struct money *m, const struct nevent *ev)
{
	auto_cashutok struct cashutok *t = NULL;
	struct paycheck check = {0};
	const struct mint *mint;

	if (nevent_count_tags(ev, "payment") == 0)
		return false;
	t = read_token(m, ev);
	mint = t ? mints_find(m->mints, str_of(t->mint)) : NULL;
	if (!mint)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (!is_new(m->e->db, &t->proofs[i]))
			return false;
	claimreq_check(m, t, mint, false, false, &check);
	return check.word == PAYCHECK_GOOD;
}

void proven_seen(struct money *m, const struct nevent *ev, uint64_t job)
{
	auto_cashutok struct cashutok *t = read_token(m, ev);
	struct ecpoint y;

	for (size_t i = 0; t && i < t->n; i++)
		if (bdhke_hash_to_curve(&y, str_of(t->proofs[i].secret)))
			dbbill_bind(m->e->db, &y, job);
}
