/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nip44.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "lib/proto/hash.h"

#include <openssl/evp.h>
#include <string.h>

/* A decoded payload: version, nonce, ciphertext, MAC. */
enum {
	VERSION_BYTE = 2,
	NONCE = 32,
	MAC = 32,
	OVERHEAD = 1 + NONCE + MAC,
	SHORT_PREFIX = 2,
	LONG_PREFIX = 6,
	SHORT_MAX = 65535, /* longest plaintext with the 2-byte prefix */
	PAYLOAD_MIN = 132, /* base64 characters of the shortest payload */
	BYTES_MIN = 99,
};

/* Keys of one message, in the order in which HKDF gives them. */
struct message_keys {
	uint8_t chacha_key[32];
	uint8_t chacha_nonce[12];
	uint8_t hmac_key[32];
};

void nip44_wipe_key(struct nip44_key *key)
{
	mem_wipe(key, sizeof(*key));
}

void nip44_derive(struct nip44_key *out, const uint8_t shared_x32[32])
{
	static const uint8_t salt[] = {'n', 'i', 'p', '4', '4', '-', 'v', '2'};

	hash_hkdf_extract(out->b, salt, sizeof(salt), shared_x32, 32);
}

static void expand(struct message_keys *out, const struct nip44_key *key,
		   const uint8_t nonce[NONCE])
{
	uint8_t okm[sizeof(*out)];

	hash_hkdf_expand(okm, sizeof(okm), key->b, nonce, NONCE);
	memcpy(out, okm, sizeof(okm));
	mem_wipe(okm, sizeof(okm));
}

uint64_t nip44_padded_len(uint64_t n)
{
	uint64_t power = 32;
	uint64_t step;

	INVARIANT(n >= 1 && n <= UINT32_MAX);
	while (power < n)
		power *= 2;
	step = power <= 256 ? 32 : power / 8;
	return (n + step - 1) / step * step;
}

/* ChaCha20 (RFC 8439, counter 0) over data, in place. */
static void chacha20(const struct message_keys *keys, uint8_t *data, size_t n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = {0}; /* 4 bytes of counter, then the nonce */
	int done = 0;

	INVARIANT(n <= CAP_NIP44_PAYLOAD);
	memcpy(iv + 4, keys->chacha_nonce, sizeof(keys->chacha_nonce));
	if (!ctx ||
	    EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, keys->chacha_key, iv) != 1 ||
	    EVP_EncryptUpdate(ctx, data, &done, data, (int)n) != 1 || done != (int)n)
		panic("ChaCha20");
	EVP_CIPHER_CTX_free(ctx);
}

/* ---- decrypt */

static enum lerr_code decode(struct buf *bytes, struct str payload, struct lerr *err)
{
	if (payload.n > CAP_NIP44_PAYLOAD)
		return lerr_set(err, LERR_LIMIT, 0, "NIP-44: %zu characters, at most %d",
				payload.n, CAP_NIP44_PAYLOAD);
	if (payload.n && payload.p[0] == '#')
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: a later version");
	if (payload.n < PAYLOAD_MIN || !b64_decode(bytes, payload, B64_STD) ||
	    bytes->n < BYTES_MIN)
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: not a payload");
	if (bytes->p[0] != VERSION_BYTE)
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: version %u",
				(unsigned int)(uint8_t)bytes->p[0]);
	return LERR_OK;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Find the plaintext in a padded block, whose length must be the only right one. */
static bool unpad(struct str *plain, const uint8_t *block, size_t n)
{
	size_t prefix = SHORT_PREFIX;
	uint64_t len = big_endian(block, SHORT_PREFIX);

	if (len == 0) {
		prefix = LONG_PREFIX;
		len = n < LONG_PREFIX ? 0 : big_endian(block + SHORT_PREFIX, 4);
		if (len <= SHORT_MAX)
			return false;
	}
	if (n != prefix + nip44_padded_len(len))
		return false;
	*plain = (struct str){(const char *)block + prefix, (size_t)len};
	return true;
}

static enum lerr_code open_payload(struct buf *out, const struct message_keys *keys,
				   uint8_t *bytes, size_t n, struct lerr *err)
{
	uint8_t *block = bytes + 1 + NONCE;
	size_t block_len = n - OVERHEAD;
	uint8_t mac[MAC];
	struct str plain;

	hash_hmac(mac, keys->hmac_key, sizeof(keys->hmac_key), bytes + 1,
		  NONCE + block_len);
	if (!hash_equal(mac, bytes + n - MAC, MAC))
		return lerr_set(err, LERR_DENIED, 0,
				"NIP-44: wrong MAC (for another key, or altered)");
	chacha20(keys, block, block_len);
	if (!unpad(&plain, block, block_len))
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: padding");
	if (!utf8_valid(plain))
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: plaintext is not UTF-8");
	if (buf_over(out) || plain.n > out->cap - out->n)
		return lerr_set(err, LERR_LIMIT, 0, "NIP-44: plaintext of %zu bytes",
				plain.n);
	buf_add_str(out, plain);
	return LERR_OK;
}

enum lerr_code nip44_decrypt(struct buf *out, const struct nip44_key *key,
			     struct str payload, struct lerr *err)
{
	auto_secret_buf struct buf bytes = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct message_keys keys;
	enum lerr_code rc = decode(&bytes, payload, err);

	if (rc)
		return rc;
	expand(&keys, key, (const uint8_t *)bytes.p + 1);
	rc = open_payload(out, &keys, (uint8_t *)bytes.p, bytes.n, err);
	mem_wipe(&keys, sizeof(keys));
	return rc;
}

/* ---- encrypt */

enum lerr_code nip44_encrypt(struct buf *out, const struct nip44_key *key,
			     const uint8_t nonce32[32], struct str plain,
			     struct lerr *err)
{
	auto_secret_buf struct buf bytes = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct message_keys keys;
	size_t block_len;
	uint8_t *at;

	if (plain.n == 0 || plain.n > CAP_NIP44_PLAIN)
		return lerr_set(err, LERR_LIMIT, 0,
				"NIP-44: %zu bytes to encrypt, want 1 to %d", plain.n,
				CAP_NIP44_PLAIN);
	if (!utf8_valid(plain))
		return lerr_set(err, LERR_INPUT, 0, "NIP-44: plaintext is not UTF-8");
	block_len = SHORT_PREFIX + (size_t)nip44_padded_len(plain.n);
	at = (uint8_t *)buf_space(&bytes, OVERHEAD + block_len);
	INVARIANT(at);
	memset(at, 0, OVERHEAD + block_len);
	at[0] = VERSION_BYTE;
	memcpy(at + 1, nonce32, NONCE);
	at[1 + NONCE] = (uint8_t)(plain.n >> 8);
	at[1 + NONCE + 1] = (uint8_t)plain.n;
	memcpy(at + 1 + NONCE + SHORT_PREFIX, plain.p, plain.n);
	expand(&keys, key, nonce32);
	chacha20(&keys, at + 1 + NONCE, block_len);
	hash_hmac(at + 1 + NONCE + block_len, keys.hmac_key, sizeof(keys.hmac_key),
		  at + 1, NONCE + block_len);
	mem_wipe(&keys, sizeof(keys));
	b64_encode(out, at, OVERHEAD + block_len, B64_STD);
	return LERR_OK;
}
