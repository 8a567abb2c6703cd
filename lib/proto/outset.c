/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/outset.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/bdhke.h"
#include "lib/proto/p2pk.h"

#include <inttypes.h>
#include <string.h>

void outset_init(struct outset *s, const struct keyset_id *id)
{
	*s = (struct outset){.id = *id};
}

static void wipe_secret(char *secret)
{
	if (secret)
		mem_wipe(secret, strlen(secret));
	mem_free(secret);
}

void outset_wipe(struct outset *s)
{
	for (size_t i = 0; i < s->n; i++)
		wipe_secret(s->v[i].secret);
	mem_wipe(s->v, s->n * sizeof(*s->v));
	mem_free(s->v);
	s->v = NULL;
	s->n = 0;
}

/* ---- adding */

/* There is room for the next power of two. No realloc: it would leave blinding factors
 * in memory that nobody overwrites. */
static struct outset_one *next(struct outset *s)
{
	if ((s->n & (s->n - 1)) == 0) {
		struct outset_one *v = mem_array(s->n ? 2 * s->n : 1, sizeof(*v));

		if (s->n)
			memcpy(v, s->v, s->n * sizeof(*v));
		mem_wipe(s->v, s->n * sizeof(*v));
		mem_free(s->v);
		s->v = v;
	}
	return &s->v[s->n++];
}

void outset_add_stored(struct outset *s, uint64_t amount, struct str secret,
		       const struct ecscalar *r, const struct ecpoint *blinded,
		       bool for_customer)
{
	*next(s) = (struct outset_one){
		.amount = amount,
		.secret = str_dup(secret),
		.r = *r,
		.blinded = *blinded,
		.for_customer = for_customer,
	};
}

bool outset_add(struct outset *s, uint64_t amount, struct str secret,
		const struct ecscalar *r, bool for_customer)
{
	struct ecpoint blinded;

	if (secret.n == 0 || secret.n > CAP_CASHU_SECRET || str_has_nul(secret) ||
	    !bdhke_blind(&blinded, secret, r))
		return false;
	outset_add_stored(s, amount, secret, r, &blinded, for_customer);
	return true;
}

static void add_with_random_r(struct outset *s, uint64_t amount, struct str secret,
			      bool for_customer)
{
	struct ecscalar r;
	bool ok;

	ecpoint_random_scalar(&r);
	ok = outset_add(s, amount, secret, &r, for_customer);
	mem_wipe(&r, sizeof(r));
	if (!ok)
		panic("a random output cannot be blinded");
}

void outset_add_random(struct outset *s, uint64_t amount, bool for_customer)
{
	uint8_t bytes[32];
	char hex[2 * sizeof(bytes) + 1];

	rng_fill(bytes, sizeof(bytes));
	hex_encode(hex, bytes, sizeof(bytes));
	add_with_random_r(s, amount, str_of(hex), for_customer);
	mem_wipe(bytes, sizeof(bytes));
	mem_wipe(hex, sizeof(hex));
}

void outset_add_derived(struct outset *s, uint64_t amount, const struct nut13_seed *seed,
			uint64_t *counter, bool for_customer)
{
	struct nut13_pair pair;
	bool ok = false;

	/* never in practice is one of them unfit */
	for (int tries = 0; !ok && tries < 8; tries++) {
		ok = nut13_derive(&pair, seed, &s->id, *counter) &&
		     outset_add(s, amount, str_of(pair.secret), &pair.r, for_customer);
		(*counter)++;
	}
	mem_wipe(&pair, sizeof(pair));
	if (!ok)
		panic("keyset %s: no output from counter %" PRIu64, s->id.c, *counter);
}

void outset_add_locked(struct outset *s, uint64_t amount, const struct ecpoint *key,
		       uint64_t locktime, const struct ecpoint *refund, bool for_customer)
{
	auto_secret_buf struct buf secret = BUF_INIT(CAP_CASHU_SECRET);

	p2pk_write_secret(&secret, key, locktime, refund);
	add_with_random_r(s, amount, buf_str(&secret), for_customer);
}

