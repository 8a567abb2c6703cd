/* SPDX-License-Identifier: MIT */
/*
 * Called by dispatch.c with secrets of ecash, which strangers choose. Why nobody can have
 * an event signed this way: what is signed is the SHA-256 of a text that begins with a
 * secret, and a secret is signed only after it was read as a JSON array whose first item
 * is the text "P2PK". The id of an event is the SHA-256 of a JSON array whose first item
 * is the number 0. No text is both. Nor can one signature serve for the other sigflag: of
 * SIG_INPUTS the text is that array and nothing behind it, of SIG_ALL there always is.
 *
 * Whoever has taken over loom-engine can have every lock signed that he knows the secret
 * of, as he could spend ecash that is not locked. Never: sign for a key that is not in
 * the secret, or a digest that somebody else has computed.
 */
#include "config.h"

#include "keyd/p2psign.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/amount.h"
#include "lib/proto/p2pk.h"

#include <string.h>

enum { SIG_BYTES = 64 };

/* ---- locks */

static enum lerr_code read_lock(struct p2pk *out, const char *secret, struct lerr *err)
{
	struct str text = str_of(secret);

	if (text.n > CAP_CASHU_SECRET)
		return lerr_set(err, LERR_LIMIT, 0, "longer than %d bytes",
				CAP_CASHU_SECRET);
	switch (p2pk_parse(out, text, err)) {
	case P2PK_LOCK:
		return LERR_OK;
	case P2PK_PLAIN:
		return lerr_set(err, LERR_INPUT, 0, "not locked");
	case P2PK_OTHER:
		return lerr_set(err, LERR_INPUT, 0, "locked by another condition");
	case P2PK_MALFORMED:
		break;
	}
	/* err says why */
	return LERR_INPUT;
}

/* The key of a slot, when it is ours blinded with r. Payers may have taken either of the
 * two points that our x coordinate stands for. */
static bool try_slot(struct nsign_key *out, const struct nsign_key *secret,
		     const struct ecpoint *want, const struct ecscalar *r)
{
	struct id32 x = ecpoint_x(want);

	for (int odd = 0; odd <= 1; odd++) {
		struct nsign_key auto_key key = {{0}};
		struct id32 pubkey;

		if (nsign_tweak(&key, secret, odd == 1, r->b, NULL) ||
		    nsign_pubkey(&pubkey, &key, NULL) || !id32_eq(&pubkey, &x))
			continue;
		*out = key;
		return true;
	}
	return false;
}

static enum lerr_code find_blinded(struct nsign_key *out,
				   const struct keyring_pair *worker,
				   const struct p2pk *lock, const char *ephemeral,
				   struct lerr *err)
{
	struct ecpoint e;
	struct ecscalar r;
	struct id32 x;
	uint8_t shared[32];
	bool found = false;
	enum lerr_code rc;

	if (!ecpoint_parse(&e, str_of(ephemeral)))
		return lerr_set(err, LERR_INPUT, 0, "its ephemeral key is no point");
	x = ecpoint_x(&e);
	rc = nsign_ecdh_x(shared, &worker->secret, &x, err);
	if (rc)
		return rc;
	for (size_t slot = 0; !found && slot < lock->nmain; slot++)
		found = p2pk_blind_factor(&r, shared, slot) &&
			try_slot(out, &worker->secret, &lock->keys[slot], &r);
	mem_wipe(shared, sizeof(shared));
	mem_wipe(&r, sizeof(r));
	if (!found)
		return lerr_set(err, LERR_DENIED, 0, "locked to other keys (blinded)");
	return LERR_OK;
}

/* The secret key that opens this lock. */
static enum lerr_code find_key(struct nsign_key *out, const struct keyring_pair *worker,
			       const struct p2pk *lock, const char *ephemeral,
			       struct lerr *err)
{
	struct ecpoint own = ecpoint_from_x(&worker->pubkey);

	if (p2pk_find(lock, &own) != SIZE_MAX) {
		*out = worker->secret;
		return LERR_OK;
	}
	if (ephemeral[0])
		return find_blinded(out, worker, lock, ephemeral, err);
	return lerr_set(err, LERR_DENIED, 0, "locked to other keys");
}

static void sign(struct ipc_texts *out, const struct nsign_key *key,
		 const struct id32 *msg)
{
	uint8_t sig[SIG_BYTES];
	char hex[2 * SIG_BYTES + 1];

	nsign_sign(sig, key, msg);
	hex_encode(hex, sig, sizeof(sig));
	ipc_texts_add(out, str_of(hex));
}

/* ---- SIG_INPUTS */

static enum lerr_code sign_one(struct ipc_texts *out, const struct keyring *keys,
			       const char *secret, const char *ephemeral,
			       struct lerr *err)
{
	struct nsign_key auto_key key = {{0}};
	struct p2pk lock;
	struct id32 msg;
	enum lerr_code rc = read_lock(&lock, secret, err);

