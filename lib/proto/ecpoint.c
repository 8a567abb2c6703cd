/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/ecpoint.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"

#include <assert.h>
#include <secp256k1.h>
#include <string.h>

static_assert(sizeof(struct ecwide) == sizeof(secp256k1_pubkey), "one is the other");

/* kG is the only thing that needs a context of its own: all else may be variable in
 * time (see the header), and is not helped by blinding. */
static const secp256k1_context *base_context(void)
{
	static secp256k1_context *ctx;

	if (!ctx)
		ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	if (!ctx)
		panic("secp256k1 context");
	return ctx;
}

static const secp256k1_context *context(void)
{
	return secp256k1_context_static;
}

/* ---- text and bytes */

static bool hex_bytes(uint8_t *out, size_t n, struct str hex)
{
	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(hex.p[2 * i]);
		int low = hex_digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool ecpoint_parse(struct ecpoint *out, struct str hex)
{
	struct ecpoint p;

	if (!hex_bytes(p.b, sizeof(p.b), hex) || !ecpoint_is_valid(&p))
		return false;
	*out = p;
	return true;
}

bool ecpoint_is_valid(const struct ecpoint *p)
{
	struct ecwide w;

	return ecpoint_widen(&w, p);
}

struct ecpointhex ecpoint_hex(const struct ecpoint *p)
{
	struct ecpointhex hex;

	hex_encode(hex.c, p->b, sizeof(p->b));
	return hex;
}

bool ecpoint_eq(const struct ecpoint *a, const struct ecpoint *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool ecpoint_same_x(const struct ecpoint *a, const struct ecpoint *b)
{
	return memcmp(a->b + 1, b->b + 1, sizeof(a->b) - 1) == 0;
}

struct id32 ecpoint_x(const struct ecpoint *p)
{
	struct id32 x;

	memcpy(x.b, p->b + 1, sizeof(x.b));
	return x;
}

struct ecpoint ecpoint_from_x(const struct id32 *x)
{
	struct ecpoint p;

	p.b[0] = 0x02;
	memcpy(p.b + 1, x->b, sizeof(x->b));
	return p;
}

/* ---- wide points */

static secp256k1_pubkey load(const struct ecwide *w)
{
	secp256k1_pubkey p;

	memcpy(p.data, w->opaque, sizeof(p.data));
	return p;
}

static void save(struct ecwide *w, const secp256k1_pubkey *p)
{
	memcpy(w->opaque, p->data, sizeof(w->opaque));
}

bool ecpoint_widen(struct ecwide *out, const struct ecpoint *p)
{
	secp256k1_pubkey point;

	/* of 33 bytes it takes compressed points only */
	if (secp256k1_ec_pubkey_parse(context(), &point, p->b, sizeof(p->b)) != 1)
		return false;
	save(out, &point);
	return true;
}

static void serialize(uint8_t *out, size_t n, const struct ecwide *w, unsigned int form)
{
	secp256k1_pubkey point = load(w);
	size_t written = n;

	if (secp256k1_ec_pubkey_serialize(context(), out, &written, &point, form) != 1 ||
	    written != n)
		panic("secp256k1_ec_pubkey_serialize");
}

struct ecpoint ecpoint_narrow(const struct ecwide *w)
{
	struct ecpoint p;

	serialize(p.b, sizeof(p.b), w, SECP256K1_EC_COMPRESSED);
	return p;
}

void ecpoint_wide_bytes(uint8_t out65[65], const struct ecwide *w)
{
	serialize(out65, 65, w, SECP256K1_EC_UNCOMPRESSED);
}

bool ecpoint_wide_mul(struct ecwide *w, const struct ecscalar *k)
{
	secp256k1_pubkey point = load(w);

	if (secp256k1_ec_pubkey_tweak_mul(context(), &point, k->b) != 1)
		return false;
	save(w, &point);
	return true;
}

bool ecpoint_wide_add(struct ecwide *w, const struct ecwide *more)
{
	secp256k1_pubkey a = load(w);
	secp256k1_pubkey b = load(more);
	const secp256k1_pubkey *both[] = {&a, &b};
	secp256k1_pubkey sum;

	if (secp256k1_ec_pubkey_combine(context(), &sum, both, 2) != 1)
		return false;
	save(w, &sum);
	return true;
}

bool ecpoint_wide_sub(struct ecwide *w, const struct ecwide *less)
{
	struct ecwide negative = *less;

	ecpoint_wide_negate(&negative);
	return ecpoint_wide_add(w, &negative);
}

bool ecpoint_wide_add_base(struct ecwide *w, const struct ecscalar *k)
{
	secp256k1_pubkey point = load(w);

	/* the library would take 0 */
	if (!ecpoint_is_scalar(k) ||
	    secp256k1_ec_pubkey_tweak_add(context(), &point, k->b) != 1)
		return false;
	save(w, &point);
	return true;
}

void ecpoint_wide_negate(struct ecwide *w)
{
	secp256k1_pubkey point = load(w);

	if (secp256k1_ec_pubkey_negate(context(), &point) != 1)
		panic("secp256k1_ec_pubkey_negate");
	save(w, &point);
}

/* ---- points */

bool ecpoint_base(struct ecpoint *out, const struct ecscalar *k)
{
	secp256k1_pubkey point;
	struct ecwide w;

	if (secp256k1_ec_pubkey_create(base_context(), &point, k->b) != 1)
		return false;
	save(&w, &point);
	*out = ecpoint_narrow(&w);
	return true;
}

bool ecpoint_mul(struct ecpoint *out, const struct ecpoint *p, const struct ecscalar *k)
{
	struct ecwide w;

	if (!ecpoint_widen(&w, p) || !ecpoint_wide_mul(&w, k))
		return false;
	*out = ecpoint_narrow(&w);
	return true;
}

bool ecpoint_add(struct ecpoint *out, const struct ecpoint *a, const struct ecpoint *b)
{
	struct ecwide wa;
	struct ecwide wb;

	if (!ecpoint_widen(&wa, a) || !ecpoint_widen(&wb, b) ||
	    !ecpoint_wide_add(&wa, &wb))
		return false;
	*out = ecpoint_narrow(&wa);
	return true;
}

bool ecpoint_sub(struct ecpoint *out, const struct ecpoint *a, const struct ecpoint *b)
{
	struct ecwide wa;
	struct ecwide wb;

	if (!ecpoint_widen(&wa, a) || !ecpoint_widen(&wb, b) ||
	    !ecpoint_wide_sub(&wa, &wb))
		return false;
	*out = ecpoint_narrow(&wa);
	return true;
}

bool ecpoint_add_base(struct ecpoint *out, const struct ecpoint *p,
		      const struct ecscalar *k)
{
	struct ecwide w;

	if (!ecpoint_widen(&w, p) || !ecpoint_wide_add_base(&w, k))
		return false;
	*out = ecpoint_narrow(&w);
	return true;
}

bool ecpoint_uncompressed(uint8_t out65[65], const struct ecpoint *p)
{
	struct ecwide w;

	if (!ecpoint_widen(&w, p))
		return false;
	ecpoint_wide_bytes(out65, &w);
	return true;
}

/* ---- scalars */

bool ecpoint_parse_scalar(struct ecscalar *out, struct str hex)
{
	struct ecscalar k;

	if (!hex_bytes(k.b, sizeof(k.b), hex))
		return false;
	*out = k;
	return true;
}

bool ecpoint_is_scalar(const struct ecscalar *k)
{
	return secp256k1_ec_seckey_verify(context(), k->b) == 1;
}

void ecpoint_random_scalar(struct ecscalar *out)
{
	do {
		rng_fill(out->b, sizeof(out->b));
	} while (!ecpoint_is_scalar(out));
}

typedef int (*tweak_fn)(const secp256k1_context *ctx, unsigned char *seckey,
			const unsigned char *tweak32);

static bool tweak(struct ecscalar *out, const struct ecscalar *a,
		  const struct ecscalar *b, tweak_fn fn)
{
	struct ecscalar k = *a;
	/* the library would add 0 */
	bool ok = ecpoint_is_scalar(b) && fn(context(), k.b, b->b) == 1;

	if (ok)
		*out = k;
	mem_wipe(&k, sizeof(k));
	return ok;
}

bool ecpoint_scalar_add(struct ecscalar *out, const struct ecscalar *a,
			const struct ecscalar *b)
{
	return tweak(out, a, b, secp256k1_ec_seckey_tweak_add);
}

bool ecpoint_scalar_mul(struct ecscalar *out, const struct ecscalar *a,
			const struct ecscalar *b)
{
	return tweak(out, a, b, secp256k1_ec_seckey_tweak_mul);
}

bool ecpoint_scalar_negate(struct ecscalar *k)
{
	/* it would make a zero of what is no scalar */
	return ecpoint_is_scalar(k) && secp256k1_ec_seckey_negate(context(), k->b) == 1;
}

bool ecpoint_scalar_reduce(struct ecscalar *out, const uint8_t in32[32])
{
	/* the order of the group; twice it is above 2^256, so once is enough */
	static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
				      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
				      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
	struct ecscalar k;
	int borrow = 0;
	bool ok;

	memcpy(k.b, in32, sizeof(k.b));
	if (memcmp(in32, n, sizeof(n)) >= 0) {
		for (int i = 31; i >= 0; i--) {
			int d = in32[i] - n[i] - borrow;

			borrow = d < 0;
			k.b[i] = (uint8_t)d;
		}
	}
	ok = ecpoint_is_scalar(&k);
	if (ok)
		*out = k;
	mem_wipe(&k, sizeof(k));
	return ok;
}
