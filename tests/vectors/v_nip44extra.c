/* SPDX-License-Identifier: MIT */
/* nip44-extra.json: lengths up to the 6-byte form, payloads to refuse, and two where
 * implementations differ. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nip44.h"
#include "tests/unit/long44.h"
#include "tests/vectors/vec.h"

#include <string.h>

static struct nip44_key key;
static uint8_t nonce[32];

static void length(const json_t *v)
{
	auto_buf struct buf payload = BUF_INIT(2000000);
	auto_buf struct buf back = BUF_INIT(2000000);
	size_t n = vec_number(v, "plaintext_len");
	auto_free char *text = mem_zalloc(n + 1);
	struct str plain = {text, n};
	enum lerr_code rc;

	memset(text, 'a', n);
	vec_assert_sha256(plain, vec_text(v, "plaintext_sha256"));
	assert_int_equal(nip44_padded_len(n), vec_number(v, "padded_len"));
	/* the long form is made by the test: we read it and never write it */
	if (n <= CAP_NIP44_PLAIN)
		assert_int_equal(nip44_encrypt(&payload, &key, nonce, plain, NULL),
				 LERR_OK);
	else
		long44_payload(&payload, &key, nonce, n);
	assert_int_equal(payload.n, vec_number(v, "payload_len"));
	vec_assert_sha256(buf_str(&payload), vec_text(v, "payload_sha256"));
	rc = nip44_decrypt(&back, &key, buf_str(&payload), NULL);
	assert_int_equal(rc, payload.n > CAP_NIP44_PAYLOAD ? LERR_LIMIT : LERR_OK);
	if (!rc)
		assert_true(str_eq(buf_str(&back), plain));
}

static void must_reject(const json_t *v)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);

	assert_int_equal(nip44_decrypt(&out, &key, vec_str(v, "payload"), NULL),
			 LERR_INPUT);
}

/* Padding may be any bytes, text must be UTF-8. */
static void our_choice(const json_t *v)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);
	bool is_padding = strstr(vec_text(v, "note"), "pad bytes") != NULL;

	assert_int_equal(nip44_decrypt(&out, &key, vec_str(v, "payload"), NULL),
			 is_padding ? LERR_OK : LERR_INPUT);
}

int main(void)
{
	json_t *file = vec_load("nip44-extra.json");
	int rc;

	vec_bytes(key.b, sizeof(key.b), file, "conversation_key");
	vec_bytes(nonce, sizeof(nonce), file, "nonce");
	vec_add_all("length", json_object_get(file, "valid_lengths"), length);
	vec_add_all("must reject", json_object_get(file, "must_reject"), must_reject);
	vec_add_all("choice", json_object_get(file, "implementation_choice"), our_choice);
	rc = vec_run(22 + 10 + 2);
	json_decref(file);
	return rc;
}
