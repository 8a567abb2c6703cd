/* SPDX-License-Identifier: MIT */
/*
 * Payloads: as text, and as a padded block that is encrypted here with a right MAC, so
 * that the fuzzer gets behind it. What was decrypted encrypts and decrypts to itself.
 */
#include "config.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"
#include "lib/proto/nip44.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>
#include <string.h>

static const struct nip44_key key = {{1, 2, 3}};
static const uint8_t nonce[32] = {4, 5, 6};

static void seal(struct buf *out, const uint8_t *block, size_t n)
{
	uint8_t *p = mem_zalloc(1 + 32 + n + 32);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t keys[76];
	uint8_t iv[16] = {0};
	int done = 0;
	bool ok;

	p[0] = 2;
	memcpy(p + 1, nonce, sizeof(nonce));
	if (n)
		memcpy(p + 33, block, n);
	hash_hkdf_expand(keys, sizeof(keys), key.b, nonce, sizeof(nonce));
	memcpy(iv + 4, keys + 32, 12);
	ok = EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, keys, iv) == 1 &&
	     EVP_EncryptUpdate(ctx, p + 33, &done, p + 33, (int)n) == 1;
	INVARIANT(ok);
	EVP_CIPHER_CTX_free(ctx);
	hash_hmac(p + 33 + n, keys + 44, 32, p + 1, 32 + n);
	b64_encode(out, p, 1 + 32 + n + 32, B64_STD);
	mem_free(p);
}

static void open_payload(struct str payload)
{
	auto_buf struct buf plain = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_buf struct buf again = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_buf struct buf text = BUF_INIT(CAP_NIP44_PAYLOAD);
	enum lerr_code rc = nip44_decrypt(&plain, &key, payload, NULL);

	if (rc) {
		INVARIANT(plain.n == 0);
		return;
	}
	if (plain.n > CAP_NIP44_PLAIN)
		return;
	rc = nip44_encrypt(&text, &key, nonce, buf_str(&plain), NULL);
	INVARIANT(rc == LERR_OK && text.n == payload.n);
	rc = nip44_decrypt(&again, &key, buf_str(&text), NULL);
	INVARIANT(rc == LERR_OK && str_eq(buf_str(&again), buf_str(&plain)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf payload = BUF_INIT(2 * CAP_IPC_BODY);
	uint8_t mode = fuzz_mode(&data, &size);

	if (mode & 1) {
		seal(&payload, data, size);
		open_payload(buf_str(&payload));
	} else {
		open_payload(fuzz_text(data, size));
	}
	return 0;
}
