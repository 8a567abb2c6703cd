/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobsend.h"

#include "ctl/changetake.h"
#include "ctl/follow.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/pay.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/clock.h"
#include "lib/proto/jobspec.h"

enum { PUBLISH_MS = 15000 };

/* ---- the event */

/* Would a worker understand it? Better said here than paid for. */
static enum lerr_code check_request(const struct nevent *ev, const struct args *a,
				    struct lerr *err)
{
	auto_jobspec struct jobspec *spec = NULL;
	enum outcome why;

	if (args_has(a, "unchecked"))
		return LERR_OK;
	return jobspec_parse(&spec, &why, ev, err);
}

int jobsend_make(struct nevent **ev, const struct args *a, struct jobmake *make,
		 const struct nsign_key *key)
{
	struct nevent *made = NULL;
	struct lerr err = {0};

	make->created_at = clock_wall_s();
	if (jobmake_request(&made, make, key, &err) || check_request(made, a, &err)) {
		nevent_free(made);
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	nevent_free(*ev);
	*ev = made;
	return VERB_OK;
}

/* ---- sending */

static void print_job(const struct jobsend *j, enum out_form form)
{
	const struct nevent *ev = *j->event;
	struct outrec rec;

	if (form != OUT_JSON) {
		out_line("%s%s", form == OUT_TEXT ? "job " : "", id32_hex(&ev->id).c);
		return;
	}
	outrec_open(&rec, "job");
	outrec_id(&rec, "job", &ev->id);
	outrec_id(&rec, "worker", &j->make->worker);
	outrec_id(&rec, "customer", &ev->pubkey);
	outrec_uint(&rec, "created_at", ev->created_at);
	outrec_done(&rec);
}

static void fill_plan(struct follow_plan *plan, const struct jobsend *j,
		      struct session *s)
{
	const struct nevent *ev = *j->event;

	*plan = (struct follow_plan){
		.job = {.job = ev->id,
			.worker = j->make->worker,
			.has_customer = true,
			.customer = ev->pubkey,
			.local = nclient_is_local(session_client(s))},
		.form = args_has(j->a, "quiet") ? OUT_NOTHING : out_form_of(j->a),
		.strict = args_has(j->a, "strict"),
		.fresh = true,
		.wait_ms = args_uint(j->a, "wait", 0) * 1000,
	};
	jobcheck_read_money(&plan->job.money, ev);
}

static int publish(struct jobsend *j, struct session *s, struct follow *f,
		   const struct follow_plan *plan)
{
	uint64_t ms = PUBLISH_MS;

	if (plan->wait_ms && plan->wait_ms < ms)
		ms = plan->wait_ms;
	/* a result without an OK: a relay broke off after it had taken the job */
	if (session_publish(s, *j->event, plan->form, ms) || (f && follow_has_result(f)))
		return VERB_OK;
	out_remark("no relay has taken the job");
	return VERB_RELAYS;
}

/* The token goes into the event, so the event is made with it and its id known before
 * the transaction is committed. */
static int pay(struct jobsend *j, struct session *s, struct pay *y)
{
	struct ecpointhex key;
	int status = pay_prepare(y, s, j->a, j->envp, &j->make->worker);

	if (status)
		return status;
	pay_give(y);
	j->make->payment = buf_str(&y->token);
	key = ecpoint_hex(&y->key);
	if (y->locked)
		j->make->change_key = str_of(key.c);
	status = jobsend_make(j->event, j->a, j->make, j->key);
	j->make->payment = (struct str){NULL, 0};
	j->make->change_key = (struct str){NULL, 0};
	if (status)
		pay_undo(y);
	else
		pay_keep(y, s, *j->event);
	return status;
}

/* What is printed, published, watched, in this order. */
static int send_job(struct jobsend *j, struct session *s, struct pay *y)
{
	auto_follow struct follow *f = NULL;
	struct follow_plan plan;
	bool paid = y->job.seq != 0;
	int status;

	fill_plan(&plan, j, s);
	print_job(j, plan.form);
	if (paid)
		pay_print(y, plan.form);
	if (args_has(j->a, "follow"))
		f = follow_new(s, &plan);
	status = publish(j, s, f, &plan);
	if (paid)
		pay_published(y, s, status == VERB_OK);
	/* another loomctl may use the purse while we wait */
	pay_wipe(y);
	if (status || !f)
		return status;
	status = follow_run(f);
	if (paid && follow_result(f) && !args_has(j->a, "no-change"))
		changetake_after(j->a, j->envp, follow_result(f), &plan.job.job,
				 plan.form);
	return status;
}

int jobsend_run(struct jobsend *j)
{
	auto_session struct session *s = NULL;
	struct pay y = {.a = j->a};
	int status = session_open(&s, j->a, j->envp);

	if (status)
		return status;
	nclient_set_key(session_client(s), j->key);
	if (args_has(j->a, "pay"))
		status = pay(j, s, &y);
	if (!status)
		status = send_job(j, s, &y);
	pay_wipe(&y);
	return status;
}
