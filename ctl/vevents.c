/* SPDX-License-Identifier: MIT */
/* loomctl events: the signed events of a job as they are, for other tools and for
 * evidence. */
#include "config.h"

#include "ctl/jobref.h"
#include "ctl/out.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"

#include <stdlib.h>

enum { ASK_MS = 10000 };

static int by_age(const void *a, const void *b)
{
	const struct nevent *const *x = a;
	const struct nevent *const *y = b;

	if ((*x)->created_at != (*y)->created_at)
		return (*x)->created_at < (*y)->created_at ? -1 : 1;
	return id32_cmp(&(*x)->id, &(*y)->id);
}

static void print_event(const struct nevent *ev)
{
	auto_buf struct buf text = BUF_INIT(2 * CAP_EVENT_BYTES);
	auto_buf struct buf line = BUF_INIT(CAP_CTL_LINE);

	nevent_write(&text, ev);
	out_escape_json(&line, buf_str(&text));
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
}

static void write_filters(struct buf *out, const struct jobcheck_job *job)
{
	struct id32hex id = id32_hex(&job->job);

	buf_addf(out,
		 "[{\"ids\":[\"%s\"]},"
		 "{\"kinds\":[%d,%d,%d],\"authors\":[\"%s\"],\"#e\":[\"%s\"]}",
		 id.c, NKIND_STATUS, NKIND_RESULT, NKIND_CHANGE, id32_hex(&job->worker).c,
		 id.c);
	if (job->has_customer)
		buf_addf(out, ",{\"kinds\":[%d],\"authors\":[\"%s\"],\"#e\":[\"%s\"]}",
			 NKIND_CANCEL, id32_hex(&job->customer).c, id.c);
	buf_add_char(out, ']');
}

static int run(const struct args *a, char *const *envp)
{
	auto_session struct session *s = NULL;
	auto_buf struct buf filters = BUF_INIT(1024);
	struct session_answers found;
	struct jobcheck_job job;
	int status = jobref_open(&s, &job, a, envp);

	if (status)
		return status;
	write_filters(&filters, &job);
	if (!session_ask(s, &found, buf_str(&filters), SESSION_ALL, ASK_MS))
		status = VERB_RELAYS;
	else if (found.n == 0)
		status = VERB_NOTHING;
	if (found.n)
		qsort(found.ev, found.n, sizeof(struct nevent *), by_age);
	for (size_t i = 0; i < found.n; i++)
		print_event(found.ev[i]);
	if (status == VERB_NOTHING)
		out_remark("the relays have nothing of that job");
	session_forget(&found);
	return status;
}

const struct verb vevents_events = {
	.name = "events",
	.synopsis = "--relay URL ... JOBID",
	.purpose = "print the signed events of a job",
	.text = "Prints the request, its cancellations, the statuses that the relays "
		"have "
		"kept, the result and change that came after it, oldest first, as signed "
		"JSON events, one a line. "
		"Each was verified; events by others than the customer and the worker "
		"are "
		"left out.",
	.examples = "loomctl events --relay wss://nos.lol JOBID",
	.options = {{jobref_options, session_options}},
	.run = run,
};
