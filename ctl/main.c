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
	&vkey_keygen,    &vkey_key,       &vprepare_prepare, &vconfig_config,
	&vsubmit_submit, &vfollow_follow, &vfollow_result,   &vevents_events,
	&vfetch_fetch,   &vcancel_cancel, &vworkers_workers,
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(name, verbs[i]->name) == 0)
			return verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	out_remark("there is no verb %.40s (loomctl help)", out_said(str_of(name)).c);
	return VERB_USAGE;
}

static int print_help(const char *topic)
{
	auto_buf struct buf text = BUF_INIT(HELP_MAX);
	const struct verb *v = topic ? find_verb(topic) : NULL;

	if (v)
		help_write_verb(&text, v);
	else if (!topic)
		help_write_all(&text, verbs, ARRAY_LEN(verbs));
	else if (strcmp(topic, "--man") == 0)
		help_write_man(&text, verbs, ARRAY_LEN(verbs));
	else
		return unknown_verb(topic);
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

	if (asks_for_help(argc, argv))
		return print_help(v->name);
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
	const char *word = argc > 1 ? argv[1] : "help";
	const struct verb *v = find_verb(word);

	if (v)
		return run_verb(v, argc - 2, argv + 2);
	if (strcmp(word, "--version") == 0) {
		out_line("loomctl %s", PACKAGE_VERSION);
		return VERB_OK;
	}
	if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	    strcmp(word, "-h") == 0)
		return print_help(argc > 2 ? argv[2] : NULL);
	return unknown_verb(word);
}

int main(int argc, char **argv)
{
	struct lerr err = {0};
	int status;

	log_open("ctl", LOG_WARN);
	proc_ignore_sigpipe();
	status = run(argc, argv);
	if (out_failed(&err)) {
		out_remark("%s", err.msg);
		status = VERB_LOCAL;
	}
	/* libuv waits for its threads at exit: a name lookup can keep one for minutes */
	if (session_is_stuck())
		_exit(status);
	return status;
}
