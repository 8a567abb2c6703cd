/* SPDX-License-Identifier: MIT */
/* loomctl follow and result: what became of a job that was sent before. */
#include "config.h"

#include "ctl/follow.h"
#include "ctl/jobref.h"
#include "ctl/out.h"
#include "ctl/session.h"
#include "ctl/verb.h"

enum { ONCE_MS = 10000, WAIT_MAX_S = 604800 };

static int watch(const struct args *a, char *const *envp, struct follow_plan *plan)
{
	auto_session struct session *s = NULL;
	auto_follow struct follow *f = NULL;
	int status = jobref_open(&s, &plan->job, a, envp);

	if (status)
		return status;
	plan->form = out_form_of(a);
	f = follow_new(s, plan);
	return follow_run(f);
}

/* ---- follow */

static int run_follow(const struct args *a, char *const *envp)
{
	struct follow_plan plan = {
		.show = FOLLOW_ALL,
		.strict = args_has(a, "strict"),
		.wait_ms = args_uint(a, "wait", 0) * 1000,
	};

	return watch(a, envp, &plan);
}

static const struct args_option follow_options[] = {
	{.name = "wait",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = WAIT_MAX_S,
	 .help = "Wait that long at most. Without: for as long as it takes."},
	{.name = "strict",
	 .kind = ARGS_FLAG,
	 .help = "Wait for the last status too, and end with status 204 when the worker "
		 "broke a rule of the protocol (for tests of one)."},
	{.name = NULL},
};

const struct verb vfollow_follow = {
	.name = "follow",
	.synopsis = "--relay URL ... JOBID",
	.purpose = "watch a job until its result",
	.text = "Shows the newest status of a job, each further one as it comes, and the "
		"result, then ends as the job ended. A relay that is lost is dialled "
		"again.\n\n"
		"Every event is verified: its hash, its signature, that the worker "
		"signed "
		"it and that it is about this job. Where the worker's events break a "
		"rule "
		"that clients rely on, that is said with the rule's name (docs/loom.md).",
	.examples =
		"loomctl follow --relay wss://nos.lol 6350667b44b64c43f6368f896cd58e68"
		"4aaa5aa1c1972efb6ce722a3160d6c9f",
	.options = {{follow_options, jobref_options, session_options, out_options}},
	.run = run_follow,
};

/* ---- result */

static int run_result(const struct args *a, char *const *envp)
{
	uint64_t wait_ms = args_uint(a, "wait", 0) * 1000;
	struct follow_plan plan = {
		.show = FOLLOW_RESULT,
		.once = wait_ms == 0,
		.wait_ms = wait_ms ? wait_ms : ONCE_MS,
	};

	return watch(a, envp, &plan);
}

static const struct args_option result_options[] = {
	{.name = "wait",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = WAIT_MAX_S,
	 .help = "When there is none yet, wait that long for it. Without: only look."},
	{.name = NULL},
};

const struct verb vfollow_result = {
	.name = "result",
	.synopsis = "--relay URL ... JOBID",
	.purpose = "print the result of a job",
	.text = "Prints the result of a job that is on the relays, verified as by "
		"follow, "
		"and ends as the job ended; with status 205 when there is none.",
	.examples = "loomctl result --relay wss://nos.lol --wait 60 JOBID",
	.options = {{result_options, jobref_options, session_options, out_options}},
	.run = run_result,
};
