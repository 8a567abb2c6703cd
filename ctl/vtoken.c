/* SPDX-License-Identifier: MIT */
/* loomctl wallet send and receive: tokens out of the purse and into it. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/purse.h"
#include "ctl/pursecoin.h"
#include "ctl/pursedb.h"
#include "ctl/pursemint.h"
#include "ctl/pursetake.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"

#include <inttypes.h>
#include <string.h>

enum { LOCK_MAX_S = 366 * 86400 };

static int failed(const struct lerr *err)
{
	out_remark("%s", err->msg);
	return purse_status(err);
}

/* ---- send */

static int find_mint(struct purse *p, struct pursemint *out, const struct args *a,
		     uint64_t amount)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct lerr err = {0};
	uint64_t number;

	if (args_has(a, "mint"))
		return pursemint_ask(p, out, str_of(args_text(a, "mint")), &err)
			       ? failed(&err)
			       : VERB_OK;
	number = pursecoin_richest(p, amount);
	if (number == 0) {
		out_remark("the purse has not as much at any mint");
		return VERB_FUNDS;
	}
	pursemint_url(p, &url, number);
	return pursemint_ask(p, out, buf_str(&url), &err) ? failed(&err) : VERB_OK;
}

static int send_plain(struct purse *p, const struct pursemint *m, uint64_t *token,
		      uint64_t amount)
{
	auto_proofs struct dbproof_list coins = {0};
	struct lerr err = {0};

	if (pursecoin_exact(p, m, &coins, amount, &err))
		return failed(&err);
	db_begin(p->d);
	*token = pursecoin_give(p, m->number, &coins);
	db_commit(p->d);
	return VERB_OK;
}

static int read_lock(struct purse *p, struct pursecoin_lock *lock, const struct args *a)
{
	uint64_t locktime = args_uint(a, "locktime", 0);
	int status = given_point(&lock->key, "lock", args_text(a, "lock"));

	if (status || !locktime)
		return status;
	lock->locktime_s = clock_wall_s() + locktime;
	if (args_has(a, "refund"))
		return given_point(&lock->refund, "refund", args_text(a, "refund"));
	db_begin(p->d);
	pursedb_make_key(p->d, &lock->refund, clock_wall_s());
	db_commit(p->d);
	return VERB_OK;
}

static int send_locked(struct purse *p, const struct pursemint *m, uint64_t *token,
		       uint64_t amount, const struct args *a)
{
	struct pursecoin_lock lock = {.locktime_s = 0};
	struct lerr err = {0};
	int status = read_lock(p, &lock, a);

	if (status)
		return status;
	return pursecoin_lock(p, m, token, amount, &lock, &err) ? failed(&err) : VERB_OK;
}

static int print_token(struct purse *p, const struct pursemint *m, uint64_t token,
		       const struct args *a)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES + 1);
	struct dbbill_token t;
	struct outrec r;

	if (!dbbill_get_token(p->d, &t, token) ||
	    !dbbill_get_token_text(p->d, token, &text))
		return VERB_LOCAL;
	if (args_has(a, "quiet") || out_form_of(a) == OUT_TEXT) {
		buf_add_char(&text, '\n');
		out_bytes(buf_str(&text));
		return VERB_OK;
	}
	outrec_open(&r, "token");
	outrec_str(&r, "mint", str_of(m->url));
	outrec_uint(&r, "sat", t.amount);
	outrec_str(&r, "token", buf_str(&text));
	outrec_done(&r);
	return VERB_OK;
}

static const char *send_fault(const struct args *a)
{
	if (args_nrest(a) != 1)
		return "want one amount";
	if (!args_has(a, "lock") && (args_has(a, "locktime") || args_has(a, "refund")))
		return "--locktime and --refund belong to --lock";
	if (args_has(a, "refund") && !args_has(a, "locktime"))
		return "--refund wants --locktime: from when on it counts";
	return NULL;
}

static int run_send(const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = NULL;
	auto_mint struct pursemint m = {.number = 0};
	const char *fault = send_fault(a);
	uint64_t amount = 0;
	uint64_t token = 0;
	int status = VERB_OK;

	if (fault) {
		out_remark("%s", fault);
		return VERB_USAGE;
	}
	status = given_amount(&amount, args_rest(a, 0));
	if (!status)
		status = purse_open(&p, a, envp);
	if (!status)
		status = find_mint(p, &m, a, amount);
	if (!status)
		status = args_has(a, "lock") ? send_locked(p, &m, &token, amount, a)
					     : send_plain(p, &m, &token, amount);
	return status ? status : print_token(p, &m, token, a);
}

