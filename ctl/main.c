/* SPDX-License-Identifier: MIT */
/*
 * loomctl: the command line of a Loom customer (keys, jobs, results) and of a worker's
 * operator (configuration, start). As a customer it speaks Nostr to any relay and knows
 * nothing of our own daemons; what comes from a relay is verified before it is believed.
 * Secret keys are read from files only, and printed only when that is asked for by name.
 */
#include "config.h"

#include "ctl/args.h"
#include "ctl/help.h"
#include "ctl/out.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/proc.h"

#include <string.h>
#include <unistd.h>

enum { HELP_MAX = 256 * 1024 };

static const struct verb *const verbs[] = {
	&vkey_keygen,
	&vkey_key,
	&vprepare_prepare,
	&vconfig_config,
	&vsubmit_submit,
	&vfollow_follow,
	&vfollow_result,
	&vevents_events,
	&vfetch_fetch,
	&vcancel_cancel,
	&vworkers_workers,
	&vchange_change,
	&vwallet_wallet,
	&vwallet_balance,
	&vmint_mint,
	&vtoken_send,
	&vtoken_receive,
	&vwallet_history,
	&vtillseed_wallet_seed,
	&vtillseed_wallet_restore,
	&vtill_till,
	&vtill_history,
	&vtill_pays,
	&vtill_pay,
	&vtillmove_export,
	&vtillmove_withdraw,
	&vtillmove_reclaim,
	&vtillmove_import,
	&vtillmove_tokens,
	&vtillmove_token,
	&vtillseed_seed,
	&vtillseed_restore,
	&vtill_check,
};

/* Does a name of one word or two begin the command line? The number of its words, or 0. */
static int match(const char *name, int argc, char *const *argv)
{
	struct str rest = str_of(name);
	struct str word;
	int n = 0;

	while (str_next(&rest, ' ', &word)) {
		if (n == argc || !str_eq_c(word, argv[n]))
			return 0;
		n++;
	}
	return n;
}

/* The verb with the longest name that fits; *words are those of its name. */
static const struct verb *find_verb(int *words, int argc, char *const *argv)
{
	const struct verb *found = NULL;

	*words = 0;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		int n = match(verbs[i]->name, argc, argv);

		if (n > *words) {
			*words = n;
			found = verbs[i];
		}
	}
	return found;
}

static int unknown_verb(const char *name)
{
	out_remark("there is no verb %.40s (loomctl help)", out_said(str_of(name)).c);
	return VERB_USAGE;
}

static int print_help(int argc, char *const *topic)
{
	auto_buf struct buf text = BUF_INIT(HELP_MAX);
	int words;
	const struct verb *v = find_verb(&words, argc, topic);

	if (v)
		help_write_verb(&text, v);
	else if (argc == 0)
		help_write_all(&text, verbs, ARRAY_LEN(verbs));
	else if (strcmp(topic[0], "--man") == 0)
		help_write_man(&text, verbs, ARRAY_LEN(verbs));
	else
		return unknown_verb(topic[0]);
	out_bytes(buf_str(&text));
	return VERB_OK;
}

static bool asks_for_help(int argc, char *const *argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int run_verb(const struct verb *v, int argc, char *const *argv)
{
	struct args *a = NULL;
	struct lerr err = {0};
	int status;

	if (asks_for_help(argc, argv)) {
		auto_buf struct buf text = BUF_INIT(HELP_MAX);

		help_write_verb(&text, v);
		out_bytes(buf_str(&text));
		return VERB_OK;
	}
	if (args_parse(&a, &v->options, argc, argv, &err)) {
		out_remark("%s (loomctl help %s)", err.msg, v->name);
		return VERB_USAGE;
	}
	status = v->run(a, environ);
	args_free(a);
	return status;
}

static int run(int argc, char *const *argv)
{
	const char *word = argc > 0 ? argv[0] : "help";
	int words;
	const struct verb *v = find_verb(&words, argc, argv);

	if (v)
		return run_verb(v, argc - words, argv + words);
	if (strcmp(word, "--version") == 0) {
		out_line("loomctl %s", PACKAGE_VERSION);
		return VERB_OK;
	}
	if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	    strcmp(word, "-h") == 0)
		return print_help(argc > 1 ? argc - 1 : 0, argv + 1);
	return unknown_verb(word);
}

int main(int argc, char **argv)
{
	struct lerr err = {0};
	int status;

	log_open("ctl", LOG_WARN);
	proc_ignore_sigpipe();
	status = run(argc > 0 ? argc - 1 : 0, argv + 1);
	if (out_failed(&err)) {
		out_remark("%s", err.msg);
		status = VERB_LOCAL;
	}
	/* libuv waits for its threads at exit: a name lookup can keep one for minutes */
	if (session_is_stuck())
		_exit(status);
	return status;
}
