/* SPDX-License-Identifier: MIT */
/* loomctl change: what was paid for jobs and not used comes back into the purse. */
#include "config.h"

#include "ctl/changeread.h"
#include "ctl/changetake.h"
#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/purse.h"
#include "ctl/pursejob.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/mem.h"

enum { ASK_MS = 10000, RELAYS_MAX = 16384 };

struct errand {
	const struct args *a;
	struct purse *p;
	struct session *s;
	enum out_form form;
	struct pursejob *jobs;
	size_t n;
};

/* ---- which jobs */

static void add_job(struct errand *e, const struct pursejob *j)
{
	e->jobs = mem_resize(e->jobs, e->n + 1, sizeof(*e->jobs));
	e->jobs[e->n++] = *j;
}

static int find_jobs(struct errand *e)
{
	struct pursejob j = {.seq = 0};
	struct id32 id;
	int status;

	if (args_nrest(e->a) == 0) {
		while (pursejob_next_open(e->p->d, &j, j.seq))
			add_job(e, &j);
		return VERB_OK;
	}
	status = given_job(&id, e->a);
	if (status)
		return status;
	if (!pursejob_get(e->p->d, &j, &id)) {
		out_remark("this purse has not paid for that job");
		return VERB_NOTHING;
	}
	add_job(e, &j);
	return VERB_OK;
}

/* The relays that the jobs were sent to. */
static void add_relays(struct buf *out, const struct errand *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct str rest = str_of(e->jobs[i].relays);
		struct str word;

		/* one that is there already is not dialled twice */
		while (str_next(&rest, ' ', &word))
			if (out->n + word.n + 1 < RELAYS_MAX)
				buf_addf(out, "%.*s ", STR_ARG(word));
	}
}

/* ---- one job */

/* A result counts more than nothing, and change more than a result that owes it. */
static const struct nevent *best_of(const struct session_answers *found)
{
	const struct nevent *best = NULL;
	enum changeread_word word = CHANGEREAD_BACK;

	for (size_t i = 0; i < found->n; i++) {
		struct changeread c;

		changeread_event(&c, found->ev[i]);
		if (found->ev[i]->kind == NKIND_CHANGE && c.word != CHANGEREAD_TOKEN)
			continue;
		if (!best || c.word < word) {
			best = found->ev[i];
			word = c.word;
		}
	}
	return best;
}

static int look_at(struct errand *e, struct pursejob *j)
{
	auto_buf struct buf filters = BUF_INIT(512);
	struct session_answers found;
	const struct nevent *ev;
	int status = VERB_OK;

	buf_addf(&filters, "[{\"kinds\":[%d,%d],\"authors\":[\"%s\"],\"#e\":[\"%s\"]}]",
		 NKIND_RESULT, NKIND_CHANGE, id32_hex(&j->worker).c, id32_hex(&j->id).c);
	if (!session_ask(e->s, &found, buf_str(&filters), SESSION_ALL, ASK_MS))
		status = VERB_RELAYS;
	ev = best_of(&found);
	if (ev)
		status = changetake_event(e->p, j, ev);
	else if (!status && args_has(e->a, "take-back"))
		status = changetake_back(e->p, j);
	session_forget(&found);
	return status;
}

static int go(struct errand *e)
{
	int worst = VERB_OK;

	for (size_t i = 0; i < e->n; i++) {
		struct pursejob *j = &e->jobs[i];
		int status = j->state < PURSEJOB_CLOSED ? look_at(e, j) : VERB_OK;

		if (status)
			worst = status;
		changetake_print(e->p, j, e->form);
	}
	return worst;
}

static int open_session(struct errand *e, char *const *envp)
{
	auto_buf struct buf relays = BUF_INIT(RELAYS_MAX);
	struct nsign_key auto_key key = {{0}};
	int status = VERB_OK;

	add_relays(&relays, e);
	if (args_has(e->a, "key"))
		status = given_key(&key, "key", args_text(e->a, "key"));
	if (!status)
		status = session_open_at(&e->s, e->a, envp, buf_str(&relays));
	if (!status && args_has(e->a, "key"))
		nclient_set_key(session_client(e->s), &key);
	return status;
}

static int run(const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = NULL;
	struct errand e = {.a = a, .form = out_form_of(a)};
	int status;

	if (args_nrest(a) > 1 || (args_has(a, "take-back") && args_nrest(a) == 0)) {
		out_remark("want one job id%s",
			   args_has(a, "take-back") ? " for --take-back" : ", or none");
		return VERB_USAGE;
	}
	status = purse_open(&p, a, envp);
	e.p = p;
	if (!status)
		status = find_jobs(&e);
	if (!status && e.n)
		status = open_session(&e, envp);
	if (!status && e.n)
		status = go(&e);
	if (!status && e.n == 0)
		out_remark("no job is open");
	session_close_ptr(&e.s);
	mem_free(e.jobs);
	return status;
}

static const struct args_option options[] = {
	{.name = "take-back",
	 .kind = ARGS_FLAG,
	 .help = "There is no result: take the payment itself back, unless the worker "
		 "has "
		 "redeemed it. The job may run all the same, and then is not paid."},
	{.name = "key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Your secret key, for relays that want to know who asks."},
	{.name = NULL},
};

const struct verb vchange_change = {
	.name = "change",
	.synopsis = "[--relay URL ...] [JOBID]",
	.purpose = "bring back what was paid for jobs and not used",
	.text = "Looks for the results of jobs that were paid from the purse (submit "
		"--pay), all that are open or the one named, on the given relays or "
		"those "
		"that they were sent to. Change is redeemed; of a job that failed "
		"without "
		"change the payment itself is taken back, unless the worker has spent "
		"it. Change that a worker has declared as owed is redeemed when it is "
		"there.\n\n"
		"A change token is believed only when it is of the mint that was paid "
		"with, and no more than was paid. Prints for each job what was paid, "
		"what "
		"came back and what was spent.",
	.examples = "loomctl change\n"
		    "loomctl change --relay wss://nos.lol JOBID",
	.options = {{options, purse_options, session_options, out_options}},
	.run = run,
};
