/* SPDX-License-Identifier: MIT */
/*
 * loomctl prepare: the start step that alone reads secrets. It takes the configuration
 * with its keys, checks everything, and writes what the daemons read: the same
 * configuration without a secret in it, and each key in a file of its own for loom-keyd.
 * Run before every start, in production by root; it must never print a secret, nor leave
 * one behind that the configuration no longer has.
 */
#include "config.h"

#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/net/wsurl.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nip19.h"
#include "lib/proto/nsign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OUT_MODE = 0755,
	CONF_MODE = 0644,
	STATE_MODE = 0711, /* nginx reads outputs below it; nobody lists it */
	BRIDGE_MODE = 0700,
	RUN_MODE = 0711,      /* root's: servers bind there before they give root up */
	INTERNAL_MODE = 0750, /* nginx makes its socket there open to all who may enter */
};

#define KEY_NAME "key"
#define UPLOAD_KEY_NAME "upload-key"
#define CONF_NAME "loom.conf"

/* A user that is not given keeps things as they are. */
struct owner {
	uid_t uid;
	gid_t gid;
};

struct prepare {
	const struct args *a;
	struct conf *conf;
	struct owner keyd;
	struct owner engine;
	struct owner bridge;
	bool has_key; /* NOSTR_PRIVATE_KEY; else the key is a file already */
	struct nsign_key key;
	bool has_upload_key;
	struct nsign_key upload_key;
	struct id32 pubkey;
	int dir;
	char *dir_path;
	unsigned int wrong; /* things that were named */
};

static void complain(struct prepare *p, const char *text)
{
	out_remark("%s", text);
	p->wrong++;
}

/* ---- users */

static void find_user(struct prepare *p, struct owner *o, const char *option)
{
	const char *name = args_text(p->a, option);
	struct lerr err = {0};

	*o = (struct owner){(uid_t)-1, (gid_t)-1};
	if (name && proc_find_user(&o->uid, &o->gid, name, &err)) {
		out_remark("--%s: %s", option, err.msg);
		p->wrong++;
	}
}

/* ---- checks that go beyond the table of keys */

static void check_relays(struct prepare *p)
{
	struct str rest = conf_list(p->conf, CONF_NOSTR_RELAYS);
	struct str word;

	while (conf_list_next(&rest, &word)) {
		struct wsurl url;
		struct lerr why = {0};
		struct lerr err = {0};

		if (!wsurl_parse(&url, word, &why))
			continue;
		(void)conf_refuse(p->conf, CONF_NOSTR_RELAYS, &err, "%.60s: %.80s",
				  out_said(str_of(conf_quote(word).c)).c, why.msg);
		complain(p, err.msg);
	}
}

static void check_authorities(struct prepare *p)
{
	const char *path = conf_text(p->conf, CONF_CA_FILE);
	struct lerr err = {0};

	if (!path[0] || access(path, R_OK) == 0)
		return;
	(void)conf_refuse(p->conf, CONF_CA_FILE, &err, "%s", strerror(errno));
	complain(p, err.msg);
}

/* A file with a key in it that others can read is a leak already. */
static void warn_of_readers(struct prepare *p, enum conf_key key)
{
	const char *path = args_text(p->a, "config");
	struct stat st;

	if (strcmp(conf_where(p->conf, key), "environment") == 0)
		return;
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		out_remark("%s holds a secret key and others can read it: chmod 0600",
			   path);
}

static bool take_secret(struct prepare *p, enum conf_key name, struct nsign_key *out)
{
	const char *text = conf_text(p->conf, name);
	struct lerr why = {0};
	struct lerr err = {0};

	if (!text[0])
		return false;
	warn_of_readers(p, name);
	if (!nsign_parse(out, str_of(text), &why))
		return true;
	(void)conf_refuse(p->conf, name, &err, "%.120s", why.msg);
	complain(p, err.msg);
	return false;
}

