/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/purse.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/pursedb.h"
#include "ctl/purserun.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/rng.h"
#include "lib/proto/bip39.h"
#include "lib/store/db.h"
#include "lib/store/dbmeta.h"

#include <limits.h>
#include <string.h>

#define ENTROPY "wallet.entropy"

enum { WAIT_MS = 15000, LOOK_MS = 100 };

const struct args_option purse_options[] = {
	{.name = "purse",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "The purse to use, in place of loomctl/wallet.db in XDG_DATA_HOME "
		 "(~/.local/share)."},
	{.name = NULL},
};

const struct args_option purse_ca_options[] = {
	{.name = "ca-file",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Certificate authorities (PEM) to trust beside the system's."},
	{.name = NULL},
};

int purse_status(const struct lerr *err)
{
	switch (err->code) {
	case LERR_OK:
		return VERB_OK;
	case LERR_INPUT:
		return VERB_USAGE;
	case LERR_LIMIT:
		return VERB_FUNDS;
	case LERR_STATE:
		return VERB_LATE;
	case LERR_DENIED:
	case LERR_TEMP:
	case LERR_GONE:
		return VERB_MINT;
	case LERR_CODE_COUNT:
		break;
	}
	return VERB_LOCAL;
}

/* ---- where it is */

/* A folder of the user's and those above it, as far as they are missing. */
static int make_folders(struct buf *path, const char *base, const char *const *names,
			size_t n)
{
	struct lerr err = {0};

	buf_add_c(path, base);
	for (size_t i = 0; i < n; i++) {
		buf_addf(path, "/%s", names[i]);
		if (buf_over(path) || fdio_make_folder(path->p, 0700, &err)) {
			out_remark("the folder of the purse: %s", err.msg);
			return VERB_LOCAL;
		}
	}
	buf_add_c(path, "/wallet.db");
	return VERB_OK;
}

static int find_path(struct buf *path, const struct args *a, char *const *envp)
{
	static const char *const below_home[] = {".local", "share", "loomctl"};
	static const char *const below_data[] = {"loomctl"};
	const char *given = args_text(a, "purse");
	const char *data = given_env(envp, "XDG_DATA_HOME");
	const char *home = given_env(envp, "HOME");

	if (given) {
		buf_add_c(path, given);
		return VERB_OK;
	}
	/* a relative one is to be ignored, says its specification */
	if (data && data[0] == '/')
		return make_folders(path, data, below_data, ARRAY_LEN(below_data));
	if (home && home[0] == '/')
		return make_folders(path, home, below_home, ARRAY_LEN(below_home));
	out_remark("no purse: give --purse FILE, or set HOME");
	return VERB_LOCAL;
}

/* ---- opening */

static void load_seed(struct purse *p)
{
	auto_secret_buf struct buf hex = BUF_INIT(2 * BIP39_ENTROPY);
	uint8_t entropy[BIP39_ENTROPY];
	char text[2 * BIP39_ENTROPY + 1];

	if (dbmeta_get(p->d, ENTROPY, &hex)) {
		if (!hex_decode(entropy, sizeof(entropy), buf_str(&hex)))
			panic("the seed of the purse cannot be read");
	} else {
		rng_fill(entropy, sizeof(entropy));
		hex_encode(text, entropy, sizeof(entropy));
		db_begin(p->d);
		dbmeta_set(p->d, ENTROPY, str_of(text));
		db_commit(p->d);
		mem_wipe(text, sizeof(text));
	}
	bip39_seed(&p->seed, entropy, sizeof(entropy));
	mem_wipe(entropy, sizeof(entropy));
}

/* Another loomctl may have it for a moment. */
static int open_file(struct purse *p, const char *path)
{
	uint64_t end_ms = clock_mono_ms() + WAIT_MS;
	struct lerr err = {0};
	enum lerr_code rc = pursedb_open(&p->d, path, &err);

	while (rc == LERR_STATE && clock_mono_ms() < end_ms) {
		mintlink_pause(LOOK_MS);
		rc = pursedb_open(&p->d, path, &err);
	}
	if (rc)
		out_remark("purse: %s", err.msg);
	return rc ? VERB_LOCAL : VERB_OK;
}

int purse_open(struct purse **out, const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = mem_zalloc(sizeof(*p));
	auto_buf struct buf path = BUF_INIT(PATH_MAX - 16);
	struct lerr err = {0};
	int status = find_path(&path, a, envp);

	if (!status && buf_over(&path)) {
		out_remark("purse: its path is too long");
		status = VERB_LOCAL;
	}
	if (status)
		return status;
	if (proc_hide_memory(&err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	if (mintlink_new(&p->link, args_text(a, "ca-file"), &err)) {
		out_remark("--ca-file: %s", err.msg);
		return VERB_LOCAL;
	}
	status = open_file(p, path.p);
	if (status)
		return status;
	load_seed(p);
	purserun_all(p);
	*out = MEM_STEAL(p);
	return VERB_OK;
}

void purse_close_ptr(struct purse **at)
{
	struct purse *p = *at;

	if (!p)
		return;
	mintlink_free(p->link);
	db_close(p->d);
	mem_wipe(&p->seed, sizeof(p->seed));
	mem_free(p);
	*at = NULL;
}
