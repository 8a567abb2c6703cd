/* SPDX-License-Identifier: MIT */
/* cashu.json: locks that loom-keyd signs, plain and blinded (NUT-11, NUT-28). */
#include "config.h"

#include "keyd/p2psign.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/p2pk.h"
#include "lib/proto/schnorr.h"
#include "tests/vectors/vec.h"

#include <string.h>

static struct keyring *keys;
static const json_t *group28;

static void set_key(const json_t *v, const char *name)
{
	struct nsign_key key;

	vec_bytes(key.b, sizeof(key.b), v, name);
	assert_int_equal(keyring_set(&keys->worker, &key, NULL), LERR_OK);
}

static enum lerr_code ask(struct ipckey_p2pk_signed *out, struct str secret,
			  const char *ephemeral)
{
	auto_free char *s = str_dup(secret);
	auto_free char *e = mem_strdup(ephemeral);
	struct ipckey_p2pk req = {{&s, 1}, {&e, 1}};

	return p2psign_inputs(out, keys, &req, NULL);
}

static void assert_signed(struct str secret, const char *ephemeral,
			  const struct ecpoint *key)
{
	struct id32 msg = hash_sha256(secret.p, secret.n);
	struct id32 x = ecpoint_x(key);
	struct ipckey_p2pk_signed out;
	uint8_t sig[64];

	assert_int_equal(ask(&out, secret, ephemeral), LERR_OK);
	assert_true(hex_decode(sig, sizeof(sig), str_of(out.signatures.v[0])));
	assert_true(schnorr_verify(&x, sig, msg.b, sizeof(msg.b)));
	ipc_texts_wipe(&out.signatures);
}

static void lock(const json_t *v)
{
	struct ecpoint key;

	set_key(v, "privkey");
	assert_true(ecpoint_parse(&key, vec_str(v, "lock_pubkey")));
	assert_signed(vec_str(v, "secret"), "", &key);
}

/* A lock of P2PK_KEYS main keys; all but this slot are somebody's. */
static void write_lock(struct buf *out, size_t slot, const char *key)
{
	buf_add_c(out, "[\"P2PK\",{\"nonce\":\"x\",\"data\":\"");
	for (size_t i = 0; i < P2PK_KEYS; i++) {
		struct ecscalar k = {{0}};
		struct ecpoint other;

		k.b[31] = (uint8_t)(100 + i);
		assert_true(ecpoint_base(&other, &k));
		if (i == 1)
			buf_add_c(out, "\",\"tags\":[[\"pubkeys\",\"");
		else if (i > 1)
			buf_add_c(out, "\",\"");
		buf_add_c(out, i == slot ? key : ecpoint_hex(&other).c);
	}
	buf_add_c(out, "\"]]}]");
}

static void blinded(const json_t *v)
{
	auto_buf struct buf right = BUF_INIT(2000);
	auto_buf struct buf wrong = BUF_INIT(2000);
	const json_t *all = json_object_get(group28, "P_blinded");
	const char *ephemeral = vec_text(group28, "E");
	const char *hex = json_string_value(v);
	struct ipckey_p2pk_signed out;
	struct ecpoint key;
	size_t slot = 0;

	while (json_array_get(all, slot) != v)
		slot++;
	set_key(group28, "p");
	assert_true(ecpoint_parse(&key, str_of(hex)));
	write_lock(&right, slot, hex);
	assert_signed(buf_str(&right), ephemeral, &key);
	write_lock(&wrong, (slot + 1) % P2PK_KEYS, hex);
	assert_int_equal(ask(&out, buf_str(&wrong), ephemeral), LERR_DENIED);
}

int main(void)
{
	json_t *file = vec_load("cashu.json");
	int rc;

	if (keyring_new(&keys, NULL))
		return 1;
	group28 = json_object_get(file, "nut28");
	vec_add_all("p2pk_sign", json_object_get(file, "p2pk_sign"), lock);
	vec_add_all("nut28", json_object_get(group28, "P_blinded"), blinded);
	rc = vec_run(1 + P2PK_KEYS);
	keyring_free(keys);
	json_decref(file);
	return rc;
}
