/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bdhke.h"

#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <string.h>

enum {
	TRIES = 1 << 16,
	WIDE_HEX = 2 * 65,
	POINTS_MAX = 8, /* of one hash_e; NUT-12 has four */
};

static const char separator[] = "Secp256k1_HashToCurve_Cashu_";

/* SHA-256 of the separator and the secret, then a 32-bit counter, little-endian. */
static void first_hash(uint8_t out36[36], struct str secret)
{
	struct hash_state *h = hash_new();
	struct id32 m;

	hash_add(h, separator, sizeof(separator) - 1);
	hash_add(h, secret.p, secret.n);
	m = hash_done(h);
	memcpy(out36, m.b, sizeof(m.b));
	memset(out36 + sizeof(m.b), 0, 4);
}

static bool curve_point(struct ecwide *y, struct str secret)
{
	uint8_t msg[36];

	first_hash(msg, secret);
	for (uint32_t i = 0; i < TRIES; i++) {
		struct id32 x;
		struct ecpoint p;

		msg[32] = (uint8_t)i;
		msg[33] = (uint8_t)(i >> 8);
		x = hash_sha256(msg, sizeof(msg));
		p = ecpoint_from_x(&x);
		if (ecpoint_widen(y, &p))
			return true;
	}
	return false;
}

bool bdhke_hash_to_curve(struct ecpoint *y, struct str secret)
{
	struct ecwide w;

	if (!curve_point(&w, secret))
		return false;
	*y = ecpoint_narrow(&w);
	return true;
}

bool bdhke_blind(struct ecpoint *blinded, struct str secret, const struct ecscalar *r)
{
	struct ecwide w;

	if (!curve_point(&w, secret) || !ecpoint_wide_add_base(&w, r))
		return false;
	*blinded = ecpoint_narrow(&w);
	return true;
}

bool bdhke_unblind(struct ecpoint *c, const struct ecpoint *signature,
		   const struct ecscalar *r, const struct ecpoint *key)
{
	struct ecwide w;
	struct ecwide rk;

	if (!ecpoint_widen(&w, signature) || !ecpoint_widen(&rk, key) ||
	    !ecpoint_wide_mul(&rk, r) || !ecpoint_wide_sub(&w, &rk))
		return false;
	*c = ecpoint_narrow(&w);
	return true;
}

/* ---- DLEQ */

static struct ecscalar hash_wide(const struct ecwide *points, size_t n)
{
	char text[POINTS_MAX * WIDE_HEX + 1];
	struct ecscalar e;
	struct id32 h;

	INVARIANT(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[65];

		ecpoint_wide_bytes(bytes, &points[i]);
		hex_encode(text + i * WIDE_HEX, bytes, sizeof(bytes));
	}
	h = hash_sha256(text, n * WIDE_HEX);
	memcpy(e.b, h.b, sizeof(e.b));
	return e;
}

bool bdhke_hash_e(struct ecscalar *e, const struct ecpoint *const *points, size_t n)
{
	struct ecwide wide[POINTS_MAX];

	INVARIANT(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!ecpoint_widen(&wide[i], points[i]))
			return false;
	*e = hash_wide(wide, n);
	return true;
}

/* R1 = sG - eA, R2 = sB_ - eC_; e must be the hash of R1, R2, A and C_. */
static bool check(const struct ecwide *key, const struct ecwide *blinded,
		  const struct ecwide *signature, const struct dleq *d)
{
	struct ecwide points[] = {*key, *blinded, *key, *signature};
	struct ecwide *r1 = &points[0];
	struct ecwide *r2 = &points[1];
	struct ecwide ec = *signature;
	struct ecscalar e;

	ecpoint_wide_negate(r1);
	if (!ecpoint_wide_mul(r1, &d->e) || !ecpoint_wide_add_base(r1, &d->s) ||
	    !ecpoint_wide_mul(r2, &d->s) || !ecpoint_wide_mul(&ec, &d->e) ||
	    !ecpoint_wide_sub(r2, &ec))
		return false;
	e = hash_wide(points, 4);
	return hash_equal(e.b, d->e.b, sizeof(e.b));
}

bool bdhke_check_signature(const struct ecpoint *key, const struct ecpoint *blinded,
			   const struct ecpoint *signature, const struct dleq *d)
{
	struct ecwide k;
	struct ecwide b;
	struct ecwide c;

	return ecpoint_widen(&k, key) && ecpoint_widen(&b, blinded) &&
	       ecpoint_widen(&c, signature) && check(&k, &b, &c, d);
}

/* Blind it again: B_ = Y + rG, C_ = C + rA. */
bool bdhke_check_proof(const struct ecpoint *key, struct str secret,
		       const struct ecpoint *c, const struct dleq *d)
{
	struct ecwide a;
	struct ecwide blinded;
	struct ecwide signature;
	struct ecwide ra;

	if (!d->has_r || !ecpoint_widen(&a, key) || !ecpoint_widen(&signature, c))
		return false;
	ra = a;
	return curve_point(&blinded, secret) && ecpoint_wide_add_base(&blinded, &d->r) &&
	       ecpoint_wide_mul(&ra, &d->r) && ecpoint_wide_add(&signature, &ra) &&
	       check(&a, &blinded, &signature, d);
}
