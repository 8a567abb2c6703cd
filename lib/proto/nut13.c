/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nut13.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"

#include <string.h>

enum {
	ID_BYTES_V1 = 8,
	ID_BYTES_V2 = 33,
};

#define HARDENED 0x80000000U
#define PURPOSE 129372U
#define KEYSET_MODULUS 0x7fffffffU /* 2^31 - 1 */

static void big_endian(uint8_t *out, size_t n, uint64_t v)
{
	while (n-- > 0) {
		out[n] = (uint8_t)v;
		v >>= 8;
	}
}

bool nut13_keyset_number(uint32_t *out, const struct keyset_id *id)
{
	uint8_t bytes[ID_BYTES_V1];
	uint64_t v = 0;

	if (keyset_id_kind(str_of(id->c)) != KEYSET_V1 ||
	    !hex_decode(bytes, sizeof(bytes), str_of(id->c)))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		v = v << 8 | bytes[i];
	*out = (uint32_t)(v % KEYSET_MODULUS);
	return true;
}

/* ---- 00: BIP-32 */

/* A private key and its chain code. */
struct node {
	struct ecscalar key;
	uint8_t chain[32];
};

/* Take the 64 bytes of an HMAC: what is added to the parent's key, and the chain code. */
static bool take(struct node *out, const struct ecscalar *parent,
		 const uint8_t digest[64])
{
	struct ecscalar left;
	bool ok;

	memcpy(left.b, digest, sizeof(left.b));
	if (parent)
		ok = ecpoint_scalar_add(&out->key, parent, &left);
	else
		ok = ecpoint_is_scalar(&left);
	if (!parent)
		out->key = left;
	memcpy(out->chain, digest + 32, sizeof(out->chain));
	mem_wipe(&left, sizeof(left));
	return ok;
}

static bool master(struct node *out, const struct nut13_seed *seed)
{
	static const uint8_t name[] = {'B', 'i', 't', 'c', 'o', 'i',
				       'n', ' ', 's', 'e', 'e', 'd'};
	uint8_t digest[64];
	bool ok;

	hash_hmac512(digest, name, sizeof(name), seed->b, sizeof(seed->b));
	ok = take(out, NULL, digest);
	mem_wipe(digest, sizeof(digest));
	return ok;
}

/* Step down to child number i: with the public key to an ordinary one, with NULL to a
 * hardened one. */
static bool child(struct node *node, uint32_t i, const struct ecpoint *public)
{
	uint8_t msg[33 + 4] = {0};
	uint8_t digest[64];
	bool ok;

	if (public)
		memcpy(msg, public->b, sizeof(public->b));
	else
		memcpy(msg + 1, node->key.b, sizeof(node->key.b));
	big_endian(msg + 33, 4, public ? i : HARDENED | i);
	hash_hmac512(digest, node->chain, sizeof(node->chain), msg, sizeof(msg));
	ok = take(node, &node->key, digest);
	mem_wipe(msg, sizeof(msg));
	mem_wipe(digest, sizeof(digest));
	return ok;
}

static bool derive_v1(struct ecscalar *secret, struct ecscalar *r,
		      const struct nut13_seed *seed, uint32_t keyset, uint32_t counter)
{
	struct ecpoint public;
	struct node node;
	struct node last;
	bool ok = master(&node, seed) && child(&node, PURPOSE, NULL) &&
		  child(&node, 0, NULL) && child(&node, keyset, NULL) &&
		  child(&node, counter, NULL) && ecpoint_base(&public, &node.key);

	last = node;
	ok = ok && child(&last, 0, &public) && child(&node, 1, &public);
	*secret = last.key;
	*r = node.key;
	mem_wipe(&node, sizeof(node));
	mem_wipe(&last, sizeof(last));
	return ok;
}

/* ---- 01: HMAC */

static bool derive_v2(struct ecscalar *secret, struct ecscalar *r,
		      const struct nut13_seed *seed, const uint8_t id[ID_BYTES_V2],
		      uint64_t counter)
{
	static const char name[] = "Cashu_KDF_HMAC_SHA256";
	enum { NAME = sizeof(name) - 1 };
	uint8_t msg[NAME + ID_BYTES_V2 + 8 + 1];
	uint8_t digest[32];
	bool ok;

	memcpy(msg, name, NAME);
	memcpy(msg + NAME, id, ID_BYTES_V2);
	big_endian(msg + NAME + ID_BYTES_V2, 8, counter);
	msg[sizeof(msg) - 1] = 0;
	hash_hmac(secret->b, seed->b, sizeof(seed->b), msg, sizeof(msg));
	msg[sizeof(msg) - 1] = 1;
	hash_hmac(digest, seed->b, sizeof(seed->b), msg, sizeof(msg));
	ok = ecpoint_scalar_reduce(r, digest);
	mem_wipe(digest, sizeof(digest));
	return ok;
}

bool nut13_derive(struct nut13_pair *out, const struct nut13_seed *seed,
		  const struct keyset_id *id, uint64_t counter)
{
	struct ecscalar secret = {{0}};
	struct ecscalar r = {{0}};
	uint8_t bytes[ID_BYTES_V2];
	uint32_t number;
	bool ok = false;

	if (nut13_keyset_number(&number, id))
		ok = counter < HARDENED &&
		     derive_v1(&secret, &r, seed, number, (uint32_t)counter);
	else if (keyset_id_kind(str_of(id->c)) == KEYSET_V2 &&
		 hex_decode(bytes, sizeof(bytes), str_of(id->c)))
		ok = derive_v2(&secret, &r, seed, bytes, counter);
	if (ok) {
		hex_encode(out->secret, secret.b, sizeof(secret.b));
		out->r = r;
	}
	mem_wipe(&secret, sizeof(secret));
	mem_wipe(&r, sizeof(r));
	return ok;
}
