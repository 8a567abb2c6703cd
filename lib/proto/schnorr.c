/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/schnorr.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

bool schnorr_is_pubkey(const struct id32 *pubkey)
{
	secp256k1_xonly_pubkey point;

	return secp256k1_xonly_pubkey_parse(secp256k1_context_static, &point,
					    pubkey->b) == 1;
}

/* Nothing here is secret, so the context without precomputed blinding will do. */
bool schnorr_verify(const struct id32 *pubkey, const uint8_t sig64[64], const void *msg,
		    size_t len)
{
	const secp256k1_context *ctx = secp256k1_context_static;
	secp256k1_xonly_pubkey point;

	return secp256k1_xonly_pubkey_parse(ctx, &point, pubkey->b) == 1 &&
	       secp256k1_schnorrsig_verify(ctx, sig64, msg, len, &point) == 1;
}