static const struct args_option send_options[] = {
	{.name = "mint",
	 .kind = ARGS_TEXT,
	 .value = "URL",
	 .help = "Coins of this mint; without it, of the one where the purse has most."},
	{.name = "lock",
	 .kind = ARGS_TEXT,
	 .value = "NPUB|HEX",
	 .help = "Lock the token to this key (NUT-11): nobody else can redeem it."},
	{.name = "locktime",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = LOCK_MAX_S,
	 .help = "After so many seconds the key of --refund can redeem it too."},
	{.name = "refund",
	 .kind = ARGS_TEXT,
	 .value = "NPUB|HEX",
	 .help = "That key; without it a new one of the purse."},
	{.name = "quiet", .kind = ARGS_FLAG, .help = "Print the token and nothing else."},
	{.name = NULL},
};

const struct verb vtoken_send = {
	.name = "wallet send",
	.synopsis = "AMOUNT [--mint URL] [--lock NPUB|HEX]",
	.purpose = "make a token of coins from the purse",
	.text = "Prints a Cashu token of AMOUNT sat. Coins that fit are given as they "
		"are; "
		"else, and for --lock, some are swapped at the mint, which takes its "
		"fee.\n\n"
		"The token is money until somebody has redeemed it. wallet history "
		"--json "
		"prints it again, wallet receive takes it back.",
	.examples = "loomctl wallet send 21 --quiet\n"
		    "loomctl wallet send 100 --lock npub1... --locktime 86400",
	.options = {{send_options, purse_options, purse_ca_options, out_options}},
	.run = run_send,
};

/* ---- receive */

static void print_received(struct purse *p, const struct pursetake_sum *sum,
			   enum out_form form)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct outrec r;

	pursemint_url(p, &url, sum->mint);
	if (form != OUT_JSON) {
		out_line("%s %" PRIu64 " sat at %s, of which the mint took %" PRIu64,
			 sum->was_ours ? "took back" : "received", sum->face, url.p,
			 sum->fee);
		return;
	}
	outrec_open(&r, "received");
	outrec_str(&r, "mint", buf_str(&url));
	outrec_uint(&r, "sat", sum->face);
	outrec_uint(&r, "fee", sum->fee);
	outrec_done(&r);
}

/* --mint: from now on the purse knows it. */
static int accept_mint(struct purse *p, const struct args *a, uint64_t *number)
{
	auto_mint struct pursemint m = {.number = 0};
	struct lerr err = {0};

	if (!args_has(a, "mint"))
		return VERB_OK;
	if (pursemint_ask(p, &m, str_of(args_text(a, "mint")), &err))
		return failed(&err);
	*number = m.number;
	return VERB_OK;
}

static int receive(const struct args *a, char *const *envp, struct str token,
		   const struct nsign_key *key)
{
	auto_purse struct purse *p = NULL;
	struct pursetake_rules rules = {.key = key};
	struct pursetake_sum sum;
	struct lerr err = {0};
	int status = purse_open(&p, a, envp);

	if (!status)
		status = accept_mint(p, a, &rules.mint);
	if (status)
		return status;
	if (pursetake_token(p, &sum, token, &rules, &err)) {
		out_remark("not received: %s", err.msg);
		return purse_status(&err);
	}
	print_received(p, &sum, out_form_of(a));
	return VERB_OK;
}

static int run_receive(const struct args *a, char *const *envp)
{
	auto_secret_buf struct buf text = BUF_INIT(2 * CAP_TOKEN_BYTES);
	struct nsign_key auto_key key = {{0}};
	const char *word = args_nrest(a) == 1 ? args_rest(a, 0) : NULL;
	int status = VERB_OK;

	if (!word) {
		out_remark("want one token, or - for stdin");
		return VERB_USAGE;
	}
	if (args_has(a, "key"))
		status = given_key(&key, "key", args_text(a, "key"));
	if (!status && strcmp(word, "-") == 0)
		status = given_file(&text, "token", "-");
	else
		buf_add_c(&text, word);
	if (status)
		return status;
	return receive(a, envp, buf_str(&text), args_has(a, "key") ? &key : NULL);
}

static const struct args_option receive_options[] = {
	{.name = "mint",
	 .kind = ARGS_TEXT,
	 .value = "URL",
	 .help = "The mint of the token, which the purse may use from now on. Without it "
		 "only tokens of mints that it has used are taken."},
	{.name = "key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Your secret key, for a token that is locked to it. Keys of the purse "
		 "are tried by themselves."},
	{.name = NULL},
};

const struct verb vtoken_receive = {
	.name = "wallet receive",
	.synopsis = "TOKEN|-",
	.purpose = "put a token into the purse",
	.text = "Swaps a Cashu token (cashuA or cashuB) into coins of the purse, so that "
		"nobody else who has seen it can spend it any more; the mint takes its "
		"fee. \"-\" reads it from stdin: on the command line everyone who can "
		"list processes could read it, and be faster.\n\n"
		"No mint is asked anything that the purse has not used before, unless "
		"--mint names it. A token of the purse's own that is still out comes "
		"back this way.",
	.examples = "loomctl wallet receive - <token.txt",
	.options = {{receive_options, purse_options, purse_ca_options, out_options}},
	.run = run_receive,
};
