/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/claimant.h"

#include "engine/engine.h"
#include "engine/money/money.h"
#include "lib/base/log.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbpay.h"
#include "lib/store/dbproof.h"

/* Did the two come so close together that the order does not say who was first? */
static bool is_contest(const struct dbjob *a, const struct dbjob *b)
{
	uint64_t apart = a->received_at > b->received_at
				 ? a->received_at - b->received_at
				 : b->received_at - a->received_at;

	return apart <= CLAIMANT_HOLD_MS;
}

/* It came with another job before. That one has it as long as it is not decided; after
 * that, what was left untouched can be used again: a plain token by whoever has it, a
 * locked one, which everybody can copy, by the key that came with it first. */
static const char *judge_second(const struct dbjob *j, const struct dbjob *first,
				const struct paycheck *check)
{
	if (check->names_only_us && is_contest(j, first))
		return NULL;
	if (first->state <= JOB_CLAIMING)
		return "token_already_used: another job came with it first";
	if (check->locked && !id32_eq(&j->customer, &first->customer))
		return "token_already_used: it is locked, and a job of another key came "
		       "with it first";
	return NULL;
}

/* A coin that is or was ours; change that we gave away is as good as any other. */
static bool is_ours(struct db *d, const struct ecpoint *y)
{
	enum dbproof_state state;
	uint64_t token;

	return dbproof_find(d, y, &state, &token) && state != DBPROOF_GIVEN;
}

const char *claimant_bind(struct money *m, const struct dbjob *j,
			  const struct cashutok *t, const struct paycheck *check)
{
	struct db *d = m->e->db;

	for (size_t i = 0; i < t->n; i++) {
		struct ecpoint y;
		struct dbjob first;
		uint64_t seq;
		const char *why = NULL;

		/* change that we have given may pay for the next job */
		if (!bdhke_hash_to_curve(&y, str_of(t->proofs[i].secret)) ||
		    dbpay_holder(d, &y) || is_ours(d, &y))
			return "token_already_used: this token has paid for another job";
		seq = dbbill_first_of(d, &y);
		if (seq && seq != j->seq && dbjob_get_seq(d, &first, seq))
			why = judge_second(j, &first, check);
		if (why)
			return why;
		dbbill_bind(d, &y, j->seq);
	}
	return NULL;
}

/* First seen and first signed: who copies a token can date his job as he likes, but he
 * cannot be seen before he has read it. */
static bool is_before(const struct dbjob *a, const struct dbjob *b)
{
	return a->seq < b->seq && a->created_at_s < b->created_at_s;
}

/* It belongs to the job that is before the other. When that does not decide, to nobody,
 * and the operator is told. */
const char *claimant_lost(struct money *m, const struct dbjob *j)
{
	uint64_t rival = dbbill_rival(m->e->db, j->seq, 0);

	for (; rival; rival = dbbill_rival(m->e->db, j->seq, rival)) {
		struct dbjob other;

		if (!dbjob_get_seq(m->e->db, &other, rival) || !is_contest(j, &other) ||
		    is_before(j, &other))
			continue;
		if (is_before(&other, j))
			return "contested: an earlier job came with this token";
		log_event(LOG_WARN, "pay.contested", "job=%s other=%s",
			  id32_short(&j->id).c, id32_short(&other.id).c);
		return "contested: two jobs came with this token, and neither was both "
		       "first seen and first signed; it was left untouched";
	}
	return NULL;
}
