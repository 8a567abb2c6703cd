/* SPDX-License-Identifier: MIT */
/*
 * loom-keyd: holds the worker's secret key and answers typed requests of loom-engine and
 * loom-bridge over one socket each. It reads the key once, gives up everything that it
 * does not need, and only then looks at the first request. No network, no file and no
 * program after the start. Never: a request that has bytes signed which somebody else has
 * put together; a key in an argument, the environment or a log.
 *
 *~ The tour: keyring.c -> sandbox.c -> server.c -> dispatch.c (the table of
 *~ all requests) -> signev.c, unwrap.c, p2psign.c.
 */
#include "config.h"

#include "keyd/dispatch.h"
#include "keyd/keyring.h"
#include "keyd/p2psign.h"
#include "keyd/sandbox.h"
#include "keyd/server.h"
#include "lib/base/caps.h"
#include "lib/base/cli.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nip44.h"
#include "lib/proto/p2pk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ENGINE, BRIDGE };

/* What the command line may say beside the configuration. */
static struct {
	const char *user;
	const char *engine_user;
	const char *bridge_user;
	const char *key;
	const char *upload_key;
} given;

/* Who we are to be. */
struct identity {
	uid_t uid;
	gid_t gid;
};

static const char *key_path(const struct conf *c)
{
	return given.key ? given.key : conf_text(c, CONF_NOSTR_PRIVATE_KEY_FILE);
}

static enum lerr_code check_conf(const struct conf *c, struct lerr *err)
{
	if (key_path(c)[0])
		return LERR_OK;
	return conf_refuse(c, CONF_NOSTR_PRIVATE_KEY_FILE, err,
			   "the file with the worker's key is not named (loomctl keygen "
			   "makes one)");
}

/* A user by name, or the other one when no name was given. */
static enum lerr_code find_user(struct identity *out, const char *name,
				const struct identity *other, struct lerr *err)
{
	*out = *other;
	return name ? proc_find_user(&out->uid, &out->gid, name, err) : LERR_OK;
}

/* ---- keys */

static enum lerr_code read_key(struct keyring_pair *pair, const char *path, uid_t owner,
			       struct lerr *err)
{
	struct nsign_key auto_key secret = {{0}};
	enum lerr_code rc = keyfile_read(&secret, path, owner, err);

	return rc ? rc : keyring_set(pair, &secret, err);
}

static enum lerr_code load_keys(struct keyring *keys, const struct conf *c, uid_t owner,
				struct lerr *err)
{
	enum lerr_code rc = read_key(&keys->worker, key_path(c), owner, err);

	if (rc)
		return rc;
	if (given.upload_key)
		rc = read_key(&keys->upload, given.upload_key, owner, err);
	else
		keys->upload = keys->worker;
	return rc;
}

/* Sign a lock to ourselves: curve arithmetic has a context of its own. */
static enum lerr_code warm_up_ecash(const struct keyring *keys, struct lerr *err)
{
	auto_buf struct buf secret = BUF_INIT(CAP_CASHU_SECRET);
	struct ecpoint own = ecpoint_from_x(&keys->worker.pubkey);
	char none[] = "";
	char *ephemeral = none;
	struct ipckey_p2pk req = {.ephemerals = {&ephemeral, 1}};
	struct ipckey_p2pk_signed out;
	enum lerr_code rc;

	p2pk_write_secret(&secret, &own, 0, NULL);
	req.secrets = (struct ipc_texts){&secret.p, 1};
	rc = p2psign_inputs(&out, keys, &req, err);
	if (!rc)
		ipc_texts_wipe(&out.signatures);
	return rc;
}

/*
 * Use once all that requests will use. Libraries read their configuration, fetch their
 * algorithms and draw their seeds at the first call, and after this none of that is
 * possible any more. It also proves that the keys work.
 */
static enum lerr_code warm_up(const struct keyring *keys, struct lerr *err)
{
	auto_secret_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_secret_buf struct buf plain = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_json struct json_t *obj = NULL;
	struct nip44_key auto_nip44_key key = {{0}};
	uint8_t nonce[32] = {0};
	uint8_t bytes[64];
	enum lerr_code rc =
		nsign_ecdh_x(bytes, &keys->worker.secret, &keys->upload.pubkey, err);

