/* SPDX-License-Identifier: MIT */
/* Requests to loom-keyd from the frame to the answer, with every capability: whatever is
 * asked, it answers, refuses or finds it illegal, and what it signs verifies. */
#include "config.h"

#include "keyd/dispatch.h"
#include "keyd/signev.h"
#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/proto/p2pk.h"
#include "lib/proto/schnorr.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { NOW = 1790000000, ALL = 31 };

static struct keyring *make_keys(void)
{
	struct keyring *keys = NULL;
	struct nsign_key key = {{0}};

	key.b[31] = 7;
	if (keyring_new(&keys, NULL) || keyring_set(&keys->worker, &key, NULL))
		panic("keys");
	key.b[31] = 8;
	if (keyring_set(&keys->upload, &key, NULL))
		panic("keys");
	return keys;
}

/* Only locks are signed, and with a key that they name. */
static void check_p2pk(const struct ipckey_p2pk *req, const struct ipckey_p2pk_signed *is)
{
	INVARIANT(is->signatures.n == req->secrets.n);
	for (size_t i = 0; i < is->signatures.n; i++) {
		struct str secret = str_of(req->secrets.v[i]);
		struct id32 msg = p2pk_message(secret);
		struct p2pk lock;
		uint8_t sig[64];
		bool signer = false;

		INVARIANT(p2pk_parse(&lock, secret, NULL) == P2PK_LOCK && !lock.sig_all);
		INVARIANT(hex_decode(sig, sizeof(sig), str_of(is->signatures.v[i])));
		for (size_t k = 0; k < lock.nmain; k++) {
			struct id32 x = ecpoint_x(&lock.keys[k]);

			signer = signer || schnorr_verify(&x, sig, msg.b, 32);
		}
		INVARIANT(signer);
	}
}

static void check_answer(const struct keyring *keys, const struct ipcmsg *m,
			 const struct dispatch_answer *a)
{
	const struct ipckey_signed *sign = &a->body.sign;

	INVARIANT(a->type != IPCKEY_ERROR && a->type < IPCKEY_TYPES);
	if (m->type == IPCKEY_P2PK)
		check_p2pk(m->body, &a->body.p2pk);
	if (m->type == IPCKEY_P2PK_ALL)
		INVARIANT(a->body.p2pk.signatures.n == 1);
	if (a->type != IPCKEY_SIGNED)
		return;
	INVARIANT(signev_is_known(((const struct ipckey_sign *)m->body)->kind));
	INVARIANT(schnorr_verify(&keys->worker.pubkey, sign->sig.b, sign->id.b, 32) ||
		  schnorr_verify(&keys->upload.pubkey, sign->sig.b, sign->id.b, 32));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keyring *keys;
	struct ipcmsg m = {0};
	struct dispatch_answer a;
	struct lerr err = {0};

	if (!keys)
		keys = make_keys();
	if (ipcmsg_decode(&m, ipckey_types, IPCKEY_TYPES, fuzz_text(data, size), NULL))
		return 0;
	switch (dispatch_run(&a, keys, ALL, &m, NOW, &err)) {
	case DISPATCH_ANSWERED:
		check_answer(keys, &m, &a);
		dispatch_wipe(&a);
		break;
	case DISPATCH_REFUSED:
	case DISPATCH_ILLEGAL:
		INVARIANT(err.code != LERR_OK && err.msg[0] != '\0');
		break;
	}
	ipcmsg_wipe(&m);
	return 0;
}
