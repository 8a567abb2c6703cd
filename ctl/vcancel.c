/* SPDX-License-Identifier: MIT */
/* loomctl cancel: asks the worker to end a job. Only the key that sent it can. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/jobmake.h"
#include "ctl/jobref.h"
#include "ctl/out.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/clock.h"

enum { PUBLISH_MS = 15000 };

static int check_author(const struct jobcheck_job *job, const struct nsign_key *key)
{
	struct id32 me;

	if (nsign_pubkey(&me, key, NULL))
		return VERB_LOCAL;
	if (!job->has_customer || id32_eq(&me, &job->customer))
		return VERB_OK;
	out_remark("the job was sent by another key: the worker would ignore this one");
	return VERB_LOCAL;
}

static int cancel(struct session *s, const struct jobcheck_job *job,
		  const struct nsign_key *key, enum out_form form)
{
	auto_nevent struct nevent *ev = NULL;
	struct lerr err = {0};
	int status = check_author(job, key);

	if (status)
		return status;
	if (jobmake_cancel(&ev, &job->job, &job->worker, clock_wall_s(), key, &err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	if (session_publish(s, ev, form, PUBLISH_MS))
		return VERB_OK;
	out_remark("no relay has taken the cancellation");
	return VERB_RELAYS;
}

static int run(const struct args *a, char *const *envp)
{
	auto_session struct session *s = NULL;
	struct nsign_key auto_key key = {{0}};
	struct jobcheck_job job;
	int status;

	if (!args_has(a, "key")) {
		out_remark("want --key FILE: the key that sent the job");
		return VERB_USAGE;
	}
	status = given_key(&key, "key", args_text(a, "key"));
	if (!status)
		status = jobref_open(&s, &job, a, envp);
	return status ? status : cancel(s, &job, &key, out_form_of(a));
}

const struct verb vcancel_cancel = {
	.name = "cancel",
	.synopsis = "--relay URL ... --key FILE JOBID",
	.purpose = "ask the worker to end a job",
	.text = "Publishes a cancellation (kind 5102). A job that waits is dropped, one "
		"that "
		"runs is ended; either way its result follows. A job that has its result "
		"is "
		"not changed by it.",
	.examples = "loomctl cancel --relay wss://nos.lol --key me.key JOBID",
	.options = {{jobref_options, session_options, out_options}},
	.run = run,
};
