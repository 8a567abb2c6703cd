/* SPDX-License-Identifier: MIT */
/* nip44.vectors.json: the published vectors of NIP-44. Three lengths that it calls
 * invalid have been allowed by the NIP since; they are counted and not refused. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/nip44.h"
#include "lib/proto/nsign.h"
#include "tests/vectors/vec.h"

#include <string.h>

static const json_t *message_keys_of;

static enum lerr_code conversation(struct nip44_key *out, const json_t *v,
				   const char *secret, const struct id32 *peer)
{
	struct nsign_key auto_key key = {{0}};
	uint8_t x[32];
	enum lerr_code rc;

	vec_bytes(key.b, sizeof(key.b), v, secret);
	rc = nsign_ecdh_x(x, &key, peer, NULL);
	if (!rc)
		nip44_derive(out, x);
	return rc;
}

static void conversation_key(const json_t *v)
{
	struct id32 peer;
	struct nip44_key got;
	uint8_t want[32];

	vec_bytes(peer.b, sizeof(peer.b), v, "pub2");
	vec_bytes(want, sizeof(want), v, "conversation_key");
	assert_int_equal(conversation(&got, v, "sec1", &peer), LERR_OK);
	assert_memory_equal(got.b, want, sizeof(want));
}

static void bad_conversation_key(const json_t *v)
{
	struct id32 peer;
	struct nip44_key got;

	vec_bytes(peer.b, sizeof(peer.b), v, "pub2");
	assert_int_equal(conversation(&got, v, "sec1", &peer), LERR_INPUT);
}

/* Step 2 of the NIP; nip44.c has it inside. */
static void message_keys(const json_t *v)
{
	uint8_t key[32];
	uint8_t nonce[32];
	uint8_t want[76];
	uint8_t got[76];

	vec_bytes(key, sizeof(key), message_keys_of, "conversation_key");
	vec_bytes(nonce, sizeof(nonce), v, "nonce");
	vec_bytes(want, 32, v, "chacha_key");
	vec_bytes(want + 32, 12, v, "chacha_nonce");
	vec_bytes(want + 44, 32, v, "hmac_key");
	hash_hkdf_expand(got, sizeof(got), key, nonce, sizeof(nonce));
	assert_memory_equal(got, want, sizeof(got));
}

static void padded_len(const json_t *v)
{
	assert_int_equal(
		nip44_padded_len((uint64_t)json_integer_value(json_array_get(v, 0))),
		json_integer_value(json_array_get(v, 1)));
}

static void there_and_back(const struct nip44_key *key, const json_t *v, struct str plain,
			   struct buf *payload)
{
	auto_buf struct buf back = BUF_INIT(CAP_NIP44_PAYLOAD);
	uint8_t nonce[32];

	vec_bytes(nonce, sizeof(nonce), v, "nonce");
	assert_int_equal(nip44_encrypt(payload, key, nonce, plain, NULL), LERR_OK);
	assert_int_equal(nip44_decrypt(&back, key, buf_str(payload), NULL), LERR_OK);
	assert_true(str_eq(buf_str(&back), plain));
}

static void encrypt_decrypt(const json_t *v)
{
	auto_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct nsign_key auto_key second = {{0}};
	struct nip44_key key;
	struct id32 peer;
	uint8_t want[32];

	vec_bytes(second.b, sizeof(second.b), v, "sec2");
	vec_bytes(want, sizeof(want), v, "conversation_key");
	assert_int_equal(nsign_pubkey(&peer, &second, NULL), LERR_OK);
	assert_int_equal(conversation(&key, v, "sec1", &peer), LERR_OK);
	assert_memory_equal(key.b, want, sizeof(want));
	there_and_back(&key, v, vec_str(v, "plaintext"), &payload);
	assert_buf(payload, vec_text(v, "payload"));
}

static void long_message(const json_t *v)
{
	auto_buf struct buf plain = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct nip44_key key;

	vec_bytes(key.b, sizeof(key.b), v, "conversation_key");
	for (size_t i = vec_number(v, "repeat"); i > 0; i--)
		buf_add_c(&plain, vec_text(v, "pattern"));
	vec_assert_sha256(buf_str(&plain), vec_text(v, "plaintext_sha256"));
	there_and_back(&key, v, buf_str(&plain), &payload);
	vec_assert_sha256(buf_str(&payload), vec_text(v, "payload_sha256"));
}

static void bad_payload(const json_t *v)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct nip44_key key;

	vec_bytes(key.b, sizeof(key.b), v, "conversation_key");
	assert_int_not_equal(nip44_decrypt(&out, &key, vec_str(v, "payload"), NULL),
			     LERR_OK);
	assert_int_equal(out.n, 0);
}

static void bad_length(const json_t *v)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct nip44_key key = {{0}};
	uint8_t nonce[32] = {0};
	size_t n = (size_t)json_integer_value(v);
	char *text = mem_zalloc(n + 1);

	/* 0 by the NIP, the others by our cap on what we encrypt */
	memset(text, 'x', n);
	assert_int_equal(nip44_encrypt(&out, &key, nonce, (struct str){text, n}, NULL),
			 LERR_LIMIT);
	mem_free(text);
}

int main(void)
{
	json_t *file = vec_load("nip44.vectors.json");
	const json_t *good = json_object_get(json_object_get(file, "v2"), "valid");
	const json_t *bad = json_object_get(json_object_get(file, "v2"), "invalid");
	int rc;

	message_keys_of = json_object_get(good, "get_message_keys");
	vec_add_all("conversation key", json_object_get(good, "get_conversation_key"),
		    conversation_key);
	vec_add_all("message keys", json_object_get(message_keys_of, "keys"),
		    message_keys);
	vec_add_all("padded length", json_object_get(good, "calc_padded_len"),
		    padded_len);
	vec_add_all("encrypt and decrypt", json_object_get(good, "encrypt_decrypt"),
		    encrypt_decrypt);
	vec_add_all("long message", json_object_get(good, "encrypt_decrypt_long_msg"),
		    long_message);
	vec_add_all("bad conversation key", json_object_get(bad, "get_conversation_key"),
		    bad_conversation_key);
	vec_add_all("bad payload", json_object_get(bad, "decrypt"), bad_payload);
	vec_add_all("bad length", json_object_get(bad, "encrypt_msg_lengths"),
		    bad_length);
	rc = vec_run(35 + 32 + 24 + 10 + 3 + 8 + 12 + 4);
	json_decref(file);
	return rc;
}
