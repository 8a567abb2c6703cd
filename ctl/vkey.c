/* SPDX-License-Identifier: MIT */
/* loomctl keygen and key: makes secret key files, and prints what is public about them;
 * the secret itself only when it is asked for by name. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/verb.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nip19.h"
#include "lib/proto/nsign.h"

#include <string.h>

/* For scripts. */
static const struct args_option form_options[] = {
	{.name = "hex", .kind = ARGS_FLAG, .help = "Print the 64 hex digits alone."},
	{.name = NULL},
};

static void print_key(const struct args *a, const struct id32 *pubkey)
{
	auto_buf struct buf npub = BUF_INIT(128);
	struct outrec r;

	nip19_add_npub(&npub, pubkey);
	if (args_has(a, "hex")) {
		out_line("%s", id32_hex(pubkey).c);
	} else if (out_form_of(a) == OUT_TEXT) {
		out_line("npub  %s", npub.p);
		out_line("hex   %s", id32_hex(pubkey).c);
	} else {
		outrec_open(&r, "key");
		outrec_str(&r, "npub", buf_str(&npub));
		outrec_id(&r, "hex", pubkey);
		outrec_done(&r);
	}
}

static int show(const struct args *a, const char *path)
{
	struct nsign_key auto_key key = {{0}};
	struct id32 pubkey;
	int status = given_key(&key, "show", path);

	if (status)
		return status;
	/* a key that was read has a public half */
	if (nsign_pubkey(&pubkey, &key, NULL))
		return VERB_LOCAL;
	print_key(a, &pubkey);
	return VERB_OK;
}

static int make(const struct args *a, const char *path)
{
	struct nsign_key auto_key key = {{0}};
	struct lerr err = {0};
	struct id32 pubkey;

	nsign_generate(&key);
	if (nsign_pubkey(&pubkey, &key, &err) || keyfile_create(path, &key, &err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	print_key(a, &pubkey);
	return VERB_OK;
}

static int run_keygen(const struct args *a, char *const *envp)
{
	(void)envp;
	if (args_nrest(a) != 1) {
		out_remark("want one file name (loomctl help keygen)");
		return VERB_USAGE;
	}
	return args_has(a, "show") ? show(a, args_rest(a, 0)) : make(a, args_rest(a, 0));
}

static const struct args_option keygen_options[] = {
	{.name = "show",
	 .kind = ARGS_FLAG,
	 .help = "Make nothing: print the public key of FILE."},
	{.name = NULL},
};

const struct verb vkey_keygen = {
	.name = "keygen",
	.synopsis = "[--show] FILE",
	.purpose = "make a secret key file",
	.text = "Makes a new Nostr key and writes it to FILE, which must not exist yet: "
		"one line, nsec1..., mode 0400. The file and its folder entry are on "
		"disk "
		"before the public key is printed.\n\n"
		"A worker's key is for Loom only: other programs would overwrite its "
		"advertisement. Keep a copy of the file where the machine cannot lose "
		"it.",
	.examples = "loomctl keygen /etc/loom/key\n"
		    "loomctl keygen --show /etc/loom/key",
	.options = {{keygen_options, form_options, out_options}},
	.run = run_keygen,
};

/* ---- key */

/* Asked for by name: other Nostr programs take no file. */
static int show_secret(const char *path)
{
	struct nsign_key auto_key key = {{0}};
	char hex[2 * sizeof(key.b) + 2];
	int status = given_key(&key, "secret", path);

	if (status)
		return status;
	hex_encode(hex, key.b, sizeof(key.b));
	memcpy(hex + 2 * sizeof(key.b), "\n", 2);
	out_bytes(str_of(hex));
	mem_wipe(hex, sizeof(hex));
	return VERB_OK;
}

static int run_key(const struct args *a, char *const *envp)
{
	const char *word;
	struct id32 pubkey;

	(void)envp;
	if (args_nrest(a) != 1) {
		out_remark("want one key (loomctl help key)");
		return VERB_USAGE;
	}
	word = args_rest(a, 0);
	if (given_is_secret(word)) {
		out_remark("that is a secret key: give the file that holds it, everyone "
			   "who can list processes reads the command line");
		return VERB_USAGE;
	}
	if (args_has(a, "secret"))
		return show_secret(word);
	if (nip19_parse_pubkey(&pubkey, str_of(word), NULL))
		return show(a, word);
	print_key(a, &pubkey);
	return VERB_OK;
}

static const struct args_option key_options[] = {
	{.name = "secret",
	 .kind = ARGS_FLAG,
	 .help = "Print the secret key of FILE, 64 hex digits, for a program that takes "
		 "no "
		 "file. Whoever reads it can do everything in your name."},
	{.name = NULL},
};

const struct verb vkey_key = {
	.name = "key",
	.synopsis = "NPUB|HEX|FILE",
	.purpose = "print a public key in all its forms",
	.text = "Prints a public key as npub and as hex. The word is one of these forms, "
		"or "
		"a file with a secret key, whose public half is printed. 64 hex digits "
		"are always a public key.",
	.examples = "loomctl key "
		    "npub1qny3tkh0acurzla8x3zy4nhrjz5zd8l9sy9jys09umwng00manysew95"
		    "gx\n"
		    "loomctl key /etc/loom/key",
	.options = {{key_options, form_options, out_options}},
	.run = run_key,
};
