/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintinv.h"

#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/hash.h"

#include <string.h>

enum {
	GROUPS_MAX = 1024,
	SIGNATURE_GROUPS = 104,
	CHECKSUM_GROUPS = 6,
};

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

struct groups {
	uint8_t v[GROUPS_MAX]; /* of five bits */
	size_t n;
};

static void add(struct groups *g, uint64_t five)
{
	INVARIANT(g->n < GROUPS_MAX && five < 32);
	g->v[g->n++] = (uint8_t)five;
}

/* count groups, the most significant first */
static void add_number(struct groups *g, uint64_t v, unsigned int count)
{
	while (count-- > 0)
		add(g, (v >> (5 * count)) & 31);
}

static void add_field(struct groups *g, char tag, const void *p, size_t n)
{
	const uint8_t *in = p;
	unsigned int bits = 0;
	uint32_t acc = 0;

	add(g, (uint64_t)(strchr(alphabet, tag) - alphabet));
	add_number(g, (n * 8 + 4) / 5, 2);
	for (size_t i = 0; i < n; i++) {
		acc = ((acc << 8) | in[i]) & 0xfff;
		for (bits += 8; bits >= 5;) {
			bits -= 5;
			add(g, (acc >> bits) & 31);
		}
	}
	if (bits > 0)
		add(g, (acc << (5 - bits)) & 31);
}

/* x: seconds, as few groups as they take */
static void add_expiry(struct groups *g, uint64_t s)
{
	unsigned int count = 1;

	while (count < 12 && s >> (5 * count))
		count++;
	add(g, (uint64_t)(strchr(alphabet, 'x') - alphabet));
	add_number(g, count, 2);
	add_number(g, s, count);
}

static uint32_t polymod(uint32_t c, uint8_t five)
{
	static const uint32_t gen[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					0x2a1462b3};
	uint32_t top = c >> 25;

	c = ((c & 0x1ffffff) << 5) ^ five;
	for (unsigned int i = 0; i < 5; i++)
		if ((top >> i) & 1)
			c ^= gen[i];
	return c;
}

static uint32_t checksum(struct str hrp, const struct groups *g)
{
	uint32_t c = 1;

	for (size_t i = 0; i < hrp.n; i++)
		c = polymod(c, (uint8_t)hrp.p[i] >> 5);
	c = polymod(c, 0);
	for (size_t i = 0; i < hrp.n; i++)
		c = polymod(c, (uint8_t)hrp.p[i] & 31);
	for (size_t i = 0; i < g->n; i++)
		c = polymod(c, g->v[i]);
	for (unsigned int i = 0; i < CHECKSUM_GROUPS; i++)
		c = polymod(c, 0);
	return c ^ 1;
}

/* The shortest spelling: in units, milli, micro or nano of 10^8 sat. */
static void add_amount(struct buf *hrp, uint64_t sat)
{
	static const char *const suffix[] = {"n", "u", "m", ""};
	uint64_t v = sat * 10;
	size_t at = 0;

	for (; at < 3 && v % 1000 == 0; at++)
		v /= 1000;
	buf_addf(hrp, "%llu%s", (unsigned long long)v, suffix[at]);
}

struct id32 mintinv_preimage(struct str description)
{
	static const uint8_t key[] = "the made-up Lightning of the test mint";
	struct id32 out;

	hash_hmac(out.b, key, sizeof(key), description.p, description.n);
	return out;
}

void mintinv_write(struct buf *out, uint64_t sat, uint64_t made_at, uint64_t expiry_s,
		   const char *memo)
{
	auto_buf struct buf hrp = BUF_INIT(64);
	auto_buf struct buf text = BUF_INIT(200);
	struct groups g = {.n = 0};
	struct id32 preimage, hash, secret;
	uint8_t nonce[16];
	char hex[33];
	uint32_t sum;

	INVARIANT(sat > 0 && sat < UINT64_MAX / 10);
	rng_fill(nonce, sizeof(nonce));
	rng_fill(secret.b, sizeof(secret.b));
	hex_encode(hex, nonce, sizeof(nonce));
	buf_addf(&text, "%s %s", memo, hex);
	preimage = mintinv_preimage(buf_str(&text));
	hash = hash_sha256(preimage.b, sizeof(preimage.b));

	buf_add_c(&hrp, "lnbc");
	add_amount(&hrp, sat);
	add_number(&g, made_at, 7);
	add_field(&g, 'p', hash.b, sizeof(hash.b));
	add_field(&g, 's', secret.b, sizeof(secret.b));
	add_field(&g, 'd', text.p, text.n);
	add_expiry(&g, expiry_s);
	for (unsigned int i = 0; i < SIGNATURE_GROUPS; i++)
		add(&g, 0);
	sum = checksum(buf_str(&hrp), &g);
	for (unsigned int i = 0; i < CHECKSUM_GROUPS; i++)
		add(&g, (sum >> (5 * (CHECKSUM_GROUPS - 1 - i))) & 31);
	buf_add_str(out, buf_str(&hrp));
	buf_add_char(out, '1');
	for (size_t i = 0; i < g.n; i++)
		buf_add_char(out, alphabet[g.v[i]]);
}