	if (rc)
		return rc;
	nip44_derive(&key, bytes);
	mem_wipe(bytes, sizeof(bytes));
	rc = nip44_encrypt(&payload, &key, nonce, STR_LIT("ready"), err);
	if (!rc)
		rc = nip44_decrypt(&plain, &key, buf_str(&payload), err);
	if (!rc)
		rc = jsonx_load(&obj, STR_LIT("{\"a\":1}"), 16, JSONX_UINTS, err);
	/* nsign_sign() verifies what it signs, or panics */
	nsign_sign(bytes, &keys->worker.secret, &keys->worker.pubkey);
	nsign_sign(bytes, &keys->upload.secret, &keys->upload.pubkey);
	mem_wipe(bytes, sizeof(bytes));
	return rc ? rc : warm_up_ecash(keys, err);
}

/* ---- the start, in the order that leaves no gap */

static enum lerr_code open_doors(struct server_door *doors, const struct identity *self,
				 struct lerr *err)
{
	struct identity engine;
	struct identity bridge;
	enum lerr_code rc = find_user(&engine, given.engine_user, self, err);

	if (!rc)
		rc = find_user(&bridge, given.bridge_user, self, err);
	if (rc)
		return rc;
	doors[ENGINE].friend_uid = engine.uid;
	doors[BRIDGE].friend_uid = bridge.uid;
	rc = server_bind(&doors[ENGINE], err);
	return rc ? rc : server_bind(&doors[BRIDGE], err);
}

static enum lerr_code become(const struct identity *self, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	if (given.user)
		rc = proc_drop_to(self->uid, self->gid, err);
	/* changing users has made the process readable for its new one again */
	return rc ? rc : proc_hide_memory(err);
}

static enum lerr_code start(struct keyring **keys, struct server_door *doors,
			    const struct conf *c, struct lerr *err)
{
	struct identity starter = {geteuid(), getegid()};
	struct identity self;
	enum lerr_code rc = find_user(&self, given.user, &starter, err);

	if (!rc)
		rc = proc_hide_memory(err);
	if (!rc)
		rc = keyring_new(keys, err);
	if (!rc)
		rc = load_keys(*keys, c, self.uid, err);
	if (!rc)
		rc = open_doors(doors, &self, err);
	if (!rc)
		rc = become(&self, err);
	if (!rc)
		rc = warm_up(*keys, err);
	if (rc)
		return rc;
	if (geteuid() == 0)
		log_event(LOG_WARN, "key.as_root", "%s", "");
	log_event(LOG_INFO, "key.start", "version=%s worker=%s upload=%s uid=%u",
		  PACKAGE_VERSION, id32_short(&(*keys)->worker.pubkey).c,
		  id32_short(&(*keys)->upload.pubkey).c, (unsigned int)geteuid());
	sandbox_close_others((int[]){doors[ENGINE].listen_fd, doors[BRIDGE].listen_fd},
			     SERVER_DOORS);
	return sandbox_enter(err);
}

int main(int argc, char **argv)
{
	const struct cli_option options[] = {
		{"user", "USER", "become this user once key and sockets are open",
		 &given.user},
		{"engine-user", "USER", "user of loom-engine, when it is another one",
		 &given.engine_user},
		{"bridge-user", "USER", "user of loom-bridge, when it is another one",
		 &given.bridge_user},
		{"key", "FILE", "the worker's key, in place of NOSTR_PRIVATE_KEY_FILE",
		 &given.key},
		{"upload-key", "FILE", "another key for Blossom uploads",
		 &given.upload_key},
	};
	const struct cli cli = {"keyd",
				"holds the key of a Loom worker and signs with it",
				options, ARRAY_LEN(options), check_conf};
	struct conf *conf = NULL;
	struct keyring *keys = NULL;
	struct lerr err = {0};
	int status = cli_start(&conf, &cli, argc, argv, environ);
	char *paths[SERVER_DOORS];
	struct server_door doors[SERVER_DOORS];

	if (status >= 0)
		return status;
	paths[ENGINE] = conf_run_path(conf, "keyd-engine.sock");
	paths[BRIDGE] = conf_run_path(conf, "keyd-bridge.sock");
	doors[ENGINE] = (struct server_door){.name = "engine",
					     .path = paths[ENGINE],
					     .may = DISPATCH_PUBKEY | DISPATCH_SIGN |
						    DISPATCH_OPEN | DISPATCH_P2PK};
	doors[BRIDGE] = (struct server_door){.name = "bridge",
					     .path = paths[BRIDGE],
					     .may = DISPATCH_PUBKEY | DISPATCH_AUTH};
	if (start(&keys, doors, conf, &err)) {
		(void)fprintf(stderr, "loom-keyd: %s\n", err.msg);
		keyring_free(keys);
		return 1;
	}
	log_event(LOG_INFO, "key.ready", "%s", "");
	server_run(doors, keys);
}
