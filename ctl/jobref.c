/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobref.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/verb.h"
#include "lib/proto/nsign.h"

enum { FIND_MS = 10000 };

const struct args_option jobref_options[] = {
	{.name = "worker",
	 .kind = ARGS_TEXT,
	 .value = "NPUB|HEX",
	 .help = "The worker of the job. Without it the request is asked for, and names "
		 "it."},
	{.name = "key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Your secret key, for relays that want to know who asks."},
	{.name = NULL},
};

static void take_request(struct jobcheck_job *out, const struct nevent *ev,
			 const struct args *a)
{
	struct id32 worker;

	out->has_customer = true;
	out->customer = ev->pubkey;
	jobcheck_read_money(&out->money, ev);
	if (!nevent_tag_id32(ev, "p", &worker))
		return;
	if (!args_has(a, "worker"))
		out->worker = worker;
	else if (!id32_eq(&worker, &out->worker))
		out_remark("the job was sent to another worker: %s", id32_hex(&worker).c);
}

static int find(struct session *s, struct jobcheck_job *out, const struct args *a)
{
	auto_nevent struct nevent *ev = NULL;
	int status = session_find_job(s, &ev, &out->job, FIND_MS);

	if (ev)
		take_request(out, ev, a);
	if (args_has(a, "worker") || (ev && !id32_is_zero(&out->worker)))
		return VERB_OK;
	if (ev)
		out_remark("the request names no worker: give --worker NPUB|HEX");
	else if (status == VERB_NOTHING)
		out_remark("no relay has that request: try other relays, or --worker "
			   "NPUB|HEX if it was kept nowhere");
	return status ? status : VERB_NOTHING;
}

int jobref_open(struct session **s, struct jobcheck_job *out, const struct args *a,
		char *const *envp)
{
	struct nsign_key auto_key key = {{0}};
	int status;

	*out = (struct jobcheck_job){.has_customer = false};
	status = given_job(&out->job, a);
	if (!status && args_has(a, "worker"))
		status = given_pubkey(&out->worker, "worker", args_text(a, "worker"));
	if (!status && args_has(a, "key"))
		status = given_key(&key, "key", args_text(a, "key"));
	if (!status)
		status = session_open(s, a, envp);
	if (status)
		return status;
	if (args_has(a, "key"))
		nclient_set_key(session_client(*s), &key);
	out->local = nclient_is_local(session_client(*s));
	return find(*s, out, a);
}
