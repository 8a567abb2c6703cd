/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nsign.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/nip19.h"
#include "lib/proto/schnorr.h"

#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

/* Blinded with fresh randomness: what leaks by timing or power is not the key. */
static const secp256k1_context *context(void)
{
	static secp256k1_context *ctx;
	uint8_t seed[32];

	if (ctx)
		return ctx;
	ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	rng_fill(seed, sizeof(seed));
	if (!ctx || secp256k1_context_randomize(ctx, seed) != 1)
		panic("secp256k1 context");
	mem_wipe(seed, sizeof(seed));
	return ctx;
}

void nsign_wipe(struct nsign_key *key)
{
	mem_wipe(key, sizeof(*key));
}

void nsign_generate(struct nsign_key *out)
{
	do {
		rng_fill(out->b, sizeof(out->b));
	} while (secp256k1_ec_seckey_verify(context(), out->b) != 1);
}

/* ---- reading */

static enum lerr_code parse_hex(struct nsign_key *out, struct str text, struct lerr *err)
{
	if (text.n != 2 * sizeof(out->b))
		return lerr_set(err, LERR_INPUT, 0,
				"want nsec1... or 64 lower-case hex digits, not %zu "
				"characters",
				text.n);
	if (!hex_decode(out->b, sizeof(out->b), text))
		return lerr_set(err, LERR_INPUT, 0,
				"64 characters, but not all are lower-case hex digits");
	return LERR_OK;
}

static enum lerr_code parse_bech32(struct nsign_key *out, struct str text,
				   struct lerr *err)
{
	struct nip19 n = {0};
	enum lerr_code rc = nip19_parse(&n, text, err);

	if (rc)
		return rc;
	if (n.type == NIP19_NSEC)
		memcpy(out->b, n.id.b, sizeof(out->b));
	else if (n.type == NIP19_NPUB)
		rc = lerr_set(err, LERR_INPUT, 0,
			      "an npub is a public key; the secret one starts with nsec");
	else
		rc = lerr_set(err, LERR_INPUT, 0, "this is no nsec");
	nip19_wipe(&n);
	return rc;
}

enum lerr_code nsign_parse(struct nsign_key *out, struct str text, struct lerr *err)
{
	struct nsign_key auto_key key = {{0}};
	struct id32 pubkey;
	enum lerr_code rc;

	text = str_trim(text);
	/* no hex digit is an n */
	rc = str_starts(text, "n") || str_starts(text, "N")
		     ? parse_bech32(&key, text, err)
		     : parse_hex(&key, text, err);
	if (!rc)
		rc = nsign_pubkey(&pubkey, &key, err);
	if (!rc)
		*out = key;
	return rc;
}

/* ---- use */

static bool make_pair(secp256k1_keypair *pair, struct id32 *pubkey,
		      const struct nsign_key *key)
{
	secp256k1_xonly_pubkey point;

	return secp256k1_keypair_create(context(), pair, key->b) == 1 &&
	       secp256k1_keypair_xonly_pub(context(), &point, NULL, pair) == 1 &&
	       secp256k1_xonly_pubkey_serialize(context(), pubkey->b, &point) == 1;
}

enum lerr_code nsign_pubkey(struct id32 *out, const struct nsign_key *key,
			    struct lerr *err)
{
	secp256k1_keypair pair;
	struct id32 pubkey;
	bool ok = make_pair(&pair, &pubkey, key);

	mem_wipe(&pair, sizeof(pair));
	if (!ok)
		return lerr_set(err, LERR_INPUT, 0,
				"a secret key is not zero and below the group order");
	*out = pubkey;
	return LERR_OK;
}

void nsign_sign(uint8_t sig64[64], const struct nsign_key *key, const struct id32 *msg)
{
	secp256k1_keypair pair;
	struct id32 pubkey;
	uint8_t aux[32];
	uint8_t sig[64];
	bool ok;

	rng_fill(aux, sizeof(aux));
	ok = make_pair(&pair, &pubkey, key) &&
	     secp256k1_schnorrsig_sign32(context(), sig, msg->b, &pair, aux) == 1;
	mem_wipe(&pair, sizeof(pair));
	mem_wipe(aux, sizeof(aux));
	/* a fault while signing can give the key away with the signature */
	if (!ok || !schnorr_verify(&pubkey, sig, msg->b, sizeof(msg->b)))
		panic("signing failed");
	memcpy(sig64, sig, sizeof(sig));
}

enum lerr_code nsign_tweak(struct nsign_key *out, const struct nsign_key *key, bool odd,
			   const uint8_t tweak32[32], struct lerr *err)
{
	struct nsign_key auto_key k = *key;
	secp256k1_keypair pair;
	secp256k1_xonly_pubkey point;
	int is_odd = 0;
	bool ok = secp256k1_keypair_create(context(), &pair, k.b) == 1 &&
		  secp256k1_keypair_xonly_pub(context(), &point, &is_odd, &pair) == 1;

	mem_wipe(&pair, sizeof(pair));
	if (ok && odd != (is_odd == 1))
		ok = secp256k1_ec_seckey_negate(context(), k.b) == 1;
	/* 0 is a tweak for the library, it would leave the key as it is */
	if (!ok || secp256k1_ec_seckey_verify(context(), tweak32) != 1 ||
	    secp256k1_ec_seckey_tweak_add(context(), k.b, tweak32) != 1)
		return lerr_set(err, LERR_INPUT, 0, "not a secret key");
	*out = k;
	return LERR_OK;
}

/* NIP-44 wants the bare coordinate, the library's own choice would hash it. */
static int take_x(unsigned char *out, const unsigned char *x32, const unsigned char *y32,
		  void *data)
{
	(void)y32;
	(void)data;
	memcpy(out, x32, 32);
	return 1;
}

enum lerr_code nsign_ecdh_x(uint8_t out32[32], const struct nsign_key *key,
			    const struct id32 *peer, struct lerr *err)
{
	secp256k1_pubkey point;
	uint8_t compressed[33];
	uint8_t x[32];

	/* an x-only key is the point with the even y (BIP-340) */
	compressed[0] = 0x02;
	memcpy(compressed + 1, peer->b, sizeof(peer->b));
	if (secp256k1_ec_pubkey_parse(context(), &point, compressed,
				      sizeof(compressed)) != 1)
		return lerr_set(err, LERR_INPUT, 0, "not a public key");
	if (secp256k1_ecdh(context(), x, &point, key->b, take_x, NULL) != 1) {
		mem_wipe(x, sizeof(x));
		return lerr_set(err, LERR_INPUT, 0, "not a secret key");
	}
	memcpy(out32, x, sizeof(x));
	mem_wipe(x, sizeof(x));
	return LERR_OK;
}