/* The key of NOSTR_PRIVATE_KEY_FILE must be one that loom-keyd will take. */
static void take_key_file(struct prepare *p)
{
	const char *path = conf_text(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE);
	uid_t reader = p->keyd.uid == (uid_t)-1 ? geteuid() : p->keyd.uid;
	struct lerr why = {0};
	struct lerr err = {0};

	if (!path[0]) {
		complain(p, "the worker has no key: NOSTR_PRIVATE_KEY_FILE is not set "
			    "(\"loomctl keygen FILE\" makes one)");
		return;
	}
	if (!keyfile_read(&p->key, path, reader, &why))
		return;
	(void)conf_refuse(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE, &err, "%.150s", why.msg);
	complain(p, err.msg);
}

static void take_keys(struct prepare *p)
{
	bool given = conf_text(p->conf, CONF_NOSTR_PRIVATE_KEY)[0] != '\0';
	struct lerr err = {0};

	p->has_key = take_secret(p, CONF_NOSTR_PRIVATE_KEY, &p->key);
	p->has_upload_key = take_secret(p, CONF_BLOSSOM_AUTH_KEY, &p->upload_key);
	if (!given) {
		take_key_file(p);
	} else if (conf_text(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE)[0]) {
		(void)conf_refuse(
			p->conf, CONF_NOSTR_PRIVATE_KEY, &err,
			"NOSTR_PRIVATE_KEY_FILE is set too (%s): which of them?",
			conf_where(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE));
		complain(p, err.msg);
	}
	if (!p->wrong && nsign_pubkey(&p->pubkey, &p->key, &err))
		complain(p, err.msg);
}

static int check_all(struct prepare *p, char *const *envp)
{
	struct lerr err = {0};

	find_user(p, &p->keyd, "keyd-user");
	find_user(p, &p->engine, "engine-user");
	find_user(p, &p->bridge, "bridge-user");
	if (conf_load(&p->conf, args_text(p->a, "config"), envp, CONF_TAKE_SECRETS,
		      &err)) {
		complain(p, err.msg);
		return VERB_LOCAL;
	}
	check_relays(p);
	check_authorities(p);
	take_keys(p);
	return p->wrong ? VERB_LOCAL : VERB_OK;
}

/* ---- folders */

/* Make the folder and, when an owner is given, give it to him with that mode; whatever
 * is there already included. */
static enum lerr_code give_folder(const char *path, mode_t mode, const struct owner *o,
				  struct lerr *err)
{
	enum lerr_code rc = fdio_make_folder(path, mode, err);
	auto_fd int fd = -1;

	if (rc || o->uid == (uid_t)-1)
		return rc;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, o->uid, o->gid) != 0 || fchmod(fd, mode) != 0)
		return lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	return LERR_OK;
}

static bool is_given(const struct owner *o)
{
	return o->uid != (uid_t)-1;
}

static enum lerr_code make_folders(const struct prepare *p, struct lerr *err)
{
	auto_free char *bridge = conf_state_path(p->conf, "bridge");
	auto_free char *internal = conf_run_path(p->conf, "internal");
	struct owner run = {(uid_t)-1, (gid_t)-1};
	enum lerr_code rc = give_folder(conf_text(p->conf, CONF_STATE_DIR), STATE_MODE,
					&p->engine, err);

	if (is_given(&p->keyd) || is_given(&p->engine) || is_given(&p->bridge))
		run = (struct owner){0, 0};
	if (!rc)
		rc = give_folder(bridge, BRIDGE_MODE, &p->bridge, err);
	if (!rc)
		rc = give_folder(conf_text(p->conf, CONF_RUN_DIR), RUN_MODE, &run, err);
	/* root's too, or the bridge could put another socket there; its group may enter */
	run.gid = is_given(&p->bridge) ? p->bridge.gid : run.gid;
	if (!rc)
		rc = give_folder(internal, INTERNAL_MODE, &run, err);
	return rc;
}

/* DIR, ours alone to write in, and locked: two starts at once take turns. */
static enum lerr_code open_out(struct prepare *p, struct lerr *err)
{
	const char *path = args_text(p->a, "out");
	enum lerr_code rc = fdio_make_folder(path, OUT_MODE, err);
	struct stat st;

