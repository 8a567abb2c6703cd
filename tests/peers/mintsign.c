/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintsign.h"

#include "lib/base/attr.h"
#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <string.h>

bool mintsign_nonce(struct ecscalar *r, const struct ecscalar *k,
		    const struct ecpoint *key, const struct ecpoint *blinded,
		    const struct ecpoint *signature, uint8_t counter)
{
	static const char tag[15] = {"Cashu_DLEQ_R_v1"};
	const struct ecpoint *const points[] = {key, blinded, signature};
	uint8_t msg[sizeof(tag) + 3 * 65 + 1];
	size_t at = sizeof(tag);

	memcpy(msg, tag, sizeof(tag));
	for (size_t i = 0; i < ARRAY_LEN(points); i++, at += 65)
		if (!ecpoint_uncompressed(msg + at, points[i]))
			return false;
	msg[at] = counter;
	hash_hmac(r->b, k->b, sizeof(k->b), msg, sizeof(msg));
	return ecpoint_is_scalar(r);
}

/* e = H(rG, rB', A, C'), s = r + ek */
static bool prove(struct mintsign_sig *out, const struct ecscalar *r,
		  const struct ecscalar *k, const struct ecpoint *key,
		  const struct ecpoint *blinded)
{
	struct ecpoint r1, r2;
	const struct ecpoint *const points[] = {&r1, &r2, key, &out->c};
	struct ecscalar ek;

	return ecpoint_base(&r1, r) && ecpoint_mul(&r2, blinded, r) &&
	       bdhke_hash_e(&out->e, points, ARRAY_LEN(points)) &&
	       ecpoint_scalar_mul(&ek, &out->e, k) && ecpoint_scalar_add(&out->s, r, &ek);
}

void mintsign_blind(struct mintsign_sig *out, const struct ecscalar *k,
		    const struct ecpoint *key, const struct ecpoint *blinded)
{
	struct ecscalar r;

	INVARIANT(ecpoint_mul(&out->c, blinded, k));
	for (uint8_t counter = 0; counter < 255; counter++)
		if (mintsign_nonce(&r, k, key, blinded, &out->c, counter) &&
		    prove(out, &r, k, key, blinded))
			return;
	panic("no nonce for a DLEQ proof");
}

bool mintsign_is_ours(struct ecpoint *y, const struct ecscalar *k, struct str secret,
		      const struct ecpoint *c)
{
	struct ecpoint want;

	return bdhke_hash_to_curve(y, secret) && ecpoint_mul(&want, y, k) &&
	       ecpoint_eq(&want, c);
}

void mintsign_write(struct buf *out, const struct mintsign_sig *s)
{
	char e[65];
	char sc[65];

	hex_encode(e, s->e.b, sizeof(s->e.b));
	hex_encode(sc, s->s.b, sizeof(s->s.b));
	buf_addf(out,
		 "{\"amount\":%llu,\"id\":\"%s\",\"C_\":\"%s\","
		 "\"dleq\":{\"e\":\"%s\",\"s\":\"%s\"}}",
		 (unsigned long long)s->amount, s->id.c, ecpoint_hex(&s->c).c, e, sc);
}
