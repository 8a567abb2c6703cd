/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/long44.h"

#include "lib/base/b64.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <openssl/evp.h>
#include <string.h>

static void put_u32(uint8_t *p, size_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

void long44_payload(struct buf *out, const struct nip44_key *key,
		    const uint8_t nonce32[32], size_t n)
{
	size_t block = 6 + (size_t)nip44_padded_len(n);
	uint8_t *p = mem_zalloc(1 + 32 + block + 32);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t keys[76];
	uint8_t iv[16] = {0};
	int done = 0;

	p[0] = 2;
	memcpy(p + 1, nonce32, 32);
	put_u32(p + 33 + 2, n);
	memset(p + 33 + 6, 'a', n);
	hash_hkdf_expand(keys, sizeof(keys), key->b, nonce32, 32);
	memcpy(iv + 4, keys + 32, 12);
	INVARIANT(EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, keys, iv) == 1);
	INVARIANT(EVP_EncryptUpdate(ctx, p + 33, &done, p + 33, (int)block) == 1);
	EVP_CIPHER_CTX_free(ctx);
	hash_hmac(p + 33 + block, keys + 44, 32, p + 1, 32 + block);
	b64_encode(out, p, 1 + 32 + block + 32, B64_STD);
	mem_free(p);
}
