/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/paycheck.h"

#include "engine/money/mints.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	LOCKTIME_MARGIN_S = 60, /* the swap is immediate */
	EXPIRY_MARGIN_S = 3600,
};

void paycheck_refuse(struct paycheck *out, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	out->word = PAYCHECK_BAD;
	out->outcome = outcome;
	va_start(ap, fmt);
	(void)vsnprintf(out->text, sizeof(out->text), fmt, ap);
	va_end(ap);
}

void paycheck_unreadable(struct paycheck *out, enum cashutok_fault why,
			 const struct lerr *err)
{
	static const char *const codes[] = {
		[CASHUTOK_BAD] = "bad_token",
		[CASHUTOK_MANY_MINTS] = "mint_not_accepted",
		[CASHUTOK_MANY_PROOFS] = "too_many_proofs",
		[CASHUTOK_AMOUNT] = "bad_amount",
		[CASHUTOK_TWICE] = "duplicate_proof",
		[CASHUTOK_KEYSET] = "keyset_version_unsupported",
	};

	paycheck_refuse(out,
			why == CASHUTOK_MANY_MINTS ? OUTCOME_MINT_NOT_ACCEPTED
						   : OUTCOME_PAYMENT_INVALID,
			"%s: %.120s", codes[why], err->msg);
}

/* ---- keysets and signatures */

static bool is_signed(const struct ecpoint *key, const struct cashuproof *p,
		      const struct paycheck_rules *rules)
{
	if (!p->has_dleq)
		return !rules->need_dleq;
	return bdhke_check_proof(key, str_of(p->secret), &p->c, &p->dleq);
}

static bool check_proof(struct paycheck *out, struct cashuproof *p,
			const struct mint *mint, const struct paycheck_rules *rules,
			uint64_t *ppk)
{
	const struct keyset *k = mints_keyset(mint, &p->id);
	const struct ecpoint *key;

	if (!k) {
		out->word = PAYCHECK_ASK;
		(void)snprintf(out->text, sizeof(out->text),
			       "keyset_unknown: the mint has no keyset %s", p->id.c);
		return false;
	}
	p->id = k->id;
	*ppk += k->ppk;
	key = keyset_key(k, p->amount);
	if (!key) {
		paycheck_refuse(out, OUTCOME_PAYMENT_INVALID,
				"bad_amount: keyset %s has no key for %" PRIu64, k->id.c,
				p->amount);
		return false;
	}
	if (k->final_expiry && k->final_expiry <= rules->now_s + EXPIRY_MARGIN_S) {
		paycheck_refuse(out, OUTCOME_PAYMENT_INVALID,
				"keyset_expired: keyset %s is at its end", k->id.c);
		return false;
	}
	if (!rules->was_checked && !is_signed(key, p, rules)) {
		paycheck_refuse(out, OUTCOME_PAYMENT_INVALID,
				"invalid_signature: the mint's signature (DLEQ) %s",
				p->has_dleq ? "is wrong" : "is missing");
		return false;
	}
	return true;
}

/* ---- locks */

static void locked(struct paycheck *out, const char *why)
{
	paycheck_refuse(out, OUTCOME_LOCKED_TOKEN, "locked_token: %s", why);
}

/* One lock, by the rules of NUT-11, as far as we accept it. */
static bool check_lock(struct paycheck *out, const struct p2pk *lock, bool blinded,
		       const struct paycheck_rules *rules)
{
	struct ecpoint us = ecpoint_from_x(&rules->worker);

	/* of a blinded key only loom-keyd can tell whose it is */
	if (!blinded && p2pk_find(lock, &us) == SIZE_MAX)
		locked(out, "it is locked to another key");
	else if (lock->n_sigs != 1)
		locked(out, "it wants more than one signature");
	else if (lock->has_locktime && lock->locktime < rules->now_s + LOCKTIME_MARGIN_S)
		locked(out, "its lock time is over, or nearly");
	else
		return true;
	return false;
}

static bool is_same(const struct paycheck *out, const struct p2pk *lock, bool blinded)
{
	if (out->blinded != blinded ||
	    out->has_way_back != (lock->has_locktime && lock->nrefund > 0))
		return false;
	return blinded || id32_eq(&out->condition, &lock->condition);
}

/* A refund key that is blinded differs from proof to proof, and is no key to give change
 * to; one that is the same in all is. */
static void take_lock(struct paycheck *out, const struct p2pk *lock, bool first,
		      bool blinded)
{
	const struct ecpoint *refund = lock->nrefund ? &lock->keys[lock->nmain] : NULL;

	out->blinded = blinded;
	out->condition = lock->condition;
	out->sig_all = lock->sig_all;
	out->has_refund =
		refund &&
		(first || (out->has_refund && ecpoint_eq(refund, &out->refund)));
	out->has_way_back = lock->has_locktime && lock->nrefund > 0;
	if (refund)
		out->refund = *refund;
	out->names_only_us = lock->nmain == 1 && lock->nrefund == 0;
}

static bool check_secret(struct paycheck *out, const struct cashuproof *p, bool first,
			 const struct paycheck_rules *rules)
{
	struct p2pk lock = {0};
	struct lerr err = {0};
	enum p2pk_kind kind = p2pk_parse(&lock, str_of(p->secret), &err);

	if (kind == P2PK_OTHER || kind == P2PK_MALFORMED) {
		paycheck_refuse(out, OUTCOME_LOCKED_TOKEN,
				"locked_token: unsupported condition: %.100s", err.msg);
		return false;
	}
	if (!first &&
	    (out->locked != (kind == P2PK_LOCK) || out->sig_all != lock.sig_all)) {
		locked(out, "its proofs are not all locked in one way");
		return false;
	}
	if (kind == P2PK_PLAIN)
		return true;
	if (!check_lock(out, &lock, p->has_ephemeral, rules))
		return false;
	/* of blinded ones every proof names other keys, but their shape is one */
	if (!first && !is_same(out, &lock, p->has_ephemeral)) {
		locked(out, "its proofs are not all locked in one way");
		return false;
	}
	take_lock(out, &lock, first, p->has_ephemeral);
	out->locked = true;
	return true;
}

void paycheck_token(struct paycheck *out, struct cashutok *t, const struct mint *mint,
		    const struct paycheck_rules *rules)
{
	uint64_t ppk = 0;

	if (strcmp(t->unit, "sat") != 0) {
		paycheck_refuse(out, OUTCOME_PAYMENT_INVALID,
				"unit_not_accepted: this worker takes sat");
		return;
	}
	if (t->sum > rules->max_sum) {
		paycheck_refuse(out, OUTCOME_PAYMENT_INVALID,
				"bad_amount: at most %" PRIu64 " sat for one job",
				rules->max_sum);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		if (!check_proof(out, &t->proofs[i], mint, rules, &ppk))
			return;
	for (size_t i = 0; i < t->n; i++)
		if (!check_secret(out, &t->proofs[i], i == 0, rules))
			return;
	if (out->locked && !mint->info.nut11 && mint->word == MINTS_ADMITTED) {
		locked(out, "its mint does not know locks (NUT-11)");
		return;
	}
	out->fee = keyset_fee(ppk);
	if (out->fee >= t->sum) {
		paycheck_refuse(out, OUTCOME_PAYMENT_TOO_SMALL,
				"insufficient: the mint would take all of it as fee");
		return;
	}
	out->word = PAYCHECK_GOOD;
}
