/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/hash.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK = 32 };

struct id32 hash_sha256(const void *p, size_t n)
{
	struct id32 out;

	if (!SHA256(p, n, out.b))
		panic("SHA256");
	return out;
}

struct hash_state {
	EVP_MD_CTX *ctx;
};

struct hash_state *hash_new(void)
{
	struct hash_state *h = mem_zalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		panic("EVP_DigestInit");
	return h;
}

void hash_add(struct hash_state *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		panic("EVP_DigestUpdate");
}

struct id32 hash_done(struct hash_state *h)
{
	struct id32 out;
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(h->ctx, out.b, &n) != 1 || n != sizeof(out.b))
		panic("EVP_DigestFinal");
	hash_free(h);
	return out;
}

void hash_free(struct hash_state *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	mem_free(h);
}

void hash_hmac(uint8_t out32[32], const uint8_t *key, size_t key_len, const void *p,
	       size_t n)
{
	unsigned int len = 0;

	INVARIANT(key_len <= 4096);
	if (!HMAC(EVP_sha256(), key, (int)key_len, p, n, out32, &len) || len != BLOCK)
		panic("HMAC");
}

void hash_hkdf_extract(uint8_t out32[32], const uint8_t *salt, size_t salt_len,
		       const uint8_t *ikm, size_t ikm_len)
{
	hash_hmac(out32, salt, salt_len, ikm, ikm_len);
}

void hash_hkdf_expand(uint8_t *out, size_t out_len, const uint8_t prk32[32],
		      const uint8_t *info, size_t info_len)
{
	uint8_t msg[BLOCK + 256 + 1];
	uint8_t block[BLOCK];
	size_t have = 0;
	uint8_t counter = 1;

	INVARIANT(out_len <= 255 * BLOCK && info_len <= 256);
	while (out_len) {
		size_t take = out_len < BLOCK ? out_len : BLOCK;

		/* T(i) = HMAC(prk, T(i - 1) | info | i) */
		memcpy(msg, block, have);
		if (info_len)
			memcpy(msg + have, info, info_len);
		msg[have + info_len] = counter++;
		hash_hmac(block, prk32, BLOCK, msg, have + info_len + 1);
		have = BLOCK;
		memcpy(out, block, take);
		out += take;
		out_len -= take;
	}
	mem_wipe(msg, sizeof(msg));
	mem_wipe(block, sizeof(block));
}

void hash_hmac512(uint8_t out64[64], const uint8_t *key, size_t key_len, const void *p,
		  size_t n)
{
	unsigned int len = 0;

	INVARIANT(key_len <= 4096);
	if (!HMAC(EVP_sha512(), key, (int)key_len, p, n, out64, &len) || len != 64)
		panic("HMAC");
}

void hash_pbkdf2_512(uint8_t *out, size_t out_len, struct str password, struct str salt,
		     unsigned int rounds)
{
	INVARIANT(out_len <= 4096 && password.n <= 4096 && salt.n <= 4096 && rounds > 0 &&
		  rounds <= 1000000);
	if (PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const uint8_t *)salt.p,
			      (int)salt.n, (int)rounds, EVP_sha512(), (int)out_len,
			      out) != 1)
		panic("PBKDF2");
}

bool hash_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
