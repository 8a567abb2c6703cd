/* SPDX-License-Identifier: MIT */
/*
 * The verbs of loomctl. Each is one const struct in the file of its family (vkey.c,
 * vsubmit.c ...); main.c holds the one list of them. Help and the man page are written
 * from the same structs.
 */
#ifndef LOOM_CTL_VERB_H
#define LOOM_CTL_VERB_H

#include "ctl/args.h"

/*
 * Exit statuses of our own are 200 and above, so that those of a job (submit --follow,
 * follow, result) keep their meaning below that. A job may end with such a number too:
 * the result that is printed tells.
 */
enum {
	VERB_OK = 0,
	VERB_USAGE = 200,   /* the command line is wrong */
	VERB_LOCAL = 201,   /* configuration, key or file is not as it must be */
	VERB_RELAYS = 202,  /* no relay could be used, or none took the event */
	VERB_LATE = 203,    /* it did not happen within --wait */
	VERB_BROKEN = 204,  /* what came is not what was promised: hash, protocol */
	VERB_NOTHING = 205, /* the relays have nothing of that kind */
	VERB_MINT = 206,    /* the mint did not answer, or refused */
	VERB_FUNDS = 207,   /* there are not enough coins */
	VERB_ENGINE = 208,  /* the worker's engine does not answer, or refuses */
};

struct verb {
	const char *name;     /* one word, or two: "wallet mint" */
	const char *synopsis; /* what stands behind the name */
	const char *purpose;  /* one line, no period */
	const char *text;     /* paragraphs, with an empty line between them */
	const char *examples; /* one command a line */
	struct args_tables options;
	/* envp is the environment; returns the exit status, having said what is wrong */
	int (*run)(const struct args *a, char *const *envp);
};

extern const struct verb vkey_keygen;
extern const struct verb vkey_key;
extern const struct verb vprepare_prepare;
extern const struct verb vconfig_config;
extern const struct verb vsubmit_submit;
extern const struct verb vfollow_follow;
extern const struct verb vfollow_result;
extern const struct verb vevents_events;
extern const struct verb vfetch_fetch;
extern const struct verb vcancel_cancel;
extern const struct verb vworkers_workers;
extern const struct verb vchange_change;
extern const struct verb vtill_till;
extern const struct verb vtill_history;
extern const struct verb vtill_pays;
extern const struct verb vtill_pay;
extern const struct verb vtill_check;
extern const struct verb vtillmove_export;
extern const struct verb vtillmove_withdraw;
extern const struct verb vtillmove_reclaim;
extern const struct verb vtillmove_import;
extern const struct verb vtillmove_tokens;
extern const struct verb vtillmove_token;
extern const struct verb vtillseed_seed;
extern const struct verb vtillseed_restore;
extern const struct verb vtillseed_wallet_seed;
extern const struct verb vtillseed_wallet_restore;
extern const struct verb vwallet_wallet;
extern const struct verb vwallet_balance;
extern const struct verb vwallet_history;
extern const struct verb vmint_mint;
extern const struct verb vtoken_send;
extern const struct verb vtoken_receive;

#endif