	if (!rc && lock.sig_all)
		rc = lerr_set(err, LERR_INPUT, 0, "wants SIG_ALL");
	if (!rc)
		rc = find_key(&key, &keys->worker, &lock, ephemeral, err);
	if (rc)
		return rc;
	msg = p2pk_message(str_of(secret));
	sign(out, &key, &msg);
	return LERR_OK;
}

enum lerr_code p2psign_inputs(struct ipckey_p2pk_signed *out, const struct keyring *keys,
			      const struct ipckey_p2pk *req, struct lerr *err)
{
	struct ipc_texts signatures = {NULL, 0};
	enum lerr_code rc = LERR_OK;

	if (req->secrets.n == 0 || req->ephemerals.n != req->secrets.n)
		return lerr_set(err, LERR_INPUT, 0,
				"lists of different lengths, or none");
	for (size_t i = 0; !rc && i < req->secrets.n; i++) {
		rc = sign_one(&signatures, keys, req->secrets.v[i], req->ephemerals.v[i],
			      err);
		if (rc)
			(void)lerr_wrap(err, rc, "secret %zu", i + 1);
	}
	if (rc) {
		ipc_texts_wipe(&signatures);
		return rc;
	}
	out->signatures = signatures;
	return LERR_OK;
}

/* ---- SIG_ALL */

/* All locks are the same, as it is spelled, and want SIG_ALL. */
static enum lerr_code read_locks(struct p2pk *out, const struct ipc_texts *secrets,
				 struct lerr *err)
{
	struct p2pk lock;
	enum lerr_code rc;

	for (size_t i = 0; i < secrets->n; i++) {
		rc = read_lock(&lock, secrets->v[i], err);
		if (!rc && !lock.sig_all)
			rc = lerr_set(err, LERR_INPUT, 0, "wants SIG_INPUTS");
		if (!rc && i > 0 && !id32_eq(&lock.condition, &out->condition))
			rc = lerr_set(err, LERR_INPUT, 0, "another lock than the first");
		if (rc)
			return lerr_wrap(err, rc, "secret %zu", i + 1);
		*out = lock;
	}
	return LERR_OK;
}

static enum lerr_code read_inputs(struct cashuproof *inputs,
				  const struct ipckey_p2pk_all *req, struct lerr *err)
{
	for (size_t i = 0; i < req->secrets.n; i++) {
		inputs[i].secret = req->secrets.v[i];
		if (!ecpoint_parse(&inputs[i].c, str_of(req->cs.v[i])))
			return lerr_set(err, LERR_INPUT, 0, "C %zu is no point", i + 1);
	}
	return LERR_OK;
}

static bool read_output(struct p2pk_output *out, const char *text)
{
	struct str rest = str_of(text);
	struct str amount;

	return str_next(&rest, ':', &amount) &&
	       str_to_u64(amount, AMOUNT_MAX, &out->amount) &&
	       ecpoint_parse(&out->blinded, rest);
}

static enum lerr_code read_outputs(struct p2pk_output *outputs,
				   const struct ipc_texts *texts, struct lerr *err)
{
	for (size_t i = 0; i < texts->n; i++)
		if (!read_output(&outputs[i], texts->v[i]))
			return lerr_set(err, LERR_INPUT, 0, "output %zu is not AMOUNT:B_",
					i + 1);
	return LERR_OK;
}

enum lerr_code p2psign_all(struct ipckey_p2pk_signed *out, const struct keyring *keys,
			   const struct ipckey_p2pk_all *req, struct lerr *err)
{
	struct nsign_key auto_key key = {{0}};
	struct cashuproof *auto_free inputs = NULL;
	struct p2pk_output *auto_free outputs = NULL;
	struct p2pk lock;
	struct id32 msg;
	enum lerr_code rc;

	if (req->secrets.n == 0 || req->cs.n != req->secrets.n ||
	    req->ephemerals.n != req->secrets.n)
		return lerr_set(err, LERR_INPUT, 0,
				"lists of different lengths, or none");
	if (req->outputs.n == 0 && !req->quote[0])
		return lerr_set(err, LERR_INPUT, 0, "neither outputs nor a quote");
	rc = read_locks(&lock, &req->secrets, err);
	/* the same keys in all are blinded with the same E */
	if (!rc)
		rc = find_key(&key, &keys->worker, &lock, req->ephemerals.v[0], err);
	if (rc)
		return rc;
	inputs = mem_array(req->secrets.n, sizeof(*inputs));
	outputs = mem_array(req->outputs.n, sizeof(*outputs));
	rc = read_inputs(inputs, req, err);
	if (!rc)
		rc = read_outputs(outputs, &req->outputs, err);
	if (rc)
		return rc;
	msg = p2pk_message_all(inputs, req->secrets.n, outputs, req->outputs.n,
			       str_of(req->quote));
	out->signatures = (struct ipc_texts){NULL, 0};
	sign(&out->signatures, &key, &msg);
	return LERR_OK;
}