void outset_sort(struct outset *s)
{
	struct outset_one one;

	for (size_t i = 1; i < s->n; i++) {
		size_t at = i;

		one = s->v[i];
		while (at > 0 && s->v[at - 1].amount > one.amount)
			at--;
		memmove(&s->v[at + 1], &s->v[at], (i - at) * sizeof(one));
		s->v[at] = one;
	}
	mem_wipe(&one, sizeof(one));
}

/* ---- signatures */

static enum lerr_code check_dleq(const struct outset_one *one, const struct ecpoint *key,
				 const struct mintmsg_signature *sig, bool need_dleq,
				 struct lerr *err)
{
	if (!sig->has_dleq && need_dleq)
		return lerr_set(err, LERR_INPUT, 0, "signature without DLEQ");
	if (sig->has_dleq &&
	    !bdhke_check_signature(key, &one->blinded, &sig->c, &sig->dleq))
		return lerr_set(err, LERR_INPUT, 0, "signature with a wrong DLEQ");
	return LERR_OK;
}

enum lerr_code outset_unblind(struct cashuproof *out, const struct outset *s, size_t i,
			      const struct mintmsg_signature *sig,
			      const struct keyset *keys, bool need_dleq, struct lerr *err)
{
	const struct ecpoint *key = keyset_key(keys, sig->amount);
	const struct outset_one *one;
	struct ecpoint c;
	enum lerr_code rc;

	INVARIANT(i < s->n && keyset_id_eq(&keys->id, &s->id));
	one = &s->v[i];
	if (!keyset_id_eq(&sig->id, &s->id))
		return lerr_set(err, LERR_INPUT, 0, "signature of keyset %s, not %s",
				sig->id.c, s->id.c);
	if (!key)
		return lerr_set(err, LERR_INPUT, 0,
				"signature for %" PRIu64 ", of which there is no key",
				sig->amount);
	if (one->amount && sig->amount != one->amount)
		return lerr_set(err, LERR_INPUT, 0,
				"signature for %" PRIu64 ", not %" PRIu64, sig->amount,
				one->amount);
	rc = check_dleq(one, key, sig, need_dleq, err);
	if (rc)
		return rc;
	if (!bdhke_unblind(&c, &sig->c, &one->r, key))
		return lerr_set(err, LERR_INPUT, 0, "signature that is no point");
	*out = (struct cashuproof){
		.amount = sig->amount,
		.id = s->id,
		.secret = mem_strdup(one->secret),
		.c = c,
		.has_dleq = sig->has_dleq,
	};
	if (sig->has_dleq) {
		out->dleq = sig->dleq;
		out->dleq.r = one->r;
		out->dleq.has_r = true;
	}
	return LERR_OK;
}

enum lerr_code outset_unblind_all(struct cashuproof *proofs, const struct outset *s,
				  const struct mintmsg_signature *sigs, size_t n,
				  const struct keyset *keys, bool need_dleq,
				  struct lerr *err)
{
	struct cashuproof *done;
	enum lerr_code rc = LERR_OK;
	size_t i = 0;

	if (n != s->n)
		return lerr_set(err, LERR_INPUT, 0, "%zu signatures for %zu outputs", n,
				s->n);
	done = mem_array(n, sizeof(*done));
	while (!rc && i < n) {
		rc = outset_unblind(&done[i], s, i, &sigs[i], keys, need_dleq, err);
		i += rc == LERR_OK;
	}
	if (rc) {
		rc = lerr_wrap(err, rc, "output %zu", i);
		while (i-- > 0)
			cashutok_wipe_proof(&done[i]);
	} else if (n) {
		memcpy(proofs, done, n * sizeof(*done));
	}
	mem_wipe(done, n * sizeof(*done));
	mem_free(done);
	return rc;
}

size_t outset_find(const struct outset *s, const struct ecpoint *blinded)
{
	for (size_t i = 0; i < s->n; i++)
		if (ecpoint_eq(&s->v[i].blinded, blinded))
			return i;
	return SIZE_MAX;
}

size_t outset_order(struct mintmsg_signature *sigs, const struct outset *s,
		    const struct ecpoint *blinded, const struct mintmsg_signature *got,
		    size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = outset_find(s, &blinded[i]);

		/* an id is never empty: that one is filled already */
		if (at == SIZE_MAX || sigs[at].id.c[0])
			continue;
		sigs[at] = got[i];
		found++;
	}
	return found;
}