	if (rc)
		return rc;
	p->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0 || fstat(p->dir, &st) != 0 || flock(p->dir, LOCK_EX) != 0)
		return lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022) != 0)
		return lerr_set(
			err, LERR_DENIED, 0,
			"%.100s: others may write there, and keys are put into it", path);
	p->dir_path = realpath(path, NULL);
	if (!p->dir_path)
		return lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	return LERR_OK;
}

/* ---- files */

/* Is NOSTR_PRIVATE_KEY_FILE, maybe the only copy of the key, the file DIR/name? */
static bool is_key_file(const struct prepare *p, const char *name)
{
	struct stat mine;
	struct stat theirs;

	return fstatat(p->dir, name, &mine, AT_SYMLINK_NOFOLLOW) == 0 &&
	       stat(conf_text(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE), &theirs) == 0 &&
	       mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

/* A key that is kept under one of our names would be replaced or removed, at once or with
 * the next change of the settings. */
static enum lerr_code check_place(const struct prepare *p, struct lerr *err)
{
	static const char *const names[] = {KEY_NAME, KEY_NAME ".new", UPLOAD_KEY_NAME,
					    UPLOAD_KEY_NAME ".new", CONF_NAME};

	for (size_t i = 0; !p->has_key && i < ARRAY_LEN(names); i++)
		if (is_key_file(p, names[i]))
			return conf_refuse(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE, err,
					   "that file is written and removed by prepare: "
					   "keep the key elsewhere");
	return LERR_OK;
}

static enum lerr_code write_keys(const struct prepare *p, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	if (p->has_key)
		rc = keyfile_replace(p->dir, KEY_NAME, &p->key, p->keyd.uid, p->keyd.gid,
				     err);
	if (!rc && p->has_upload_key)
		rc = keyfile_replace(p->dir, UPLOAD_KEY_NAME, &p->upload_key, p->keyd.uid,
				     p->keyd.gid, err);
	return rc;
}

static enum lerr_code remove_keys(const struct prepare *p, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	if (!p->has_key)
		rc = keyfile_remove(p->dir, KEY_NAME, err);
	if (!rc && !p->has_upload_key)
		rc = keyfile_remove(p->dir, UPLOAD_KEY_NAME, err);
	return rc;
}

static enum lerr_code write_conf(struct prepare *p, struct lerr *err)
{
	auto_buf struct buf line = BUF_INIT(CAP_CONF_LINE);
	auto_buf struct buf text = BUF_INIT(CAP_CONF_FILE);
	enum lerr_code rc = LERR_OK;

	if (p->has_key) {
		buf_addf(&line, "NOSTR_PRIVATE_KEY_FILE=%s/%s\n", p->dir_path, KEY_NAME);
		rc = conf_read_text(p->conf, buf_str(&line), "prepare",
				    CONF_REFUSE_SECRETS, err);
	}
	if (rc)
		return rc;
	buf_addf(&text, "# Written by \"loomctl prepare\" from %s: do not edit.\n",
		 args_text(p->a, "config"));
	conf_write_public(&text, p->conf);
	if (buf_over(&text))
		return lerr_set(err, LERR_LIMIT, 0, "the configuration is above %d bytes",
				CAP_CONF_FILE);
	return fdio_write_file(p->dir, CONF_NAME, CONF_MODE, buf_str(&text), FDIO_DURABLE,
			       err);
}

static int write_all(struct prepare *p)
{
	struct lerr err = {0};
	/* first: DIR may be inside RUN_DIR */
	enum lerr_code rc = make_folders(p, &err);

	if (!rc)
		rc = open_out(p, &err);
	if (!rc)
		rc = check_place(p, &err);
	if (!rc)
		rc = write_keys(p, &err);
	if (!rc)
		rc = write_conf(p, &err);
	if (!rc)
		rc = remove_keys(p, &err);
	if (rc)
		complain(p, err.msg);
	return rc ? VERB_LOCAL : VERB_OK;
}

static void print_done(const struct prepare *p)
{
	auto_buf struct buf npub = BUF_INIT(128);
	auto_buf struct buf path = BUF_INIT(CAP_CONF_LINE);
	struct outrec r;

	nip19_add_npub(&npub, &p->pubkey);
	buf_addf(&path, "%s/%s", p->dir_path, CONF_NAME);
	if (out_form_of(p->a) == OUT_TEXT) {
		out_line("%s is ready for %s", path.p, npub.p);
		return;
	}
	outrec_open(&r, "prepared");
	outrec_str(&r, "config", buf_str(&path));
	outrec_str(&r, "key_file",
		   str_of(conf_text(p->conf, CONF_NOSTR_PRIVATE_KEY_FILE)));
	outrec_str(&r, "npub", buf_str(&npub));
	outrec_id(&r, "pubkey", &p->pubkey);
	outrec_done(&r);
}

static int run(const struct args *a, char *const *envp)
{
	struct prepare p = {.a = a, .dir = -1};
	struct lerr err UNUSED = {0};
	int status;

	if (!args_has(a, "config") || !args_has(a, "out") || args_nrest(a)) {
		out_remark("want --config FILE and --out DIR");
		return VERB_USAGE;
	}
#ifndef LOOM_SANITIZED
	/* a leak checker has to trace us */
	if (proc_hide_memory(&err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
#endif
	status = check_all(&p, envp);
	if (!status)
		status = write_all(&p);
	if (!status)
		print_done(&p);
	nsign_wipe(&p.key);
	nsign_wipe(&p.upload_key);
	conf_free(p.conf);
	fdio_close(&p.dir);
	mem_free(p.dir_path);
	return status;
}

static const struct args_option options[] = {
	{.name = "config",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "The configuration, which may hold keys (mode 0600 then). Environment "
		 "variables of the same names override it."},
	{.name = "out",
	 .kind = ARGS_TEXT,
	 .value = "DIR",
	 .help = "Where to write loom.conf, key and upload-key; best on tmpfs."},
	{.name = "keyd-user",
	 .kind = ARGS_TEXT,
	 .value = "USER",
	 .help = "The user of loom-keyd, who will own the key files."},
	{.name = "engine-user",
	 .kind = ARGS_TEXT,
	 .value = "USER",
	 .help = "The user of loom-engine, who will own STATE_DIR."},
	{.name = "bridge-user",
	 .kind = ARGS_TEXT,
	 .value = "USER",
	 .help = "The user of loom-bridge, who will own STATE_DIR/bridge."},
	{.name = NULL},
};

const struct verb vprepare_prepare = {
	.name = "prepare",
	.synopsis = "--config FILE --out DIR [--keyd-user USER] [--engine-user USER] ...",
	.purpose = "check the configuration and hand it to the daemons",
	.text = "The start step that alone sees secrets. It checks the configuration and "
		"the worker's key, names everything that is wrong, and writes "
		"DIR/loom.conf "
		"without a secret in it: the file that the daemons are started with. A "
		"key "
		"in NOSTR_PRIVATE_KEY or BLOSSOM_AUTH_KEY goes to DIR/key or "
		"DIR/upload-key "
		"(mode 0400); these files are removed again when the setting is gone. "
		"STATE_DIR and RUN_DIR are made; with the users given, each gets what is "
		"its own "
		"and RUN_DIR belongs to root.\n\n"
		"Safe to run at every start. When something is wrong nothing is written. "
		"Daemons refuse an environment that holds a key, so start them without "
		"these variables.",
	.examples = "loomctl prepare --config /etc/loom/loom.conf --out /run/loom-conf "
		    "--keyd-user loom-keyd --engine-user loom-engine --bridge-user "
		    "loom-bridge\n"
		    "loomctl prepare --config .env --out /tmp/loom/conf",
	.options = {{options, out_options}},
	.run = run,
};
