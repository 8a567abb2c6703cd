/* SPDX-License-Identifier: MIT */
/*
 * Called by dispatch.c with an event that loom-engine had from a stranger. loom-engine has
 * checked it too; here it is not believed. Decrypting for anybody who asks would make the
 * worker's key an oracle for everything that was ever encrypted to it, so only what the
 * author of a signed job request put into it is opened. Never: log or repeat a plaintext.
 */
#include "config.h"

#include "keyd/unwrap.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jobspec.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nip44.h"

static enum lerr_code read_request(struct nevent **ev, struct jobspec **spec,
				   const struct keyring *keys, const char *text,
				   struct lerr *err)
{
	enum outcome why;
	enum lerr_code rc = nevent_parse(ev, str_of(text), err);

	if (!rc)
		rc = nevent_verify(*ev, err);
	if (rc)
		return rc;
	if ((*ev)->kind != NKIND_JOB)
		return lerr_set(err, LERR_INPUT, 0, "not a job request");
	if (!jobspec_is_for(*ev, &keys->worker.pubkey))
		return lerr_set(err, LERR_DENIED, 0, "for another worker");
	return jobspec_parse(spec, &why, *ev, err);
}

static enum lerr_code open_one(struct ipckey_opened *out, const struct nip44_key *key,
			       const struct jobspec_var *secret, struct lerr *err)
{
	auto_secret_buf struct buf plain = BUF_INIT(CAP_JOB_ARG_BYTES);
	enum lerr_code rc = nip44_decrypt(&plain, key, secret->value, err);

	if (rc)
		/* which code it is would tell more than "it cannot be opened" */
		return lerr_set(err, LERR_INPUT, 0, "secret %zu cannot be opened",
				out->names.n + 1);
	if (str_has_nul(buf_str(&plain)))
		return lerr_set(err, LERR_INPUT, 0, "secret %zu holds a NUL byte",
				out->names.n + 1);
	ipc_texts_add(&out->names, secret->name);
	ipc_texts_add(&out->values, buf_str(&plain));
	return LERR_OK;
}

static enum lerr_code open_all(struct ipckey_opened *out, const struct keyring *keys,
			       const struct id32 *author, const struct jobspec *spec,
			       struct lerr *err)
{
	struct nip44_key auto_nip44_key key = {{0}};
	uint8_t x[32];
	enum lerr_code rc = nsign_ecdh_x(x, &keys->worker.secret, author, err);

	if (rc)
		return rc;
	nip44_derive(&key, x);
	mem_wipe(x, sizeof(x));
	for (size_t i = 0; !rc && i < spec->nsecrets; i++)
		rc = open_one(out, &key, &spec->secrets[i], err);
	return rc;
}

enum lerr_code unwrap_open(struct ipckey_opened *out, const struct keyring *keys,
			   const struct ipckey_open *req, struct lerr *err)
{
	auto_nevent struct nevent *ev = NULL;
	auto_jobspec struct jobspec *spec = NULL;
	struct ipckey_opened opened = {{NULL, 0}, {NULL, 0}};
	enum lerr_code rc = read_request(&ev, &spec, keys, req->event, err);

	if (!rc)
		rc = open_all(&opened, keys, &ev->pubkey, spec, err);
	if (rc) {
		ipc_texts_wipe(&opened.names);
		ipc_texts_wipe(&opened.values);
		return rc;
	}
	*out = opened;
	return LERR_OK;
}
